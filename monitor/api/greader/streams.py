"""Streams: lists of alerts with ids such as `feed/…` and `user/-/label/…`.

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
from monitor.base.text_cleaning import shown_url
from monitor.base.translation import gettext as _
from monitor.model.alert import Alert, AlertState
from monitor.model.search import Filter
from monitor.model.shown_names import kind_name, severity_name
from monitor.model.watchlist import FEED_HEALTH, Severity, WatchlistRecord
from monitor.presentation.alert import match_spans
from monitor.storage.store.sql.views import Views

STATE, LABEL = "user/-/state/com.google/", "user/-/label/"
READING_LIST, READ, STARRED = (STATE + name for name in ("reading-list", "read", "starred"))
SHORT_IDS = {"reading-list": READING_LIST, "starred": STARRED}
"""Short ids of streams, which FreshRSS accepts too."""
UNREAD = frozenset(STATE + name for name in ("unread", "kept-unread", "fresh"))
ITEM = "tag:google.com,2005:reader/item/"
"""Beginning of the long form of an item's id; 16 hexadecimal digits follow."""

_USER = re.compile(r"^user/[^/]*/")
NO_IDS = array("q")
ABOUT_FEEDS = WatchlistRecord(name=FEED_HEALTH, severity=Severity.MEDIUM)
"""Record for the alerts about feeds, as watchlists have one."""


