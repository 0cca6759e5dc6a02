"""Tests of the folding of letters: case, accents, width."""

import pytest
from hypothesis import given, strategies as st

from index.analysis.folding import fold


@pytest.mark.parametrize(
    ("word", "folded"),
    [
        ("Liège", "liege"), ("LIÈGE", "liege"), ("lie\u0300ge", "liege"), ("Lie\u200bge", "liege"),
        ("Cai\u00adniao", "cainiao"), ("œuvre", "oeuvre"), ("ÆON", "aeon"), ("Straße", "strasse"),
        ("STRAẞE", "strasse"), ("Łódź", "lodz"), ("ıİ", "ii"), ("Ørsted", "orsted"),
        ("Þór", "thor"), ("Đokić", "dokic"), ("ﬁn", "fin"), ("Ｆｕｌｌ", "full"), ("3,5", "3.5"),
        ("ΣΊΣΥΦΟΣ", "σισυφοσ"), ("Чайка", "чаика"), ("か\u3099", "が"),
        ("Qurʾān", "quran"), ("हिन्दी", "हिन्दी"),
    ],
)  # fmt: skip
def test_fold(word, folded):
    assert fold(word) == folded
    assert fold(folded) == folded


@given(st.text())
def test_folding_twice_is_folding_once(word):
    assert fold(fold(word)) == fold(word)


@given(st.text(st.characters(max_codepoint=0x24F) | st.sampled_from("ﬁſ\u0301"), max_size=8))
def test_latin_words_fold_as_they_do_beside_other_letters(word):
    assert fold(f"a{word}д") == fold(f"a{word}") + "д"


@given(st.text(st.characters(categories=["Lu", "Ll"]), min_size=1, max_size=8))
def test_case_does_not_count(word):
    assert fold(word.upper().lower()) == fold(word.upper())
