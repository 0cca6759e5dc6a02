"""Tests that wildcards match the right words, in time that is bounded by their length."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, strategies as st

from index.evaluation.term_expansion import selector
from index.query.ast import Mode, Word


def accepts(term: str, key: str) -> bool:
    prefix, is_selected = selector(Word(term, Mode.WILDCARD))
    return key.startswith(prefix) and is_selected(key)


def matches_by_steps(term: str, key: str) -> bool:
    """Tell whether a wildcard matches a key, sign by sign."""
    ends = {0}
    for sign in term:
        if sign == "*":
            ends = set(range(min(ends, default=len(key) + 1), len(key) + 1))
        else:
            ends = {at + 1 for at in ends if at < len(key) and sign in ("?", key[at])}
    return len(key) in ends


@given(st.text("ab*?", max_size=9), st.text("ab", max_size=12))
def test_a_wildcard_means_what_it_says(term: str, key: str) -> None:
    assert accepts(term, key) == matches_by_steps(term, key)


@pytest.mark.parametrize(
    "term", ["aa*aa*aa*aa*aa*b", "*aa*aa*aa*aa*b", "a?*a?*a?*a?*a?*b", "*a" * 30]
)
def test_no_wildcard_tries_for_ever(term: str) -> None:
    started_at = time.process_time()
    assert not accepts(term, "a" * 400 + "c")
    assert time.process_time() - started_at < 0.5


@pytest.mark.parametrize("sign", list(".+()[]{}|^$\\-#&~"))
def test_a_sign_is_itself(sign: str) -> None:
    assert accepts(f"a{sign}*b", f"a{sign}xb")
    assert not accepts(f"a{sign}*b", "aaxb")
