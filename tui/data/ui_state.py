"""What the dashboard remembers from one run to the next: theme, filter, panes, order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, fields, replace

from monitor.base.files import atomic_write

UI_STATE_FILE = "dashboard.json"
"""Name of the file in the data folder."""
MAX_BYTES = 65_536
"""Bytes that are read of the file; a usual one has some hundreds."""


class UiState(Struct, frozen=True, kw_only=True):
    """How the analyst left the dashboard; empty fields are not remembered."""

    theme: str = ""
    filter: str = ""
    """The filter of the alerts, as written."""
    pane: str = ""
    """Id of the current pane."""
    zoomed: bool = False
    sort: str = ""
    """Order of the archive's results: `date` or `score`."""
    bell: bool = False
    """Whether alerts of high severity ring."""


class UiStateFile:
    """The remembered state in a small file; without a path, only in memory.

    Invalid fields of the file are ignored, and so is a failure to write it: nothing but
    convenience is lost.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.state = _validated(_read(path))

    def update(self, **changes: Any) -> bool:
        """Change some fields of the state; return whether the file holds them."""
        before, self.state = self.state, replace(self.state, **changes)
        unchanged = self.state == before
        return unchanged or _write(self._path, json.dumps(asdict(self.state), indent=1))


def _read(path: Path | None) -> object:
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            return json.loads(file.read(MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return None


def _validated(content: object) -> UiState:
    """Return the state that the fields of the right type make."""
    if not isinstance(content, dict):
        return UiState()
    default = UiState()
    valid = {
        field.name: content[field.name]
        for field in fields(UiState)
        if type(content.get(field.name)) is type(getattr(default, field.name))
    }
    return UiState(**valid)


def _write(path: Path | None, text: str) -> bool:
    """Write the file, if there is a path; return whether it was written."""
    if path is None:
        return False
    try:
        atomic_write(path, text.encode())
    except (OSError, ValueError):  # a surrogate in a filter cannot be written
        return False
    return True
