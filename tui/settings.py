"""What feeds.yaml says of a feed, read again when the file has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from monitor.errors import MonitorError
from monitor.model import Setting


class Settings:
    """The settings of every feed of a file, secrets only told to be there."""

    def __init__(self) -> None:
        self._stamp: tuple[int, int] | None = None
        self._known: Mapping[str, Sequence[Setting]] = {}

    def of(self, path: Path | None, url: str) -> Sequence[Setting]:
        """Return what is set for the feed of an address; nothing while the file is not well."""
        if path is None:
            return ()
        try:
            stat = path.stat()
        except OSError:
            return ()
        stamp = stat.st_mtime_ns, stat.st_size
        if stamp != self._stamp:
            self._stamp, self._known = stamp, _read(path)
        return self._known.get(url, ())


def _read(path: Path) -> dict[str, Sequence[Setting]]:
    from monitor.config import load

    try:
        return {feed.url: feed.settings for feed in load(path).feeds}
    except MonitorError:
        return {}
