"""Relocation: permanently moved feeds get their new address in `feeds.yaml`, with a log line."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from monitor.base.article import Timestamp
from monitor.base.errors import MonitorError
from monitor.base.formatting import span
from monitor.base.translation import gettext as _, ngettext
from monitor.base.url import redact
from monitor.config.kinds import HARMLESS
from monitor.intake.ingest.feed_health import is_confirmed
from monitor.intake.parse.entry import canonical
from monitor.model.feed import Feed, PermanentRedirect
from monitor.storage.store.sql.store import Store

log = logging.getLogger("tocsin")

RETRY_SECONDS = 3600.0
"""Seconds until an address that could not be written is tried again."""


class Relocation:
    """Follows feeds to where they have moved. `rewrite` replaces one address by another."""

    def __init__(
        self, store: Store, rewrite: Callable[[str, str], None], clock: Callable[[], Timestamp]
    ) -> None:
        self._store = store
        self._rewrite = rewrite
        self._clock = clock
        self._tried: dict[str, Timestamp] = {}
        self._warnings: dict[str, str] = {}

    def step(self, feeds: Mapping[str, Feed]) -> None:
        """Write the new address of each of these feeds that has moved; runs in a thread.

        An obstacle is logged once; the old address is still polled.
        """
        now = self._clock()
        for url, move in self._store.moves().items():
            feed = feeds.get(url)
            if feed is None or feed.is_found or not is_confirmed(move) or self._was_tried(url, now):
                continue
            self._tried[url] = now
            reason = obstacle(feed, move, feeds) or self._relocate(feed, move)
            if reason and reason != self._warnings.get(url):
                self._warnings[url] = reason
                log.warning(
                    _(
                        "{feed} has moved permanently to {address}, {why}",
                        feed=feed.name,
                        address=redact(move.to),
                        why=reason,
                    )
                )

    def _was_tried(self, url: str, now: Timestamp) -> bool:
        return url in self._tried and 0 <= now - self._tried[url] < RETRY_SECONDS

    def _relocate(self, feed: Feed, move: PermanentRedirect) -> str:
        """Write the new address into feeds.yaml; return the reason if that failed, else ''."""
        try:
            self._rewrite(feed.url, move.to)
        except MonitorError as error:
            reason = str(error).partition("\n")[0]
            return _("but {reason}; it is still polled at its old address", reason=reason)
        log.warning(
            ngettext(
                "{feed} has moved permanently: feeds.yaml now has {new} instead of {old}"
                " ({count} redirect in {time})",
                "{feed} has moved permanently: feeds.yaml now has {new} instead of {old}"
                " ({count} redirects in {time})",
                move.times,
                feed=feed.name,
                new=redact(move.to),
                old=redact(feed.url),
                time=span(move.latest - move.since),
            )
        )
        return ""


def obstacle(feed: Feed, move: PermanentRedirect, feeds: Mapping[str, Feed]) -> str:
    """Return the reason not to change the address of a feed automatically, '' without one."""
    target = canonical(move.to)
    for other in feeds.values():
        if other.url != feed.url and canonical(other.url) == target:
            return _(
                "which {feed} is subscribed to already: take one of the two out", feed=other.name
            )
    headers = feed.request_options.headers
    secrets = [name for name, _value in headers if name.lower() not in HARMLESS]
    if secrets and not _is_same_publisher(feed.url, move.to):
        return _("but its credentials are not sent to another server: change the address yourself")
    return ""


def _is_same_publisher(old: str, new: str) -> bool:
    """Return whether credentials for one address may go to another: same host, no less safe."""
    before, after = urlsplit(old), urlsplit(new)
    if before.hostname != after.hostname:
        return False
    if (before.scheme, before.port) == (after.scheme, after.port):
        return True
    return after.scheme == "https" and before.port in (None, 80) and after.port in (None, 443)
