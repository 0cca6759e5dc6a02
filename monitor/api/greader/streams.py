"""Streams: which alerts a reader asks for, by ids such as `feed/…` and `user/-/label/…`.

An alert is an entry of a feed: its headline, its text with the matches in bold, its labels.
"""

from __future__ import annotations

import html
import re
from array import array
from collections.abc import Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from typing import Any

from markupsafe import Markup
from msgspec.structs import replace

from monitor.api.newsroom import LARGEST
from monitor.api.pages.templating import paragraphs
from monitor.api.problems import ApiProblem
from monitor.base.article import Article, Timestamp
from monitor.base.formatting import alert_number, shown_title
from monitor.base.text_cleaning import safe_url
from monitor.base.translation import gettext as _
from monitor.model.alert import Alert, AlertState
from monitor.model.search import Filter
from monitor.model.shown_names import kind_name, severity_name
from monitor.model.watchlist import FEED_HEALTH, Severity, WatchlistRecord
from monitor.presentation.alert import match_spans
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

    def selected(
        self, stream: str, within: Filter, only: Sequence[str] = (), without: Sequence[str] = ()
    ) -> array[int]:
        """Return the alerts of a stream that are also in some others, and not in yet others.

        Args:
            stream: The stream.
            within: Which of its alerts.
            only: Streams that an alert is in too (`it`).
            without: Streams that it is not in (`xt`).

        Raises:
            ApiProblem: There is no such stream.
        """
        without, only = [*map(plain_stream, without)], [*map(plain_stream, only)]
        if READ in without or not UNREAD.isdisjoint(only):
            within = replace(within, state=AlertState.NEW)
        ids = self.ids(stream, within)
        for other in only:
            wanted = frozenset(self._ids_or_none(other, within))
            ids = array("q", (id for id in ids if id in wanted))
        for other in without:
            if other != READ:  # `within` leaves those out
                ids = _without(ids, self._ids_or_none(other, within))
        return ids

    def unread(self, stream: str, until: Timestamp | None = None) -> array[int]:
        """Return the new alerts of a stream; raises ApiProblem."""
        return self.ids(stream, Filter(state=AlertState.NEW, until=until))

    def ids(self, stream: str, within: Filter = Filter(closed=True)) -> array[int]:
        """Return the alerts of a stream in ascending order; raises ApiProblem."""
        stream = plain_stream(stream)
        if stream == READ:
            return _without(self.ids(READING_LIST, within), self.unread(READING_LIST))
        filter = self._filter(stream, within)
        return NOTHING if filter is None else self._views.alerts.ids(filter)

    def _ids_or_none(self, stream: str, within: Filter) -> array[int]:
        try:
            return self.ids(stream, within)
        except ApiProblem:
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
        raise _no_stream(stream)

    def _labelled(self, name: str, within: Filter) -> Filter | None:
        for severity in Severity:
            if name == folder(severity):
                names = tuple(one for one, its in self.severities.items() if its is severity)
                return replace(within, watchlists=names) if names else None
        if name in self.tags:
            return replace(within, tags=(name,))
        raise _no_stream(LABEL + name)


def _no_stream(stream: str) -> ApiProblem:
    return ApiProblem("not-found", _("there is no stream {id}", id=stream))


def _without(ids: array[int], others: array[int]) -> array[int]:
    left_out = frozenset(others)
    return array("q", (id for id in ids if id not in left_out))


# --- entries -------------------------------------------------------------------------------------


BOLD = Markup("<b>{}</b>")
"""Readers show it on a terminal too."""
SHOWN = 50_000
"""Characters of the text of an article that a reader gets."""


def microseconds(at: Timestamp) -> str:
    """Return a time as readers get it, cut off at the microsecond."""
    return str(int(at * 1_000_000))


def item_row(
    alert: Alert, article: Article | None, severities: Mapping[str, Severity]
) -> dict[str, Any]:
    """Return an alert as an entry, as readers of the Google Reader API expect it.

    Args:
        alert: The alert, with its matches and its timeline.
        article: Its article; None for an alert about something else.
        severities: The severity of each watchlist, by its name.
    """
    url = safe_url(alert.url)
    return {
        "id": long_id(alert.id),
        "crawlTimeMsec": str(int(alert.raised_at * 1_000)),
        "timestampUsec": microseconds(alert.raised_at),
        "published": int(article.date if article else alert.raised_at),
        "updated": int(alert.stirred_at),
        "title": shown_title(alert.title),
        "author": alert.publisher or alert.watchlist,
        "canonical": [{"href": url}] if url else [],
        "alternate": [{"href": url, "type": "text/html"}] if url else [],
        "summary": {"direction": "ltr", "content": content(alert, article)},
        "categories": _categories(alert, severities),
        "origin": {
            "streamId": subscription_id(alert.watchlist), "title": alert.watchlist, "htmlUrl": "",
        },
    }  # fmt: skip


def _categories(alert: Alert, severities: Mapping[str, Severity]) -> list[str]:
    categories = [READING_LIST]
    if alert.state is not AlertState.NEW:
        categories.append(READ)
    if alert.starred:
        categories.append(STARRED)
    if severity := severities.get(alert.watchlist):
        categories.append(LABEL + folder(severity))
    return categories + [LABEL + tag for tag in alert.tags]


def content(alert: Alert, article: Article | None) -> str:
    found = [_reason(alert)]
    if article is not None:
        if article.summary not in article.body:
            found += paragraphs(article.summary, match_spans(alert.matches, "summary"), BOLD)
        found += paragraphs(article.body[:SHOWN], match_spans(alert.matches, "body"), BOLD)
    others = [one.name for one in alert.timeline.outlets[1:] if one.name]
    if others:
        found.append(html.escape(_("Also in {outlets}", outlets=", ".join(others))))
    if alert.note:
        found += [f"<i>{html.escape(line)}</i>" for line in alert.note.split("\n")]
    return "".join(f"<p>{text}</p>" for text in found)


def _reason(alert: Alert) -> str:
    words = dict.fromkeys(match.text for match in alert.matches)
    said = [
        alert_number(alert.id),
        severity_name(alert.severity),
        ", ".join(words) or kind_name(alert.kind),
        *(step.words for step in alert.escalations),
    ]
    return f"<b>{html.escape(alert.watchlist)}</b> · {html.escape(' · '.join(said))}"
