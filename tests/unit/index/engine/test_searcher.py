"""Searching the archive finds what reading every article would find, in the same order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from support.properties import examples

from index import open_archive, open_archive_writer
from index.archive import Archive, DocumentFilter
from index.article import Article
from index.errors import QueryError
from index.evaluation.memory_document import MemoryDocument
from index.evaluation.spans import evaluate
from index.query.ast import Facet
from index.query.parser import Query, parse_query, score

WORDS = re.findall(
    r"\S+",
    "port ports Port PORT porte espionnage Espionnages l’espionnage US us U.S. sûreté surete"
    " Liège liege plate-forme plateforme plate forme AT&T 3,5 de la État 阿里 œuvre oeuvre",
)
WORD = st.sampled_from(WORDS)
TEXT = st.lists(WORD, max_size=9).map(" ".join)

# --- filters: what a resolver says, and what an article says by itself ---------------

MEANINGS = {
    "lang": lambda value: DocumentFilter(langs=["" if value == "und" else value]),
    "feed": lambda value: DocumentFilter(feeds=[int(value)]),
    "tag": lambda value: DocumentFilter(feeds={"port": [1, 2], "belge": [3]}[value]),
    "since": lambda value: DocumentFilter(since=float(value[:4])),
    "until": lambda value: DocumentFilter(until=float(value[:4])),
    "watch": lambda value: DocumentFilter(ids={"a": {1, 2, 30}, "b": set(), "c": {5}}[value]),
    "story": lambda value: DocumentFilter(stories=[int(value)]),
}
FILTERS = ("lang:fr", "lang:und", "feed:1", "feed:2", "tag:port", "tag:belge", "since:1001")
FILTER = st.sampled_from([*FILTERS, "until:1002", "watch:a", "watch:b", "watch:c", "story:3"])


def meaning(facet: Facet) -> DocumentFilter:
    return MEANINGS[facet.name](facet.value)


def satisfies(article: Article, scope: DocumentFilter) -> bool:
    return (
        (scope.ids is None or article.id in scope.ids)
        and (scope.feeds is None or bool({*scope.feeds} & {*article.feeds}))
        and (scope.langs is None or article.lang in scope.langs)
        and (scope.stories is None or article.story in scope.stories)
        and (scope.since is None or article.date >= scope.since)
        and (scope.until is None or article.date < scope.until)
    )


# --- queries -------------------------------------------------------------------------

LEAF = st.one_of(
    WORD,
    WORD.map("={}".format),
    WORD.map("{}~".format),
    st.sampled_from(["po*", "esp*", "p?rt", "*forme", "auteur:po*", "auteur:ports~"]),
    st.tuples(st.sampled_from(["title", "summary", "body", "author"]), WORD).map(":".join),
    st.lists(WORD, min_size=2, max_size=4).map(lambda words: f'"{" ".join(words)}"'),
    st.lists(WORD, min_size=2, max_size=3).map(lambda words: f'title:"{" ".join(words)}"'),
    st.tuples(WORD, WORD, st.integers(1, 4)).map(lambda t: f'"{t[0]} {t[1]}"~{t[2]}'),
    st.tuples(WORD, WORD, st.integers(1, 4)).map(lambda t: f"{t[0]} NEAR/{t[2]} {t[1]}"),
    st.tuples(WORD, WORD, st.integers(1, 4)).map(lambda t: f"{t[0]} W/{t[2]} {t[1]}"),
    FILTER,
)
QUERY = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}) AND ({pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}) OR ({pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}) NOT ({pair[1]})"),
        st.tuples(inner, inner, inner).map(lambda each: f"2 OF ({', '.join(each)})"),
    ),
    max_leaves=6,
)
MOMENT = st.sampled_from([1000.0, 1001.0, 1002.5]) | st.floats(998, 1004)
SCOPE = st.builds(
    DocumentFilter,
    feeds=st.none() | st.sets(st.integers(1, 4)),
    langs=st.none() | st.sets(st.sampled_from(["fr", "en", ""])),
    since=st.none() | MOMENT,
    until=st.none() | MOMENT,
)


def understood(text: str) -> Query | None:
    try:
        return parse_query(text)
    except QueryError:
        return None


# --- the archive's history --------------------------------------------------------------

ARTICLE = st.builds(
    Article,
    id=st.integers(1, 40),  # of which some come again: replacements
    feeds=st.lists(st.integers(1, 4), min_size=1, max_size=2, unique=True).map(tuple),
    url=st.just("https://x.example/"),
    title=TEXT,
    summary=TEXT,
    body=TEXT,
    author=st.sampled_from(["", "Port Ports", "US Porte"]),
    lang=st.sampled_from(["fr", "en", ""]),
    published=st.none() | st.floats(999, 1003),
    seen=st.sampled_from([1000.0, 1001.0, 1002.5]),
    story=st.integers(1, 4),
)
HISTORY = st.lists(st.lists(ARTICLE, min_size=1, max_size=4), max_size=14)


@dataclass
class World:
    """An archive, and the articles that are in it by all rights."""

    folder: Path
    articles: dict[int, Article] = field(default_factory=dict)

    def add(self, batch: list[Article]) -> None:
        open_archive_writer(self.folder).add(batch)
        self.articles.update({article.id: article for article in batch})

    def expected(self, query: Query, scope: DocumentFilter) -> list[int]:
        """Return the ids of what satisfies a query, newest first, by reading everything."""
        found = [
            article
            for article in self.articles.values()
            if satisfies(article, scope)
            and evaluate(
                query.root,
                MemoryDocument.of(article, lambda facet: satisfies(article, meaning(facet))),  # noqa: B023
            )
        ]
        found.sort(key=lambda article: (article.date, article.id), reverse=True)
        return [article.id for article in found]


@settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    history=HISTORY,
    queries=st.lists(QUERY.map(understood), min_size=12, max_size=12),
    scope=SCOPE,
)
def test_search_and_reading_agree(
    history: list[list[Article]], queries: list[Query | None], scope: DocumentFilter
) -> None:
    with TemporaryDirectory() as name:
        world = World(Path(name) / "archive")
        open_archive_writer(world.folder)
        archive = open_archive(world.folder)
        for batch in history:
            world.add(batch)
        assert archive.article_count == len(world.articles)
        for query in filter(None, queries):
            for where in (DocumentFilter(), scope):
                found = archive.search(query, where, resolve=meaning, limit=0)
                assert [hit.id for hit in found.hits] == world.expected(query, where), query.text
                best = archive.search(query, where, resolve=meaning, limit=0, sort="score")
                assert {hit.id for hit in best.hits} == {hit.id for hit in found.hits}
                assert found.total == best.total == len(found.hits)


@settings(max_examples=examples(15), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    history=HISTORY,
    weights=st.dictionaries(WORD, st.sampled_from([-3, 0.1, 0.2, 2, 5]), min_size=1, max_size=4),
    threshold=st.sampled_from([0.3, 2, 4, 7]),
)
def test_scores_agree_too(
    history: list[list[Article]], weights: dict[str, float], threshold: float
) -> None:
    try:
        query = score(weights, threshold)
    except QueryError:
        assume(False)
    with TemporaryDirectory() as name:
        world = World(Path(name))
        open_archive_writer(world.folder)
        for batch in history:
            world.add(batch)
        found = open_archive(world.folder).search(query, limit=0)
        assert [hit.id for hit in found.hits] == world.expected(query, DocumentFilter())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"la plateforme de port"', [3, 2, 1]),
        ('"plateforme de port"', [3, 2, 1]),
        ('"rare plateforme"', [9]),  # the rarer end first
        ('"plateforme rare"', [8]),
        ('"de plateforme rare"', [8]),
        ('"forme rare"', [8]),
        ('"plate rare"', []),
        ('title:"la plateforme"', [2, 1]),
        ('"port la"', []),  # the end of the title and the start of the summary
    ],
)
def test_a_compound_in_a_phrase_counts_all_its_words(
    tmp_path: Path, text: str, expected: list[int]
) -> None:
    writer = open_archive_writer(tmp_path)
    writer.add(article(id, "la plate-forme de port", summary="la rade") for id in (1, 2))
    writer.add([article(3, "Un", summary="la plateforme de port")])
    writer.add(
        [
            article(8, "de plate-forme rare"),
            article(9, "rare plate-forme"),
            article(10, "plateforme"),
        ]
    )
    hits = open_archive(tmp_path).search(parse_query(text)).hits
    assert [hit.id for hit in hits] == expected


# --- order ------------------------------------------------------------------


def article(id: int, title: str = "Un port", **more: object) -> Article:
    values = {"feeds": (1,), "url": "", "summary": "", "seen": 1e9 + id, "title": title, **more}
    return Article(id=id, **values)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def hundred(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """A hundred articles in several segments, five to a date, some dates out of order."""
    folder = tmp_path_factory.mktemp("hundred")
    writer = open_archive_writer(folder)
    for first in range(1, 101, 20):
        writer.add(article(id, seen=1000.0 + (id * 7 % 20)) for id in range(first, first + 20))
    return open_archive(folder)


def test_relevance(tmp_path: Path) -> None:
    writer = open_archive_writer(tmp_path)
    writer.add(article(id, "Le port") for id in range(1, 50))
    writer.add([article(50, "Le canal")])
    writer.add([article(51, "Le port, le port et encore le port")])
    archive = open_archive(tmp_path)

    def best(text: str) -> list[int]:
        return [hit.id for hit in archive.search(parse_query(text), sort="score", limit=3).hits]

    assert best("port OR canal")[0] == 50  # the rare word is worth more
    assert best("port")[0] == 51  # more of it is more
    assert best("port -encore") == [49, 48, 47]  # of one score, the newest first
    assert best("le NOT port") == [50]


def test_forms_are_told(tmp_path: Path) -> None:
    open_archive_writer(tmp_path).add([article(1, "Les ports et la porte", author="Portier")])
    found = open_archive(tmp_path).search(parse_query("port~ OR por* OR quai"))
    assert found.forms["port~"] == ("port", "porte", "ports")[1:]
    assert found.forms["por*"] == ("porte", "ports")
    assert set(found.forms) == {"port~", "por*"}


def test_a_filter_nobody_resolves_is_no_silence(hundred: Archive) -> None:
    with pytest.raises(LookupError, match="lang"):
        hundred.search(parse_query("port lang:fr"))
