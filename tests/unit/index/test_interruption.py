"""Tests that a search ends when nobody waits for it any more."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from index.analysis.text_cache import TextCache
from index.archive import open_archive, open_archive_writer
from index.errors import Interrupted
from index.interruption import check, interruptible
from index.query.parser import parse_query
from monitor.base.article import Article

QUERIES = ["x", '"x y"', '"x y z"~5', "(x NEAR/2 y) W/3 z", "x OR y OR z", "2 OF (x, y, z)", "xx*"]


@pytest.mark.parametrize("query", QUERIES)
def test_it_ends_at_the_next_question(query: str, tmp_path: Path) -> None:
    texts = (f"x y z xx{number}" for number in range(100))
    open_archive_writer(tmp_path).add(
        Article(id=id, feeds=(1,), url="", title="", summary="", body=text, seen=float(id))
        for id, text in enumerate(texts, 1)
    )
    archive = open_archive(tmp_path)
    with interruptible(lambda: True), pytest.raises(Interrupted):
        archive.search(parse_query(query))
    assert archive.count(parse_query(query)) == 100


def test_it_asks_while_it_reads_positions(tmp_path: Path) -> None:
    open_archive_writer(tmp_path).add(
        Article(id=id, feeds=(1,), url="", title="x y z", summary="", body="", seen=float(id))
        for id in range(1, 201)
    )
    questions = count()
    with interruptible(lambda: next(questions) > 5), pytest.raises(Interrupted):
        open_archive(tmp_path).count(parse_query('"x y z"~5'))


def count_checks(run: Callable[[], object]) -> int:
    questions = count()
    with interruptible(lambda: next(questions) < 0):
        run()
    return next(questions)


def test_it_asks_while_it_compares_words(tmp_path: Path) -> None:
    texts = [
        Article(id=id, feeds=(1,), url="", title="x yes no", summary="", body="", seen=float(id))
        for id in range(1, 201)
    ]
    open_archive_writer(tmp_path).add(texts)
    archive, query = open_archive(tmp_path), parse_query("x")
    question_count = count_checks(lambda: archive.significant_terms(query, texts, 10))
    assert question_count > count_checks(lambda: archive.ids(query)) + 10


def test_whoever_waits_outside_ends_it_too() -> None:
    with interruptible(lambda: True), interruptible(lambda: False), pytest.raises(Interrupted):
        check()
    with interruptible(lambda: False), interruptible(lambda: False):
        check()


def test_it_asks_at_each_word_that_is_not_remembered() -> None:
    lengths = TextCache(len, lambda _: 8, 1000)
    assert count_checks(lambda: [lengths[word] for word in ("a", "bb", "a", "bb")]) == 2
    with interruptible(lambda: True), pytest.raises(Interrupted):
        lengths["ccc"]
    assert lengths["ccc"] == 3
