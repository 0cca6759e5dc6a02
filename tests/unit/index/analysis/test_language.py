"""Tests of the detection of the language of a text."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from support.originals import bulletins, news, newsroom

from index.analysis.language import LEARNED_FROM, detect, prior

FRENCH_FEED = prior(["fr"] * LEARNED_FROM)
ENGLISH_FEED = prior(["en"] * LEARNED_FROM)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Alibaba dans le collimateur de la sûreté belge pour suspicion d’espionnage", "fr"),
        ("Belgian intelligence watches Alibaba's logistics hub over espionage fears", "en"),
        ("De Belgische inlichtingendienst houdt de haven van Luik nauwlettend in de gaten", "nl"),
        ("Der belgische Geheimdienst beobachtet das Logistikzentrum von Alibaba", "de"),
        ("ALIBABA DANS LE COLLIMATEUR DE LA SÛRETÉ BELGE", "fr"),
        ("ALIBABA DANS LE COLLIMATEUR\nde la SÛRETÉ BELGE", "fr"),
    ],
)
def test_a_clear_sentence_needs_no_feed(text: str, code: str) -> None:
    assert detect(text) == code
    assert detect(text, FRENCH_FEED) == code
    assert detect(text, ENGLISH_FEED) == code


@pytest.mark.parametrize("text", ["", "   ", "12:30", "…", "🇧🇪 !"])
def test_without_words_nothing_is_determined(text: str) -> None:
    assert detect(text, FRENCH_FEED) == ""


@pytest.mark.parametrize(
    "title", ["Anne Hidalgo en deuil", "Charlotte Girard quitte La France insoumise"]
)
def test_the_feed_decides_a_short_title(title: str) -> None:
    assert detect(title) != "fr"
    assert detect(title, FRENCH_FEED) == "fr"


def test_line_ends_do_not_matter() -> None:
    assert detect("Le port\nde Liège\r\n\x00est fermé") == "fr"


@pytest.mark.parametrize(
    ("recent", "declared", "expected"),
    [
        ([], "", {}),
        ([], "en", {"en": 0.8}),
        (["fr"] * 10, "en", {"fr": 0.5, "en": 0.4}),
        (["fr"] * 20, "en", {"fr": 1.0, "en": 0.0}),
        (["en"] * 30 + ["fr"] * 20, "", {"fr": 1.0}),
        (["fr", "", "fr"], "", {"fr": 0.1}),
    ],
)
def test_a_feed_is_believed_less_than_its_articles(
    recent: list[str], declared: str, expected: dict[str, float]
) -> None:
    assert prior(recent, declared) == pytest.approx(expected)


@given(st.lists(st.sampled_from(["fr", "en", "nl", ""])), st.sampled_from(["", "fr", "de"]))
def test_a_prior_never_exceeds_certainty(recent: list[str], declared: str) -> None:
    weights = prior(recent, declared)
    assert all(weight >= 0 for weight in weights.values())
    assert sum(weights.values()) <= 1 + 1e-9


@given(st.text(max_size=2_000))
def test_any_text_gets_an_honest_answer(text: str) -> None:
    language = detect(text, FRENCH_FEED)
    assert len(language) in (0, 2)


def _titles(lang: str) -> list[str]:
    return [piece.title for piece in (*news(lang), *newsroom(lang), *bulletins(lang, 600))]


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("declared", ["", "fr", "en"])
def test_headlines_of_a_feed(lang: str, declared: str) -> None:
    titles = _titles(lang)
    recent: list[str] = []
    for title in titles:
        recent.append(detect(title, prior(recent[-LEARNED_FROM:], declared)))
    assert len(titles) > 300
    assert recent.count(lang) / len(titles) >= 0.995


def test_a_feed_in_two_languages_keeps_both() -> None:
    recent: list[str] = []
    for pair in zip(_titles("fr"), _titles("en"), strict=False):
        for title in pair:
            recent.append(detect(title, prior(recent[-LEARNED_FROM:])))
    correct_count = recent[::2].count("fr") + recent[1::2].count("en")
    assert correct_count / len(recent) >= 0.99
