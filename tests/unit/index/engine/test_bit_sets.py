"""Tests of sets of documents that are stored as bits of an integer."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from index.engine import bit_sets

DOCS = st.sets(st.integers(0, 3_000) | st.integers(0, 40), max_size=300)


def bits_of(docs: set[int]) -> int:
    return bit_sets.of_documents(sorted(docs))


@given(docs=DOCS, other_docs=DOCS, limit=st.integers(1, 400))
def test_sets(docs: set[int], other_docs: set[int], limit: int) -> None:
    bits = bits_of(docs)
    assert bit_sets.documents(bits) == sorted(docs)
    assert bit_sets.highest(bits, limit) == sorted(docs, reverse=True)[:limit]
    assert bit_sets.documents(bits & bits_of(other_docs)) == sorted(docs & other_docs)
    expected = [int(doc in docs) for doc in sorted(other_docs)]
    assert list(bit_sets.membership(bits, bits_of(other_docs))) == expected
    flags = [doc in docs for doc in range(3_001)]
    assert bit_sets.of_flags(flags) == bits


@pytest.mark.parametrize(("first", "last"), [(0, 0), (3, 2), (2, 2), (0, 3), (70, 200)])
def test_what_is_between_two_documents(first: int, last: int) -> None:
    assert bit_sets.documents(bit_sets.between(first, last)) == list(range(first, last))


def test_everything() -> None:
    assert bit_sets.documents(bit_sets.everything(65)) == list(range(65))
    assert bit_sets.everything(0) == 0
