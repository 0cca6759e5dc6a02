"""Which articles in two languages tell of one event: by the names they share. Pure.

Words of French and English differ, names do not: people, places, firms, acronyms, figures.
Two articles are linked when at least `LEAST` different names, which weigh `SHARE` of all
the names of the one that has less, stand in both. The rarer a name, the more it weighs.
A link merges nothing: a false one costs a line, and one alert that is too loud.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from zlib import crc32

from index.analysis import shouts
from index.article import Article
from index.letters import fold
from monitor.model import Names
from monitor.stories.exonyms import EXONYMS

LANGUAGES = ("fr", "en")
"""The two that were measured."""
LEAST = 3
"""Different names in both: two are met by chance once in 33,000 pairs of articles."""
SHARE = 0.35
"""One false link in 2.6 million pairs of French and English articles; half as much makes 11."""
WINDOW = 72 * 3600.0
"""Seconds between two articles of one event, at most."""
LEAD = 1_000
"""Characters of a text in which an article says what it is about."""
TELLING = 200
"""Articles that have a name by which others are still looked for."""
RIVALS = 3
"""Candidates that are weighed, those with the most names in common."""

_NAME = re.compile(
    r"(?<![^\W_])(?:[0-9]+(?:[.,][0-9]+)+|[0-9]{2,}|[^\W\d_a-z][^\W_]{2,}|[A-Z]{2})(?![^\W_])"
)
"""A word with a capital (or without cases), an acronym, a figure of two digits. Tokens with
their places take six times as long."""
_TOGETHER = re.compile(r"[ \u00a0\u202f-]")
"""What stands between two words of one name."""


def names(article: Article) -> Names:
    """Return the names in the title and the lead of an article; none of other languages."""
    if article.lang not in LANGUAGES:
        return Names()
    lead = (article.summary or article.body)[:LEAD]
    groups = [group for text in (article.title, lead) for group in _groups(text)]
    return Names(tuple(dict.fromkeys(groups)), article.lang)


def _groups(text: str) -> Iterator[frozenset[int]]:
    """Yield the words of each name in a text, as hashes. All-caps headlines name nothing."""
    if shouts(text):
        return
    group: set[int] = set()
    end = -1
    for found in _NAME.finditer(text):
        if found[0][0].islower():  # é, œ
            continue
        if group and not _TOGETHER.fullmatch(text, end, found.start()):
            yield frozenset(group)
            group = set()
        group.add(_number(found[0]))
        end = found.end()
    if group:
        yield frozenset(group)


@lru_cache(50_000)
def _number(word: str) -> int:
    """Return the hash of a word of a name, in whichever language; negative of a figure."""
    folded = fold(word)
    number = crc32(EXONYMS.get(folded, folded).encode())
    return -number if word[0].isdigit() else number


def kin(
    own: Names, rivals: Mapping[int, Names], bearers: Callable[[int], int], articles: int
) -> int | None:
    """Return which of some articles in another language tells of the same event, if any.

    `bearers` tells how many of the `articles` of these days have a word.
    """

    def weight(word: int) -> float:
        return math.log1p(articles / max(1, bearers(word)))

    found = [
        (share, -article)
        for article, other in rivals.items()
        if other.lang != own.lang and abs(other.date - own.date) <= WINDOW
        if (share := _share(own, other, weight)) >= SHARE
    ]
    return -max(found)[1] if found else None


def _share(one: Names, other: Names, weight: Callable[[int], float]) -> float:
    """Return how much of the names of two articles is in both; 0 if too few names are."""
    common = one.words & other.words
    if max(_met(one, common), _met(other, common)) < LEAST:
        return 0.0
    whole = min(sum(map(weight, one.words)), sum(map(weight, other.words)))
    return sum(map(weight, common)) / whole if whole else 0.0


def _met(names: Names, words: frozenset[int]) -> int:
    """Return how many different names have one of these words; all figures are one.

    A headline In Title Case looks like one long name, so that the other article counts.
    """
    left = {word for word in words if word > 0}
    met = 1 if len(left) < len(words) else 0
    for group in names.groups:
        if group & left:
            left -= group
            met += 1
    return met
