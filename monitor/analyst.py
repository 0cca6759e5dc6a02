"""Who works with tocsin: the name under which decisions are kept."""

from __future__ import annotations

import getpass
from collections.abc import Mapping

from index.analysis.text_cleaning import line

LONGEST = 64
"""Characters of a name."""


def user(environ: Mapping[str, str]) -> str:
    """Return `TOCSIN_USER`, or the name of the login; empty without either."""
    try:
        return line(environ.get("TOCSIN_USER") or getpass.getuser())[:LONGEST]
    except (OSError, KeyError, ImportError):  # a user without a name
        return ""
