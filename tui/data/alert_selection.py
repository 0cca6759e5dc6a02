"""The alerts that pass the filter of the dashboard, while the analyst types it.

Answers of the store are kept while the analyst types, and headlines are kept in memory to be
searched at each key. 100,000 headlines take some 12 MB and are searched in 10 ms; they are read
when the first filter has words.
"""

from __future__ import annotations

import functools
import re
import threading
from array import array
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from msgspec import Struct, field

from index.analysis.folding import CJK, fold
from index.errors import QueryError
from index.query.ast import Mode, Node, Phrase, Word
from index.query.completion import Completion, complete
from monitor.base.article import Timestamp
from monitor.model.alert import EscalatedAlert
from monitor.model.feed import FeedHealth
from monitor.model.search import Filter
from monitor.model.shown_names import list_name
from monitor.model.watchlist import WatchlistCount
from monitor.presentation.service.known_names import ME, NOBODY
from monitor.storage.search.alert_filter import (
    AlertFilter,
    FilterMeaning,
    FilterNames,
    as_store_filter,
    parse_headline_filter,
    select_alerts,
)
from tui.data.story_list import FirstAlerts, column_ranks

if TYPE_CHECKING:
    from monitor.presentation.service.service import Service

_BETWEEN = re.compile(r"[\W_]+")


def filter_names(
    watchlists: Sequence[WatchlistCount],
    feeds: Sequence[FeedHealth],
    tags: Collection[str],
    people: Collection[str] = (),
) -> FilterNames:
    """Return the names that a filter can complete.

    Args:
        watchlists: The watchlists.
        feeds: The feeds.
        tags: Tags that analysts gave to alerts.
        people: The people who work on alerts.
    """
    return FilterNames(
        watchlists=[list_name(count.name) for count in watchlists],
        feeds=[(feed.feed.name, feed.feed.address) for feed in feeds],
        feed_tags={tag for feed in feeds for tag in feed.feed.tags},
        alert_tags=tags,
        people=people,
    )


class AlertSelector:
    """Selects alerts in the store by a filter; can be used from any thread."""

    def __init__(
        self, service: Service, clock: Callable[[], Timestamp], zone: tzinfo | None
    ) -> None:
        self._service = service
        self._clock = clock
        self._zone = zone
        self._reading = threading.Lock()
        self._answers: dict[Filter, array[int]] = {}
        self.headlines = Headlines()
        self.names = FilterNames()
        """The names that a filter may hold."""

    def completion(self, text: str) -> Completion:
        """Return the completions of a filter: names of filters, or the values of one."""
        names = self.names
        values: dict[str, Iterable[str]] = {
            "watch": names.watchlists,
            "feed": [feed for feed, _address in names.feeds],
            "tag": sorted({*names.feed_tags, *names.alert_tags}),
            "assigned": (ME, NOBODY, *names.people),
            "lang": ("fr", "en", "und"),
        }
        return complete(text, len(text), lambda name: values.get(name, ()), of_alerts=True)

    def completed(self, text: str) -> list[str]:
        """Return a filter with its last word completed in each way; a name may get quotes."""
        completion = self.completion(text)
        lines = [text[: completion.start] + candidate.text for candidate in completion.candidates]
        return [line for line in lines if len(line) > len(text)]

    def quick(self, alert_filter: AlertFilter) -> Filter | None:
        """Return the filter of the store that does the same, None if no single one does."""
        return as_store_filter(alert_filter, self._meaning())

    def ids(self, alert_filter: AlertFilter, *, after: int = 0) -> array[int]:
        """Return the alerts above an id that pass a filter, in ascending order."""
        meaning = self._meaning()
        store_filter = as_store_filter(alert_filter, meaning)
        if store_filter is not None:
            return self._service.views.alerts.ids(store_filter, after=after)
        if alert_filter.has_words:
            self.read_headlines()
        answers = {} if after else self._answers
        source = _ScreenSource(self._service, self.headlines, after, answers)
        return select_alerts(alert_filter, Filter(), meaning, source)

    def untriaged(self, text: str, firsts: FirstAlerts) -> int:
        """Return the number of stories with a new alert that pass a filter; 0 if it is none."""
        try:
            alert_filter = parse_headline_filter(f"({text}) state:new")
        except QueryError:
            return 0
        alerts = self.ids(alert_filter, after=-1)  # without the answers that are kept
        return len(set(map(firsts.of, alerts)))

    def forget(self) -> None:
        """Forget the answers of the store; the next filter asks it again."""
        self._answers = {}

    def escalated(self, alert_filter: AlertFilter, after: int = 0) -> list[EscalatedAlert]:
        """Return the alerts of a filter that escalated, the oldest escalation first."""
        store_filter = self.quick(alert_filter)
        rows = self._service.views.alerts.escalated(
            store_filter or Filter(closed=True), after=after
        )
        if store_filter is None and rows:
            passing = set(self.ids(alert_filter, after=min(row.alert for row in rows) - 1))
            rows = [row for row in rows if row.alert in passing]
        return rows

    def ranks(self, column: str) -> dict[int, int]:
        """Return the rank of each alert by the value of a column."""
        return column_ranks(column, self._service.views.alerts.column_values(column))

    def read_headlines(self) -> None:
        """Read the headlines that are not known yet; 100,000 take about a second."""
        with self._reading:
            newest = self.headlines.newest
            self.headlines.add(self._service.views.alerts.headlines(after=newest, limit=-1))

    def _meaning(self) -> FilterMeaning:
        return FilterMeaning(self._clock(), self.zone, self.names, self._service.triage.user)

    @property
    def zone(self) -> tzinfo:
        now = datetime.fromtimestamp(self._clock(), UTC)
        return self._zone or now.astimezone().tzinfo or UTC


