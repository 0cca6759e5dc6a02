"""The facets of a query as rows, and the clauses that they add to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from index.analysis.text_cleaning import line
from index.query.ast import Facet, Node, Or, clauses
from index.query.filters import compact
from monitor.model.search import Facets, Share
from monitor.search.alert_filter import AlertFilter
from tui.view.story_page import LANGUAGES
from tui.view.styled_text import Line, fit


def written(name: str, value: str) -> str:
    """Return `name:value` as it is written, quoted where it must be."""
    return f"{name}:{value}" if value.isalnum() else f'{name}:"{value}"'


def has(sieve: AlertFilter, name: str, value: str) -> bool:
    """Return whether a sieve holds just this filter, whatever else it holds."""
    return any(
        isinstance(c, Facet) and c.name == name and compact(c.value) == compact(value)
        for c in (clauses(sieve.root) if sieve.root else ())
    )


def with_only(sieve: AlertFilter, name: str, value: str) -> str:
    """Return the text of a sieve with this filter instead of others of its name.

    Without a value it is that of the others.
    """
    kept = [_said_as(c) for c in (clauses(sieve.root) if sieve.root else ()) if _kind(c) != name]
    return " ".join([*kept, *([written(name, value)] if value else [])])


def _kind(node: Node) -> str:
    """Return the name of the filter that a clause is, of several of one name too."""
    if isinstance(node, Facet):
        return node.name
    if isinstance(node, Or):
        kinds = {_kind(child) for child in node.children}
        return kinds.pop() if len(kinds) == 1 else ""
    return ""


def _said_as(node: Node) -> str:
    """Return a clause as it can be written beside others."""
    if isinstance(node, Facet):
        return written(node.name, node.value)
    if isinstance(node, Or):
        return f"({' OR '.join(_said_as(child) for child in node.children)})"
    return node.text


FORMS = 4
"""Inflections of a word that are shown."""


class FacetRow(NamedTuple):
    """A row; `by` is empty on headings, and where a query cannot ask for it."""

    line: Line
    by: str = ""


def facet_rows(facets: Facets, cells: int) -> list[FacetRow]:
    """Return feeds, languages, watchlists and the words that stand out, under headings."""
    langs = [Share(LANGUAGES.get(name, name), count) for name, count in facets.langs]
    rows = [
        *_section("Feeds", "feed", facets.feeds, facets.feeds, facets.total, cells),
        *_section("Languages", "lang", facets.langs, langs, facets.total, cells),
        *_section("Watchlists", "watch", facets.watchlists, facets.watchlists, facets.total, cells),
    ]
    read = f", from {facets.read:,} of them" if facets.read < facets.total else ""
    if facets.words:
        rows.append(FacetRow([(f"Words that stand out{read}: there are, expected", "accent")]))
    for word in facets.words:
        others = ", ".join(line(form) for form in word.forms[1 : FORMS + 1])
        expected = f"{word.expected:,.0f}" if word.expected >= 10 else f"{word.expected:.1f}"
        rows.append(
            FacetRow(
                [
                    (fit(f"{word.articles:,}", 8, right=True), "quiet"),
                    (fit(expected, 10, right=True), "quiet"),
                    ("  ", ""),
                    (fit(word.word, min(20, max(4, cells - 21))), "list"),
                    (" ", ""),
                    (fit(others, max(0, cells - 41)), "quiet"),
                ],
                f"{word.word}~" if len(word.forms) > 1 else word.word,
            )
        )
    return rows


def _section(
    heading: str, name: str, asked: Iterable[Share], shown: Iterable[Share], total: int, cells: int
) -> Iterator[FacetRow]:
    shares = list(zip(asked, shown, strict=True))
    if shares:
        yield FacetRow([(heading, "accent")])
    for (value, count), (words, _) in shares:
        yield FacetRow(
            [
                (fit(f"{count:,}", 8, right=True), "quiet"),
                (fit(f"{count / max(1, total):.0%}", 10, right=True), "quiet"),
                ("  ", ""),
                (fit(words, max(1, cells - 20)), "list"),
            ],
            filter_of(name, value),
        )


def filter_of(name: str, value: str) -> str:
    """Return a filter as it is written in a query; empty for what a query cannot name."""
    if '"' in value or "," in value or not value.isprintable():
        return ""
    return f"{name}:{value}" if value.isalnum() else f'{name}:"{value}"'
