"""Tests of the matches of a query: the golden table, the parts of an article, scores."""

import re

import pytest
from support.golden_cases import GOLDEN

from index.analysis.term_positions import DocumentTerms
from index.evaluation.spans import MemoryDocument, evaluate, matches, occurrences
from index.query.parser import parse_query, score
from monitor.base.article import Article


def article(body="", title="", summary="", author=""):
    return Article(
        id=1, feeds=(1,), url="", title=title, summary=summary, body=body, author=author, seen=0.0
    )


def marked_parts(query, target):
    """Return the parts of an article, with brackets around the matches of a query."""
    memory_document = MemoryDocument.of(target)
    found_matches = matches(query.root, memory_document)
    assert bool(found_matches) == evaluate(query.root, memory_document)
    texts = {part: target.part(part) for part in ("title", "summary", "body", "author")}
    for part, start, end, _ in reversed(occurrences(found_matches, DocumentTerms(target))):
        texts[part] = f"{texts[part][:start]}⟦{texts[part][start:end]}⟧{texts[part][end:]}"
    return texts


@pytest.mark.parametrize(
    "case", [pytest.param(c, id=f"{c.reason}: {c.query}, {c.marked}") for c in GOLDEN]
)
def test_a_query_lights(case):
    assert marked_parts(parse_query(case.query), article(case.text))["body"] == case.marked


PARTS = [
    ("x", {"title": "⟦x⟧", "summary": "⟦x⟧ y", "body": "⟦x⟧ ⟦x⟧", "author": "x"}),
    ("title:x", {"title": "⟦x⟧", "summary": "x", "body": "x", "author": "x"}),
    ("summary:x", {"title": "x", "summary": "⟦x⟧", "body": "x", "author": "x"}),
    ("body:(x y)", {"title": "x", "summary": "y", "body": "⟦y⟧ ⟦x⟧", "author": "x"}),
    ("body:(x y)", {"title": "x", "summary": "y", "body": "x", "author": "y"}),
    ("author:x", {"title": "x", "summary": "x", "body": "x", "author": "Max ⟦X⟧"}),
    ("author:=X", {"title": "x", "summary": "x", "body": "x", "author": "Max ⟦X⟧ x"}),
    ("author:=x", {"title": "x", "summary": "x", "body": "x", "author": "Max X ⟦x⟧"}),
    ("author:dup*", {"title": "dupont", "summary": "", "body": "", "author": "⟦Dupont⟧"}),
    ("dup*", {"title": "", "summary": "", "body": "z", "author": "Dupont"}),
    ("author:ports~", {"title": "", "summary": "", "body": "ports", "author": "Le ⟦Port⟧"}),
    ('"x y"', {"title": "x", "summary": "y x", "body": "y", "author": "x y"}),
    ("x NEAR/1000 y", {"title": "x", "summary": "y", "body": "", "author": ""}),
    ("x -title:y", {"title": "z", "summary": "⟦x⟧", "body": "y", "author": ""}),
    ("x -title:y", {"title": "y", "summary": "x", "body": "", "author": ""}),
]


@pytest.mark.parametrize(("query", "marked_text"), PARTS)
def test_parts_of_an_article(query, marked_text):
    plain = {part: re.sub("[⟦⟧]", "", text) for part, text in marked_text.items()}
    assert marked_parts(parse_query(query), article(**plain)) == marked_text


def test_a_watchlists_terms():
    query = parse_query(
        '(Alibaba OR 阿里巴巴 OR "Ali Express") NOT "Alibaba Cave" NOT "quarante voleurs"'
    )
    assert marked_parts(query, article("⟦Alibaba⟧".strip("⟦⟧")))["body"] == "⟦Alibaba⟧"
    assert marked_parts(query, article("Ali  Express"))["body"] == "⟦Ali  Express⟧"
    assert marked_parts(query, article("Alibaba's cave, an Alibaba cave"))["body"].count("⟦") == 0
    assert marked_parts(query, article("Express Ali"))["body"].count("⟦") == 0


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("ransomware in the port", "⟦ransomware⟧ in the ⟦port⟧"),
        ("port port port port", "port port port port"),
        ("ransomware, logistics, port, exercise", "ransomware, logistics, port, exercise"),
        ("ransomware logistics port", "⟦ransomware⟧ ⟦logistics⟧ ⟦port⟧"),
    ],
)
def test_a_score(text, marked):
    query = score({"ransomware": 10, "port": 3, "logisti*": 3, "exercise": -5}, 12)
    assert marked_parts(query, article(text))["body"] == marked


@pytest.mark.costly
def test_words_far_apart_are_near_in_no_time():
    query = parse_query('"a b c d e f"~1000')
    assert not evaluate(query.root, MemoryDocument.of(article("a b " * 200)))
    crowded = parse_query("a NEAR/1000 b NEAR/1000 c NEAR/1000 d")
    assert evaluate(crowded.root, MemoryDocument.of(article("a b c d " * 100)))
