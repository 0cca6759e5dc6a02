"""What programs read: rows of JSON, printed by commands, sent to channels, answered by the API.

Each row is a `TypedDict`, so that the fields and their meaning are written once: docs/reference
describes them for people, and the API derives its schema from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]
