"""Watchlists such as analysts write, of the names and words of real texts.

Mostly names, in one, two or three words; inflected words, wildcards, NEAR, conditions and
scores. A word that stands in one article of 200 is nobody's term by itself.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from index.analysis.folding import fold
from index.analysis.inflection import folded_inflections
from index.analysis.term_positions import postings
from index.query.parser import parse_query, score
from monitor.base.article import Article
from monitor.model.watchlist import Watchlist

SEED = 1789
COMMON = 1 / 200
"""Share of the articles from which a word is no term by itself."""
_NAME = r"[A-ZÉÈÎ][a-zéèêëàâîïôöûüç]{2,}(?:-[A-ZÉÈÎ][a-zéèêëàâîïôöûüç]+)?"
_NAMES = re.compile(rf"(?<=[a-zé,] ){_NAME}(?: {_NAME}){{0,2}}")
_WORDS = re.compile(r"\b[a-zéèêëàâîïôöûüç]{6,}\b")
_ACRONYMS = re.compile(r"\b[A-Z]{3,5}\b")


class Vocabulary(Struct, frozen=True):
    """What there is to watch for, each of it rare."""

    full: Sequence[str]
    """Names of two or three words."""
    names: Sequence[str]
    words: Sequence[str]
    acronyms: Sequence[str]
    places: Sequence[str]
    """Names that are common: they make conditions."""

    @classmethod
    def of(cls, articles: Sequence[Article]) -> Vocabulary:
        """Return what some articles hold."""
        most = max(1, int(len(articles) * COMMON))
        names, words, acronyms = (
            Counter(found for article in articles for found in set(_found(pattern, article)))
            for pattern in (_NAMES, _WORDS, _ACRONYMS)
        )

        met = Counter(term for article in articles for term in postings(article))

        def rare(counts: Counter[str]) -> list[str]:
            """Leave out `Orange` if `orange` is common: capitals do not count."""
            return sorted(one for one in counts if met[fold(one)] <= most)

        return cls(
            full=sorted(name for name, count in names.items() if " " in name and count <= most),
            names=[name for name in rare(names) if " " not in name],
            words=_rare(words, most),
            acronyms=rare(acronyms),
            places=sorted(name for name, count in names.items() if count > 2 * most),
        )


class Author:
    """Writes watchlists, never the same twice."""

    def __init__(self, vocabulary: Vocabulary, seed: int = SEED) -> None:
        self._known = vocabulary
        self._chance = random.Random(seed)

    def watchlists(self, count: int) -> list[Watchlist]:
        """Return so many watchlists."""
        written: dict[str, Watchlist] = {}
        kinds, odds = zip(*_KINDS, strict=True)
        while len(written) < count:
            (kind,) = self._chance.choices(kinds, odds)
            watchlist = kind(self)
            written.setdefault(watchlist.name, watchlist)
        return list(written.values())

    def _one(self, some: Sequence[str]) -> str:
        return self._chance.choice(some)

    def _person(self) -> str:
        """Return a name that was met, or a first name with another's last: most are never met."""
        if self._chance.random() < 0.25:
            return self._one(self._known.full)
        return f"{self._one(self._known.full).split()[0]} {self._one(self._known.names)}"

    def _name(self) -> Watchlist:
        return _asked(f'"{self._person()}"')

    def _brand(self) -> Watchlist:
        return _asked(self._one(self._known.names))

    def _either(self) -> Watchlist:
        return _asked(f'"{self._person()}" OR "{self._person()}" OR {self._one(self._known.names)}')

    def _acronym(self) -> Watchlist:
        return _asked(f'"{self._one(self._known.acronyms)}" AND {self._one(self._known.words)}~')

    def _inflected(self) -> Watchlist:
        return _asked(f"{self._one(self._known.words)}~ AND {self._one(self._known.places)}")

    def _wildcard(self) -> Watchlist:
        word = self._one(self._known.words)
        return _asked(f"{word[: max(5, len(word) - 3)]}* AND {self._one(self._known.names)}")

    def _near(self) -> Watchlist:
        distance = self._chance.choice([3, 5, 10])
        one, other = self._one(self._known.places), self._one(self._known.words)
        return _asked(f"{one} NEAR/{distance} {other}~")

    def _condition(self) -> Watchlist:
        one, other = self._one(self._known.words), self._one(self._known.words)
        return _asked(
            f'({one}~ OR {other}~) AND ({self._one(self._known.names)} OR "{self._person()}")'
            f" AND NOT {self._one(self._known.places)}"
        )

    def _weighed(self) -> Watchlist:
        words = {f"{self._one(self._known.words)}~": 3.0 for _ in range(3)}
        query = score({self._one(self._known.names): 5.0, **words}, 6.0)
        return Watchlist(name=query.text, query=query)


_KINDS: tuple[tuple[Callable[[Author], Watchlist], int], ...] = (
    (Author._name, 40),
    (Author._brand, 12),
    (Author._either, 12),
    (Author._acronym, 5),
    (Author._inflected, 8),
    (Author._wildcard, 5),
    (Author._near, 8),
    (Author._condition, 6),
    (Author._weighed, 4),
)


def _rare(words: Counter[str], most: int) -> list[str]:
    """Return the words of which all inflections together are rare."""
    folded: Counter[str] = Counter()
    for word, count in words.items():
        folded[fold(word)] += count
    return sorted(
        word
        for word in words
        if sum(folded[form] for form in folded_inflections(fold(word))) <= most
    )


def _found(pattern: re.Pattern[str], article: Article) -> Iterator[str]:
    return (found[0] for found in pattern.finditer(article.body))


def _asked(text: str) -> Watchlist:
    return Watchlist(name=text, query=parse_query(text))