class _ScreenSource(Struct, frozen=True):
    """Answers questions about alerts above an id from the store and from the headlines."""

    service: Service
    headlines: Headlines
    after: int
    answers: dict[Filter, array[int]] = field(default_factory=dict)
    """The answers of the store so far."""

    def ids(self, filter: Filter) -> array[int]:
        if filter not in self.answers:
            self.answers[filter] = self.service.views.alerts.ids(filter, after=self.after)
        return self.answers[filter]

    def escalated(self) -> Iterable[int]:
        return (row.alert for row in self.service.views.alerts.escalated(Filter()))

    def containing(self, node: Node) -> set[int] | None:
        if isinstance(node, Word | Phrase):
            return self.headlines.containing(node, self.after)
        return None


def folded_words(headline: str) -> str:
    """Return a headline's folded words with spaces around each; a CJK character is a word."""
    folded = fold(headline)
    if not folded.isascii():
        folded = _cjk_characters().sub(r" \1 ", folded)
    return f" {_BETWEEN.sub(' ', folded).strip()} "


@functools.cache
def _cjk_characters() -> re.Pattern[str]:
    """Compile the characters that are words of their own, once: it takes 2 ms."""
    return re.compile(f"([{CJK}])")


class Headlines:
    """The headlines read so far."""

    def __init__(self) -> None:
        self._ids = array("q")
        self._lines: list[str] = []
        self.newest = 0
        """Id of the newest alert that was read."""

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, page: Iterable[tuple[int, str]]) -> None:
        """Add (alert, headline) in any order."""
        for id, headline in page:
            self._ids.append(id)
            self._lines.append(folded_words(headline))
            self.newest = max(self.newest, id)

    def containing(self, node: Word | Phrase, after: int = 0) -> set[int]:
        """Return the alerts above an id whose headlines have a word, or words in a row.

        A word matches the beginning of words; in capitals or after `=`, only whole words.
        """
        words: Sequence[Word] = [node] if isinstance(node, Word) else _words(node)
        pattern = _pattern(words)
        pairs = zip(self._ids, self._lines, strict=False)  # another thread may add to it
        if isinstance(pattern, str):
            if not after:
                return {id for id, line in pairs if pattern in line}
            return {id for id, line in pairs if id > after and pattern in line}
        return {id for id, line in pairs if id > after and pattern.search(line)}


def _words(phrase: Phrase) -> list[Word]:
    """Return the words of a phrase; of alternatives, the first."""
    words: list[Word] = []
    for child in phrase.children:
        while not isinstance(child, Word | Phrase):
            child = child.children[0]  # type: ignore[attr-defined] # noqa: PLW2901
        words += [child] if isinstance(child, Word) else _words(child)
    return words


def _pattern(words: Sequence[Word]) -> str | re.Pattern[str]:
    """Return the text that a line must contain, or a pattern if there are wildcards."""
    is_whole = words[-1].mode in (Mode.EXACT, Mode.ACRONYM)
    terms = [_BETWEEN.sub(" ", word.term).strip() for word in words]
    if not any(word.mode is Mode.WILDCARD for word in words):
        return f" {' '.join(terms)}{' ' if is_whole else ''}"
    pieces = [
        "".join({"*": r"\w*", "?": r"\w"}.get(c) or re.escape(c) for c in word.term)
        for word in words
    ]
    return re.compile(" " + " ".join(pieces))
