"""Words and phrases that set some articles apart from the others of their language."""

from __future__ import annotations

import heapq
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from index.analysis.tokenizer import Token, tokenize
from index.article import PARTS, Article
from index.engine.result_set import ResultSet
from index.engine.term_statistics import Group, Wording, silent

CHANCE = 0.01
"""Chance that any word at all is returned if the articles were picked blindly."""

LEAST = 3
"""Stories that a word must stand in: copies of one say the same."""
COUNTED = 4
"""Words that are counted for each that is wanted: the likeliest ones."""


class SignificantTerm(NamedTuple):
    """A word that stands out."""

    word: str
    """As it is written most often."""
    forms: tuple[str, ...]
    """Folded, those of its inflections that occur, the most frequent first."""
    articles: int
    """Of those looked at, how many have it."""
    expected: float
    """How many would, if they were like the others of their language."""
    strength: float
    """G²: above 10.8, one word in a thousand would by chance."""


def log_likelihood(here: int, of: int, in_all: int, all_: int) -> float:
    """Return G² of a word that `here` of `of` articles have, and `in_all` of all `all_`."""
    there, rest = in_all - here, all_ - of
    pairs = (
        (here, of * in_all / all_),
        (there, rest * in_all / all_),
        (of - here, of * (all_ - in_all) / all_),
        (rest - there, rest * (all_ - in_all) / all_),
    )
    return max(0.0, 2 * sum(n * math.log(n / expected) for n, expected in pairs if n > 0))


def threshold(tests: int) -> float:
    """Return what G² must reach so that any of so many tests does by chance with `CHANCE`."""
    wanted, low, high = CHANCE / max(tests, 1), 0.0, 400.0
    for _ in range(60):  # half the interval that holds it each time
        middle = (low + high) / 2
        low, high = (middle, high) if _tail(middle) > wanted else (low, middle)
    return high


def _tail(value: float) -> float:
    """Return the chance of a G² that high: chi-squared, one degree of freedom, more not less."""
    return math.erfc(math.sqrt(value / 2)) / 2


def significant_terms(
    matched: ResultSet,
    everything: ResultSet,
    read: Sequence[Article],
    asked_for: Callable[[str], bool],
    limit: int,
) -> list[SignificantTerm]:
    """Return the words that stand out in `matched` against `everything`, the strongest first.

    `read` are texts of matched articles, all or some; `asked_for` tells the words of the
    query, which need no telling.
    """
    wording = Wording(read)
    candidates = wording.groups(LEAST)
    bar = threshold(len(candidates))
    weighed = _Weighed(matched, everything, len(read))
    merged: dict[str, list[_Tested]] = defaultdict(list)
    for group in weighed.likeliest(candidates, bar, COUNTED * limit):
        tested = weighed.counted(group)
        said = tested.articles > tested.expected and tested.strength >= bar
        if said and wording.stories(group) >= LEAST and not any(map(asked_for, group.forms)):
            merged[next(iter(group.forms))].append(tested)
    strongest = sorted(
        merged.items(), key=lambda word: (-sum(t.strength for t in word[1]), word[0])
    )
    return [_told(parts, wording) for _, parts in strongest[:limit]]


class _Tested(NamedTuple):
    """A word of one language, counted."""

    group: Group
    articles: int
    expected: float
    strength: float


class _Weighed:
    """Words weighed: roughly by what was read, then exactly by what the archive has."""

    def __init__(self, matched: ResultSet, everything: ResultSet, read: int) -> None:
        self._share = read / max(matched.total, 1)
        self._here, self._there = matched.by_lang(), everything.by_lang()

    def likeliest(self, candidates: Iterable[Group], bar: float, count: int) -> list[Group]:
        """Return the words that are the strongest by what can be told without counting them.

        The fullest come first; once `count` are better than a word can be, it is passed over.
        """
        best: list[tuple[float, int, Group]] = []
        for place, group in enumerate(sorted(candidates, key=lambda group: -group.at_most)):
            here, there = self._here[group.lang].total, self._there[group.lang].total
            have = min(here, math.ceil(group.at_most / self._share))
            needed = max(bar, best[0][0]) if len(best) == count else bar
            if log_likelihood(have, here, have, there) < needed:
                continue
            in_all = min(there, max(have, self._stands(group)))
            strength = log_likelihood(have, here, in_all, there)
            more = have * there >= here * in_all
            heapq.heappush(best, (strength if more else -strength, place, group))
            if len(best) > count:
                heapq.heappop(best)
        return [group for *_, group in sorted(best, reverse=True)]

    def _stands(self, group: Group) -> int:
        """Return in how many articles of its language a word stands, roughly.

        That is quickly had for all languages together, which is as good if it is a word of one.
        """
        there = self._there[group.lang]
        if group.elsewhere:
            return there.with_any(list(group.forms)).total
        return there.frequency(list(group.forms))

    def counted(self, group: Group) -> _Tested:
        """Return a word with what the archive has of it."""
        here, there = self._here[group.lang], self._there[group.lang]
        forms = list(group.forms)
        have, in_all = here.with_any(forms).total, there.with_any(forms).total
        return _Tested(
            group,
            have,
            here.total * in_all / there.total,
            log_likelihood(have, here.total, in_all, there.total),
        )


def _told(parts: Sequence[_Tested], wording: Wording) -> SignificantTerm:
    """Return a word, which may stand out in several languages, as one."""
    return SignificantTerm(
        wording.written(max(parts, key=lambda part: part.articles).group),
        tuple(dict.fromkeys(form for part in parts for form in part.group.forms)),
        sum(part.articles for part in parts),
        sum(part.expected for part in parts),
        sum(part.strength for part in parts),
    )


LONGEST = 3
"""Words of a phrase."""
_APART = re.compile(r"[.!?;:\n()«»“”\"|–—]")
"""What stands between words that are no phrase."""


def phrases(article: Article) -> dict[str, str]:
    """Return the phrases of an article: folded, with how each is written first."""
    found: dict[str, str] = {}
    for part in PARTS[:-1]:
        text = article.part(part)
        tokens = [token for token in tokenize(text) if token.length == 1]
        for at in range(len(tokens)):
            for run in _runs(tokens[at : at + LONGEST], text, article.lang):
                folded = " ".join(token.term for token in run)
                found.setdefault(folded, text[run[0].start : run[-1].end])
    return found


def _runs(tokens: list[Token], text: str, lang: str) -> Iterator[list[Token]]:
    """Yield the phrases that begin with the first of some tokens."""
    if not tokens or not _says(tokens[0], lang):
        return
    for last in range(1, len(tokens)):
        between = text[tokens[last - 1].end : tokens[last].start]
        if not between or _APART.search(between):
            return
        if _says(tokens[last], lang):
            yield tokens[: last + 1]


def _says(token: Token, lang: str) -> bool:
    return (
        len(token.term) > 1 and token.term not in silent(lang) and any(map(str.isalpha, token.term))
    )
