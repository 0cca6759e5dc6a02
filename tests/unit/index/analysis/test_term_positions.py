"""Tests of the positions of terms in an article."""

import pytest
from hypothesis import example, given, strategies as st
from support.difficult_texts import TEXTS

from index.analysis.term_positions import (
    AUTHOR,
    EXACT,
    Keys,
    part_at,
    part_range,
    postings,
)
from index.analysis.tokenizer import MAX_WORDS, tokenize
from monitor.base.article import PARTS, Article


def article(**parts):
    return Article(
        **{"id": 1, "feeds": (1,), "url": "", "title": "", "summary": "", "seen": 0.0} | parts
    )


def test_postings_of_an_article():
    codes_of = postings(
        article(
            title="La plate-forme", summary="Orange", body="orange orange", author="Jean Orange"
        )
    )
    places = {
        key: [(part_at(code >> 2), code >> 2, (code & 3) + 1) for code in codes_of[key]]
        for key in codes_of
    }
    assert places["plateforme"] == [("title", 1, 2)]
    assert [part for part, _, _ in places["orange"]] == ["summary", "body", "body"]
    assert [part for part, _, _ in places["orange" + EXACT + "Orange"]] == ["summary"]
    assert [part for part, _, _ in places[AUTHOR + "orange"]] == ["author"]
    assert "jean" not in codes_of


@pytest.mark.costly
def test_parts_are_too_far_apart_for_any_phrase():
    postings_by_key = postings(article(title="a " * MAX_WORDS, summary="b"))
    assert postings_by_key["b"][0] - postings_by_key["a"][-1] > 4 * 1_000


@given(st.sampled_from(PARTS), st.integers(0, MAX_WORDS))
def test_positions_know_their_part(part, position):
    first, end = part_range(part)
    assert part_at((first >> 2) + position) == part
    assert first + 4 * position < end


ODD_WORDS = (
    "t-shirt d-day c/o s.a l.a. qu-il",
    "l'été (l’été, qu’il QU'IL L'ÉTAT «d'art»",
    "l'1er d'10 l' 'l s' s's rock'n'roll t·rice employé(e) l'employé(e)",
)


@pytest.mark.parametrize("text", ODD_WORDS)
def test_words_with_one_letter_before_a_sign(text):
    assert_postings_are_tokens(text)


@given(TEXTS)
def test_postings_say_what_tokens_say(text):
    assert_postings_are_tokens(text)


class OneMeaning:
    """Selects every word under one key, and an author's under another."""

    def may_select(self, term):
        return True

    def select(self, keys):
        return ("author",) if AUTHOR in keys[0] else ("title",)


@given(TEXTS | st.text("1à0e -·.", max_size=24))
@example("1 100 100 1 000")
@example("Sacré sacré, les employé·e·s")
def test_keys_of_one_meaning_have_their_places_in_order_and_each_once(text):
    document = article(title=text, author=text)
    postings_by_key = postings(document, Keys(OneMeaning()))
    all_codes = {code for codes in postings(document).values() for code in codes}
    assert [code for codes in postings_by_key.values() for code in codes] == sorted(all_codes)


def assert_postings_are_tokens(text):
    actual = postings(article(title=text))
    expected = {}
    for token in tokenize(text):
        code = (token.position << 2) | (token.length - 1)
        expected.setdefault(token.term, []).append(code)
        if token.exact:
            expected.setdefault(token.term + EXACT + token.exact, []).append(code)
    assert actual == expected
    assert all(codes == sorted(codes) for codes in actual.values())
