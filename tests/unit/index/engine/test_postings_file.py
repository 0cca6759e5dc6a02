"""Tests that posting lists are read as they were written, and that damage is reported."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from support.postings_files import of_terms

CODES = st.lists(st.integers(0, 2**24 - 1), min_size=1, max_size=400, unique=True).map(sorted)
LIST = st.dictionaries(st.integers(0, 2**16 - 1), CODES, min_size=1, max_size=6)
TERM = st.text(st.characters(exclude_characters="\n", codec="utf-8"), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("segment") / "one"


@given(terms=st.dictionaries(TERM, LIST, max_size=8))
def test_every_code_comes_back(path: Path, terms: dict[str, dict[int, list[int]]]) -> None:
    lists = of_terms(path, terms, 2**16)
    assert [term.decode() for term in lists.field("words").terms()] == sorted(terms)
    for term, expected in terms.items():
        postings = lists.field("words").find(term.encode())
        assert postings is not None
        assert {doc: list(postings.at(doc)) for doc in postings.docs} == expected
        assert lists.field("words").frequency(term.encode()) == len(expected)


@given(terms=st.sets(TERM, max_size=20), other=TERM)
def test_lookup_by_prefix(path: Path, terms: set[str], other: str) -> None:
    lists = of_terms(path, {term: {1: [2]} for term in terms}, 2**16)
    expected = [term for term in sorted(terms) if term.startswith(other)]
    assert [term.decode() for term in lists.field("words").terms(other.encode())] == expected
    assert (lists.field("words").find(other.encode()) is not None) == (other in terms)


def test_a_document_without_the_term_has_no_codes(path: Path) -> None:
    postings = of_terms(path, {"word": {3: [4, 5], 9: [6]}}, 2**16).field("words").find(b"word")
    assert postings is not None
    assert [list(postings.at(doc)) for doc in (2, 3, 4, 9, 10)] == [[], [4, 5], [], [6], []]


def test_a_term_with_a_line_break_is_refused(path: Path) -> None:
    with pytest.raises(ValueError, match="line break"):
        of_terms(path, {"a\nb": {1: [1]}}, 2**16)
