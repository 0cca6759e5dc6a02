"""Tests whether two headlines are of one piece."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.judgement.alerts.headlines import headline, is_same_piece, may_be_one_story
from monitor.model.poll import Headline

HOUR = 3600.0
TWINS = "Géorgie : des jumelles séparées et vendues à la naissance réunies grâce à une vidéo"


def headline_of(title: str, feed: int = 1, at: float = 0.0) -> Headline:
    return headline(title, feed=feed, date=at)


@pytest.mark.parametrize(
    ("title", "other_title"),
    [
        pytest.param("Alibaba soupçonné à Liège", "ALIBABA SOUPÇONNÉ À LIÈGE", id="typography"),
        pytest.param("Alibaba soupçonné", "Alibaba soupçonné à Liège", id="a-word-more"),
        pytest.param(
            TWINS,
            "Séparées et vendues à la naissance, des jumelles réunies grâce à une vidéo",
            id="another-order",
        ),
        pytest.param("Qui est là ?", "Qui est là", id="stop-words-only"),
        pytest.param("46 morts à Liège, selon l’AFP", "Morts à Liège, selon l’AFP", id="a-figure"),
    ],
)
def test_alike_headlines_of_two_feeds_say_one_piece(title: str, other_title: str) -> None:
    assert is_same_piece(headline_of(title), headline_of(other_title, feed=2))
    assert is_same_piece(headline_of(other_title), headline_of(title, feed=2))


@pytest.mark.parametrize(
    ("title", "other_title"),
    [
        pytest.param("Gabriel Attal : « Il faut simplifier »",
                     "Gabriel Attal aux agriculteurs : « Je ne vous lâcherai pas »", id="quote"),
        pytest.param("Le port ferme", "Les dockers cessent le travail", id="new-headline"),
        pytest.param("PostGIS 3.5.0 est sorti", "PostGIS 3.4.3 est sorti", id="figures"),
        pytest.param("La météo de Liège, mardi", "La météo de Liège, jeudi", id="days"),
        pytest.param("Concerts à Liège, 9-16 mai", "Concerts à Liège, 16-23 mai", id="dates"),
        pytest.param("", "", id="none"),
        pytest.param("Alibaba", "", id="one-only"),
    ],
)  # fmt: skip
def test_other_headlines_say_other_pieces(title: str, other_title: str) -> None:
    assert not is_same_piece(headline_of(title), headline_of(other_title, feed=2))
    assert not is_same_piece(headline_of(title), headline_of(other_title))


def test_of_one_feed_one_headline_has_all_the_words_of_the_other() -> None:
    longer = headline_of("Paris : l’affiche du spectacle interdite par la régie")
    assert is_same_piece(longer, headline_of("L’affiche du spectacle interdite par la régie"))
    other = "Bruxelles : l’affiche du spectacle interdite par la régie"
    assert not is_same_piece(longer, headline_of(other))
    assert is_same_piece(longer, headline_of(other, feed=2))


def test_a_column_of_one_feed_has_editions() -> None:
    title, day = "La revue de presse", 24 * HOUR
    assert is_same_piece(headline_of(title), headline_of(title, at=HOUR))
    assert not is_same_piece(headline_of(title), headline_of(title, at=day))
    assert is_same_piece(headline_of(title), headline_of(title, feed=2, at=day))


def test_the_name_of_a_publisher_says_nothing_of_the_piece() -> None:
    def headline_by(outlet: str, url: str, title: str) -> Headline:
        return headline(title, feed=1, outlet=outlet, url=url)

    soir = headline_by("Le Soir", "https://news.google.com/1", "Alibaba soupçonné - Le Soir")
    assert is_same_piece(soir, headline_by("L’Écho", "", "Alibaba soupçonné - L’Écho"))
    assert is_same_piece(
        headline_by("", "https://lesoir.be/1", "Alibaba vu de lesoir.be"),
        headline("Alibaba vu de lecho.be", feed=2, url="https://www.lecho.be/1"),
    )


TITLES = st.lists(
    st.sampled_from(["Météo", "Arlon", "juin", "4", "v2", "port", ":", "-", "à", "…"]) | st.text()
).map(" ".join)


@given(TITLES, TITLES)
def test_which_headline_is_first_decides_nothing(title: str, other_title: str) -> None:
    first, other = headline_of(title), headline_of(other_title)
    assert may_be_one_story(first, other) == may_be_one_story(other, first)
    assert may_be_one_story(first, headline_of(other_title, feed=2))
