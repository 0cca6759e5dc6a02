"""The store: what goes in comes out, all of it or nothing, and every count is true."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.article import Article
from index.query import parse
from monitor.errors import StoreError
from monitor.model import (
    AlertState,
    Arrival,
    Change,
    Feed,
    FeedState,
    Filter,
    Hit,
    Match,
    Outcome,
    Poll,
    Raised,
    Refresh,
    Severity,
    Sighting,
    Verdict,
    Watchlist,
)
from monitor.store import Batch, Store, Views
from monitor.store.batch import POLLS_KEPT
from monitor.store.sqlite import SqliteStore
from monitor.store.views import SqliteViews

NOW = 1_700_000_000.0
FIRST = Feed(url="https://a.test/rss", name="A", tags=("belgique", "presse"))
SECOND = Feed(url="https://b.test/rss", name="B", enabled=False)
ALIBABA = Watchlist(name="Alibaba", query=parse("alibaba"))
SPIES = Watchlist(name="Espionnage", query=parse("espionnage~"), severity=Severity.HIGH)
ALL = Filter()


@dataclass
class Room:
    """A store of two feeds and two watchlists, and its viewers."""

    folder: Path
    store: Store
    views: Views
    feeds: tuple[Feed, ...]

    def save(
        self,
        *arrivals: Arrival,
        feed: int = 0,
        sightings: Iterable[Sighting] = (),
        at: float = NOW,
        state: FeedState = FeedState(),
    ) -> list[Raised]:
        """Store what a poll brought."""
        poll = Poll(at=at, outcome=Outcome.READ, entries=len(arrivals), new=len(arrivals))
        with self.store.batch() as batch:
            return batch.save(
                Refresh(
                    feed=self.feeds[feed],
                    state=state,
                    poll=poll,
                    arrivals=arrivals,
                    sightings=tuple(sightings),
                )
            )

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "newsroom.db")) as sql:
            return sql.execute(query).fetchall()

    def ids(self, filter: Filter = ALL, **more: Any) -> list[int]:
        asked: dict[str, Any] = {"feeds": None, "after": 0, "limit": None} | more
        return list(self.views.alert_ids(filter, **asked))


def opened(folder: Path) -> Room:
    store = SqliteStore(folder)
    feeds = store.subscribe((FIRST, SECOND), (ALIBABA, SPIES))
    return Room(folder, store, SqliteViews(folder), feeds)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = opened(tmp_path)
    yield room
    room.store.close()


def article(id: int, feed: Feed | int = 1, **more: Any) -> Article:
    number = feed if isinstance(feed, int) else feed.number
    said: dict[str, Any] = {
        "url": f"https://ex.org/{id}",
        "title": f"Alibaba {id}",
        "summary": f"Texte {id}",
        "body": "Corps",
        "author": "Claude Fouquet",
        "lang": "fr",
        "published": NOW - 60,
        "seen": NOW,
        "story": id,
    } | more
    return Article(id=id, feeds=(number,), **said)


def arrival(id: int, *hits: Watchlist, **more: Any) -> Arrival:
    said: dict[str, Any] = {
        "article": article(id),
        "new": True,
        "guid": f"guid-{id}",
        "fingerprint": bytes([id % 256]),
        "canonical": f"https://ex.org/{id}",
        "hits": tuple(Hit(watchlist=hit, matches=(match(),)) for hit in hits),
    } | more
    return Arrival(**said)


def match(text: str = "Alibaba", start: int = 0, field: str = "title") -> Match:
    return Match(field=field, start=start, end=start + len(text), text=text, term=text.lower())


# --- feeds and polling ---------------------------------------------------------------


def test_subscribing_numbers_feeds_and_keeps_the_history_of_others(room: Room) -> None:
    assert [feed.number for feed in room.feeds] == [1, 2]
    room.save(arrival(1, ALIBABA))
    third = Feed(url="https://c.test/rss", name="C")
    renamed = replace(FIRST, name="A neuf", tags=())
    assert [f.number for f in room.store.subscribe((third, renamed), (SPIES,))] == [3, 1]
    found = room.views.feeds()
    assert [(f.name, f.tags, articles) for f, _, articles in found] == [
        ("A neuf", (), 1),
        ("C", (), 0),
    ]
    assert {feed.name for feed in room.views.every_feed()} == {"A neuf", "B", "C"}
    assert [room.views.feed_name(number) for number in (1, 2, 3, 9)] == ["A neuf", "B", "C", "?"]
    assert [w.name for w in room.views.watchlists(0, 1, 1.0)] == ["Espionnage"]
    back = room.store.subscribe((FIRST, SECOND), (ALIBABA, SPIES))
    assert [feed.number for feed in back] == [1, 2]
    assert room.views.watchlists(0, 1, 1.0)[0].total == 1


def test_a_state_comes_back_as_it_was_saved(room: Room) -> None:
    state = FeedState(
        etag=b'W/"\xe9\xff"',
        last_modified=b"Thu, 01 Jan 1970",
        body_hash=bytes(16),
        next_due=NOW + 900.5,
        last_poll=NOW,
        last_ok=NOW - 1,
        failures=3,
        reason="503 Service Unavailable",
        gone=True,
        blind=True,
        title="Le Fil",
        link="https://a.test/",
        lang="fr",
    )
    room.save(state=state)
    assert room.store.states()[FIRST.url] == state
    assert room.views.feeds()[0][1] == state
    assert room.views.feeds()[0][0] == replace(FIRST, number=1)


@pytest.mark.parametrize(
    ("state", "is_due"),
    [
        (FeedState(), True),
        (FeedState(next_due=NOW), True),
        (FeedState(next_due=NOW + 1), False),
        (FeedState(next_due=NOW + 900, last_poll=NOW + 61), True),
        (FeedState(gone=True), False),
    ],
    ids=["new", "now", "later", "clock set back", "gone"],
)
def test_what_is_due(state: FeedState, is_due: bool, room: Room) -> None:
    room.save(state=state)
    assert (FIRST.url in room.store.due(NOW)) == is_due
    assert SECOND.url not in room.store.due(NOW)  # it is not enabled


def test_a_feed_is_polled_when_somebody_asks(room: Room) -> None:
    room.save(state=FeedState(next_due=NOW + 900))
    room.views.poll_now(SECOND.url)
    assert room.store.due(NOW) == {}
    room.views.poll_now(None)
    assert set(room.store.due(NOW)) == {FIRST.url}
    room.store.reschedule({FIRST.url: NOW + 5})
    assert room.store.due(NOW + 4) == {}
    assert set(room.store.due(NOW + 5)) == {FIRST.url}


def test_a_gone_feed_is_polled_when_it_is_asked_for_by_name(room: Room) -> None:
    room.save(state=FeedState(gone=True))
    room.views.poll_now(None)
    assert room.store.due(NOW) == {}
    room.views.poll_now(FIRST.url)
    assert set(room.store.due(NOW)) == {FIRST.url}


def test_the_last_polls_are_kept_newest_first(room: Room) -> None:
    for number in range(POLLS_KEPT + 5):
        room.save(at=NOW + number)
    moments = [poll.at - NOW for poll in room.views.polls(FIRST.url)]
    assert moments == list(range(POLLS_KEPT + 4, 4, -1))
    assert room.views.polls(SECOND.url) == room.views.polls("https://nobody.test/") == []


# --- articles ----------------------------------------------------------------------------


def test_an_article_comes_back_as_it_was_saved(room: Room) -> None:
    bare = article(2, published=None, body="", author="", lang="", url="", summary="")
    room.save(arrival(1), arrival(2, article=bare, canonical=""))
    assert room.views.article(1) == article(1)
    assert room.views.articles([2, 7, 1]) == [bare, article(1)]
    assert room.views.article(7) is None
    assert room.store.articles_after(0, 1) == [article(1)]
    assert room.store.articles_after(1, 9) == [bare]
    assert room.store.article_count() == 2
    with room.store.batch() as batch:
        assert (batch.next_article(), batch.next_article()) == (3, 4)
        assert batch.article(1) == article(1)
        assert batch.article(7) is None
    assert room.views.having("body") == room.views.having("author") == {1}


def test_more_ids_than_sqlite_takes_at_once(room: Room) -> None:
    room.save(*(arrival(id, ALIBABA) for id in range(1, 1203)))
    everything = list(range(1, 1203))
    assert [a.id for a in room.views.articles(everything)] == everything
    ids = room.ids()
    assert [alert.id for alert in room.views.alerts(ids, True)] == ids
    with room.store.batch() as batch:
        known = batch.known(room.feeds[0], {f"guid-{id}" for id in everything}, (), ())
    assert len(known.guids) == 1202


def test_an_edit_keeps_the_earlier_text(room: Room) -> None:
    room.save(arrival(1))
    assert room.views.versions(1) == 1
    edited = article(1, title="Alibaba dément", body="")
    room.save(arrival(1, new=False, article=edited), at=NOW + 9)
    assert room.views.article(1) == edited
    assert room.views.versions(1) == 2
    assert room.views.versions(7) == 0
    assert room.sql("SELECT * FROM versions") == [(1, 1, "Alibaba 1", "Texte 1", "Corps", NOW + 9)]
    assert room.store.article_count() == 1


def test_languages_of_the_last_articles(room: Room) -> None:
    arrivals = [
        arrival(id, article=article(id, lang="en" if id > 20 else "fr")) for id in range(1, 26)
    ]
    room.save(*arrivals)
    with room.store.batch() as batch:
        assert batch.languages(room.feeds[0]) == ["en"] * 5 + ["fr"] * 15
        assert batch.languages(room.feeds[1]) == []


def test_what_is_known_of_entries(room: Room) -> None:
    room.save(arrival(1), arrival(2))
    room.save(arrival(3, article=article(3, 2), canonical="https://ex.org/1", guid="other"), feed=1)
    with room.store.batch() as batch:
        known = batch.known(
            room.feeds[0], {"guid-1", "new"}, {"https://ex.org/1"}, {bytes([2]), bytes([9])}
        )
    assert known.feed == 1
    assert known.guids == {"guid-1": (1, bytes([1]))}
    assert [(a.id, a.feed, a.title) for a in known.urls["https://ex.org/1"]] == [
        (1, 1, "Alibaba 1"),
        (3, 2, "Alibaba 3"),
    ]
    assert known.contents == {bytes([2]): (("guid-2", 2),)}
    assert known.own == {1: ("guid-1",), 2: ("guid-2",)}


def test_an_article_under_another_guid_or_in_another_feed(room: Room) -> None:
    room.save(arrival(1))
    room.store.mark_indexed(10)
    reissue = Sighting(article=1, guid="neuf", fingerprint=b"1", reissued=True)
    room.save(sightings=[reissue])
    assert room.sql("SELECT feed, guid, article FROM entries") == [(1, "neuf", 1)]
    assert room.store.outbox_size() == 0
    carried = Sighting(article=1, guid="ailleurs", fingerprint=b"1")
    for _ in range(2):
        room.save(feed=1, sightings=[carried], at=NOW + 30)
    found = room.views.article(1)
    assert found is not None
    assert found.feeds == (1, 2)
    assert room.views.others(found) == [("A", NOW), ("B", NOW + 30)]
    assert room.store.outbox_size() == 1  # once: the archive must learn of the second feed


# --- stories ---------------------------------------------------------------------------------


def test_copies_speak_through_the_first_alert(room: Room) -> None:
    assert len(room.save(arrival(1, ALIBABA))) == 1
    copy = arrival(2, ALIBABA, SPIES, article=article(2, 2, story=1), copy_of=1)
    raised = room.save(copy, feed=1)
    assert [r.watchlist for r in raised] == ["Espionnage"]
    third = arrival(3, SPIES, article=article(3, story=1), copy_of=1)
    assert room.save(third) == []
    assert room.ids() == [1, 3]
    first, second = room.views.alerts([1, 3], False)
    assert (first.copies, second.copies) == (2, 2)
    assert room.views.of_story(1) == {1, 2, 3}
    assert room.views.of_story(9) == set()
    found = room.views.article(2)
    assert found is not None
    assert room.views.others(found) == [("A", NOW), ("B", NOW)]
    assert [a.id for a in room.views.alerts_of(2)] == [2, 3]
    with room.store.batch() as batch:
        assert batch.original(2) == batch.original(1) == 1
        assert batch.original(9) == 9
        assert batch.tellers([1, 2, 9]) == {1: (1, 0, 1), 2: (1, 0, 2)}


def test_shingles_are_shared_and_forgotten(room: Room) -> None:
    room.save(
        arrival(1, article=article(1, seen=NOW - 100), shingles=frozenset({1, 2, 3})),
        arrival(2, shingles=frozenset({3, 4})),
    )
    with room.store.batch() as batch:
        assert batch.candidates({2, 3, 4, 5}) == {1: 2, 2: 2}
        assert batch.tellers([1, 2]) == {1: (1, 3, 1), 2: (2, 2, 1)}
    room.store.forget_shingles(NOW - 200)
    assert room.sql("SELECT count(*) FROM shingles") == [(5,)]
    room.store.forget_shingles(NOW)
    assert room.sql("SELECT DISTINCT article FROM shingles") == [(2,)]
    room.store.forget_shingles(NOW + 1)
    assert room.sql("SELECT count(*) FROM shingles") == [(0,)]


# --- pages and the way to the index -----------------------------------------------------------


def test_a_page_is_due_until_it_is_read_or_given_up(room: Room) -> None:
    bare = replace(article(1), body="")
    room.save(arrival(1, ALIBABA, article=bare, wants_page=True), arrival(2))
    assert room.store.pages_due(NOW, 9) == [(bare, 0)]
    with room.store.batch() as batch:
        batch.page_failed(1, "503", NOW + 600)
    assert room.store.pages_due(NOW, 9) == []
    assert room.store.pages_due(NOW + 600, 9) == [(bare, 1)]
    read = arrival(1, ALIBABA, SPIES, article=replace(bare, body="Espionnage"), new=False)
    with room.store.batch() as batch:
        assert [r.watchlist for r in batch.save_page(read, room.feeds[0], NOW)] == ["Espionnage"]
    assert room.store.pages_due(NOW + 9999, 9) == []
    assert room.views.article(1) == replace(bare, body="Espionnage")
    assert room.views.versions(1) == 1
    room.save(arrival(3, wants_page=True))
    with room.store.batch() as batch:
        batch.page_failed(3, "404", None)
    assert room.store.pages_due(NOW + 9999, 9) == []


def test_what_changes_is_on_its_way_to_the_index(room: Room) -> None:
    room.save(arrival(1), arrival(2))
    room.save(arrival(1, new=False))
    waiting = room.store.unindexed(9)
    assert [ticket.id for ticket in waiting] == [1, 2, 1]
    assert room.store.unindexed(1) == [waiting[0]]
    assert (room.store.outbox_size(), room.views.totals()[1]) == (3, 2)
    room.store.mark_indexed(waiting[1][0])
    assert [ticket.id for ticket in room.store.unindexed(9)] == [1]
    room.store.mark_indexed(waiting[2][0])
    assert (room.store.outbox_size(), room.store.unindexed(9)) == (0, [])
    room.save(arrival(3))
    assert room.store.unindexed(9)[0][0] > waiting[2][0]  # a ticket is never given twice


# --- alerts ---------------------------------------------------------------------------------


def test_an_alert_comes_back_with_its_matches_in_their_order(room: Room) -> None:
    spots = (match(), match("Liège", 12), match("Cainiao", 3, "body"))
    hit = Hit(watchlist=SPIES, matches=spots)
    (raised,) = room.save(arrival(1, hits=(hit,), backfill=True))
    assert raised == Raised(
        id=1,
        watchlist="Espionnage",
        severity=Severity.HIGH,
        title="Alibaba 1",
        feed="A",
        backfill=True,
        held="backfill",
        lang="fr",
    )
    (alert,) = room.views.alerts([1, 99], True)
    assert alert.matches == spots
    assert room.views.alerts([1], False) == [replace(alert, matches=())]
    assert (alert.watchlist, alert.article, alert.severity) == ("Espionnage", 1, Severity.HIGH)
    assert (alert.state, alert.verdict, alert.starred) == (AlertState.NEW, Verdict.NONE, False)
    assert (alert.raised_at, alert.published, alert.backfill) == (NOW, NOW - 60, True)
    assert (alert.title, alert.url, alert.feed) == ("Alibaba 1", "https://ex.org/1", "A")


def test_one_alert_per_watchlist_and_article(room: Room) -> None:
    assert len(room.save(arrival(1, ALIBABA))) == 1
    again = Hit(watchlist=ALIBABA, matches=(match("Alibaba", 10),))
    assert room.save(arrival(1, new=False, hits=(again,))) == []
    (alert,) = room.views.alerts(room.ids(), True)
    assert alert.matches == again.matches


def test_filters_of_alerts(room: Room) -> None:
    room.save(arrival(1, ALIBABA), at=NOW)
    room.save(arrival(2, ALIBABA, SPIES, article=article(2, lang="en")), at=NOW + 10)
    room.save(arrival(3, SPIES, article=article(3, 2, lang="")), feed=1, at=NOW + 20)
    everything = [1, 2, 3, 4]
    assert room.ids() == everything
    assert room.ids(after=2) == [3, 4]
    assert room.ids(limit=3) == [2, 3, 4]
    assert room.ids(Filter(since=NOW + 10)) == [2, 3, 4]
    assert room.ids(Filter(until=NOW + 10)) == [1]
    assert room.ids(Filter(since=NOW + 10, until=NOW + 20, watchlists=("alibaba",))) == [2]
    assert room.ids(Filter(lang=("en",))) == [2, 3]
    assert room.ids(Filter(lang=("",))) == [4]
    assert room.ids(Filter(lang=("fr", "EN"))) == [1, 2, 3]
    assert room.ids(feeds={2}) == [4]
    assert room.ids(feeds=set()) == []
    room.save(feed=1, sightings=[Sighting(article=1, guid="ailleurs", fingerprint=b"1")])
    assert room.ids(feeds={2}) == [1, 4]  # the second feed carries the first article too
    room.views.triage([1, 4], Change(state=AlertState.ACKNOWLEDGED), "", 0.0)
    assert room.ids(Filter(state=AlertState.NEW)) == [2, 3]
    assert room.ids(Filter(state=AlertState.ACKNOWLEDGED)) == [1, 4]
    assert room.views.newest_alert() == 4
    assert room.views.alerted(None, None) == {1, 2, 3}
    assert room.views.alerted("espionnage", None) == {2, 3}
    assert room.views.alerted(None, "medium") == {1, 2}
    assert room.views.alerted("Alibaba", "high") == set()


def test_names_are_found_in_any_case(room: Room) -> None:
    spelt = replace(ALIBABA, name="Équipe Œuvre")
    room.save(arrival(1, spelt))
    assert room.ids(Filter(watchlists=("équipe œuvre",))) == [1]
    assert room.views.alerted("ÉQUIPE ŒUVRE", None) == {1}


def test_triage_sets_what_is_given(room: Room) -> None:
    room.save(arrival(1, ALIBABA), arrival(2, ALIBABA))
    room.views.triage(
        [1], Change(state=AlertState.ACKNOWLEDGED, verdict=Verdict.RELEVANT, starred=True), "", 0.0
    )
    room.views.triage([1, 77], Change(verdict=Verdict.NOISE), "", 0.0)
    one, two = room.views.alerts([1, 2], False)
    assert (one.state, one.verdict, one.starred) == (AlertState.ACKNOWLEDGED, Verdict.NOISE, True)
    assert (two.state, two.verdict, two.starred) == (AlertState.NEW, Verdict.NONE, False)
    room.views.triage(
        [1], Change(state=AlertState.NEW, verdict=Verdict.NONE, starred=False), "", 0.0
    )
    assert room.views.alerts([1], False)[0] == replace(
        one, state=AlertState.NEW, verdict=Verdict.NONE, starred=False
    )


def test_a_histogram_of_the_last_day(room: Room) -> None:
    for id, at in ((1, NOW - 1), (2, NOW), (3, NOW + 9), (4, NOW + 10), (5, NOW + 999)):
        room.save(arrival(id, ALIBABA), at=at)
    alibaba, spies = room.views.watchlists(NOW, 3, 10.0)
    assert (alibaba.total, alibaba.untriaged, alibaba.spark) == (5, 5, (2, 1, 1))
    assert (spies.total, spies.untriaged, spies.spark) == (0, 0, (0, 0, 0))
    assert (alibaba.severity, spies.severity) == (Severity.MEDIUM, Severity.HIGH)


SAVED = st.tuples(
    st.just("save"),
    st.sampled_from([(), (ALIBABA,), (SPIES,), (ALIBABA, SPIES)]),
    st.integers(0, 6),
    st.booleans(),
)
EDITED = st.tuples(st.just("edit"), st.sampled_from([(ALIBABA,), (SPIES,)]), st.integers(1, 6))
TRIAGED = st.tuples(
    st.just("triage"), st.lists(st.integers(1, 9)), st.sampled_from([None, *AlertState])
)
INDEXED = st.tuples(st.just("index"), st.integers(0, 20))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(SAVED, EDITED, TRIAGED, INDEXED), max_size=25))
@example(
    [
        ("save", (ALIBABA, SPIES), 0, False),
        ("save", (ALIBABA,), 1, False),
        ("triage", [1, 2, 3], AlertState.ACKNOWLEDGED),
        ("triage", [1, 3], AlertState.NEW),
        ("triage", [1, 1, 2], None),
    ]
)
def test_every_count_is_what_counting_gives(done: list[tuple[Any, ...]]) -> None:
    with TemporaryDirectory() as folder:
        room = opened(Path(folder))
        for act in done:
            _act(room, act)
        _assert_counts_are_true(room)
        room.store.close()


def _act(room: Room, act: tuple[Any, ...]) -> None:
    last = room.store.article_count()
    match act:
        case ("save", hits, copy_of, fails):
            original = copy_of if 0 < copy_of <= last else None
            one = arrival(last + 1, *hits, copy_of=original)
            try:
                with room.store.batch() as batch:
                    batch.save(
                        Refresh(
                            feed=room.feeds[last % 2],
                            state=FeedState(),
                            poll=Poll(at=NOW, outcome=Outcome.READ),
                            arrivals=(one,),
                        )
                    )
                    if fails:
                        raise KeyboardInterrupt
            except KeyboardInterrupt:
                assert room.store.article_count() == last
        case ("edit", hits, id) if id <= last:
            room.save(arrival(id, *hits, new=False))
        case ("triage", ids, state):
            room.views.triage(ids, Change(state=state), "", 0.0)
        case ("index", ticket):
            room.store.mark_indexed(ticket)


def _assert_counts_are_true(room: Room) -> None:
    rows = room.sql("SELECT watchlist, state FROM alerts WHERE merged_into IS NULL")
    total = Counter(name for name, _ in rows)
    untriaged = Counter(name for name, state in rows if state == "new")
    for count in room.views.watchlists(0, 1, 1e12):
        assert (count.total, count.untriaged) == (total[count.name], untriaged[count.name])
        assert count.spark == (total[count.name],)
    (articles,) = room.sql("SELECT count(*) FROM articles")
    (waiting,) = room.sql("SELECT count(DISTINCT article) FROM outbox")
    alerts = (total.total(), untriaged.total())
    assert room.views.totals() == (*articles, *waiting, *alerts)
    assert room.store.article_count() == articles[0]
    by_feed = dict(room.sql("SELECT feed, count(*) FROM articles GROUP BY feed"))
    for feed, _, articles_of in room.views.feeds():
        assert articles_of == by_feed.get(feed.number, 0)


# --- all or nothing, and who else is there ---------------------------------------------------


def test_what_fails_half_way_leaves_nothing(room: Room) -> None:
    room.save(arrival(1, ALIBABA))
    with closing(sqlite3.connect(room.folder / "newsroom.db")) as before:
        dump = list(before.iterdump())
    with pytest.raises(ZeroDivisionError), room.store.batch() as batch:
        batch.save(
            Refresh(
                feed=room.feeds[0],
                state=FeedState(etag=b"2"),
                poll=Poll(at=NOW, outcome=Outcome.READ),
                arrivals=(arrival(2, SPIES, wants_page=True, shingles=frozenset({1})),),
                sightings=(Sighting(article=1, guid="g", fingerprint=b""),),
            )
        )
        batch.page_failed(1, "x", None)
        assert batch.article(2) is not None
        raise ZeroDivisionError
    with closing(sqlite3.connect(room.folder / "newsroom.db")) as after:
        assert list(after.iterdump()) == dump
    room.save(arrival(2))  # and the next one goes well


def test_an_article_cannot_be_stored_twice(room: Room) -> None:
    room.save(arrival(1))
    with pytest.raises(StoreError, match="nothing was changed"):
        room.save(arrival(2), arrival(1))
    assert room.store.article_count() == 1


def test_viewers_see_a_batch_when_it_is_whole(room: Room) -> None:
    with room.store.batch() as batch:
        batch.save(
            Refresh(
                feed=room.feeds[0],
                state=FeedState(),
                poll=Poll(at=NOW, outcome=Outcome.READ),
                arrivals=(arrival(1, ALIBABA),),
            )
        )
        assert (room.ids(), room.views.totals()) == ([], (0, 0, 0, 0))
    assert (room.ids(), room.views.totals()) == ([1], (1, 1, 1, 1))


def test_triage_waits_for_a_batch_and_breaks_none(room: Room) -> None:
    """A batch that has read holds the store until it has written."""
    room.save(arrival(1, ALIBABA))
    triage = threading.Thread(
        target=room.views.triage, args=([1], Change(state=AlertState.ACKNOWLEDGED), "", 0.0)
    )
    with room.store.batch() as batch:
        assert batch.article(1) is not None
        triage.start()
        triage.join(0.2)
        assert triage.is_alive()
        batch.page_failed(1, "", None)
        assert batch.next_article() == 2
    triage.join()
    assert room.ids(Filter(state=AlertState.ACKNOWLEDGED)) == [1]


def test_views_serve_any_thread(room: Room) -> None:
    room.save(arrival(1, ALIBABA))
    found: list[list[int]] = []

    def look() -> None:
        room.views.triage([1], Change(state=AlertState.ACKNOWLEDGED), "", 0.0)
        found.append(room.ids())

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[1]] * 4


def test_a_locked_store_is_told_and_forgotten(tmp_path: Path) -> None:
    room = opened(tmp_path)
    assert isinstance(room.store, SqliteStore)
    room.store._connection.execute("PRAGMA busy_timeout = 20")
    room.save(arrival(1, ALIBABA))
    with closing(sqlite3.connect(tmp_path / "newsroom.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            room.save(arrival(2))
        with pytest.raises(StoreError, match="locked"):
            room.store.mark_indexed(9)
        assert room.ids() == [1]  # reading goes on
        with pytest.raises(StoreError, match="locked"):
            room.views.triage([1], Change(state=AlertState.ACKNOWLEDGED), "", 0.0)
        other.execute("ROLLBACK")
    room.save(arrival(2))
    assert room.store.article_count() == 2
    room.store.close()


def test_a_store_opens_again_with_everything_in_it(tmp_path: Path) -> None:
    room = opened(tmp_path / "new" / "room")
    room.save(arrival(1, ALIBABA))
    room.store.close()
    again = opened(tmp_path / "new" / "room")
    assert again.views.article(1) == article(1)
    assert again.ids() == [1]
    again.store.close()
    assert (tmp_path / "new" / "room").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new" / "room" / "newsroom.db").stat().st_mode & 0o777 == 0o600


def test_a_folder_without_a_store_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no archive here yet"):
        SqliteViews(tmp_path / "nowhere").totals()
    assert not (tmp_path / "nowhere").exists()


def test_a_store_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    opened(tmp_path).store.close()
    with closing(sqlite3.connect(tmp_path / "newsroom.db")) as sql:
        sql.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer tocsin"):
        SqliteStore(tmp_path)
    with pytest.raises(StoreError, match="newer tocsin"):
        SqliteViews(tmp_path).totals()


def test_a_file_that_is_no_store_is_told(tmp_path: Path) -> None:
    (tmp_path / "newsroom.db").write_bytes(b"hello " * 999)
    with pytest.raises(StoreError, match="not a database"):
        SqliteStore(tmp_path)
    with pytest.raises(StoreError, match="not a database"):
        SqliteViews(tmp_path).totals()


def test_a_store_that_is_damaged_inside_is_told(tmp_path: Path) -> None:
    room = opened(tmp_path)
    room.save(*(arrival(id, ALIBABA) for id in range(1, 900)))
    room.store.close()
    path = tmp_path / "newsroom.db"
    body = bytearray(path.read_bytes())
    ((root,),) = room.sql("SELECT rootpage FROM sqlite_master WHERE name = 'articles'")
    body[(root - 1) * 4096 : root * 4096] = b"\xff" * 4096
    path.write_bytes(body)
    damaged = SqliteStore(tmp_path)
    with pytest.raises(StoreError, match="malformed"):
        SqliteViews(tmp_path).articles(range(1, 900))
    with pytest.raises(StoreError, match="malformed"):
        damaged.articles_after(0, 999)
    damaged.close()


def test_protocols_are_those_of_the_classes(room: Room) -> None:
    def reads(views: Views, store: Store) -> tuple[int, ...]:
        return views.totals()

    def writes(batch: Batch) -> int:
        return batch.next_article()

    assert reads(room.views, room.store) == (0, 0, 0, 0)
    with room.store.batch() as batch:
        assert writes(batch) == 1
