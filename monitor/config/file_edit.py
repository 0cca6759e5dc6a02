"""Edits of a `feeds.yaml`: it is read, changed as text, checked, and replaced or put in force."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from index.query.parser import parse_query
from monitor.base.errors import ConfigError, MonitorError
from monitor.base.files import atomic_write
from monitor.base.translation import gettext as _
from monitor.config.loading import (
    config_views,
    configured_store,
    load,
    understand,
    version_in_force,
)
from monitor.config.yaml_edit import with_address, with_item
from monitor.model.analyst import user
from monitor.model.config import Config

_BOM = b"\xef\xbb\xbf"


def edit(path: Path, change: Callable[[str], str], *, data: Path | None = None) -> Config:
    """Change a `feeds.yaml` and return its new configuration.

    Raises ConfigError if it is not valid, before or after; MonitorError if it cannot be
    written; any error of `change`. The file is then unchanged. Its mode stays, and a
    symbolic link stays one.
    """
    return edit_by_config(path, lambda _config: change, data=data)


def edit_by_config(
    path: Path, decide: Callable[[Config], Callable[[str], str]], *, data: Path | None = None
) -> Config:
    """Change a `feeds.yaml` as its configuration requires; return its new configuration.

    Raises ConfigError and MonitorError as `edit` does.
    """
    change = decide(load(path, data=data))
    if configured_store(path):
        return _edit_stored(path, change, data)
    before = path.read_bytes()
    bom = _BOM if before.startswith(_BOM) else b""
    after = bom + change(before.removeprefix(bom).decode()).encode()
    config = _understand_edit(after, path, data)
    try:
        _replace(path.resolve(), before, after)
    except OSError as error:
        reason = error.strerror or error
        message = _("{file} cannot be written: {reason}", file=path, reason=reason)
        raise MonitorError(message) from error
    return config


def _understand_edit(after: bytes, path: Path, data: Path | None) -> Config:
    try:
        return understand(after, path, data=data)
    except ConfigError as error:
        raise ConfigError(error.path, error.problems, unwritten=after) from error


def _edit_stored(path: Path, change: Callable[[str], str], data: Path | None) -> Config:
    """Change the version in force, and put the result in force."""
    stored = version_in_force(path)
    after = change(stored.content)
    config = _understand_edit(after.encode(), path, data)
    versions = config_views(configured_store(path))
    versions.apply(after, user(os.environ), stored.number)
    return config


def _replace(path: Path, before: bytes, after: bytes) -> None:
    """Replace a file, unless it has changed since it was read."""

    def check() -> None:
        if path.read_bytes() != before:
            raise MonitorError(
                _("{file} was edited meanwhile and stays as it is; try again", file=path)
            )

    mode = path.stat().st_mode & 0o7777
    atomic_write(path, after, durable=True, mode=mode, check=check)


def save_search(path: Path, data: Path | None, name: str, query: str, sort: str = "date") -> Config:
    """Add a saved search; raises QueryError, ConfigError, MonitorError."""
    parse_query(query)
    item = {"name": name, "query": query} | ({"sort": sort} if sort != "date" else {})
    return edit(path, lambda text: with_item(text, "searches", [item]), data=data)


def move_feed(path: Path, old: str, new: str, *, data: Path | None = None) -> None:
    """Replace the address `old` of a feed by `new`; a login in the file stays.

    Raises ConfigError, MonitorError; the file is then as it was.
    """
    edit(path, lambda text: with_address(text, old, new), data=data)
