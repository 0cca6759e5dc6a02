"""Whether a file has changed since it was last looked at."""

from __future__ import annotations

from pathlib import Path


def stamp(path: Path) -> object:
    """Return what differs once a file has changed, None while it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
