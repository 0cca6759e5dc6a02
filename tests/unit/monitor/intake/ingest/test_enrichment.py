"""Tests of the enrichment of articles, which runs before the transaction."""

from __future__ import annotations

from collections import deque
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from support.flow import WATCHLISTS

from index.analysis.text_features import text_features
from monitor.base.article import Article
from monitor.intake.ingest.article_changes import article, enrich
from monitor.intake.ingest.ingest import Ingester
from monitor.intake.ingest.poll_outcome import ActiveConfig, PollResult
from monitor.intake.parse.entry import keyed_entries
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.alert import AlertState
from monitor.model.config import StoreAddress
from monitor.model.feed import Feed, FeedState
from monitor.model.poll import Entry, Fetched, ParsedFeed
from monitor.model.search import Filter
from monitor.model.triage import Change
from monitor.model.watchlist import WatchlistMatch
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views

FEED = Feed(url="https://le-soir.example/rss", name="Le Soir", number=1)
WORDS = "La sûreté enquête sur Alibaba à Liège, où les douanes ont saisi mille colis de Cainiao."


def answer(feed: Feed, *entries: Entry) -> PollResult:
    parsed = ParsedFeed(entries=keyed_entries(entries))
    response = Fetched(url=feed.url, body=b"")
    return PollResult(feed=feed, state=FeedState(), response=response, parsed=parsed, seconds=0.1)


def test_triage_does_not_wait_for_matching(tmp_path: Path) -> None:
    class Triaging(WatchlistMatcher):
        """A viewer that triages while an article is matched; in a transaction it would wait."""

        def match(self, article: Article, *feeds: Feed) -> tuple[WatchlistMatch, ...]:
            ids = views.alerts.ids(Filter())
            views.triage.change(ids, Change(state=AlertState.ACKNOWLEDGED), "", 0.0)
            return super().match(article, *feeds)

    store = Store(StoreAddress(tmp_path))
    views = Views(StoreAddress(tmp_path))
    (feed,) = store.subscribe([FEED], WATCHLISTS)
    ingester = Ingester(store, ActiveConfig(rules=Triaging(WATCHLISTS)), lambda: 1e9, lambda: 0.0)
    for guid in ("first", "second"):
        entry = Entry(guid=guid, url="", title=f"{guid}: {WORDS}", summary=WORDS * 3)
        assert ingester.ingest([answer(feed, entry)], network_down=False).raised
    first, *_ = views.alerts.get(views.alerts.ids(Filter()))
    assert first.state is AlertState.ACKNOWLEDGED


@given(st.text(), st.text(), st.text())
def test_a_draft_is_of_the_very_same_words(title: str, summary: str, body: str) -> None:
    entry = Entry(guid="1", url="", title=title, summary=summary, body=body)
    plain_article = article(entry, FEED)
    (draft,) = enrich([plain_article], FEED, WatchlistMatcher(WATCHLISTS), deque(), "")
    assert draft.article.texts == article(entry, FEED, 7, 12.0).texts == plain_article.texts


@pytest.mark.parametrize("count", [0, 1, 3])
def test_each_article_has_its_draft_and_its_feed_learns_its_language(count: int) -> None:
    articles = [article(Entry(guid="", url="", title=WORDS, summary=""), FEED)] * count
    recent: deque[str] = deque()
    drafts = list(enrich(articles, FEED, WatchlistMatcher(WATCHLISTS), recent, ""))
    assert [draft.article.lang for draft in drafts] == list(recent) == ["fr"] * count
    assert all(draft.hits for draft in drafts)


@given(st.lists(st.tuples(st.text(), st.text(), st.text(), st.booleans()), max_size=3))
def test_features_that_were_read_with_the_document_change_nothing(
    texts: list[tuple[str, str, str, bool]],
) -> None:
    entries = [
        Entry(guid="1", url="", title=f"{WORDS} {title}", summary=summary, body=body)
        for title, summary, body, _ in texts
    ]
    articles = [article(entry, FEED) for entry in entries]
    features_read = [
        text_features([(item.title, item.summary, item.body)])[0] if is_read else None
        for item, (*_, is_read) in zip(entries, texts, strict=True)
    ]
    rules = WatchlistMatcher(WATCHLISTS)
    without_features = list(enrich(articles, FEED, rules, deque(), ""))
    with_features = enrich(articles, FEED, rules, deque(), "", features=features_read)
    assert list(with_features) == without_features


def test_a_draft_has_the_names_of_its_article() -> None:
    entry = Entry(guid="1", url="", title=WORDS, summary="")
    (draft,) = enrich([article(entry, FEED)], FEED, WatchlistMatcher(WATCHLISTS), deque(), "")
    assert draft.names.lang == "fr"
    assert draft.names.words
