"""Words that set some articles apart from all others of their language.

For each word, the number of these articles that have it is compared with the number in the whole
archive, by log-likelihood (G², Dunning 1993: https://aclanthology.org/J93-1003), which unlike
chi-squared is right for rare words too. A word must occur in several stories, and the
inflections of a word count as one word.

The words to test are read from texts; how often each occurs is counted by the archive. So the
counts of the words returned are exact even when only some of the texts were read.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

from index.evaluation.term_statistics import TermGroup, TermGroups
from index.interruption import checked
from monitor.base.article import Article

CHANCE = 0.01
"""Probability that any word at all is returned if the articles were picked at random."""
MIN_STORIES = 3
"""Different stories that a word must occur in: copies of one story say the same."""
COUNTED = 4
"""Words counted exactly for each word wanted: those most likely to be significant."""


class SignificantTerm(NamedTuple):
    """A word that is more frequent in some articles than chance explains."""

    word: str
    """As it is written most often."""
    forms: tuple[str, ...]
    """Its inflections that occur, folded, the most frequent first."""
    articles: int
    """Number of the articles that have it."""
    expected: float
    """Number that would have it if they were like the others of their language."""
    strength: float
    """G². Chance alone takes one word in a thousand above 10.8."""


class TermCounts(Protocol):
    """Number of articles with a word: among those examined, and in the whole archive."""

    @property
    def examined(self) -> int:
        """Number of articles examined."""

    def articles(self, lang: str) -> tuple[int, int]:
        """Count the examined articles of a language, and all of them."""

    def with_any(self, lang: str, forms: Sequence[str]) -> tuple[int, int]:
        """Count the examined articles with any of some folded words, and all of them."""

    def estimate(self, lang: str, forms: Sequence[str], *, other_langs: bool) -> int:
        """Estimate quickly the number of all articles of a language with any of some words.

        Args:
            lang: The language.
            forms: Folded words.
            other_langs: Whether articles in other languages have these words too.
        """


def log_likelihood(here: int, of: int, in_all: int, all_: int) -> float:
    """Return G² of a word that `here` of `of` articles have, and `in_all` of all `all_`."""
    elsewhere, rest = in_all - here, all_ - of
    pairs = (
        (here, of * in_all / all_),
        (elsewhere, rest * in_all / all_),
        (of - here, of * (all_ - in_all) / all_),
        (rest - elsewhere, rest * (all_ - in_all) / all_),
    )
    return max(0.0, 2 * sum(n * math.log(n / expected) for n, expected in pairs if n > 0))


def threshold(tests: int) -> float:
    """Return the G² that chance reaches in one of so many tests with probability `CHANCE`."""
    wanted, low, high = CHANCE / max(tests, 1), 0.0, 400.0
    for _ in range(60):  # bisection
        middle = (low + high) / 2
        low, high = (middle, high) if _tail(middle) > wanted else (low, middle)
    return high


def _tail(strength: float) -> float:
    """Return the one-sided probability of such a G²: chi-squared, one degree of freedom."""
    return math.erfc(math.sqrt(strength / 2)) / 2


def significant_terms(
    counts: TermCounts,
    texts: Sequence[Article],
    is_query_term: Callable[[str], bool],
    limit: int,
) -> list[SignificantTerm]:
    """Return the words that set the examined articles apart, the strongest first.

    Args:
        counts: Counts words in the examined articles and in the whole archive.
        texts: Examined articles, all or some.
        is_query_term: Tells the words of the query; they are left out.
        limit: Number of words.
    """
    groups = TermGroups(texts)
    candidates = groups.groups(MIN_STORIES)
    least = threshold(len(candidates))
    selection = _Selection(counts, len(texts))
    merged: dict[str, list[_Tested]] = defaultdict(list)
    for group in checked(selection.likeliest(candidates, least, COUNTED * limit), step=1):
        tested = selection.tested(group)
        if (
            tested.articles > tested.expected
            and tested.strength >= least
            and groups.stories(group) >= MIN_STORIES
            and not any(map(is_query_term, group.forms))
        ):
            merged[next(iter(group.forms))].append(tested)
    strongest = sorted(
        merged.items(), key=lambda word: (-sum(t.strength for t in word[1]), word[0])
    )
    return [_one_term(parts, groups) for _, parts in checked(strongest[:limit], step=1)]


class _Tested(NamedTuple):
    """A word of one language, counted."""

    group: TermGroup
    articles: int
    expected: float
    strength: float


class _Selection:
    """Tests words: roughly by the texts read, then exactly by the counts of the archive."""

    def __init__(self, counts: TermCounts, texts: int) -> None:
        self._counts = counts
        self._share = texts / max(counts.examined, 1)

    def likeliest(
        self, candidates: Iterable[TermGroup], least: float, count: int
    ) -> list[TermGroup]:
        """Return the words that are the strongest by their estimated counts.

        The most frequent come first; a word that cannot exceed the `count` best is skipped.
        """
        best: list[tuple[float, int, TermGroup]] = []
        frequent = sorted(candidates, key=lambda group: -group.at_most)
        for place, group in enumerate(checked(frequent, step=10)):
            of, all_ = self._counts.articles(group.lang)
            here = min(of, math.ceil(group.at_most / self._share))
            needed = max(least, best[0][0]) if len(best) == count else least
            if log_likelihood(here, of, here, all_) < needed:
                continue
            estimate = self._counts.estimate(
                group.lang, list(group.forms), other_langs=group.elsewhere
            )
            in_all = min(all_ - of + here, max(here, estimate))
            strength = log_likelihood(here, of, in_all, all_)
            more = here * all_ >= of * in_all
            heapq.heappush(best, (strength if more else -strength, place, group))
            if len(best) > count:
                heapq.heappop(best)
        return [group for *_, group in sorted(best, reverse=True)]

    def tested(self, group: TermGroup) -> _Tested:
        """Return a word with its exact counts."""
        of, all_ = self._counts.articles(group.lang)
        here, in_all = self._counts.with_any(group.lang, list(group.forms))
        return _Tested(group, here, of * in_all / all_, log_likelihood(here, of, in_all, all_))


def _one_term(parts: Sequence[_Tested], groups: TermGroups) -> SignificantTerm:
    """Return a word, which may be significant in several languages, as one term."""
    return SignificantTerm(
        groups.written(max(parts, key=lambda part: part.articles).group),
        tuple(dict.fromkeys(form for part in parts for form in part.group.forms)),
        sum(part.articles for part in parts),
        sum(part.expected for part in parts),
        sum(part.strength for part in parts),
    )
