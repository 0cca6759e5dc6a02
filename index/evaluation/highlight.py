"""Showing where a query matches: the places to highlight in an article, and a line of them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import accumulate, pairwise, takewhile

from rich.cells import cell_len

from index.analysis.term_positions import AUTHOR, EXACT, DocumentTerms, Keys
from index.evaluation.spans import MemoryDocument, SpanMatch, matches, occurrences
from index.evaluation.term_expansion import expands, is_open, key, listed_keys, selector
from index.query.ast import Near, Node, Not, Phrase, Word, children, words
from index.query.parser import Query
from monitor.base.article import Article

Span = tuple[int, int]

ELLIPSIS = "…"
_LONG_WORD = 24
"""Cells of a word from which it may be cut, such as a link."""
_GAP = re.compile(r"\s(?:(?<! )|\s)\s*")
"""White space that is not one space; beginning with one character makes it three times as fast."""


def snippet(
    article: Article, spans: Iterable[tuple[str, int, int]], width: int
) -> tuple[str, list[Span]]:
    """Return one line of at most `width` cells and what to light in it.

    It comes from the summary or the body, from the title only when there is no other
    text. A match is never cut, even if it alone is wider than the line.
    """
    part, own = _best_part(article, spans)
    text, lit = _on_one_line(article.part(part), own)
    if not text.strip():
        return "", []
    line = _Line(text, lit, width)
    start, end = line.grown(line.densest())
    before, after = ELLIPSIS * line.is_cut(start), ELLIPSIS * line.goes_on(end)
    shift = len(before) - start
    return before + text[start:end] + after, [
        (a + shift, b + shift) for a, b in lit if start <= a and b <= end
    ]


def _best_part(article: Article, spans: Iterable[tuple[str, int, int]]) -> tuple[str, list[Span]]:
    by_part: dict[str, list[Span]] = {part: [] for part in ("summary", "body", "title", "author")}
    for part, start, end in spans:
        by_part[part].append((start, end))
    parts = [part for part in ("summary", "body") if article.part(part).strip()] or ["title"]
    best = max(parts, key=lambda part: len(by_part[part]))
    return best, by_part[best]


def _on_one_line(text: str, spans: Iterable[Span]) -> tuple[str, list[Span]]:
    """Return the text with every gap one space, and the spans in it, disjoint and in order."""
    gaps = [match.span() for match in _GAP.finditer(text)]
    ends = [end for _, end in gaps]
    lost = list(accumulate((end - start - 1 for start, end in gaps), initial=0))

    def moved(offset: int) -> int:
        return offset - lost[bisect_right(ends, offset)]

    disjoint: list[Span] = []
    for start, end in sorted((moved(start), moved(end)) for start, end in spans):
        if disjoint and start < disjoint[-1][1]:
            disjoint[-1] = disjoint[-1][0], max(end, disjoint[-1][1])
        else:
            disjoint.append((start, end))
    cuts = pairwise([(0, 0), *gaps, (len(text), 0)])
    return " ".join([text[left[1] : right[0]] for left, right in cuts]), disjoint


class _Line:
    """A text on one line, of which a window is to be shown; read only where it is looked at.

    Its *pieces* are its words; a match and what it touches is one piece.
    """

    def __init__(self, text: str, lit: Sequence[Span], width: int) -> None:
        self._text = text
        self._lit = lit
        self._ends = [end for _, end in lit]
        self._width = width
        self._longest = min(_LONG_WORD, width - 2 * cell_len(ELLIPSIS))
        self._first, self._last = len(text) - len(text.lstrip()), len(text.rstrip())
        self._cut: dict[int, bool] = {}

    def is_cut(self, start: int) -> bool:
        """Tell whether there are words before a window."""
        return start > self._first

    def goes_on(self, end: int) -> bool:
        """Tell whether there are words behind a window."""
        return end < self._last

    def densest(self) -> Span:
        """Return the pieces around most matches, different ones counting more."""
        holds = [self._piece(start) for start, _ in self._lit]
        best, worth = self._piece(self._first), (0, 0)
        for number, (start, end) in enumerate(holds):
            ends = [to for _, to in holds[number:]]
            fitting = list(takewhile(partial(self._fits, start), ends))
            lit = self._lit[number : number + len(fitting)]
            here = len({self._text[slice(*span)].casefold() for span in lit}), len(fitting)
            if here > worth or not number:
                best, worth = (start, fitting[-1] if fitting else end), here
        return best

    def grown(self, window: Span) -> Span:
        """Return a window with as many pieces before and after it as there is room for."""
        start, end = window
        growing = True
        while growing:
            growing = False
            if self.goes_on(end) and self._fits(start, to := self._piece(self._behind(end))[1]):
                end, growing = to, True
            if self.is_cut(start) and self._fits(to := self._piece(self._before(start))[0], end):
                start, growing = to, True
        return start, end

    def _fits(self, start: int, end: int) -> bool:
        """Tell whether a window has room, ellipses included."""
        ellipses = self.is_cut(start) + self.goes_on(end)
        return cell_len(self._text[start:end]) + ellipses <= self._width

    def _behind(self, end: int) -> int:
        return end + (self._text[end] == " ")

    def _before(self, start: int) -> int:
        return start - 1 - (self._text[start - 1] == " ")

    def _piece(self, offset: int) -> Span:
        """Return the piece that a character belongs to."""
        start, end = self._unit(offset)
        number = bisect_right(self._ends, start)
        for at in range(number, len(self._lit)):
            if self._lit[at][0] >= end:
                break
            end = max(end, self._unit(self._ends[at] - 1)[1])
        for at in range(min(number, len(self._lit) - 1), -1, -1):
            if self._ends[at] <= start:
                break
            start = min(start, self._unit(self._lit[at][0])[0])
        return start, end

    def _unit(self, offset: int) -> Span:
        """Return the word that a character belongs to; itself where the word may be cut."""
        start = self._text.rfind(" ", 0, offset) + 1
        end = self._text.find(" ", offset)
        end = len(self._text) if end < 0 else end
        if start not in self._cut:
            self._cut[start] = self._may_be_cut(self._text[start:end])
        return (offset, offset + 1) if self._cut[start] else (start, end)

    def _may_be_cut(self, word: str) -> bool:
        cells = len(word) if word.isascii() else cell_len(word)
        return cells > min(self._longest, len(word))  # CJK is wide, and has no spaces


class Highlighter:
    """Highlights the matches of one query, in any number of articles."""

    def __init__(self, query: Query) -> None:
        self._root = query.root
        self._keys = Keys(_SoughtKeys(query.root))

    def spans(self, article: Article) -> list[tuple[str, int, int]]:
        """Return (part, start, end) of every match, in the order of the text.

        When the article does not satisfy the query, or only its filters can tell, whatever
        clauses of it are there.
        """
        reading = DocumentTerms(article, self._keys)
        document = MemoryDocument(reading.postings)
        clauses = matches(self._root, document) or _there(self._root, document)
        return [(place.part, place.start, place.end) for place in occurrences(clauses, reading)]


class _SoughtKeys:
    """The index keys that a query may match."""

    def __init__(self, root: Node) -> None:
        every = list(words(root))
        self._plain = {key(word) for word in every if not is_open(word)}
        self._plain.update(*map(listed_keys, every))
        self._selectors = [selector(w) for w in every if expands(w) and not listed_keys(w)]
        prefixes = [*self._plain, *(prefix for prefix, _ in self._selectors)]
        self._beginnings = tuple(
            prefix.partition(EXACT)[0] for prefix in prefixes if not prefix.startswith(AUTHOR)
        )

    def may_select(self, term: str) -> bool:
        return term.startswith(self._beginnings)

    def select(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(filter(self._is_sought, keys))

    def _is_sought(self, key: str) -> bool:
        return key in self._plain or any(
            key.startswith(prefix) and accepts(key) for prefix, accepts in self._selectors
        )


def _there(node: Node, document: MemoryDocument) -> list[SpanMatch]:
    """Return the clauses of a tree that a document has, none below a negation."""
    if isinstance(node, Word | Phrase | Near):
        return matches(node, document)
    if isinstance(node, Not):
        return []
    return [clause for child in children(node) for clause in _there(child, document)]
