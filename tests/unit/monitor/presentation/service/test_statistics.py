"""Tests of the facets of a query, and of its significant words."""

from __future__ import annotations

import math
import random
import sqlite3
from collections import defaultdict
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from support.article_archive import article, fill, ring
from support.properties import examples

from index.analysis.inflection import folded_inflections
from index.analysis.tokenizer import tokenize
from index.evaluation.significant_terms import (
    MIN_STORIES,
    log_likelihood,
    query_term_test,
    threshold,
)
from index.query.parser import parse_query
from monitor.base.article import Article
from monitor.model.config import STORE_FILE, StoreAddress
from monitor.model.search import Mention, Share
from monitor.presentation.service.statistics import SAMPLE, Statistics, sample
from monitor.storage.search.search import ArchiveSearch
from monitor.storage.store.sql.views import Views

NOW = 1_795_000_000.0
DAY = 86_400.0


def stats(folder: Path) -> Statistics:
    views, zone = Views(StoreAddress(folder)), ZoneInfo("UTC")
    return Statistics(ArchiveSearch(folder, views, lambda: NOW, zone), views, lambda: NOW, zone)


# --- the measure ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("joint", "first_only", "second_only", "neither_count", "strength"),
    [  # table 4 of Dunning 1993: how strongly two words stand together
        (110, 2442, 111, 29114, 270.72),
        (29, 13, 123, 31612, 263.90),
        (31, 23, 139, 31584, 256.84),
        (10, 0, 3, 31764, 167.23),
        (76, 104, 2476, 29121, 157.21),
    ],
)
def test_the_measure_is_that_of_its_inventor(
    joint: int, first_only: int, second_only: int, neither_count: int, strength: float
) -> None:
    total = joint + first_only + second_only + neither_count
    assert log_likelihood(joint, joint + first_only, joint + second_only, total) == pytest.approx(
        strength, abs=0.01
    )


@given(total=st.integers(1, 5_000), data=st.data())
def test_the_measure_is_none_where_all_is_as_expected(total: int, data: st.DataObject) -> None:
    matching, with_word = data.draw(st.integers(1, total)), data.draw(st.integers(0, total))
    joint = data.draw(st.integers(max(0, matching + with_word - total), min(matching, with_word)))
    strength = log_likelihood(joint, matching, with_word, total)
    assert strength >= 0
    if joint * total == matching * with_word:
        assert strength == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("tests", [1, 10, 5_000])
def test_the_threshold_lets_one_search_of_a_hundred_through(tests: int) -> None:
    chance = math.erfc(math.sqrt(threshold(tests) / 2)) / 2
    assert chance * tests == pytest.approx(0.01)


@pytest.mark.costly
def test_an_archive_of_noise_says_nothing() -> None:
    chance = random.Random(1)
    vocabulary = [f"mot{n:03}x" for n in range(150)]
    wordless_count = 0
    for _ in range(8):
        articles = [
            article(n + 1, " ".join(["grève"] * (n < 60) + chance.sample(vocabulary, 12)), date=NOW)
            for n in range(300)
        ]
        with TemporaryDirectory() as name:
            fill(Path(name), articles)
            wordless_count += not stats(Path(name)).facets("grève").words
    assert wordless_count >= 7


# --- words ----------------------------------------------------------------------------

FRENCH = "port accueille un navire avec des marchandises venues hier matin selon presse"
ENGLISH = "the harbour received a vessel with goods that came yesterday morning said papers"


def archive() -> list[Article]:
    """Return 200 articles, half of them French; 30 of those tell of the strike."""
    chance = random.Random(5)
    articles = []
    for n in range(200):
        lang, words = ("fr", FRENCH) if n % 2 else ("en", ENGLISH)
        text_words = chance.sample(words.split(), 8)
        if lang == "fr" and n < 60:
            text_words += [
                "Grève",
                chance.choice(["dockers", "docker", "Dockers"]),
                "CGT",
                "porte-parole",
            ]
        if n % 10 == 1 and n < 60:
            text_words += ["2026", "grévistes"]
        if n in (1, 3, 5, 7, 9):
            text_words += ["Perlimpinpin"]
        articles.append(
            article(
                n + 1,
                " ".join(text_words),
                date=NOW - n * DAY,
                lang=lang,
                feeds=(1 + n % 3,),
                story=1 if n in (1, 3, 5, 7, 9) else n + 1,
            )
        )
    return articles


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(tmp_path, archive())
    return tmp_path


