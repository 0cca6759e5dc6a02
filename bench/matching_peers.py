"""Four ways to hold texts against queries: tocsin's rules, and what one would reach for instead.

Each peer is given tocsin's parser, and as much of a query as it can say. `re` and the automaton
find literal words between word boundaries and know AND, OR, NOT and n OF of them; FTS5
gets phrases, NEAR, prefixes and columns in its own language.
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
Found = list[set[int]]
"""For each article, the numbers of the queries that match it."""


class Matcher(Protocol):
    """What holds articles against the queries it was made of."""

    def match(self, articles: Sequence[Article]) -> Found:
        """Return which queries match each article."""


class Tocsin:
    """The rules of this project."""

    def __init__(self, watchlists: Sequence[Watchlist]) -> None:
        self._rules = WatchlistMatcher(watchlists)
        self._numbers = {watchlist.name: number for number, watchlist in enumerate(watchlists)}

    def match(self, articles: Sequence[Article]) -> Found:
        """Return which queries match each article."""
        return [
            {self._numbers[hit.watchlist.name] for hit in self._rules.match(article, FEED)}
            for article in articles
        ]


# --- literals -----------------------------------------------------------------------


def literals(node: Node) -> Iterator[str]:
    """Yield the words and phrases of a tree as somebody would write them down as literals."""
    if isinstance(node, Word | Phrase) or _is_compound(node):
        yield _literal(node)
    else:
        for child in children(node):
            yield from literals(child)


def _is_compound(node: Node) -> bool:
    return isinstance(node, Or) and all(child.text == node.text for child in node.children)


def _literal(node: Node) -> str:
    return re.sub(r'^[a-z]+:|[="“”«»~*?]', "", node.text).strip()


def holds(node: Node, there: set[str]) -> bool:
    """Tell whether a tree holds where these literals are; a NEAR is taken for an AND."""
    if isinstance(node, Word | Phrase) or _is_compound(node):
        return _literal(node) in there
    if isinstance(node, Not):
        return not holds(node.child, there)
    if isinstance(node, Facet):
        return True
    if isinstance(node, Score):
        return sum(w for w, child in node.weighted if holds(child, there)) >= node.threshold
    so = [holds(child, there) for child in children(node)]
    if isinstance(node, AtLeast):
        return sum(so) >= node.count
    return any(so) if isinstance(node, Or) else all(so)


class _Literally:
    """Queries by their literals: what an engine finds of these decides."""

    def __init__(self, watchlists: Sequence[Watchlist], fold: Callable[[str], str]) -> None:
        self.roots = [watchlist.query.root for watchlist in watchlists]
        self.fold = fold
        self.known: defaultdict[str, set[str]] = defaultdict(set)
        self._by_literal: defaultdict[str, list[int]] = defaultdict(list)
        for number, root in enumerate(self.roots):
            for literal in set(literals(root)):
                self.known[fold(literal)].add(literal)
                self._by_literal[literal].append(number)

    def match(self, articles: Sequence[Article]) -> Found:
        """Return which queries match each article."""
        return [self._one(article) for article in articles]

    def _one(self, article: Article) -> set[int]:
        text = self.fold("\n".join((article.title, article.summary, article.body)))
        there = {known for found in self.found(text) for known in self.known[found]}
        candidates = {number for literal in there for number in self._by_literal[literal]}
        return {number for number in candidates if holds(self.roots[number], there)}

    def found(self, text: str) -> Iterable[str]:
        """Return the folded literals of a text."""
        raise NotImplementedError


class Alternation(_Literally):
    """One regular expression of every literal, whatever the case."""

    def __init__(self, watchlists: Sequence[Watchlist]) -> None:
        super().__init__(watchlists, str.lower)
        longest_first = sorted(self.known, key=len, reverse=True)
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")

    def found(self, text: str) -> Iterable[str]:
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
        for literal in self.known:
            self._automaton.add_word(literal, literal)
        self._automaton.make_automaton()

    def found(self, text: str) -> Iterable[str]:
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
    """Articles in batches into an FTS5 table in memory, each query run on each batch."""

    def __init__(self, watchlists: Sequence[Watchlist], batch: int = 500) -> None:
        asked = (_fts(watchlist.query.root) for watchlist in watchlists)
        self._queries = [(number, text) for number, text in enumerate(asked) if text]
        self._batch = batch

    def match(self, articles: Sequence[Article]) -> Found:
        """Return which queries match each article."""
        found: Found = []
        for at in range(0, len(articles), self._batch):
            found += self._of_batch(articles[at : at + self._batch])
        return found

    def _of_batch(self, articles: Sequence[Article]) -> Found:
        sql = sqlite3.connect(":memory:")
        sql.execute(
            "CREATE VIRTUAL TABLE a USING fts5"
            "(title, summary, body, tokenize='unicode61 remove_diacritics 2')"
        )
        rows = ((n, a.title, a.summary, a.body) for n, a in enumerate(articles))
        sql.executemany("INSERT INTO a (rowid, title, summary, body) VALUES (?, ?, ?, ?)", rows)
        found: Found = [set() for _ in articles]
        for number, text in self._queries:
            for (row,) in sql.execute("SELECT rowid FROM a WHERE a MATCH ?", (text,)):
                found[row].add(number)
        sql.close()
        return found


def _fts(node: Node) -> str:
    """Return a tree in FTS5's language; empty where that cannot say it."""
    try:
        return _said(node)
    except NotImplementedError:
        return ""


def _said(node: Node) -> str:
    if isinstance(node, Word):
        if node.mode is Mode.WILDCARD and not re.fullmatch(r"[^*?]+\*", node.term):
            raise NotImplementedError
        star = "*" if node.mode is Mode.WILDCARD else ""
        return (f"{node.part} : " if node.part else "") + f'"{_literal(node)}"{star}'
    if isinstance(node, Phrase) or _is_compound(node):
        if any(isinstance(one, Word) and one.mode is Mode.WILDCARD for one in walk(node)):
            raise NotImplementedError
        return f'"{_literal(node)}"'
    if isinstance(node, Near):
        if node.ordered or not all(isinstance(child, Word | Phrase) for child in node.children):
            raise NotImplementedError
        return f"NEAR({' '.join(map(_said, node.children))}, {node.distance - 1})"
    if isinstance(node, And):
        wanted = [_said(child) for child in node.children if not isinstance(child, Not)]
        unwanted = [_said(child.child) for child in node.children if isinstance(child, Not)]
        return "(" + " NOT ".join([f"({' AND '.join(wanted)})", *unwanted]) + ")"
    if isinstance(node, Or):
        return "(" + " OR ".join(map(_said, node.children)) + ")"
    if isinstance(node, AtLeast):
        chosen = combinations(map(_said, node.children), node.count)
        return "(" + " OR ".join(f"({' AND '.join(some)})" for some in chosen) + ")"
    if isinstance(node, Score):
        return _enough({_said(child): weight for weight, child in node.weighted}, node.threshold)
    raise NotImplementedError


def _enough(weights: Mapping[str, float], threshold: float) -> str:
    """Return every choice of clauses that reaches the threshold; what weighs against is lost."""
    gains = [said for said, weight in weights.items() if weight > 0]
    chosen = (some for size in range(1, len(gains) + 1) for some in combinations(gains, size))
    enough = [some for some in chosen if sum(map(weights.__getitem__, some)) >= threshold]
    return "(" + " OR ".join(f"({' AND '.join(some)})" for some in enough) + ")"
