"""What the articles of a query are made of, as rows, each with what narrows the query to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from index.text import line
from monitor.model import Facets, Share
from tui.ink import Line, fit
from tui.story_page import LANGUAGES

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