def test_the_words_of_the_matter_and_no_others(folder: Path) -> None:
    facets = stats(folder).facets("grève")
    assert {word.word for word in facets.words} == {"CGT", "dockers", "porte-parole", "grévistes"}
    (dockers,) = (word for word in facets.words if "docker" in word.forms)
    assert set(dockers.forms) == {"dockers", "docker"}
    assert dockers.articles == 30
    assert dockers.expected == pytest.approx(30 * 30 / 100)  # of the French ones
    assert dockers.strength == pytest.approx(log_likelihood(30, 30, 30, 100))
    assert facets.read == facets.total == 30


def test_a_word_has_the_forms_that_its_inflections_find(tmp_path: Path) -> None:
    """`travail` does not stand for `travailleur`, nor `port` for `porte`."""
    forms = ["travaux", "travail", "travaux", "yeux", "œil", "yeux", "portes", "porte", "port"]
    matters = [f"grève {forms[n % 9]} {forms[(n + 3) % 9]}" for n in range(90)]
    other_titles = [f"match {n % 7} hier soir" for n in range(200)]
    titles = enumerate([*matters, *other_titles], 1)
    fill(tmp_path, [article(n, title, date=NOW - n, lang="fr") for n, title in titles])
    words = {frozenset(word.forms) for word in stats(tmp_path).facets("grève").words}
    assert words == {
        frozenset({"travaux", "travail"}),
        frozenset({"yeux", "oeil"}),
        frozenset({"portes", "porte"}),
        frozenset({"port"}),
    }


def test_a_word_that_is_missing_does_not_stand_out(tmp_path: Path) -> None:
    titles = [f"grève {'météo' * (n < 4)}" if n < 60 else f"météo {n}" for n in range(200)]
    fill(tmp_path, [article(n + 1, title, date=NOW - n) for n, title in enumerate(titles)])
    facets = stats(tmp_path).facets("grève")
    assert log_likelihood(4, 60, 144, 200) > threshold(1)  # this is not chance
    assert facets.words == ()


def test_another_language_is_no_reason_to_stand_out(folder: Path) -> None:
    assert stats(folder).facets("lang:fr").words == ()


def test_copies_of_one_story_say_the_same(folder: Path) -> None:
    words = {word.word for word in stats(folder).facets("grève", limit=50).words}
    assert "Perlimpinpin" not in words


@pytest.mark.parametrize(
    ("query", "term", "expected"),
    [
        ("grève", "greve", True),
        ("grève", "greves", True),
        ("grève", "greviste", False),
        ("dock*", "dockers", True),
        ('"sûreté de l’État"', "surete", True),
        ("-alibaba port", "ports", True),
        ("title:port", "port", True),
        ("=Orange", "oranges", True),
        ("2 OF (temu, shein, alibaba)", "shein", True),
        ("lang:fr port", "fr", False),
    ],
)
def test_the_words_of_the_query_need_no_telling(query: str, term: str, expected: bool) -> None:
    assert query_term_test(parse_query(query).root)(term) is expected


WORD = st.sampled_from(
    [
        "grève",
        "port",
        "ports",
        "navire",
        "Liège",
        "plate-forme",
        "3,5",
        "le",
        "CGT",
        "presse",
        "docker",
        "the",
    ]
)


@pytest.mark.costly
@settings(max_examples=examples(25), suppress_health_check=list(HealthCheck))
@given(
    titles=st.lists(
        st.tuples(st.lists(WORD, max_size=5), st.sampled_from(["fr", "en", ""])), max_size=60
    ),
    query=st.sampled_from(["grève", "port~", "navire OR presse", "-grève port"]),
)
def test_counts_are_those_of_reading_everything(
    titles: list[tuple[list[str], str]], query: str
) -> None:
    articles = [
        article(n + 1, " ".join(words), date=NOW - n, lang=lang)
        for n, (words, lang) in enumerate(titles)
    ]
    with TemporaryDirectory() as name:
        fill(Path(name), articles)
        count = stats(Path(name))
        facets = count.facets(query, limit=100)
        matched = set(count._search.matching_ids(parse_query(query)))
    terms = {a.id: {token.term for token in tokenize(a.title)} for a in articles}
    assert len(facets.words) == len({word.forms for word in facets.words})
    for word in facets.words:
        articles_with = {a.id for a in articles if terms[a.id] & set(word.forms)}
        langs = {a.lang for a in articles if a.id in matched & articles_with}
        assert word.articles <= len(matched & articles_with)
        assert not any(map(query_term_test(parse_query(query).root), word.forms))
        assert not {"le", "the", "3,5", "3"} & set(word.forms)
        if len(langs) == 1:
            (lang,) = langs
            ids = [a.id for a in articles if a.lang == lang]
            matching, with_here = set(ids) & matched, set(ids) & articles_with
            assert word.articles == len(matched & articles_with) >= MIN_STORIES
            assert word.expected == pytest.approx(len(matching) * len(with_here) / len(ids))
            assert word.strength == pytest.approx(
                log_likelihood(len(matching & with_here), len(matching), len(with_here), len(ids))
            )
    assert [w.strength for w in facets.words] == sorted(w.strength for w in facets.words)[::-1]
    missed = unlisted(articles, terms, matched, query) - {f for w in facets.words for f in w.forms}
    assert not missed


