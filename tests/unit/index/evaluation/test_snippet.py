"""Tests of the snippet: the one line that shows the best match of an article."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from rich.cells import cell_len

from index.analysis.term_positions import DocumentTerms
from index.evaluation.highlight import Highlighter, snippet
from index.evaluation.spans import MemoryDocument, matches, occurrences
from index.query.parser import Query, parse_query
from monitor.base.article import Article


def spans(query: Query, article: Article) -> list[tuple[str, int, int]]:
    return Highlighter(query).spans(article)


def article(title: str = "", summary: str = "", body: str = "", author: str = "") -> Article:
    return Article(
        id=1, feeds=(1,), url="", title=title, summary=summary, body=body, author=author, seen=0.0
    )


@pytest.mark.parametrize(
    ("document", "query", "width", "line"),
    [
        (article("Le port", "Un quai."), "quai", 40, "Un [quai]."),
        (article("Le port", "Un quai."), "port", 40, "Un quai."),  # the title is shown anyway
        (article("Le port"), "port", 40, "Le [port]"),
        (article(), "port", 40, ""),
        (article("t", "a\n\tb  port\u00a0 c"), "port", 40, "a b [port] c"),
        (article("t", "un deux trois port quatre cinq six"), "port", 19, "…trois [port] quatre…"),
        (article("t", "un deux trois port quatre cinq six"), "port", 4, "…[port]…"),
        (
            article("t", "port un deux trois quatre cinq quai port"),
            "port OR quai",
            16,
            "…cinq [quai] [port]",
        ),
        (
            article("t", "他在阿里巴巴工作了很多年然后去了比利时"),
            "阿里巴巴",
            14,
            "…在[阿里巴巴]工…",
        ),
        (
            article("t", "port de la mer, quai, un quai"),
            'quai OR "port de la mer"',
            20,
            "…[quai], un [quai]",
        ),
        (article("t", "日本語 port"), "port", 9, "…語 [port]"),
        (article("t", "port", "un port et un port"), "port", 30, "un [port] et un [port]"),
        (article("t", "x" * 300 + " port " + "y" * 300), "port", 12, "…xx [port] yy…"),
    ],
)
def test_line(document: Article, query: str, width: int, line: str) -> None:
    text, marked_spans = snippet(document, spans(parse_query(query), document), width)
    marked_text = text
    for start, end in reversed(marked_spans):
        marked_text = f"{marked_text[:start]}[{marked_text[start:end]}]{marked_text[end:]}"
    assert marked_text == line


WORD = st.sampled_from(["port", "l’espionnage", "阿里巴巴", "Lie\u200bge", "\n\n", "x" * 40, "été"])
TEXT = st.lists(WORD, max_size=40).map(" ".join)


@given(title=TEXT, summary=TEXT, body=TEXT, width=st.integers(12, 90))
def test_a_line_is_a_line_fits_and_cuts_no_match(
    title: str, summary: str, body: str, width: int
) -> None:
    document = article(title, summary, body)
    query = parse_query("port OR espionnage OR 阿里巴巴 OR liege")
    marks = spans(query, document)
    text, places = snippet(document, marks, width)
    assert cell_len(text) <= width
    assert not set(text) & set("\n\t\r")
    matches = {" ".join(document.part(part)[start:end].split()) for part, start, end in marks}
    assert {text[start:end] for start, end in places} <= matches
    assert places == sorted(places)
    if any(part in ("summary", "body") for part, _, _ in marks):
        assert places


WORDS = [
    "port",
    "Port",
    "PORT",
    "«port»",
    "ports,",
    "l’État",
    "U.S.",
    "US",
    "plate-forme",
    "été",
    "x",
]


@pytest.mark.parametrize(
    "query",
    [
        "port", "=Port", "=port", "port~", "po*", '"x port"', "us", "=U.S", "etat", "plateforme",
        "ete NEAR/2 port", "author:port", "author:po*", "forme", "title:port x", "x -port", "*te",
    ],
)  # fmt: skip
@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=6), min_size=4, max_size=4))
def test_words_that_are_passed_over_change_nothing(query: str, texts: list[list[str]]) -> None:
    document = article(*map(" ".join, texts))
    root = parse_query(query).root
    hits = matches(root, MemoryDocument.of(document))
    expected = [(p.part, p.start, p.end) for p in occurrences(hits, DocumentTerms(document))]
    assert not hits or spans(parse_query(query), document) == expected
