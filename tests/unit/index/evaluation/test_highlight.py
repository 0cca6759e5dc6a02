"""Tests of the highlights of a query in an article."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from support.golden_cases import GOLDEN, Golden

from index.analysis.term_positions import DocumentTerms
from index.evaluation.highlight import Highlighter
from index.query.parser import Query, parse_query
from monitor.base.article import Article


def spans(query: Query, article: Article) -> list[tuple[str, int, int]]:
    return Highlighter(query).spans(article)


def article(title: str = "", summary: str = "", body: str = "", author: str = "") -> Article:
    return Article(
        id=1, feeds=(1,), url="", title=title, summary=summary, body=body, author=author, seen=0.0
    )


@pytest.mark.parametrize(
    ("query", "title", "expected"),
    [
        ("espionnage", "L’espionnage à Liège", ["espionnage"]),
        ("cainiao", "Le hub de Cai\u00adniao", ["Cai\u00adniao"]),
        ("plateforme", "Une plate-forme belge", ["plate-forme"]),
        ('"sûreté de l\'État"', "La sûreté de  l’État belge", ["sûreté de  l’État"]),
        ('"port liège"~5', "Le port de Liège", ["port", "Liège"]),
        ("port~", "Des ports, une porte", ["ports"]),
        ("port -canal", "Le port", ["port"]),
        ("port lang:fr", "Le port", ["port"]),
        ("port -lang:nl", "Le port", ["port"]),
        ("port AND quai", "Le port", ["port"]),
        ("2 OF (port, quai, canal)", "Le port, le quai", ["port", "quai"]),
        ("=Port", "Port ou port", ["Port"]),
        ("quai", "Le port", []),
    ],
)
def test_lit_is_what_was_meant(query: str, title: str, expected: list[str]) -> None:
    marked_spans = spans(parse_query(query), article(title))
    assert [title[start:end] for part, start, end in marked_spans if part == "title"] == expected


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=f"{case.query}, {case.marked}") for case in GOLDEN if case.matches],
)
def test_a_search_lights_what_matches(case: Golden) -> None:
    text = case.text
    for _part, start, end in reversed(spans(parse_query(case.query), article(body=text))):
        text = f"{text[:start]}⟦{text[start:end]}⟧{text[end:]}"
    assert text == case.marked


@pytest.mark.costly
def test_of_texts_without_blanks_little_is_remembered() -> None:
    draw = random.Random(7)
    ideographs = [chr(code) for code in range(0x4E00, 0x4E00 + 300)]

    def read_texts(count: int) -> None:
        for _ in range(count):
            text = "，".join("".join(draw.choices(ideographs, k=12)) for _ in range(400))
            reading = DocumentTerms(article(body=text))
            for codes in reading.postings.values():
                for code in codes[:3]:
                    reading.place(code >> 2, code >> 2)

    read_texts(2)  # every ideograph is known by now
    tracemalloc.start()
    try:
        read_texts(10)
        assert tracemalloc.get_traced_memory()[0] < 1 << 19
    finally:
        tracemalloc.stop()


def test_every_part_is_lit_in_its_own_text() -> None:
    document = article("Le port", "Un port", "Port", "Port, Jean")
    marked_spans = spans(parse_query("port OR author:port"), document)
    assert [(part, document.part(part)[a:b]) for part, a, b in marked_spans] == [
        ("title", "port"),
        ("summary", "port"),
        ("body", "Port"),
        ("author", "Port"),
    ]
