"""Texts with styles that fit their cells."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.view.styled_text import fit

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(words, st.integers(0, 40))
def test_fitted_text_takes_exactly_its_cells(said: str, cells: int) -> None:
    assert cell_len(fit(said, cells)) == cells
    assert cell_len(fit(said, cells, right=True)) == cells