def item_id(text: str) -> int:
    """Return the number of an item; the long form and 16 digits are hexadecimal, others decimal.

    Raises:
        ValueError: The text is no id.
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
    return SHORT_IDS.get(text, _USER.sub("user/-/", text.strip()))


def subscription_id(watchlist: str) -> str:
    """Return the stream of a watchlist, without characters that some readers fail to quote."""
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
        watchlists = {subscription_id(record.name): record for record in records}
        return {**watchlists, subscription_id(FEED_HEALTH): ABOUT_FEEDS}

    @cached_property
    def severities(self) -> Mapping[str, Severity]:
        return {record.name: record.severity for record in self.watchlists.values()}

    @cached_property
    def tags(self) -> Mapping[str, int]:
        return self._views.triage.tags()

    def selected(
        self, stream: str, filter: Filter, required: Sequence[str], excluded: Sequence[str]
    ) -> array[int]:
        """Return the alerts of a stream that are in all required and no excluded streams.

        Args:
            stream: The stream.
            filter: Filter of the alerts.
            required: Streams that must have the alerts too (`it`).
            excluded: Streams that must not have them (`xt`).

        Raises:
            ApiProblem: There is no such stream.
        """
        excluded, required = [*map(plain_stream, excluded)], [*map(plain_stream, required)]
        if READ in excluded or not UNREAD.isdisjoint(required):
            filter = replace(filter, state=AlertState.NEW)
        ids = self.ids(stream, filter)
        for other in required:
            other_ids = frozenset(self._ids_or_none(other, filter))
            ids = array("q", (id for id in ids if id in other_ids))
        for other in excluded:
            if other != READ:  # the filter leaves those out
                ids = _without(ids, self._ids_or_none(other, filter))
        return ids

    def unread(self, stream: str, until: Timestamp | None = None) -> array[int]:
        """Return the new alerts of a stream; raises ApiProblem."""
        return self.ids(stream, Filter(state=AlertState.NEW, until=until))

    def ids(self, stream: str, filter: Filter = Filter(closed=True)) -> array[int]:
        """Return the alerts of a stream in ascending order; raises ApiProblem."""
        stream = plain_stream(stream)
        if stream == READ:
            return _without(self.ids(READING_LIST, filter), self.unread(READING_LIST))
        stream_filter = self._filter(stream, filter)
        return NO_IDS if stream_filter is None else self._views.alerts.ids(stream_filter)

    def _ids_or_none(self, stream: str, filter: Filter) -> array[int]:
        try:
            return self.ids(stream, filter)
        except ApiProblem:
            return NO_IDS

    def _filter(self, stream: str, filter: Filter) -> Filter | None:
        """Return the filter of a stream; None if the stream is always empty."""
        if stream == READING_LIST or stream in UNREAD:
            state = AlertState.NEW if stream in UNREAD else filter.state
            return replace(filter, state=state)
        if stream == STARRED:
            return replace(filter, starred=True)
        if stream.startswith(STATE):
            return None  # shared, liked and so on: tocsin has no such thing
        if stream.startswith(LABEL):
            return self._labelled(stream.removeprefix(LABEL), filter)
        if stream in self.watchlists:
            return replace(filter, watchlists=(self.watchlists[stream].name,))
        raise _no_stream(stream)

    def _labelled(self, name: str, filter: Filter) -> Filter | None:
        for severity in Severity:
            if name == folder(severity):
                names = tuple(name for name, other in self.severities.items() if other is severity)
                return replace(filter, watchlists=names) if names else None
        if name in self.tags:
            return replace(filter, tags=(name,))
        raise _no_stream(LABEL + name)


def _no_stream(stream: str) -> ApiProblem:
    return ApiProblem("not-found", _("there is no stream {id}", id=stream))


def _without(ids: array[int], other_ids: array[int]) -> array[int]:
    excluded = frozenset(other_ids)
    return array("q", (id for id in ids if id not in excluded))


# --- entries -------------------------------------------------------------------------------------


BOLD = Markup("<b>{}</b>")
"""Markup of matches; readers show it on a terminal too."""
MAX_BODY = 50_000
"""Maximum characters of the text of an article in an entry."""


def microseconds(at: Timestamp) -> str:
    """Return a time in whole microseconds, rounded down."""
    return str(int(at * 1_000_000))


_WITHOUT_MARKUP = str.maketrans("&<>", "＆＜＞")


def without_markup(text: str) -> str:
    """Return a text with wide forms of the characters of markup, as FreshRSS sends titles.

    Some readers show titles as HTML, and others do not, so that entities would suit neither.
    """
    return text.translate(_WITHOUT_MARKUP)


def item_row(
    alert: Alert, article: Article | None, severities: Mapping[str, Severity]
) -> dict[str, Any]:
    """Return an alert as an entry, as readers of the Google Reader API expect it.

    Args:
        alert: An alert with its matches and its timeline.
        article: The article of the alert; None for an alert about something else.
        severities: The severity of each watchlist, by its name.
    """
    url = shown_url(alert.url)
    return {
        "id": long_id(alert.id),
        "crawlTimeMsec": str(int(alert.raised_at * 1_000)),
        "timestampUsec": microseconds(alert.raised_at),
        "published": int(article.date if article else alert.raised_at),
        "updated": int(alert.stirred_at),
        "title": without_markup(shown_title(alert.title)),
        "author": without_markup(alert.publisher or alert.watchlist),
        "canonical": [{"href": url}] if url else [],
        "alternate": [{"href": url, "type": "text/html"}] if url else [],
        "summary": {"direction": "ltr", "content": content(alert, article)},
        "categories": _categories(alert, severities),
        "origin": {
            "streamId": subscription_id(alert.watchlist),
            "title": without_markup(alert.watchlist), "htmlUrl": "",
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
    texts = [_reason(alert)]
    if article is not None:
        if article.summary not in article.body:
            texts += paragraphs(article.summary, match_spans(alert.matches, "summary"), BOLD)
        texts += paragraphs(article.body[:MAX_BODY], match_spans(alert.matches, "body"), BOLD)
    outlets = [outlet.name for outlet in alert.timeline.outlets[1:] if outlet.name]
    if outlets:
        texts.append(html.escape(_("Also in {outlets}", outlets=", ".join(outlets))))
    if alert.note:
        texts += [f"<i>{html.escape(line)}</i>" for line in alert.note.split("\n")]
    return "".join(f"<p>{text}</p>" for text in texts)


def _reason(alert: Alert) -> str:
    terms = dict.fromkeys(match.text for match in alert.matches)
    facts = [
        alert_number(alert.id),
        severity_name(alert.severity),
        ", ".join(terms) or kind_name(alert.kind),
        *(step.words for step in alert.escalations),
    ]
    return f"<b>{html.escape(alert.watchlist)}</b> · {html.escape(' · '.join(facts))}"
