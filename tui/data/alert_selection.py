"""The alerts that the filter of the dashboard selects, as it is typed.

Answers of the store are kept while one types; headlines are kept to be searched at each key.
100,000 headlines take some 12 MB and are searched in 10 ms; they are read when the first filter
asks for words.
"""

from __future__ import annotations

import functools
import re
import threading
from array import array
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TYPE_CHECKING

from index.analysis.folding import CJK, fold
from index.article import Timestamp
from index.query.ast import Mode, Node, Phrase, Word
from monitor.fetch.url import host
from monitor.model.alert import EscalatedAlert
from monitor.model.feed import FeedHealth
from monitor.model.search import Filter
from monitor.model.watchlist import WatchlistCount
from monitor.search.alert_filter import (
    AlertFilter,
    FilterMeaning,
    FilterNames,
    as_store_filter,
    select_alerts,
)

if TYPE_CHECKING:
    from monitor.service.service import Service

PAGE = 2_000
"""Headlines read at once."""
_BETWEEN = re.compile(r"[\W_]+")


def filter_names(
    watchlists: Sequence[WatchlistCount], feeds: Sequence[FeedHealth], tags: Collection[str]
) -> FilterNames:
    """Return the names that a filter may begin; `tags` are those of alerts."""
    return FilterNames(
        watchlists=[count.name for count in watchlists],
        feeds=[(feed.feed.name, host(feed.feed.url)) for feed in feeds],
        feed_tags={tag for feed in feeds for tag in feed.feed.tags},
        alert_tags=tags,
    )


class AlertSelector:
    """Asks the store. Safe from any thread."""

    def __init__(
        self, service: Service, clock: Callable[[], Timestamp], zone: tzinfo | None
    ) -> None:
        self._service = service
        self._clock = clock
        self._zone = zone
        self._reading = threading.Lock()
        self._answers: dict[Filter, array[int]] = {}
        self.headlines = Headlines()

    def quick(self, wanted: AlertFilter, names: FilterNames) -> Filter | None:
        """Return the one filter of the store that a filter is, None if it takes more."""
        return as_store_filter(wanted, self._meaning(names))

    def ids(
        self,
        wanted: AlertFilter,
        names: FilterNames,
        *,
        after: int = 0,
        limit: int | None = None,
    ) -> array[int]:
        """Return the alerts above an id that a filter selects, the newest `limit`."""
        meaning = self._meaning(names)
        plain = as_store_filter(wanted, meaning)
        if plain is not None:
            return self._service.views.alerts.ids(plain, after=after, limit=limit)
        if wanted.has_words:
            self.read_new()
        answers = {} if after else self._answers
        source = _ScreenSource(self._service, self.headlines, after, answers)
        return select_alerts(wanted, Filter(), meaning, source)

    def forget(self) -> None:
        """Ask the store anew from here on: what is typed meanwhile is about one moment."""
        self._answers = {}

    def louder(
        self, wanted: AlertFilter, names: FilterNames, after: int = 0
    ) -> list[EscalatedAlert]:
        """Return the alerts of a filter that escalated, the oldest escalation first."""
        plain = self.quick(wanted, names)
        found = self._service.views.alerts.escalated(plain or Filter(closed=True), after=after)
        if plain is None and found:
            passing = set(self.ids(wanted, names, after=min(one.alert for one in found) - 1))
            found = [one for one in found if one.alert in passing]
        return found

    def read_new(self) -> None:
        """Read the headlines of alerts that are newer than those known."""
        with self._reading:
            known = self.headlines
            if known.oldest is not None:
                known.add(self._service.views.alerts.headlines(after=known.newest, limit=-1))

    def read_older(self) -> bool:
        """Read some more headlines; return whether all are known."""
        with self._reading:
            known = self.headlines
            if not known.whole:
                page = self._service.views.alerts.headlines(before=known.oldest, limit=PAGE)
                known.whole = known.add(page) < PAGE
            return known.whole

    def _meaning(self, names: FilterNames) -> FilterMeaning:
        from datetime import UTC, datetime

        now = self._clock()
        zone = self._zone or datetime.fromtimestamp(now, UTC).astimezone().tzinfo or UTC
        return FilterMeaning(now, zone, names)


