"""Four matchers of queries and texts: tocsin's rules, and three alternatives.

Each peer gets tocsin's parsed queries, as far as it can express them. `re` and the automaton find
literal words between word boundaries and know AND, OR, NOT and n OF; FTS5 gets phrases, NEAR,
prefixes and columns in its own language.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Protocol

from index.query.ast import (
    And,
    AtLeast,
    Facet,
    Mode,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Score,
    Word,
    children,
    walk,
)
from monitor.base.article import Article
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.feed import Feed
from monitor.model.watchlist import Watchlist

FEED = Feed(url="https://bench.example/feed", name="Bench")
Matches = list[set[int]]
"""The numbers of the matching queries, for each article."""


class Matcher(Protocol):
    """Matches articles against queries."""

    def match(self, articles: Sequence[Article]) -> Matches:
        """Return the numbers of the matching queries, for each article."""


class Tocsin:
    """The rules of this project."""

    def __init__(self, watchlists: Sequence[Watchlist]) -> None:
        self._rules = WatchlistMatcher(watchlists)
        self._numbers = {watchlist.name: number for number, watchlist in enumerate(watchlists)}

    def match(self, articles: Sequence[Article]) -> Matches:
        """Return the numbers of the matching queries, for each article."""
        return [
            {self._numbers[hit.watchlist.name] for hit in self._rules.match(article, FEED)}
            for article in articles
        ]


# --- literals -----------------------------------------------------------------------


def literals(node: Node) -> Iterator[str]:
    """Yield the words and phrases of a tree as literals."""
    if isinstance(node, Word | Phrase) or _is_compound(node):
        yield _literal(node)
    else:
        for child in children(node):
            yield from literals(child)


def _is_compound(node: Node) -> bool:
    return isinstance(node, Or) and all(child.text == node.text for child in node.children)


def _literal(node: Node) -> str:
    return re.sub(r'^[a-z]+:|[="“”«»~*?]', "", node.text).strip()


def holds(node: Node, present: set[str]) -> bool:
    """Tell whether a tree holds for a text with these literals; NEAR counts as AND."""
    if isinstance(node, Word | Phrase) or _is_compound(node):
        return _literal(node) in present
    if isinstance(node, Not):
        return not holds(node.child, present)
    if isinstance(node, Facet):
        return True
    if isinstance(node, Score):
        return sum(w for w, child in node.weighted if holds(child, present)) >= node.threshold
    results = [holds(child, present) for child in children(node)]
    if isinstance(node, AtLeast):
        return sum(results) >= node.count
    return any(results) if isinstance(node, Or) else all(results)


class _Literally:
    """Matches queries by their literals, which an engine finds in a text."""

    def __init__(self, watchlists: Sequence[Watchlist], fold: Callable[[str], str]) -> None:
        self.roots = [watchlist.query.root for watchlist in watchlists]
        self.fold = fold
        self.spellings: defaultdict[str, set[str]] = defaultdict(set)
        self._by_literal: defaultdict[str, list[int]] = defaultdict(list)
        for number, root in enumerate(self.roots):
            for literal in set(literals(root)):
                self.spellings[fold(literal)].add(literal)
                self._by_literal[literal].append(number)

    def match(self, articles: Sequence[Article]) -> Matches:
        """Return the numbers of the matching queries, for each article."""
        return [self._match(article) for article in articles]

    def _match(self, article: Article) -> set[int]:
        text = self.fold("\n".join((article.title, article.summary, article.body)))
        present = {literal for folded in self.find(text) for literal in self.spellings[folded]}
        candidates = {number for literal in present for number in self._by_literal[literal]}
        return {number for number in candidates if holds(self.roots[number], present)}

    def find(self, text: str) -> Iterable[str]:
        """Return the folded literals of a text."""
        raise NotImplementedError


class Alternation(_Literally):
    """One regular expression of all literals, without case."""

    def __init__(self, watchlists: Sequence[Watchlist]) -> None:
        super().__init__(watchlists, str.lower)
        longest_first = sorted(self.spellings, key=len, reverse=True)
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")

    def find(self, text: str) -> Iterable[str]:
        """Return the folded literals of a text."""
        return set(self._pattern.findall(text))


class Automaton(_Literally):
    """pyahocorasick, on texts without case and accents."""

    def __init__(self, watchlists: Sequence[Watchlist]) -> None:
        try:
            import ahocorasick
        except ImportError:
            hint = ".venv/bin/pip install --editable .[bench]"
            raise SystemExit(f"pyahocorasick is missing: {hint}") from None

        super().__init__(watchlists, without_accents)
        self._automaton = ahocorasick.Automaton()
        for literal in self.spellings:
            self._automaton.add_word(literal, literal)
        self._automaton.make_automaton()

    def find(self, text: str) -> Iterable[str]:
        """Return the folded literals of a text."""
        return {
            literal
            for end, literal in self._automaton.iter(text)
            if not text[end + 1 : end + 2].isalnum()
            and not text[max(0, end - len(literal)) : end - len(literal) + 1].isalnum()
        }


def without_accents(text: str) -> str:
    """Return a text in lower case without accents."""
    bare = unicodedata.normalize("NFD", text.lower())
    return "".join(char for char in bare if not unicodedata.combining(char))


# --- FTS5 ---------------------------------------------------------------------------


class Fts5:
    """Puts batches of articles into an FTS5 table in memory, and runs each query on each batch."""

    def __init__(self, watchlists: Sequence[Watchlist], batch: int = 500) -> None:
        queries = (_fts(watchlist.query.root) for watchlist in watchlists)
        self._queries = [(number, text) for number, text in enumerate(queries) if text]
        self._batch = batch

    def match(self, articles: Sequence[Article]) -> Matches:
        """Return the numbers of the matching queries, for each article."""
        matches: Matches = []
        for first in range(0, len(articles), self._batch):
            matches += self._of_batch(articles[first : first + self._batch])
        return matches

    def _of_batch(self, articles: Sequence[Article]) -> Matches:
        sql = sqlite3.connect(":memory:")
        sql.execute(
            "CREATE VIRTUAL TABLE a USING fts5"
            "(title, summary, body, tokenize='unicode61 remove_diacritics 2')"
        )
        rows = ((n, a.title, a.summary, a.body) for n, a in enumerate(articles))
        sql.executemany("INSERT INTO a (rowid, title, summary, body) VALUES (?, ?, ?, ?)", rows)
        matches: Matches = [set() for _ in articles]
        for number, text in self._queries:
            for (row,) in sql.execute("SELECT rowid FROM a WHERE a MATCH ?", (text,)):
                matches[row].add(number)
        sql.close()
        return matches


def _fts(node: Node) -> str:
    """Return a tree in FTS5's language; empty if FTS5 cannot express it."""
    try:
        return _fts_text(node)
    except NotImplementedError:
        return ""


