"""Texts with styles that fit their cells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from monitor.presentation.spans import fit, fit_line

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(words, st.integers(0, 40))
def test_fitted_text_takes_exactly_its_cells(said: str, cells: int) -> None:
    assert cell_len(fit(said, cells)) == cells
    assert cell_len(fit(said, cells, right=True)) == cells


@pytest.mark.parametrize(
    ("cells", "shown"), [(8, "ab cdef"), (7, "ab cdef"), (6, "ab cd…"), (3, "ab…"), (1, "…")]
)
def test_a_line_that_is_cut_ends_in_an_ellipsis(cells: int, shown: str) -> None:
    cut = fit_line([("ab", "quiet"), (" cdef", "plain")], cells)
    assert "".join(text for text, _ in cut) == shown