@dataclass(frozen=True, slots=True)
class _ScreenSource:
    """Answers from the store and the headlines that are known, about alerts above an id."""

    service: Service
    headlines: Headlines
    after: int
    answers: dict[Filter, array[int]] = field(default_factory=dict)
    """What the store answered so far."""

    def ids(self, filter: Filter) -> array[int]:
        if filter not in self.answers:
            self.answers[filter] = self.service.views.alerts.ids(filter, after=self.after)
        return self.answers[filter]

    def escalated(self) -> Iterable[int]:
        return (one.alert for one in self.service.views.alerts.escalated(Filter()))

    def containing(self, node: Node) -> set[int] | None:
        if isinstance(node, Word | Phrase):
            return self.headlines.containing(node, self.after)
        return None


def plain(headline: str) -> str:
    """Return a headline's folded words, a space before and after each; a CJK character is one."""
    folded = fold(headline)
    if not folded.isascii():
        folded = _alone().sub(r" \1 ", folded)
    return f" {_BETWEEN.sub(' ', folded).strip()} "


@functools.cache
def _alone() -> re.Pattern[str]:
    """Compile the characters that are words by themselves, once: it takes 2 ms."""
    return re.compile(f"([{CJK}])")


class Headlines:
    """What is known of headlines; grows at both ends."""

    def __init__(self) -> None:
        self._ids = array("q")
        self._lines: list[str] = []
        self.newest = 0
        """Id of the newest alert that was read."""
        self.oldest: int | None = None
        """Id of the oldest one; None before any was read."""
        self.whole = False
        """Whether the oldest of all was read."""

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, page: Iterable[tuple[int, str]]) -> int:
        """Take in (alert, headline), in any order; return how many that were."""
        count = 0
        for id, headline in page:
            self._ids.append(id)
            self._lines.append(plain(headline))
            self.newest = max(self.newest, id)
            self.oldest = id if self.oldest is None else min(self.oldest, id)
            count += 1
        return count

    def containing(self, node: Word | Phrase, after: int = 0) -> set[int]:
        """Return the alerts above an id whose headlines hold a word, or words in a row.

        Words are taken by their beginnings; those in capitals and after `=` are whole.
        """
        words: Sequence[Word] = [node] if isinstance(node, Word) else _words(node)
        pattern = _pattern(words)
        pairs = zip(self._ids, self._lines, strict=False)  # it may grow meanwhile
        if isinstance(pattern, str):
            if not after:
                return {id for id, line in pairs if pattern in line}
            return {id for id, line in pairs if id > after and pattern in line}
        return {id for id, line in pairs if id > after and pattern.search(line)}


def _words(phrase: Phrase) -> list[Word]:
    """Return the words of a phrase, of alternatives the first."""
    found: list[Word] = []
    for child in phrase.children:
        while not isinstance(child, Word | Phrase):
            child = child.children[0]  # type: ignore[attr-defined] # noqa: PLW2901
        found += [child] if isinstance(child, Word) else _words(child)
    return found


def _pattern(words: Sequence[Word]) -> str | re.Pattern[str]:
    """Return what a line must hold: plain text, or a pattern where there are wildcards."""
    whole = words[-1].mode is Mode.EXACT
    terms = [_BETWEEN.sub(" ", word.term).strip() for word in words]
    if not any(word.mode is Mode.WILDCARD for word in words):
        return f" {' '.join(terms)}{' ' if whole else ''}"
    pieces = [
        "".join({"*": r"\w*", "?": r"\w"}.get(c) or re.escape(c) for c in word.term)
        for word in words
    ]
    return re.compile(" " + " ".join(pieces))
