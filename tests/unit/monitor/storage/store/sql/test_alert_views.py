"""Tests of the store of alerts: every filter finds them, and every count is true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st
from msgspec.structs import replace
from support.alert_storage import save_poll
from support.databases import FreshStores
from support.properties import examples
from support.small_store import ALIBABA, NOW, SPIES, SmallStore, arrival, article, match, opened

from monitor.judgement.alerts.plan import NewAlert
from monitor.model.alert import AlertState, Verdict
from monitor.model.config import StoreAddress
from monitor.model.feed import FeedState, Outcome, Poll
from monitor.model.poll import NO_ENTRY, PollOutcome, Sighting
from monitor.model.search import Filter
from monitor.model.triage import Change
from monitor.model.watchlist import Severity, WatchlistMatch


@pytest.fixture
def room(address: StoreAddress) -> Iterator[SmallStore]:
    room = opened(address)
    yield room
    room.store.close()


def test_an_alert_comes_back_with_its_matches_in_their_order(room: SmallStore) -> None:
    matches = (match(), match("Liège", 12), match("Cainiao", 3, "body"))
    hit = WatchlistMatch(watchlist=SPIES, matches=matches)
    (raised_alert,) = room.save(arrival(1, hits=(hit,), backfill=True))
    assert raised_alert == NewAlert(
        id=1,
        watchlist="Espionnage",
        severity=Severity.HIGH,
        title="Alibaba 1",
        feed="A",
        backfill=True,
        suppressed="backfill",
        lang="fr",
        article=1,
        matches=matches,
    )
    (alert,) = room.views.alerts.get([1, 99], matches=True)
    assert alert.matches == matches
    assert room.views.alerts.get([1]) == [replace(alert, matches=())]
    assert (alert.watchlist, alert.article, alert.severity) == ("Espionnage", 1, Severity.HIGH)
    assert (alert.state, alert.verdict, alert.starred) == (AlertState.NEW, Verdict.NONE, False)
    assert (alert.raised_at, alert.published, alert.backfill) == (NOW, NOW - 60, True)
    assert (alert.title, alert.url, alert.feed) == ("Alibaba 1", "https://ex.org/1", "A")


def test_one_alert_per_watchlist_and_article(room: SmallStore) -> None:
    assert len(room.save(arrival(1, ALIBABA))) == 1
    again = WatchlistMatch(watchlist=ALIBABA, matches=(match("Alibaba", 10),))
    assert room.save(arrival(1, new=False, hits=(again,))) == []
    (alert,) = room.views.alerts.get(room.ids(), matches=True)
    assert alert.matches == again.matches


def test_filters_of_alerts(room: SmallStore) -> None:
    room.save(arrival(1, ALIBABA), at=NOW)
    room.save(arrival(2, ALIBABA, SPIES, article=article(2, lang="en")), at=NOW + 10)
    room.save(arrival(3, SPIES, article=article(3, 2, lang="")), feed=1, at=NOW + 20)
    all_ids = [1, 2, 3, 4]
    assert room.ids() == all_ids
    assert room.ids(after=2) == [3, 4]
    assert room.ids(limit=3) == [2, 3, 4]
    assert room.ids(Filter(since=NOW + 10)) == [2, 3, 4]
    assert room.ids(Filter(until=NOW + 10)) == [1]
    assert room.ids(Filter(since=NOW + 10, until=NOW + 20, watchlists=("alibaba",))) == [2]
    assert room.ids(Filter(lang=("en",))) == [2, 3]
    assert room.ids(Filter(lang=("",))) == [4]
    assert room.ids(Filter(lang=("fr", "EN"))) == [1, 2, 3]
    assert room.ids(Filter(feeds=("B",))) == [4]
    assert room.ids(Filter(feeds=("nobody",))) == []
    room.save(
        feed=1,
        sightings=[Sighting(article=1, entry=replace(NO_ENTRY, key="ailleurs", fingerprint=b"1"))],
    )
    assert room.ids(Filter(feeds=("B",))) == [1, 4]  # the second feed carries the first article too
    room.views.triage.change([1, 4], Change(state=AlertState.ACKNOWLEDGED), "", 0.0)
    assert room.ids(Filter(state=AlertState.NEW)) == [2, 3]
    assert room.ids(Filter(state=AlertState.ACKNOWLEDGED)) == [1, 4]
    assert room.views.version().alert == 4
    assert room.views.articles.ids(has="alert") == {1, 2, 3}
    assert room.views.articles.ids(watchlist="espionnage") == {2, 3}
    assert room.views.articles.ids(severity="medium") == {1, 2}
    assert room.views.articles.ids(watchlist="Alibaba", severity="high") == set()


def test_names_are_found_in_any_case(room: SmallStore) -> None:
    accented = replace(ALIBABA, name="Équipe Œuvre")
    room.save(arrival(1, accented))
    assert room.ids(Filter(watchlists=("équipe œuvre",))) == [1]
    assert room.views.articles.ids(watchlist="ÉQUIPE ŒUVRE") == {1}


def test_triage_sets_what_is_given(room: SmallStore) -> None:
    room.save(arrival(1, ALIBABA), arrival(2, ALIBABA))
    room.views.triage.change(
        [1], Change(state=AlertState.ACKNOWLEDGED, verdict=Verdict.RELEVANT, starred=True), "", 0.0
    )
    room.views.triage.change([1, 77], Change(verdict=Verdict.NOISE), "", 0.0)
    a1, a2 = room.views.alerts.get([1, 2])
    assert (a1.state, a1.verdict, a1.starred) == (AlertState.ACKNOWLEDGED, Verdict.NOISE, True)
    assert (a2.state, a2.verdict, a2.starred) == (AlertState.NEW, Verdict.NONE, False)
    room.views.triage.change(
        [1], Change(state=AlertState.NEW, verdict=Verdict.NONE, starred=False), "", 0.0
    )
    assert room.views.alerts.get([1])[0] == replace(
        a1, state=AlertState.NEW, verdict=Verdict.NONE, starred=False
    )


def test_a_histogram_of_the_last_day(room: SmallStore) -> None:
    for id, at in ((1, NOW - 1), (2, NOW), (3, NOW + 9), (4, NOW + 10), (5, NOW + 999)):
        room.save(arrival(id, ALIBABA), at=at)
    alibaba, spies = room.views.watchlists.counts(NOW, 3, 10.0)
    assert (alibaba.total, alibaba.untriaged, alibaba.spark) == (5, 5, (2, 1, 1))
    assert (spies.total, spies.untriaged, spies.spark) == (0, 0, (0, 0, 0))
    assert (alibaba.severity, spies.severity) == (Severity.MEDIUM, Severity.HIGH)


SAVES = st.tuples(
    st.just("save"),
    st.sampled_from([(), (ALIBABA,), (SPIES,), (ALIBABA, SPIES)]),
    st.integers(0, 6),
    st.booleans(),
)
EDITS = st.tuples(st.just("edit"), st.sampled_from([(ALIBABA,), (SPIES,)]), st.integers(1, 6))
CHANGES = st.tuples(
    st.just("triage"), st.lists(st.integers(1, 9)), st.sampled_from([None, *AlertState])
)
TICKETS = st.tuples(st.just("index"), st.integers(0, 20))


@pytest.mark.costly
@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(actions=st.lists(st.one_of(SAVES, EDITS, CHANGES, TICKETS), max_size=25))
@example(
    actions=[
        ("save", (ALIBABA, SPIES), 0, False),
        ("save", (ALIBABA,), 1, False),
        ("triage", [1, 2, 3], AlertState.ACKNOWLEDGED),
        ("triage", [1, 3], AlertState.NEW),
        ("triage", [1, 1, 2], None),
    ]
)
def test_every_count_is_what_counting_gives(
    fresh: FreshStores, actions: list[tuple[Any, ...]]
) -> None:
    with fresh() as address:
        room = opened(address)
        for act in actions:
            _apply(room, act)
        _assert_counts_are_true(room)
        room.store.close()


def _apply(room: SmallStore, act: tuple[Any, ...]) -> None:
    last = len(room.store.article_ids())
    match act:
        case ("save", hits, copy_of, is_interrupted):
            original = copy_of if 0 < copy_of <= last else None
            new_arrival = arrival(last + 1, *hits, copy_of=original)
            try:
                with room.store.batch() as batch:
                    save_poll(
                        batch,
                        PollOutcome(
                            feed=room.feeds[last % 2],
                            state=FeedState(),
                            poll=Poll(at=NOW, outcome=Outcome.READ),
                            changes=(new_arrival,),
                        ),
                    )
                    if is_interrupted:
                        raise KeyboardInterrupt
            except KeyboardInterrupt:
                assert len(room.store.article_ids()) == last
        case ("edit", hits, id) if id <= last:
            room.save(arrival(id, *hits, new=False))
        case ("triage", ids, state):
            room.views.triage.change(ids, Change(state=state), "", 0.0)
        case ("index", ticket):
            room.store.mark_indexed(ticket)


def _assert_counts_are_true(room: SmallStore) -> None:
    rows = room.sql("SELECT watchlist, state, story_alert FROM alerts WHERE merged_into IS NULL")
    total = Counter(name for name, *_ in rows)
    stories = Counter(name for name, _ in {(name, story) for name, _, story in rows})
    new = {(name, story) for name, state, story in rows if state == "new"}
    untriaged_counts = Counter(name for name, _ in new)
    for count in room.views.watchlists.counts(0, 1, 1e12):
        assert (count.total, count.untriaged) == (total[count.name], untriaged_counts[count.name])
        assert count.spark == (stories[count.name],)
    (articles,) = room.sql("SELECT count(*) FROM articles")
    (waiting,) = room.sql("SELECT count(DISTINCT article) FROM outbox")
    alerts = (total.total(), len({story for _, story in new}))
    assert room.views.totals() == (*articles, *waiting, *alerts)
    assert len(room.store.article_ids()) == articles[0]
    by_feed = dict(room.sql("SELECT feed, count(*) FROM articles GROUP BY feed"))
    for record in room.views.feeds.subscribed():
        assert record.articles == by_feed.get(record.feed.number, 0)
