"""Tests of the tokenizer."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st
from support.difficult_texts import TEXTS
from support.originals import news, newsroom

from index.analysis.term_positions import DocumentTerms, terms
from index.analysis.tokenizer import MAX_TERM, runs, shouts, tokenize
from monitor.base.article import Article


def article(**parts):
    return Article(
        **{"id": 1, "feeds": (1,), "url": "", "title": "", "summary": "", "seen": 0.0} | parts
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        ("- ' . & …", ""),
        ("l’avocat d'Aix, qu'il", "avocat:0 aix=Aix:1 il:2"),
        ("rock'n'roll", "rock:0 roll:1"),
        ("C'est l'été", "est:0 ete=été:1"),
        ("plate-forme", "plate:0 plateforme:0+2 forme:1"),
        ("va-t-en-guerre x", "va:0 vatenguerre:0+4 t:1 en:2 guerre:3 x:4"),
        ("a-b-c-d-e", "a:0 b:1 c:2 d:3 e:4"),
        ("AT&T-owned", "at=AT:0 at&t=AT&T:0+2 at&towned=AT&Towned:0+3 t=T:1 owned:2"),
        ("U.S.A. x U.S", "usa=USA:0 x:1 us=US:2"),
        ("www.a.b.com a.b.com", "www:0 a:1 b:2 com:3 a:4 b:5 com:6"),
        ("3,5 10.25 2023, 7", "3.5=3,5:0 10.25:1 2023:2 7:3"),
        ("5G 20h30 1er", "5g=5G:0 20h30:1 1er:2"),
        ("中国a국", "中:0 国:1 a:2 국:3"),
        ("THE WHO SAID", "the=\x1d:0 who=\x1d:1 said=\x1d:2"),
        ("The WHO SAID", "the=The:0 who=WHO:1 said=SAID:2"),
        ("a\u00adb\u00ad c", "ab:0 c:1"),
        ("foo_bar/baz", "foo:0 bar:1 baz:2"),
        ("Paris–Bruxelles", "paris=Paris:0 bruxelles=Bruxelles:1"),
        ("a -b- c--d", "a:0 b:1 c:2 d:3"),
    ],
)
def test_tokens(text, words):
    token_texts = [
        token.term
        + (f"={token.exact}" if token.exact else "")
        + f":{token.position}"
        + (f"+{token.length}" if token.length > 1 else "")
        for token in tokenize(text)
    ]
    assert " ".join(token_texts) == words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WHO SAID THAT", True), ("LE 2e TOUR DES ÉLECTIONS", True), ("L’ÉTAT ET LA CHINE", True),
        ("la SNCF et la RATP", False), ("VSSE", False), ("US, EU, UK", False),
        ("AN ALL-CAPS headline", False), ("阿里 巴巴 中国", False), ("SNCF 2023 5G", False),
    ],
)  # fmt: skip
def test_shouts(text, expected):
    assert shouts(text) is expected


@given(TEXTS)
def test_tokens_cut_the_stored_text(text):
    tokens = tokenize(text)
    position = -1
    for token in tokens:
        token_text = text[token.start : token.end]
        assert token_text
        assert token_text == token_text.strip()
        assert token.term
        assert 1 <= token.length <= 4
        if token.is_word:
            position += 1
            assert token.position == position
    word_spans = [(token.start, token.end) for token in tokens if token.is_word]
    assert word_spans == sorted(word_spans)
    assert all(a[1] <= b[0] for a, b in pairwise(word_spans))
    reading = DocumentTerms(article(title=text))
    assert [reading.place(at, at)[1:] for at in range(len(word_spans))] == word_spans


LATIN_TEXT = st.text(
    st.characters(max_codepoint=0xFF) | st.sampled_from("œŒŁłŵȃắ’阿がﾞ국한\u0301\u0323'-.&")
)


@given(LATIN_TEXT | TEXTS)
def test_words_do_not_depend_on_how_accents_are_encoded(text):
    def words(form):
        return [token[:4] for token in tokenize(unicodedata.normalize(form, text))]

    assert words("NFC") == words("NFD")


@given(LATIN_TEXT | TEXTS)
def test_the_terms_of_a_text_are_those_of_its_words(text):
    assert terms(text) == [token.term for token in tokenize(text) if token.is_word]


@given(LATIN_TEXT | st.text(bytes(range(256)).decode("cp1252", "ignore")))
def test_a_text_has_the_same_words_beside_one_in_another_script(text):
    assert runs(f"{text}\n\n中") == [*runs(text), "中"]


def test_a_monstrous_word_is_cut_short():
    (token,) = tokenize("x" * 100_000)
    assert len(token.term) == MAX_TERM
    assert token.end == 100_000


def test_french_prose_loses_no_letter():
    """Every letter of what people write is in a word, but for elided articles."""
    for title, lead in (*news("fr"), *newsroom("fr")):
        for text in (title, lead):
            covered = {at for word in tokenize(text) for at in range(word.start, word.end)}
            uncovered = [
                text[at : at + 3]
                for at in range(len(text))
                if text[at].isalnum() and at not in covered
            ]
            assert all(
                word[0] in "ldjmnstcquLDJMNSTCQU" and any(sign in word for sign in "'’‘")
                for word in uncovered
            ), uncovered
