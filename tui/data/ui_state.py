"""What the dashboard remembers from one run to the next: theme, filter, panes, order."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from monitor.files import atomic_write

FILE = "dashboard.json"
"""Its name in the data folder."""
LARGEST = 65_536
"""Bytes that are read of it; ours has some hundreds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UiState:
    """How the analyst left the dashboard; empty where nothing was said."""

    theme: str = ""
    filter: str = ""
    """Of the alerts, as written."""
    pane: str = ""
    """Id of the pane that was current."""
    zoomed: bool = False
    sort: str = ""
    """Order of the archive's results: `date` or `score`."""
    bell: bool = False
    """Whether loud alerts ring."""


class UiStateFile:
    """A small file; without a path it lasts as long as the program.

    What is not understood in it counts as nothing said, and a file that cannot be written
    is no trouble: it holds only habits.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.now = _understood(_read(path))
        """What is remembered."""

    def keep(self, **changes: Any) -> bool:
        """Remember some fields of `Remembered`; return whether that is written down."""
        before, self.now = self.now, replace(self.now, **changes)
        return self.now == before or _write(self._path, json.dumps(asdict(self.now), indent=1))


def _read(path: Path | None) -> object:
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            return json.loads(file.read(LARGEST))
    except (OSError, ValueError, RecursionError):
        return None


def _understood(found: object) -> UiState:
    """Return what a file holds that is what it should be."""
    if not isinstance(found, dict):
        return UiState()
    plain = UiState()
    known = {
        field.name: found[field.name]
        for field in fields(UiState)
        if type(found.get(field.name)) is type(getattr(plain, field.name))
    }
    return UiState(**known)


def _write(path: Path | None, text: str) -> bool:
    """Write a file if there is a place for it; return whether that was done."""
    if path is None:
        return False
    try:
        atomic_write(path, text.encode())
    except (OSError, ValueError):  # a surrogate in a filter cannot be written
        return False
    return True
