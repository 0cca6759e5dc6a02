"""Tests of the breaking of texts into lines."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from rich.cells import cell_len

from monitor.presentation.spans import line_breaks, slice_runs, wrap

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def text(line: list[tuple[str, str]]) -> str:
    return "".join(run for run, _ in line)


@given(st.text(st.characters(categories=["L", "Zs", "P"]), max_size=200), st.integers(2, 30))
def test_breaking_loses_nothing_and_fits(paragraph: str, cells: int) -> None:
    lines = line_breaks(paragraph, cells)
    assert "".join(paragraph[a:b] for a, b in lines) == paragraph
    assert all(cell_len(paragraph[a:b].rstrip()) <= cells for a, b in lines)


@given(words, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=5))
def test_cutting_keeps_every_character(source: str, bounds: list[tuple[int, int]]) -> None:
    spans = [(min(bound), max(bound), "hit") for bound in bounds]
    line = slice_runs(source, spans, 0, len(source))
    assert text(line) == source
    marked_length = sum(len(run) for run, ink in line if ink == "hit")
    assert marked_length == len({n for a, b, _ in spans for n in range(a, b) if n < len(source)})


def test_wrapping_keeps_words_whole_and_folds_those_too_long() -> None:
    assert [text(line) for line in wrap("un deux trois", 8)] == ["un deux", "trois"]
    assert [text(line) for line in wrap("abcdefghij k", 4)] == ["abcd", "efgh", "ij k"]
    assert [text(line) for line in wrap("日本語の記事", 5)] == ["日本", "語の", "記事"]


@pytest.mark.parametrize(
    ("text", "cells", "broken"),
    [
        ("une affaire : oui", 11, ["une ", "affaire : ", "oui"]),
        ("dit « non » hier", 8, ["dit ", "« non » ", "hier"]),
        ("à 20\u00a0000\u202f€ net", 8, ["à ", "20\u00a0000\u202f€ ", "net"]),
        ("阿里巴巴，列日。", 8, ["阿里巴", "巴，列", "日。"]),
        ("ja 「はい」だ", 8, ["ja 「は", "い」だ"]),
        ("vu https://a.example/une/deux?q=1", 16, ["vu https://a.", "example/une/", "deux?q=1"]),
        ("Alibaba阿里", 9, ["Alibaba阿", "里"]),
    ],
)
def test_where_lines_end(text: str, cells: int, broken: list[str]) -> None:
    pieces = [text[a:b] for a, b in line_breaks(text, cells)]
    assert "".join(pieces) == text
    assert pieces == broken
