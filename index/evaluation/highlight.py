"""Shows where a query matches: the places to highlight in an article, and a snippet of it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

from rich.cells import cell_len

from index.analysis.term_positions import AUTHOR, EXACT, DocumentTerms, Keys
from index.evaluation.spans import MemoryDocument, SpanMatch, matches, occurrences
from index.evaluation.term_expansion import expands, is_open, key, listed_keys, selector
from index.query.ast import Concept, Near, Node, Not, Phrase, Word, children, words
from index.query.parser import Query
from monitor.base.article import Article

Span = tuple[int, int]

ELLIPSIS = "…"
_LONG_WORD = 24
"""Cells of the shortest word that may be cut, such as a link."""
_WORD = re.compile(r"[^ ]+")
_GAP = re.compile(r"\s(?:(?<! )|\s)\s*")
"""White space that is not one space; beginning with one character makes it three times as fast."""


def snippet(
    article: Article, spans: Iterable[tuple[str, int, int]], width: int
) -> tuple[str, list[Span]]:
    """Return one line of at most `width` cells, and the spans to highlight in it.

    The line is from the summary or the body, from the title only when there is no other
    text. A match is never cut, even if it alone is wider than the line.
    """
    part, part_spans = _best_part(article, spans)
    text, line_spans = _on_one_line(article.part(part), part_spans)
    if not text.strip():
        return "", []
    start, end = _window(text, line_spans, width)
    before = ELLIPSIS * _is_cut(text, start)
    after = ELLIPSIS * _goes_on(text, end)
    shift = len(before) - start
    return before + text[start:end] + after, [
        (a + shift, b + shift) for a, b in line_spans if start <= a and b <= end
    ]


def _best_part(article: Article, spans: Iterable[tuple[str, int, int]]) -> tuple[str, list[Span]]:
    by_part: dict[str, list[Span]] = {part: [] for part in ("summary", "body", "title", "author")}
    for part, start, end in spans:
        by_part[part].append((start, end))
    parts = [part for part in ("summary", "body") if article.part(part).strip()] or ["title"]
    best = max(parts, key=lambda part: len(by_part[part]))
    return best, by_part[best]


def _on_one_line(text: str, spans: Iterable[Span]) -> tuple[str, list[Span]]:
    """Return the text with one space for every gap, and its spans, disjoint and in order."""
    gaps = [match.span() for match in _GAP.finditer(text)]
    ends = [end for _, end in gaps]
    removed = list(accumulate((end - start - 1 for start, end in gaps), initial=0))

    def moved(offset: int) -> int:
        return offset - removed[bisect_right(ends, offset)]

    disjoint: list[Span] = []
    for start, end in sorted((moved(start), moved(end)) for start, end in spans):
        if disjoint and start < disjoint[-1][1]:
            disjoint[-1] = disjoint[-1][0], max(end, disjoint[-1][1])
        else:
            disjoint.append((start, end))
    cuts = pairwise([(0, 0), *gaps, (len(text), 0)])
    return " ".join([text[left[1] : right[0]] for left, right in cuts]), disjoint


def _is_cut(text: str, start: int) -> bool:
    """Tell whether there are words before a window."""
    return bool(text[:start].strip())


def _goes_on(text: str, end: int) -> bool:
    """Tell whether there are words behind a window."""
    return bool(text[end:].strip())


def _window(text: str, spans: Sequence[Span], width: int) -> Span:
    """Return the window with the most matches; different matches count more.

    It begins and ends with whole words and matches; only long words may be cut.
    """

    def fits(start: int, end: int) -> bool:
        ellipses = _is_cut(text, start) + _goes_on(text, end)
        return cell_len(text[start:end]) + ellipses <= width

    def around(first: int) -> tuple[list[int], list[int]]:
        return _cuts(text, spans, max(first - 2 * width, 0), first + 2 * width, width)

    blank = len(text) - len(text.lstrip())
    starts, ends = around(blank)
    window, worth = (starts[0], ends[0]), (0, 0)
    for number, (first, _) in enumerate(spans):
        near = [spans[number], *(span for span in spans[number + 1 :] if span[1] < first + width)]
        if (len(near), len(near)) < worth:
            continue
        starts_here, ends_here = around(first)
        start = starts_here[bisect_right(starts_here, first) - 1]
        span_ends = [ends_here[bisect_left(ends_here, end)] for _, end in near]
        fitting = [end for end in span_ends if fits(start, end)]
        different = {text[slice(*span)].casefold() for span in near[: len(fitting)]}
        if (len(different), len(fitting)) > worth or not number:
            window, worth = (
                (start, max(fitting, default=span_ends[0])),
                (len(different), len(fitting)),
            )
            starts, ends = starts_here, ends_here
    start, end = window
    left, right = bisect_left(starts, start), bisect_left(ends, end)
    growing = True
    while growing:
        growing = False
        if right + 1 < len(ends) and fits(start, ends[right + 1]):
            right, end, growing = right + 1, ends[right + 1], True
        if left and fits(starts[left - 1], end):
            left, start, growing = left - 1, starts[left - 1], True
    return start, end


def _cuts(
    text: str, spans: Sequence[Span], first: int, last: int, width: int
) -> tuple[list[int], list[int]]:
    """Return the offsets at which a window around some characters may start, and may end."""
    first = text.rfind(" ", max(first - _LONG_WORD, 0), first) + 1 or first
    last = max(text.find(" ", last, last + _LONG_WORD), last)
    longest = min(_LONG_WORD, width - 2 * cell_len(ELLIPSIS))
    starts, ends = set[int](), set[int]()
    for word in _WORD.finditer(text, first, last):
        start, end = word.span()
        is_whole = cell_len(word[0]) <= min(longest, len(word[0]))  # CJK is wide, without spaces
        starts.update([start] if is_whole else range(start, end))
        ends.update([end] if is_whole else range(start + 1, end + 1))
    for start, end in spans:
        if first <= start < last:
            starts.difference_update(range(start + 1, end))
            ends.difference_update(range(start + 1, end))
    return sorted(starts), sorted(ends)


class Highlighter:
    """Highlights the matches of one query, in any number of articles."""

    def __init__(self, query: Query) -> None:
        self._root = query.root
        self._keys = Keys(_SoughtKeys(query.root))

    def spans(self, article: Article) -> list[tuple[str, int, int]]:
        """Return (part, start, end) of every match, in the order of the text.

        If the article does not satisfy the query, or only the filters of the query can tell,
        the matches of all clauses that the article has.
        """
        terms = DocumentTerms(article, self._keys)
        document = MemoryDocument(terms.postings)
        clauses = matches(self._root, document) or _present_clauses(self._root, document)
        return [(place.part, place.start, place.end) for place in occurrences(clauses, terms)]


class _SoughtKeys:
    """The index keys that a query may match."""

    def __init__(self, root: Node) -> None:
        query_words = list(words(root))
        self._plain = {key(word) for word in query_words if not is_open(word)}
        self._plain.update(*map(listed_keys, query_words))
        self._selectors = [selector(w) for w in query_words if expands(w) and not listed_keys(w)]
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


def _present_clauses(node: Node, document: MemoryDocument) -> list[SpanMatch]:
    """Return the clauses of a tree that a document has, without those below a negation."""
    if isinstance(node, Word | Phrase | Near | Concept):
        return matches(node, document)
    if isinstance(node, Not):
        return []
    return [clause for child in children(node) for clause in _present_clauses(child, document)]
