"""The edits of an article, held against the watchlists as they are now."""

from __future__ import annotations

from pathlib import Path

from monitor.config import load
from monitor.errors import ConfigError
from monitor.model import Reading
from monitor.service import Service
from monitor.service.revisions import Edit, edits


def edits_of(
    service: Service, reading: Reading, path: Path | None, data: Path | None = None
) -> list[Edit]:
    """Return the edits of an article, the first one first; `path` is that of `feeds.yaml`.

    While the file has a mistake, the texts are compared all the same, without terms.
    """
    number = reading.article.feeds[0]
    feed = next(feed for feed in service.every_feed() if feed.number == number)
    try:
        watchlists = load(path, data=data).watchlists if path else ()
    except ConfigError:
        watchlists = ()
    return edits(reading.article, feed, service.versions(reading.article.id), watchlists)
