"""Tests of the inflections of words that are on the list, and of words that are not."""

from __future__ import annotations

import tracemalloc

import pytest

from index.analysis.inflection import (
    folded_inflections,
    free_memory,
    inflections,
    is_known,
    noun_inflections,
)
from index.analysis.text_cache import clear_all


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("œil", "oeil oeils yeux"),
        ("cyberœil", "cyberoeil cyberoeils cyberyeux"),
        ("deepfake", "deepfake deepfakes"),
        ("deepfakes", "deepfake deepfakes"),
        ("zorgbox", "zorgbox zorgboxes"),
        ("flurby", "flurby flurbys flurbies"),
        ("hamas", "hamas"),
        ("élysée", "elysee elysees"),
        ("zorgalien", "zorgalien zorgaliens zorgalienne zorgaliennes"),
        ("zorgateur", "zorgateur zorgateurs zorgatrice zorgatrices"),
        ("zorgeur", "zorgeur zorgeurs zorgeuse zorgeuses zorgeure zorgeures"),
        ("zorgier", "zorgier zorgiers zorgiere zorgieres"),
        ("zorgois", "zorgois zorgoise zorgoises"),
        ("zorgize", "zorgize zorgizes zorgized zorgizing"),
    ],
)
def test_forms(word: str, forms: str) -> None:
    assert inflections(word) == set(forms.split())


def test_a_new_verb_is_conjugated_like_others() -> None:
    assert {"zorgisons", "zorgisee", "zorgiseront", "zorgiserent"} <= inflections("zorgiser")


def test_a_folded_word_may_have_had_accents() -> None:
    assert "generaux" in folded_inflections("general")
    assert "generaux" not in inflections("general")


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("pot", "pot pots"),
        ("pots", "pot pots"),
        ("général", "general generale generales generaux generals"),
        ("savoir", ""),
        ("start", ""),
        ("zorgbox", ""),
    ],
)
def test_forms_of_a_noun(word: str, forms: str) -> None:
    assert noun_inflections(word) == set(forms.split())


@pytest.mark.parametrize(
    ("word", "expected"), [("espionnage", True), ("saisirent", True), ("narcotrafic", True),
                        ("zorgage", False), ("courtet", False)],
)  # fmt: skip
def test_known_words(word: str, expected: bool) -> None:
    assert is_known(word) is expected


def test_the_list_is_read_again_after_it_was_let_go() -> None:
    before = inflections("cheval")
    tracemalloc.start()
    try:
        for _ in range(2):
            free_memory()
            clear_all()
            assert inflections("cheval") == before
        used_bytes, _most = tracemalloc.get_traced_memory()
        free_memory()
        assert tracemalloc.get_traced_memory()[0] < used_bytes - 4 * 2**20
    finally:
        tracemalloc.stop()
