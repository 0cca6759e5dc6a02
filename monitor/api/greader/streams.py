"""Streams: which alerts a reader asks for, by ids such as `feed/…` and `user/-/label/…`."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from hashlib import blake2b

from msgspec import Struct
from msgspec.structs import replace

from monitor.api.newsroom import LARGEST
from monitor.base.article import Timestamp
from monitor.model.alert import AlertState
from monitor.model.search import Filter
from monitor.model.shown_names import severity_name
from monitor.model.watchlist import FEED_HEALTH, Severity, WatchlistRecord
from monitor.storage.store.sql.views import Views

STATE, LABEL = "user/-/state/com.google/", "user/-/label/"
READING_LIST, READ, STARRED = (STATE + name for name in ("reading-list", "read", "starred"))
SHORT = {"reading-list": READING_LIST, "starred": STARRED}
"""What FreshRSS takes too."""
UNREAD = frozenset(STATE + name for name in ("unread", "kept-unread", "fresh"))
ITEM = "tag:google.com,2005:reader/item/"
"""How the long form of an item's id begins; 16 hexadecimal digits follow."""

_USER = re.compile(r"^user/[^/]*/")
NOTHING = array("q")
ABOUT_FEEDS = WatchlistRecord(
    name=FEED_HEALTH, severity=Severity.MEDIUM, total=0, untriaged=0, last_hit=None, relevant=0,
    noise=0,
)  # fmt: skip
"""Stands for the alerts about feeds, as a watchlist does for others."""


class UnknownStreamError(Exception):
    """There is no such stream."""


def item_id(text: str) -> int:
    """Return the number of an item: long and 16 digits are hexadecimal, else it is decimal.

    Raises:
        ValueError: It is no id.
    """
    digits = text.removeprefix(ITEM)
    number = int(digits, 16 if len(digits) == 16 or digits != text else 10)
    if not 0 < number <= LARGEST:
        raise ValueError(text)
    return number


def long_id(alert: int) -> str:
    return f"{ITEM}{alert:016x}"


def plain_stream(text: str) -> str:
    """Return the id of a stream with `-` for the user."""
    return SHORT.get(text, _USER.sub("user/-/", text.strip()))


def subscription_id(watchlist: str) -> str:
    """Return the stream of a watchlist: letters and digits only, as some readers quote nothing."""
    digest = blake2b(watchlist.casefold().encode("utf-8", "replace"), digest_size=6)
    return f"feed/{digest.hexdigest()}"


def folder(severity: Severity) -> str:
    return severity_name(severity).capitalize()


class StreamRequest(Struct, frozen=True, kw_only=True):
    """Which alerts, and which page of them."""

    stream: str
    only: Sequence[str] = ()
    """Streams that an alert is in too (`it`)."""
    without: Sequence[str] = ()
    """Streams that it is not in (`xt`)."""
    since: Timestamp | None = None
    """Raised since then (`ot`)."""
    until: Timestamp | None = None
    """Raised before then (`nt`)."""
    count: int = 20
    oldest_first: bool = False
    after: int = 0
    """The last alert of the page before; 0 for the first page."""


class Streams:
    """The streams of a newsroom, for one request."""

    def __init__(self, views: Views) -> None:
        self._views = views

    @cached_property
    def watchlists(self) -> Mapping[str, WatchlistRecord]:
        """The watchlists by their streams, in the order of feeds.yaml."""
        records = self._views.watchlists.records()
        named = {subscription_id(one.name): one for one in records}
        return {**named, subscription_id(FEED_HEALTH): ABOUT_FEEDS}

    @cached_property
    def severities(self) -> Mapping[str, Severity]:
        return {one.name: one.severity for one in self.watchlists.values()}

    @cached_property
    def tags(self) -> Mapping[str, int]:
        return self._views.triage.tags()

    def page(self, asked: StreamRequest) -> tuple[Sequence[int], bool]:
        """Return the alerts of a page in its order, and whether there are more.

        Raises:
            UnknownStreamError: There is no such stream.
        """
        ids = self._selected(asked)
        if asked.oldest_first:
            first = bisect_right(ids, asked.after)
            return ids[first : first + asked.count], first + asked.count < len(ids)
        end = bisect_left(ids, asked.after) if asked.after else len(ids)
        first = max(0, end - asked.count)
        return ids[first:end][::-1], first > 0

    def unread(self, stream: str, until: Timestamp | None = None) -> array[int]:
        """Return the new alerts of a stream; raises UnknownStreamError."""
        return self.ids(stream, Filter(state=AlertState.NEW, until=until))

    def ids(self, stream: str, within: Filter = Filter(closed=True)) -> array[int]:
        """Return the alerts of a stream in ascending order; raises UnknownStreamError."""
        stream = plain_stream(stream)
        if stream == READ:
            return _without(self.ids(READING_LIST, within), self.unread(READING_LIST))
        filter = self._filter(stream, within)
        return NOTHING if filter is None else self._views.alerts.ids(filter)

    def _selected(self, asked: StreamRequest) -> array[int]:
        within = Filter(since=asked.since, until=asked.until, closed=True)
        without = [plain_stream(one) for one in asked.without]
        only = [plain_stream(one) for one in asked.only]
        if READ in without or not UNREAD.isdisjoint(only):
            within = replace(within, state=AlertState.NEW)
        ids = self.ids(asked.stream, within)
        for stream in only:
            wanted = frozenset(self._ids_or_none(stream, within))
            ids = array("q", (id for id in ids if id in wanted))
        for stream in without:
            if stream != READ:  # `within` leaves those out
                ids = _without(ids, self._ids_or_none(stream, within))
        return ids

    def _ids_or_none(self, stream: str, within: Filter) -> array[int]:
        try:
            return self.ids(stream, within)
        except UnknownStreamError:
            return NOTHING

    def _filter(self, stream: str, within: Filter) -> Filter | None:
        """Return the filter of a stream; None if nothing can be in it."""
        if stream == READING_LIST or stream in UNREAD:
            state = AlertState.NEW if stream in UNREAD else within.state
            return replace(within, state=state)
        if stream == STARRED:
            return replace(within, starred=True)
        if stream.startswith(STATE):
            return None  # shared, liked and so on: tocsin has no such thing
        if stream.startswith(LABEL):
            return self._labelled(stream.removeprefix(LABEL), within)
        if stream in self.watchlists:
            return replace(within, watchlists=(self.watchlists[stream].name,))
        raise UnknownStreamError(stream)

    def _labelled(self, name: str, within: Filter) -> Filter | None:
        for severity in Severity:
            if name == folder(severity):
                names = tuple(one for one, its in self.severities.items() if its is severity)
                return replace(within, watchlists=names) if names else None
        if name in self.tags:
            return replace(within, tags=(name,))
        raise UnknownStreamError(name)


def _without(ids: array[int], others: array[int]) -> array[int]:
    left_out = frozenset(others)
    return array("q", (id for id in ids if id not in left_out))
