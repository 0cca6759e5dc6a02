"""Watchlists like those of analysts, made of names and words of real texts.

Most are names of one, two or three words; others are inflected words, wildcards, NEAR, conditions
and scores. A word that occurs in one article of 200 is too common for a term by itself.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from index.analysis.folding import fold
from index.analysis.inflection import folded_inflections
from index.analysis.term_positions import postings
from index.query.concepts import Definition, by_name, defined
from index.query.parser import parse_query, score
from monitor.base.article import Article
from monitor.model.watchlist import Watchlist

SEED = 1789
COMMON = 1 / 200
"""Share of the articles above which a word is too common for a term by itself."""
_NAME = r"[A-ZÉÈÎ][a-zéèêëàâîïôöûüç]{2,}(?:-[A-ZÉÈÎ][a-zéèêëàâîïôöûüç]+)?"
_NAMES = re.compile(rf"(?<=[a-zé,] ){_NAME}(?: {_NAME}){{0,2}}")
_WORDS = re.compile(r"\b[a-zéèêëàâîïôöûüç]{6,}\b")
_ACRONYMS = re.compile(r"\b[A-Z]{3,5}\b")


class Vocabulary(Struct, frozen=True):
    """Rare names and words to watch."""

    full: Sequence[str]
    """Names of two or three words."""
    names: Sequence[str]
    words: Sequence[str]
    acronyms: Sequence[str]
    places: Sequence[str]
    """Common names, which are used in conditions."""

    @classmethod
    def of(cls, articles: Sequence[Article]) -> Vocabulary:
        """Return the vocabulary of articles."""
        limit = max(1, int(len(articles) * COMMON))
        names, words, acronyms = (
            Counter(word for article in articles for word in set(_matches(pattern, article)))
            for pattern in (_NAMES, _WORDS, _ACRONYMS)
        )

        frequencies = Counter(term for article in articles for term in postings(article))

        def rare(counts: Counter[str]) -> list[str]:
            """Leave out `Orange` if `orange` is common: capitals do not count."""
            return sorted(word for word in counts if frequencies[fold(word)] <= limit)

        return cls(
            full=sorted(name for name, count in names.items() if " " in name and count <= limit),
            names=[name for name in rare(names) if " " not in name],
            words=_rare(words, limit),
            acronyms=rare(acronyms),
            places=sorted(name for name, count in names.items() if count > 2 * limit),
        )


class Author:
    """Writes watchlists, never the same twice."""

    def __init__(self, vocabulary: Vocabulary, seed: int = SEED) -> None:
        self._terms = vocabulary
        self._rng = random.Random(seed)

    def watchlists(self, count: int) -> list[Watchlist]:
        """Return a number of watchlists."""
        written: dict[str, Watchlist] = {}
        kinds, odds = zip(*_KINDS, strict=True)
        while len(written) < count:
            (kind,) = self._rng.choices(kinds, odds)
            watchlist = kind(self)
            written.setdefault(watchlist.name, watchlist)
        return list(written.values())

    def with_concepts(self, count: int) -> tuple[list[Watchlist], list[Watchlist]]:
        """Return watchlists of which a third are names joined by OR, and the same as concepts.

        Each concept also has a name that is none of it.
        """
        plain, others = [], self.watchlists(count - count // 3)
        concepts: list[Watchlist] = []
        for number in range(count // 3):
            names = (f'"{self._person()}"', f'"{self._person()}"', self._any(self._terms.names))
            definition = Definition(f"c{number}", names, (f'"{self._person()}"',))
            plain.append(replace(_watch(" OR ".join(names)), name=f"c{number}"))
            query = defined(parse_query(f"concept:c{number}"), by_name([definition]))
            concepts.append(Watchlist(name=f"c{number}", query=query))
        return [*others, *plain], [*others, *concepts]

    def _any(self, words: Sequence[str]) -> str:
        return self._rng.choice(words)

    def _person(self) -> str:
        """Return a name, or the first and last names of two people: most are in no text."""
        if self._rng.random() < 0.25:
            return self._any(self._terms.full)
        return f"{self._any(self._terms.full).split()[0]} {self._any(self._terms.names)}"

    def _name(self) -> Watchlist:
        return _watch(f'"{self._person()}"')

    def _brand(self) -> Watchlist:
        return _watch(self._any(self._terms.names))

    def _either(self) -> Watchlist:
        return _watch(f'"{self._person()}" OR "{self._person()}" OR {self._any(self._terms.names)}')

    def _acronym(self) -> Watchlist:
        return _watch(f'"{self._any(self._terms.acronyms)}" AND {self._any(self._terms.words)}~')

    def _inflected(self) -> Watchlist:
        return _watch(f"{self._any(self._terms.words)}~ AND {self._any(self._terms.places)}")

    def _wildcard(self) -> Watchlist:
        word = self._any(self._terms.words)
        return _watch(f"{word[: max(5, len(word) - 3)]}* AND {self._any(self._terms.names)}")

    def _near(self) -> Watchlist:
        distance = self._rng.choice([3, 5, 10])
        place, word = self._any(self._terms.places), self._any(self._terms.words)
        return _watch(f"{place} NEAR/{distance} {word}~")

    def _condition(self) -> Watchlist:
        word, other = self._any(self._terms.words), self._any(self._terms.words)
        return _watch(
            f'({word}~ OR {other}~) AND ({self._any(self._terms.names)} OR "{self._person()}")'
            f" AND NOT {self._any(self._terms.places)}"
        )

    def _weighed(self) -> Watchlist:
        words = {f"{self._any(self._terms.words)}~": 3.0 for _ in range(3)}
        query = score({self._any(self._terms.names): 5.0, **words}, 6.0)
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


def _rare(words: Counter[str], limit: int) -> list[str]:
    """Return the words whose inflections together are rare."""
    folded: Counter[str] = Counter()
    for word, count in words.items():
        folded[fold(word)] += count
    return sorted(
        word
        for word in words
        if sum(folded[form] for form in folded_inflections(fold(word))) <= limit
    )


def _matches(pattern: re.Pattern[str], article: Article) -> Iterator[str]:
    return (match[0] for match in pattern.finditer(article.body))


def _watch(text: str) -> Watchlist:
    return Watchlist(name=text, query=parse_query(text))
