"""Edits of `feeds.yaml` by commands, whole or not at all.

edit(path, lambda text: appended(text, "feeds", [{"url": …, "name": …}]))
edit(path, lambda text: removed(text, "feeds", {3}))
edit(path, lambda text: appended(text, "watchlists", ["Cainiao"]))
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from monitor.config import load, understand
from monitor.errors import MonitorError
from monitor.model import Config

_BOM = b"\xef\xbb\xbf"


def edit(path: Path, change: Callable[[str], str], *, data: Path | None = None) -> Config:
    """Change a `feeds.yaml` and return what it says then.

    Raises ConfigError if it is not well, before or after; MonitorError if it cannot be
    written; whatever `change` raises. The file is then as it was. Its mode stays, and a
    symbolic link stays one.
    """
    load(path, data=data)
    before = path.read_bytes()
    bom = _BOM if before.startswith(_BOM) else b""
    after = bom + change(before.removeprefix(bom).decode()).encode()
    config = understand(after, path, data=data)
    try:
        _replace(path.resolve(), before, after)
    except OSError as error:
        raise MonitorError(f"{path} cannot be written: {error.strerror or error}") from error
    return config


def _replace(path: Path, before: bytes, after: bytes) -> None:
    """Put a new file in place of one that is still as it was read."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(path.stat().st_mode & 0o7777)
        if path.read_bytes() != before:
            raise MonitorError(f"{path} was edited meanwhile and stays as it is; try again")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