def _fts_text(node: Node) -> str:
    if isinstance(node, Word):
        if node.mode is Mode.WILDCARD and not re.fullmatch(r"[^*?]+\*", node.term):
            raise NotImplementedError
        star = "*" if node.mode is Mode.WILDCARD else ""
        return (f"{node.part} : " if node.part else "") + f'"{_literal(node)}"{star}'
    if isinstance(node, Phrase) or _is_compound(node):
        if any(isinstance(leaf, Word) and leaf.mode is Mode.WILDCARD for leaf in walk(node)):
            raise NotImplementedError
        return f'"{_literal(node)}"'
    if isinstance(node, Near):
        if node.ordered or not all(isinstance(child, Word | Phrase) for child in node.children):
            raise NotImplementedError
        return f"NEAR({' '.join(map(_fts_text, node.children))}, {node.distance - 1})"
    if isinstance(node, And):
        wanted = [_fts_text(child) for child in node.children if not isinstance(child, Not)]
        unwanted = [_fts_text(child.child) for child in node.children if isinstance(child, Not)]
        return "(" + " NOT ".join([f"({' AND '.join(wanted)})", *unwanted]) + ")"
    if isinstance(node, Or):
        return "(" + " OR ".join(map(_fts_text, node.children)) + ")"
    if isinstance(node, AtLeast):
        chosen = combinations(map(_fts_text, node.children), node.count)
        return "(" + " OR ".join(f"({' AND '.join(clauses)})" for clauses in chosen) + ")"
    if isinstance(node, Score):
        weights = {_fts_text(child): weight for weight, child in node.weighted}
        return _enough(weights, node.threshold)
    raise NotImplementedError


def _enough(weights: Mapping[str, float], threshold: float) -> str:
    """Return all sets of clauses that reach the threshold; negative weights are ignored."""
    gains = [clause for clause, weight in weights.items() if weight > 0]
    chosen = (clauses for size in range(1, len(gains) + 1) for clauses in combinations(gains, size))
    enough = [clauses for clauses in chosen if sum(map(weights.__getitem__, clauses)) >= threshold]
    return "(" + " OR ".join(f"({' AND '.join(clauses)})" for clauses in enough) + ")"