def unlisted(
    articles: list[Article], terms: dict[int, set[str]], matched: set[int], query: str
) -> set[str]:
    """Return the words that are in exactly the matched articles of a language."""
    unlisted_words = set()
    is_own = query_term_test(parse_query(query).root)
    for lang in ("fr", "en"):
        ids_by_term: dict[str, set[int]] = defaultdict(set)
        ids = {a.id for a in articles if a.lang == lang}
        for id in ids:
            for term in terms[id]:
                ids_by_term[term].add(id)
        hits = ids & matched
        tests = 10  # no fewer than the words there are
        for term in ("cgt", "liege", "docker"):
            is_tested = ids_by_term[term] == hits and len(hits) >= MIN_STORIES and not is_own(term)
            forms = [t for t in ids_by_term if t in folded_inflections(term)]
            strength = log_likelihood(len(hits), len(hits), len(hits), len(ids)) if is_tested else 0
            if strength > threshold(tests) and forms == [term]:
                unlisted_words.add(term)
    return unlisted_words


# --- the rest -------------------------------------------------------------------------


def test_feeds_languages_watchlists_first_and_last(folder: Path) -> None:
    ring(folder, "Docks", [NOW])
    facets = stats(folder).facets("lang:fr")
    assert facets.total == 100
    assert sum(share.articles for share in facets.feeds) == 100
    assert {share.name for share in facets.feeds} == {"A", "B", "C"}
    assert facets.langs == (Share("fr", 100),)
    assert facets.watchlists == ()  # the alerts are about other articles
    assert facets.first == Mention(200, NOW - 199 * DAY)
    assert facets.last == Mention(2, NOW - 1 * DAY)
    assert len(stats(folder).facets("lang:fr", limit=1).feeds) == 1


def test_feeds_of_one_name_are_one(folder: Path) -> None:
    with closing(sqlite3.connect(folder / STORE_FILE)) as sql, sql:
        sql.execute("UPDATE feeds SET name = 'A' WHERE name = 'B'")
    shares = {share.name: share.articles for share in stats(folder).facets("lang:fr").feeds}
    assert shares.keys() == {"A", "C"}
    assert sum(shares.values()) == 100


def test_nothing_found_has_no_facets(folder: Path) -> None:
    facets = stats(folder).facets("zythum")
    assert (facets.total, facets.first, facets.last) == (0, None, None)
    assert (facets.words, facets.feeds) == ((), ())


@given(count=st.integers(0, 5_000), limit=st.integers(1, 1_000))
def test_a_sample_is_spread_evenly(count: int, limit: int) -> None:
    ids = list(range(10, 10 + count))
    sampled = sample(ids, limit)
    assert len(sampled) == min(count, limit)
    steps = {after - before for before, after in pairwise(sampled)}
    assert not steps or max(steps) - min(steps) <= 1


def test_what_is_counted_in_a_large_result_is_counted_in_all_of_it(tmp_path: Path) -> None:
    chance = random.Random(3)
    size = 3 * SAMPLE
    openings = ("marché", "grève CGT")
    titles = [f"{openings[n % 2]} {chance.choice(FRENCH.split())}" for n in range(2 * size)]
    fill(tmp_path, [article(n + 1, title, date=NOW - n) for n, title in enumerate(titles)])
    facets = stats(tmp_path).facets("grève")
    assert (facets.total, facets.read) == (size, SAMPLE)
    (word,) = facets.words
    assert (word.word, word.articles, word.expected) == ("CGT", size, size / 2)
