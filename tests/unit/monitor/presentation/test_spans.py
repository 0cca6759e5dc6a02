"""Tests of styled texts that fit a number of cells."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from rich.cells import cell_len

from monitor.presentation.spans import fit, fit_line, marked, wrap_line

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(words, st.integers(0, 40))
def test_fitted_text_takes_exactly_its_cells(source: str, cells: int) -> None:
    assert cell_len(fit(source, cells)) == cells
    assert cell_len(fit(source, cells, right=True)) == cells


@pytest.mark.parametrize(
    ("cells", "expected"), [(8, "ab cdef"), (7, "ab cdef"), (6, "ab cd…"), (3, "ab…"), (1, "…")]
)
def test_a_line_that_is_cut_ends_in_an_ellipsis(cells: int, expected: str) -> None:
    runs = fit_line([("ab", "quiet"), (" cdef", "plain")], cells)
    assert "".join(text for text, _ in runs) == expected


@given(
    text=st.text("ab é 菜鸟 l’ 阿里", max_size=60),
    spans=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9))),
    cells=st.integers(2, 30),
)
def test_wrapped_lines_fit_and_lose_no_mark(
    text: str, spans: list[tuple[int, int]], cells: int
) -> None:
    intervals = [(start, start + length) for start, length in spans if start + length <= len(text)]
    lines = wrap_line(marked(text, intervals), cells)
    assert all(cell_len("".join(run for run, _ in line)) <= cells for line in lines)
    runs = [run for line in lines for run in line]
    assert "".join("".join(run for run, _ in runs).split()) == "".join(text.split())
    marked_text = "".join(run for run, style in runs if style == "hit")
    expected = [text[n] for n in range(len(text)) if any(a <= n < b for a, b in intervals)]
    assert "".join(marked_text.split()) == "".join("".join(expected).split())


def test_an_address_wider_than_a_line_stays_whole_on_request() -> None:
    lines = wrap_line([("see https://a.org/1234 now", "")], 8, intact=True)
    assert ["".join(run for run, _ in line).rstrip() for line in lines] == [
        "see", "https://a.org/1234", "now",
    ]  # fmt: skip
