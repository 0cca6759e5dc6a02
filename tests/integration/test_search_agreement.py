"""Alerts, search and an oracle that shares nothing with them say the same of the same articles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, assume, given, settings, strategies as st
from support.constructed_articles import FEEDS, Doc, documents
from support.difficult_texts import TEXTS as DIFFICULT_TEXTS
from support.distance_queries import QUERIES, TEXTS
from support.golden_cases import GOLDEN
from support.properties import examples
from support.query_oracle import CONCEPTS, OracleQuery, Weighed, queries, scores

from index.analysis.term_positions import DocumentTerms
from index.analysis.tokenizer import tokenize
from index.archive import Archive, open_archive, open_archive_writer
from index.errors import QueryError
from index.evaluation.highlight import Highlighter
from index.evaluation.proximity import MAX_PLACES
from index.evaluation.spans import MemoryDocument, matches, occurrences
from index.query.ast import Facet
from index.query.concepts import defined
from index.query.filters import selects
from index.query.parser import Query, parse_query, score
from index.search import DocumentFilter
from monitor.base.article import Article
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.watchlist import Watchlist

# Each example writes an archive: in `make test` a fifth of the examples is enough.
quick = settings(max_examples=examples(20), suppress_health_check=list(HealthCheck))


def meaning(facet: Facet) -> DocumentFilter:
    """Return the document filter of a facet, for the three kinds of facets in watchlists."""
    if facet.name == "lang":
        return DocumentFilter(langs=["" if facet.value == "und" else facet.value])
    selector = f"tag:{facet.value}" if facet.name == "tag" else facet.value
    return DocumentFilter(
        feeds=[f.number for f in FEEDS if selects(selector, f.name, f.address, f.tags)]
    )


def search(archive: Archive, query: Query) -> set[int]:
    """Return the ids that a search finds."""
    page = archive.search(query, DocumentFilter(resolve=meaning), limit=0)
    best = archive.search(query, DocumentFilter(resolve=meaning), limit=0, sort="score")
    ids = {hit.id for hit in page.hits}
    assert {hit.id for hit in best.hits} == ids
    assert page.total == len(ids)
    return ids


def alert_ids(rules: WatchlistMatcher, articles: Sequence[Article]) -> dict[str, set[int]]:
    """Return the articles that raise an alert, by watchlist."""
    ids: dict[str, set[int]] = {watchlist.name: set() for watchlist in rules.watchlists}
    for article in articles:
        for hit in rules.match(article, FEEDS[article.feeds[0] - 1]):
            ids[hit.watchlist.name].add(article.id)
    return ids


def three_agree(
    docs: Sequence[Doc], commits: int, cases: dict[str, tuple[Query, set[int]]]
) -> None:
    """Compare rules and an archive of some commits with the expected articles."""
    articles = [doc.article(id) for id, doc in enumerate(docs, 1)]
    expected = {name: ids for name, (_, ids) in cases.items()}
    rules = WatchlistMatcher(
        [Watchlist(name=name, query=query) for name, (query, _) in cases.items()]
    )
    assert alert_ids(rules, articles) == expected
    with TemporaryDirectory() as name:
        folder = Path(name) / "archive"
        for first in range(commits):
            open_archive_writer(folder).add(articles[first::commits])
        archive = open_archive(folder)
        results = {name: search(archive, query) for name, (query, _) in cases.items()}
    assert results == expected


DOCS = st.lists(documents(), min_size=1, max_size=5)
COMMITS = st.integers(1, 3)


@quick
@given(DOCS, COMMITS, st.lists(queries, min_size=1, max_size=12))
def test_rules_archive_and_oracle_agree(
    docs: list[Doc], commits: int, generated: list[OracleQuery]
) -> None:
    cases = {}
    for text, holds in generated:
        try:
            query = defined(parse_query(text, allow_archive_filters=False), CONCEPTS)
        except QueryError:  # a contradiction, or the same twice in a list
            continue
        cases[text] = query, {id for id, doc in enumerate(docs, 1) if holds(doc)}
    three_agree(docs, min(commits, len(docs)), cases)


@quick
@given(DOCS, COMMITS, st.lists(scores(), min_size=1, max_size=8))
def test_rules_archive_and_oracle_agree_on_scores(
    docs: list[Doc], commits: int, generated: list[Weighed]
) -> None:
    cases = {}
    for number, (weights, threshold, reached) in enumerate(generated):
        try:
            query = score(weights, threshold)
        except QueryError:  # all weights together are less than the threshold
            continue
        cases[f"{number}"] = query, {id for id, doc in enumerate(docs, 1) if reached(doc)}
    three_agree(docs, min(commits, len(docs)), cases)


@quick
@given(st.lists(TEXTS, min_size=1, max_size=6), st.lists(QUERIES, min_size=1, max_size=12))
def test_rules_and_archive_agree_on_distances_within_distances(
    texts: list[str], generated: list[str]
) -> None:
    cases = {}
    for text in generated:
        try:
            cases[text] = parse_query(text)
        except QueryError:  # the same twice in a list
            continue
    articles = [_of_body(id, text) for id, text in enumerate(texts, 1)]
    _two_agree(articles, cases)


def test_rules_and_archive_agree_on_words_that_stand_too_often() -> None:
    often = "aa " * MAX_PLACES
    texts = [f"{often} bb", f"{often[3:]} bb", f"{often} aa-bb cc", f"bb {often}"]
    queries = ["aa W/1 bb", '"aa bb"', "bb NEAR/1 aa*", '"aa bb cc"~2', "(aa W/2 bb) NEAR/1 cc"]
    articles = [_of_body(id, text) for id, text in enumerate(texts, 1)]
    _two_agree(articles, {query: parse_query(query) for query in queries})


def _of_body(id: int, text: str) -> Article:
    return Article(id=id, feeds=(1,), url="", title="", summary="", body=text, seen=float(id))


def _two_agree(articles: Sequence[Article], cases: dict[str, Query]) -> None:
    rules = WatchlistMatcher([Watchlist(name=name, query=query) for name, query in cases.items()])
    with TemporaryDirectory() as name:
        writer = open_archive_writer(Path(name))
        writer.add(articles)
        archive = open_archive(Path(name))
        results = {text: search(archive, query) for text, query in cases.items()}
    assert alert_ids(rules, articles) == results


def test_fractions_add_up_in_any_order(tmp_path: Path) -> None:
    # 0.2 + 0.7 + 0.1 is less than 1 when added from the left.
    query = score({"port": 0.2, "quai": 0.7, "douane": 0.1}, 1)
    article = Article(
        id=1, feeds=(1,), url="", title="douane", summary="quai", body="port", seen=1.0
    )
    assert alert_ids(WatchlistMatcher([Watchlist(name="A", query=query)]), [article]) == {"A": {1}}
    open_archive_writer(tmp_path).add([article])
    assert search(open_archive(tmp_path), query) == {1}


def test_every_golden_query_finds_the_same_texts_as_alert_and_as_search(tmp_path: Path) -> None:
    articles = [
        Article(id=id, feeds=(1,), url="", title="", summary="", body=case.text, seen=float(id))
        for id, case in enumerate(GOLDEN, 1)
    ]
    cases = {case.query: parse_query(case.query) for case in GOLDEN}
    rules = WatchlistMatcher([Watchlist(name=text, query=query) for text, query in cases.items()])
    alerts = alert_ids(rules, articles)
    writer = open_archive_writer(tmp_path / "archive")
    writer.add(articles[::2])
    writer.add(articles[1::2])
    archive = open_archive(tmp_path / "archive")
    assert alerts == {text: search(archive, query) for text, query in cases.items()}
    for id, case in enumerate(GOLDEN, 1):
        assert (id in alerts[case.query]) is case.matches, case


FORMS = ["{}", "={}", "{}~", "{}*", "*{}", "?{}", '"{} {}"', "{} NEAR/3 {}", "author:{}"]


@given(DIFFICULT_TEXTS, DIFFICULT_TEXTS, st.sampled_from(FORMS), st.data())
def test_alert_and_search_light_the_same_places(
    title: str, body: str, form: str, data: st.DataObject
) -> None:
    texts = [(text, word) for text in (title, body) for word in tokenize(text)]
    assume(texts)
    words = [word.term for _, word in texts] + [text[word.start : word.end] for text, word in texts]
    first, other = (data.draw(st.sampled_from(words)) for _ in range(2))
    try:
        query = parse_query(form.format(first, other))
    except QueryError:  # *x is too short
        assume(False)
    article = Article(
        id=1, feeds=(1,), url="", title=title, summary="", body=body, author=title, seen=1.0
    )
    reading = DocumentTerms(article)  # all words, not only those of the query
    places_found = matches(query.root, MemoryDocument(reading.postings))
    places = [(at.part, at.start, at.end) for at in occurrences(places_found, reading)]
    assert not places_found or Highlighter(query).spans(article) == places
    hits = WatchlistMatcher([Watchlist(name="A", query=query)]).match(article)
    assert len(hits) == bool(places_found)
    assert {(at.field, at.start, at.end) for hit in hits for at in hit.matches} == set(places)
