"""Tests that hold for every archive: the one in a folder, and the one in memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies as st
from msgspec.structs import replace
from support import memory_archive  # noqa: F401 (registers its scheme)
from support.properties import examples

from index.archive import (
    Archive,
    ArchiveAddress,
    ArchiveEngine,
    ArchiveWriter,
    archive_engine,
    open_archive,
    open_archive_writer,
)
from index.errors import ArchiveDamaged, QueryError
from index.evaluation.spans import MemoryDocument, evaluate
from index.query.ast import Facet, Word
from index.query.parser import Query, parse_query, score
from index.search import ArchiveHit, ArchivePage, DocumentFilter
from monitor.base.article import Article

KINDS = ("folder", "memory")
PLACES: dict[str, Callable[[], AbstractContextManager[ArchiveAddress]]] = {}
"""Other kinds of archives, with what yields an address at which there is none."""


_names = count()


@contextmanager
def address(kind: str) -> Iterator[ArchiveAddress]:
    """Yield an address at which there is no archive."""
    if kind == "memory":
        yield f"memory:{next(_names)}"
        return
    if kind in PLACES:
        with PLACES[kind]() as empty:
            yield empty
        return
    with TemporaryDirectory() as name:
        yield str(Path(name) / "archive")


@contextmanager
def opened(kind: str) -> Iterator[tuple[ArchiveWriter, Archive]]:
    """Open an empty archive of a kind for writing and for reading."""
    with address(kind) as empty:
        yield open_archive_writer(empty), open_archive(empty)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def index(kind: str) -> Iterator[tuple[ArchiveWriter, Archive]]:
    with opened(kind) as opened_archive:
        yield opened_archive


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
        st.tuples(inner, inner, inner).map(lambda operands: f"2 OF ({', '.join(operands)})"),
    ),
    max_leaves=6,
)
MOMENT = st.sampled_from([1000.0, 1001.0, 1002.5]) | st.floats(998, 1004)
SCOPE = st.fixed_dictionaries(
    {
        "feeds": st.none() | st.sets(st.integers(1, 4)),
        "langs": st.none() | st.sets(st.sampled_from(["fr", "en", ""])),
        "since": st.none() | MOMENT,
        "until": st.none() | MOMENT,
    }
).map(lambda values: DocumentFilter(**values))


def parse_valid(text: str) -> Query | None:
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
    """An archive, and the articles that it must hold."""

    writer: ArchiveWriter
    articles: dict[int, Article] = field(default_factory=dict)

    def add(self, batch: list[Article]) -> None:
        self.writer.add(batch)
        self.articles.update({article.id: article for article in batch})

    def expected(self, query: Query, scope: DocumentFilter) -> list[int]:
        """Return the ids of the matching articles, newest first, by reading every article."""
        matching_articles = [
            article
            for article in self.articles.values()
            if satisfies(article, scope)
            and evaluate(
                query.root,
                MemoryDocument.of(article, lambda facet: satisfies(article, meaning(facet))),  # noqa: B023
            )
        ]
        matching_articles.sort(key=lambda article: (article.date, article.id), reverse=True)
        return [article.id for article in matching_articles]


@pytest.mark.costly
@settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    history=HISTORY,
    queries=st.lists(QUERY.map(parse_valid), min_size=12, max_size=12),
    scope=SCOPE,
)
def test_search_and_reading_agree(
    kind: str, history: list[list[Article]], queries: list[Query | None], scope: DocumentFilter
) -> None:
    with opened(kind) as (writer, archive):
        world = World(writer)
        for batch in history:
            world.add(batch)
        assert archive.article_count == len(world.articles)
        for query in filter(None, queries):
            for limits in (DocumentFilter(), scope):
                page = archive.search(query, replace(limits, resolve=meaning), limit=0)
                assert [hit.id for hit in page.hits] == world.expected(query, limits), query.text
                top = archive.search(query, replace(limits, resolve=meaning), limit=0, sort="score")
                assert {hit.id for hit in top.hits} == {hit.id for hit in page.hits}
                assert page.total == top.total == len(page.hits)
                ids = archive.ids(query, replace(limits, resolve=meaning))
                assert ids == sorted(hit.id for hit in page.hits)
                assert archive.count(query, replace(limits, resolve=meaning)) == page.total
                matched = archive.matches(query, replace(limits, resolve=meaning))
                assert matched.dates == {hit.id: hit.date for hit in page.hits}


@settings(max_examples=examples(15), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    history=HISTORY,
    weights=st.dictionaries(WORD, st.sampled_from([-3, 0.1, 0.2, 2, 5]), min_size=1, max_size=4),
    threshold=st.sampled_from([0.3, 2, 4, 7]),
)
def test_scores_agree_too(
    kind: str, history: list[list[Article]], weights: dict[str, float], threshold: float
) -> None:
    try:
        query = score(weights, threshold)
    except QueryError:
        assume(False)
    with opened(kind) as (writer, archive):
        world = World(writer)
        for batch in history:
            world.add(batch)
        page = archive.search(query, limit=0)
        assert [hit.id for hit in page.hits] == world.expected(query, DocumentFilter())


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
    index: tuple[ArchiveWriter, Archive], text: str, expected: list[int]
) -> None:
    writer, archive = index
    writer.add(article(id, "la plate-forme de port", summary="la rade") for id in (1, 2))
    writer.add([article(3, "Un", summary="la plateforme de port")])
    writer.add(
        [
            article(8, "de plate-forme rare"),
            article(9, "rare plate-forme"),
            article(10, "plateforme"),
        ]
    )
    assert [hit.id for hit in archive.search(parse_query(text)).hits] == expected


# --- order ------------------------------------------------------------------


def article(id: int, title: str = "Un port", **fields: object) -> Article:
    values = {"feeds": (1,), "url": "", "summary": "", "seen": 1e9 + id, "title": title, **fields}
    return Article(id=id, **values)  # type: ignore[arg-type]


def test_relevance(index: tuple[ArchiveWriter, Archive]) -> None:
    writer, archive = index
    writer.add(article(id, "Le port") for id in range(1, 50))
    writer.add([article(50, "Le canal")])
    writer.add([article(51, "Le port, le port et encore le port")])

    def best(text: str) -> list[int]:
        return [hit.id for hit in archive.search(parse_query(text), sort="score", limit=3).hits]

    assert best("port OR canal")[0] == 50  # the rare word is worth more
    assert best("port")[0] == 51  # more occurrences score higher
    assert best("port -encore") == [49, 48, 47]  # equal scores: the newest first
    assert best("le NOT port") == [50]


def test_the_words_that_a_query_stands_for_are_named(index: tuple[ArchiveWriter, Archive]) -> None:
    writer, archive = index
    writer.add([article(1, "Les ports et la porte", author="Portier")])
    page = archive.search(parse_query("port~ OR por* OR quai"))
    assert page.forms["port~"] == ("ports",)
    assert page.forms["por*"] == ("porte", "ports")
    assert set(page.forms) == {"port~", "por*"}


def test_a_filter_that_nobody_resolves_is_refused(index: tuple[ArchiveWriter, Archive]) -> None:
    writer, archive = index
    writer.add([article(1)])
    with pytest.raises(LookupError, match="lang"):
        archive.search(parse_query("port lang:fr"))


def test_all_archives_score_alike(kind: str) -> None:
    texts = [
        "le port",
        "le port belge",
        "port port quai",
        "un quai",
        "le canal et le port",
        "ports",
    ]
    pages = []
    for scoring in ("folder", kind):
        with opened(scoring) as (writer, archive):
            writer.add(article(id, text, summary="un texte " * id) for id, text in enumerate(texts))
            pages.append(archive.search(parse_query("port~ OR quai"), sort="score"))
    folder, other = pages
    assert [hit.id for hit in folder.hits] == [hit.id for hit in other.hits]
    scores = [hit.score for hit in other.hits]
    assert [hit.score for hit in folder.hits] == pytest.approx(scores)
    assert min(scores) > 0


# --- what it is made of ---------------------------------------------------------------------


def test_matches_are_told_by_feed_and_language(index: tuple[ArchiveWriter, Archive]) -> None:
    writer, archive = index
    writer.add([article(1, lang="fr", feeds=(2,)), article(2, lang="en", feeds=(10, 2))])
    writer.add([article(3, "Un quai", feeds=(1,)), article(4, lang="fr", feeds=(10,))])
    found_matches = archive.matches(parse_query("port"))
    assert found_matches.total == 3
    assert list(found_matches.by_feed.items()) == [(2, {1, 2}), (10, {2, 4})]
    assert list(found_matches.by_lang.items()) == [("en", {2}), ("fr", {1, 4})]
    french = found_matches.restricted_to(found_matches.by_lang["fr"])
    assert (set(french.dates), french.by_feed) == ({1, 4}, {2: {1}, 10: {4}})
    assert archive.languages() == ["", "en", "fr"]
    assert archive.first_ids() == {1: 3, 2: 1, 10: 2}


def test_a_word_may_be_misspelled(index: tuple[ArchiveWriter, Archive]) -> None:
    writer, archive = index
    writer.add(article(id, "Une sanction") for id in range(1, 4))
    assert archive.similar_terms(Word("sancsion")) == ["sanction"]
    assert archive.similar_terms(Word("xyzzyx")) == []


def test_significant_terms(index: tuple[ArchiveWriter, Archive]) -> None:
    writer, archive = index
    words = ["marché", "presse", "navire", "matin"]
    texts = [
        article(
            id, f"{'Grève CGT' if id % 4 == 0 else 'Calme'} {words[id % 3]}", lang="fr", story=id
        )
        for id in range(1, 161)
    ]
    writer.add(texts)
    strike_articles = [text for text in texts if text.title.startswith("Grève")]
    (word,) = archive.significant_terms(parse_query("grève"), strike_articles, 5)
    assert (word.word, word.forms, word.articles, word.expected) == ("CGT", ("cgt",), 40, 10)


def test_a_word_may_be_in_nearly_all_other_articles(index: tuple[ArchiveWriter, Archive]) -> None:
    writer, archive = index
    strike_words = [["marché", "marchés"][id % 2] if id < 5 else "" for id in range(1, 11)]
    calm_words = ["marché marchés"] * 30
    titles = [f"Grève {word}" for word in strike_words] + [f"Calme {pair}" for pair in calm_words]
    texts = [article(id, title, lang="fr", story=id) for id, title in enumerate(titles, 1)]
    writer.add(texts)
    assert archive.significant_terms(parse_query("grève"), texts[:10], 5) == []


# --- changing it ----------------------------------------------------------------------------


def test_articles_are_added_replaced_and_removed(index: tuple[ArchiveWriter, Archive]) -> None:
    writer, archive = index
    assert writer.add(article(id) for id in (1, 2, 3)) == 3
    writer.add([article(2, "Un quai")])
    writer.remove([3, 99])
    assert (archive.article_count, writer.article_count, writer.last_id) == (2, 2, 2)
    assert sorted(writer.all_ids()) == [1, 2]
    assert archive.ids(parse_query("port")) == [1]
    assert archive.ids(parse_query("quai")) == [2]


def test_upkeep_changes_nothing_that_is_well(index: tuple[ArchiveWriter, Archive]) -> None:
    writer, archive = index
    for id in range(1, 6):
        writer.add([article(id)])
    writer.compact()
    writer.run_merges()
    writer.wait_for_merges()
    writer.verify()
    assert list(writer.verify_steps()) in ([None], [])
    assert not writer.changed_elsewhere()
    assert writer.drop_damaged() == []
    assert (archive.ids(parse_query("port")), archive.damage) == ([1, 2, 3, 4, 5], ())


# --- page after page ------------------------------------------------------------------------

SORTS = ("date", "score")


def pages(
    archive: Archive,
    text: str,
    sort: str,
    limit: int,
    between_pages: Callable[[], object],
    scope: DocumentFilter = DocumentFilter(),
) -> list[ArchivePage]:
    """Return every page; call `between_pages` between any two."""
    query = parse_query(text)
    result_pages = [archive.search(query, scope, sort=sort, limit=limit)]
    first = result_pages[0]
    as_of_first = replace(scope, max_id=scope.max_id or first.last_id)
    while result_pages[-1].hits:
        between_pages()
        after = result_pages[-1].hits[-1]
        result_pages.append(
            archive.search(
                query, as_of_first, sort=sort, limit=limit, after=after, stats=first.stats
            )
        )
    return result_pages[:-1]


def hits(result_pages: list[ArchivePage]) -> list[ArchiveHit]:
    return [hit for page in result_pages for hit in page.hits]


TITLE = st.lists(
    st.sampled_from(["le", "port", "belge", "quai", "du", "port", "canal"]), max_size=6
)
DRAFTS = st.tuples(TITLE, st.integers(900, 1100), st.integers(0, 200))
"""The words of an article, its publication time, and the delay until it was seen."""
QUERIES = (
    "port",
    "port OR canal",
    "por* -quai",
    '"port belge" OR quai~',
    "le NEAR/3 belge",
    "port",
)


def written_article(id: int, draft: tuple[list[str], int, int]) -> Article:
    words, published, delay = draft
    return article(
        id, " ".join(words), published=float(published), seen=float(published + delay)
    )  # some are older than what is there


@pytest.mark.costly
@settings(max_examples=examples(20), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    existing_batches=st.lists(st.lists(DRAFTS, min_size=1, max_size=3), min_size=8, max_size=14),
    new_batches=st.lists(st.lists(DRAFTS, min_size=1, max_size=3), min_size=3, max_size=12),
    text=st.sampled_from(QUERIES),
    sort=st.sampled_from(SORTS),
    limit=st.integers(1, 4),  # there are pages left when ten segments become one
    since=st.none() | st.integers(900, 1100),
)
def test_pages_are_those_of_the_first_moment(
    kind: str,
    existing_batches: list[list[tuple[list[str], int, int]]],
    new_batches: list[list[tuple[list[str], int, int]]],
    text: str,
    sort: str,
    limit: int,
    since: int | None,
) -> None:
    with opened(kind) as (writer, archive):
        last = 0

        def add(batch: list[tuple[list[str], int, int]]) -> None:
            nonlocal last
            writer.add(written_article(last + at, draft) for at, draft in enumerate(batch, 1))
            last += len(batch)

        for batch in existing_batches:
            add(batch)
        batches_left = iter(new_batches)
        scope = DocumentFilter(since=since)
        full_page = archive.search(parse_query(text), scope, sort=sort, limit=0)
        result_pages = pages(archive, text, sort, limit, lambda: add(next(batches_left, [])), scope)
        assert hits(result_pages) == list(full_page.hits)
        assert {page.total for page in result_pages} <= {full_page.total}
        assert all(len(page.hits) <= limit for page in result_pages)


@pytest.mark.parametrize("sort", SORTS)
def test_pages_of_an_archive_at_rest_are_its_result(
    index: tuple[ArchiveWriter, Archive], sort: str
) -> None:
    writer, archive = index
    for first in range(1, 101, 20):  # five to a date, some dates out of order
        writer.add(article(id, seen=1000.0 + (id * 7 % 20)) for id in range(first, first + 20))
    result_pages = pages(archive, "port", sort, 7, lambda: None)
    assert [len(page.hits) for page in result_pages] == [7] * 14 + [2]
    assert hits(result_pages) == list(archive.search(parse_query("port"), sort=sort, limit=0).hits)


# --- the archive as a whole ---------------------------------------------------------------


@pytest.fixture
def engine(kind: str) -> Iterator[ArchiveEngine]:
    with address(kind) as empty:
        yield archive_engine(empty)


def an_article(id: int) -> Article:
    return Article(id=id, feeds=(1,), url="", title="Un port", summary="", seen=float(id))


def test_where_there_is_no_archive_none_is_opened_and_nothing_counted(
    engine: ArchiveEngine,
) -> None:
    with pytest.raises(ArchiveDamaged):
        engine.open(partial=True)
    assert (engine.exists(), engine.holds_articles()) == (False, False)
    assert (engine.count_articles(), engine.size()) == (0, 0)


def test_what_is_added_is_counted_without_opening_the_archive(engine: ArchiveEngine) -> None:
    writer = engine.open_writer()
    assert (engine.exists(), engine.holds_articles(), engine.count_articles()) == (True, False, 0)
    writer.add(map(an_article, range(1, 4)))
    writer.remove([2])
    writer.close()
    assert (engine.holds_articles(), engine.count_articles()) == (True, 2)
    assert engine.size() > 0
    assert sorted(engine.open_writer().all_ids()) == [1, 3]


def test_an_archive_that_is_replaced_is_empty(engine: ArchiveEngine) -> None:
    engine.open_writer().add([an_article(1)])
    writer = engine.replace()
    assert (writer.article_count, engine.count_articles()) == (0, 0)
    writer.add([an_article(2)])
    assert engine.open(partial=False).ids(parse_query("port")) == [2]


def test_searches_go_on_while_an_archive_is_rebuilt(engine: ArchiveEngine) -> None:
    engine.open_writer().add([an_article(1)])
    with engine.rebuild() as writer:
        writer.add([an_article(2)])
        assert engine.open(partial=False).ids(parse_query("port")) == [1]
    assert engine.open(partial=False).ids(parse_query("port")) == [2]


def test_a_rebuild_that_fails_leaves_the_archive_as_it_was(engine: ArchiveEngine) -> None:
    engine.open_writer().add([an_article(1)])
    with pytest.raises(OSError, match="full"), engine.rebuild() as writer:
        writer.add([an_article(2)])
        raise OSError("full")
    assert engine.open(partial=False).ids(parse_query("port")) == [1]
