"""Tests of the outcome of polls: alerts, gaps and health, from the answers to the store."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from msgspec.structs import replace
from support import flow

from monitor.base.errors import FetchError
from monitor.intake.ingest.ingest import Ingester
from monitor.intake.ingest.poll_outcome import ActiveConfig, PollResult
from monitor.intake.parse.entry import keyed_entries
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.config import StoreAddress
from monitor.model.feed import Feed, FeedState, GapKind, Health
from monitor.model.poll import Entry, Fetched, NotModified, ParsedFeed
from monitor.runtime.pipeline import hash_of
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views

HOUR, DAY = 3_600.0, 86_400.0
MONDAY = 1_795_392_000.0
FEED = Feed(url="https://a.test/rss", name="Les Échos")


class PolledFeed:
    """One feed, polled at moments that a test sets."""

    def __init__(self, folder: Path, feed: Feed = FEED) -> None:
        self.folder, self.feed, self.now = folder, feed, MONDAY
        self.entries: list[Entry] = []
        self.alert_titles: list[str] = []
        self.polls = 0

    def publish(self, name: str, *, max_entries: int = 20, is_dated: bool = True) -> None:
        """Put an entry at the top of the feed."""
        entry = Entry(
            guid=name, url=f"https://a.test/{name}", title=name, summary=f"Texte {name}.",
            published=self.now if is_dated else None,
        )  # fmt: skip
        self.entries = [entry, *self.entries][:max_entries]

    def poll(self, error: FetchError | None = None, *, outage: bool = False) -> None:
        """Poll the feed now; start the monitor anew before every tenth poll."""
        self.polls += 1
        if self.polls % 10 == 1:
            self.start()
        state = self.state
        response, parsed = self._response(state, error)
        answer = PollResult(
            feed=self.stored_feed, state=state, response=response, parsed=parsed, seconds=0.1
        )
        outcome = self.ingester.ingest([answer], outage)
        self.alert_titles += [alert.title for alert in outcome.raised]

    def start(self) -> None:
        """Start the monitor anew."""
        self.store = Store(StoreAddress(self.folder))
        self.store._connection.execute("PRAGMA synchronous = OFF")  # no power fails here
        other_feeds = [
            record.feed
            for record in self.views.feeds.subscribed()
            if record.feed.url != self.feed.url
        ]
        *_, self.stored_feed = self.store.subscribe([*other_feeds, self.feed], [])
        active_config = ActiveConfig(
            rules=WatchlistMatcher((), []), feeds={self.stored_feed.number: self.stored_feed}
        )
        self.ingester = Ingester(self.store, active_config, lambda: self.now, lambda: 0.0)

    def poll_for(self, days: float, interval: float = 12 * HOUR) -> None:
        """Let days pass, with a poll after each interval."""
        for _ in range(round(days * DAY / interval)):
            self.now += interval
            self.poll()

    def _response(
        self, state: FeedState, error: FetchError | None
    ) -> tuple[Fetched | NotModified | FetchError, ParsedFeed | None]:
        if error is not None:
            return error, None
        digest = hash_of(repr(self.entries).encode())
        response = Fetched(url=self.feed.url, body=b"", digest=digest)
        if digest == state.body_hash:
            return response if state.failures else NotModified(), None
        return response, ParsedFeed(entries=keyed_entries(self.entries), link="https://a.test/")

    @property
    def views(self) -> Views:
        return Views(StoreAddress(self.folder))

    @property
    def state(self) -> FeedState:
        states = {row.feed.url: row.state for row in self.store.feeds.subscribed()}
        return states[self.feed.url]

    def health(self) -> Health:
        from monitor.intake.ingest import feed_health

        return feed_health.health(self.feed, replace(self.state, next_due=self.now), self.now)


def daily(life: PolledFeed, days: int, of_the_week: Sequence[int] = range(7)) -> None:
    """Publish once a day, on some days of the week."""
    for _ in range(days):
        if round((life.now - MONDAY) / DAY) % 7 in of_the_week:
            life.publish(f"{life.now:.0f}")
            life.poll()
        life.poll_for(1)


def test_a_daily_that_stops_raises_an_alert_once_and_again_when_it_stops_again(
    tmp_path: Path,
) -> None:
    life = PolledFeed(tmp_path)
    daily(life, 40, range(5))
    assert (life.alert_titles, life.health()) == ([], Health.OK)
    life.poll_for(4)
    (title,) = life.alert_titles
    assert title == "Les Échos: nothing new for 4 days; it usually publishes daily"
    assert life.health() is Health.SILENT
    life.poll_for(30)
    assert life.alert_titles == [title]
    daily(life, 7, range(7))
    assert (len(life.alert_titles), life.health()) == (1, Health.OK)
    life.poll_for(6)
    assert len(life.alert_titles) == 2
    kinds = flow.rows(tmp_path, "SELECT kind, ended_at IS NULL FROM incidents ORDER BY started_at")
    assert kinds == [("silent", 0), ("silent", 1)]


def test_a_monitor_that_was_away_heard_no_silence(tmp_path: Path) -> None:
    life = PolledFeed(tmp_path)
    daily(life, 40)
    life.now += 30 * DAY
    life.publish("after a month", is_dated=False)
    life.poll()
    assert (life.alert_titles, life.health()) == ([], Health.OK)


def test_a_feed_that_was_silent_before_we_came_raises_an_alert_only_later(tmp_path: Path) -> None:
    life = PolledFeed(tmp_path)
    for _ in range(30):
        life.publish(f"{life.now:.0f}", max_entries=40)
        life.now += DAY
    life.now += 100 * DAY
    life.poll()
    assert (life.alert_titles, life.health()) == ([], Health.SILENT)
    life.poll_for(9)
    assert life.alert_titles == []
    life.publish("awake")
    life.poll()
    assert life.health() is Health.OK
    life.poll_for(5)
    assert len(life.alert_titles) == 1


def test_a_feed_with_other_peoples_articles_is_not_silent(tmp_path: Path) -> None:
    """An article that another feed had first counts as published."""
    other = PolledFeed(tmp_path, replace(FEED, url="https://b.test/rss", name="B"))
    life = PolledFeed(tmp_path)
    for _ in range(30):
        other.now = life.now
        other.publish(f"{life.now:.0f}")
        other.poll()
        life.publish(f"{life.now:.0f}")
        life.poll()
        life.now += DAY
    assert flow.rows(tmp_path, "SELECT count(DISTINCT feed) FROM articles") == [(1,)]
    assert (life.state.usual, life.health()) == (DAY, Health.OK)
    assert not life.state.blind


def test_what_two_reads_do_not_share_is_a_gap(tmp_path: Path) -> None:
    life = PolledFeed(tmp_path)
    times = []
    for batch in range(4):
        for number in range(5):
            life.publish(f"{batch}-{number}", max_entries=5)
        life.poll()
        times.append(life.now)
        life.now += 900
    assert life.health() is Health.BLIND
    ((start, end, kind),) = [(g.start, g.end, g.kind) for g in life.views.feeds.gaps(0, life.now)]
    assert (start, end, kind) == (times[0], times[-1], GapKind.BLIND)
    life.poll()  # unchanged: all of it was known
    assert life.health() is Health.OK


def test_an_outage_costs_nothing_if_the_next_read_knows_what_was_there(tmp_path: Path) -> None:
    def after_outage(life: PolledFeed, act: Callable[[], None]) -> list[tuple[float, float | None]]:
        life.publish("first")
        life.poll()
        for _ in range(20):
            life.now += HOUR
            life.poll(FetchError(FEED.url, "503", status=503))
        (open_gap,) = life.views.feeds.gaps(0, life.now)
        assert (open_gap.start, open_gap.end, open_gap.kind) == (MONDAY, None, GapKind.DOWN)
        act()
        life.poll()
        return [(gap.start, gap.end) for gap in life.views.feeds.gaps(0, life.now)]

    complete = PolledFeed(tmp_path / "kept")
    assert after_outage(complete, lambda: complete.publish("second")) == []
    cut = PolledFeed(tmp_path / "lost")
    assert after_outage(cut, lambda: cut.publish("ninth", max_entries=1)) == [(MONDAY, cut.now)]


def test_a_feed_that_fails_for_days_raises_an_alert_once_whatever_the_network_does(
    tmp_path: Path,
) -> None:
    life = PolledFeed(tmp_path)
    life.publish("first")
    life.poll()
    dead = FetchError(FEED.url, "no such host", network=True)
    for outage in [True] * 50 + [False] * 60:
        life.now += HOUR
        life.poll(dead, outage=outage)
        if outage:
            assert life.alert_titles == []
    assert life.alert_titles == ["Les Échos: cannot be read for 3 days: no such host"]
    life.poll()
    ((ended_at,),) = flow.rows(tmp_path, "SELECT ended_at FROM incidents")
    assert ended_at == life.now


def test_an_entry_of_an_earlier_poll_that_returns_closes_no_gap(tmp_path: Path) -> None:
    """Only the poll before counts: an old entry on top again proves nothing."""
    life = PolledFeed(tmp_path)
    for number in range(5):
        life.publish(f"old {number}")
    life.poll()
    for edition in ("first", "second"):
        life.now += 900
        for number in range(5):
            life.publish(f"{edition} {number}", max_entries=5)
        if edition == "second":
            life.entries[4] = replace(life.entries[4], guid="old 0", title="old 0")
        life.poll()
    assert [(p.known, p.new, p.blind) for p in life.views.feeds.polls(FEED.url)] == [
        (1, 4, True),
        (0, 5, True),
        (0, 5, False),
    ]
    (gap,) = life.views.feeds.gaps(0.0, life.now + 1)
    assert (gap.start, gap.end, gap.kind) == (MONDAY, life.now, GapKind.BLIND)


def test_an_older_document_that_another_server_gives_is_no_gap(tmp_path: Path) -> None:
    life = PolledFeed(tmp_path)
    for number in range(5):
        life.publish(f"old {number}")
    life.poll()
    old = life.entries
    for number in range(5):
        life.publish(f"new {number}", max_entries=7)
    life.now += 900
    life.poll()
    life.entries = life.entries[:5]
    life.now += 900
    life.poll()
    new = life.entries
    for entries in (old, new, old, [*new[:4], old[0]]):
        life.entries = entries
        life.now += 900
        life.poll()
    life.publish("newest", max_entries=4)
    life.now += 900
    life.poll()
    assert not life.views.feeds.gaps(0.0, life.now + 1)


@pytest.mark.parametrize(
    ("between", "is_long"),
    [
        pytest.param(lambda seen: [[]], True, id="an empty channel"),
        pytest.param(lambda seen: [[], [], []], True, id="the same empty channel three times"),
        pytest.param(lambda seen: [seen[0], seen[0]], True, id="an older copy"),
        pytest.param(lambda seen: [seen[1][2:]], True, id="a shorter older copy"),
        pytest.param(lambda seen: [[], seen[0], None, []], True, id="all of these and a failure"),
        pytest.param(lambda seen: [[], seen[1]], False, id="the last document again"),
        pytest.param(lambda seen: [seen[1], seen[1][:4]], False, id="its newest entries"),
        pytest.param(lambda seen: [seen[1], None, seen[1]], False, id="a failure in between"),
    ],
)
def test_a_gap_begins_at_the_last_poll_that_had_the_newest_entries(
    tmp_path: Path,
    between: Callable[[list[list[Entry]]], list[list[Entry] | None]],
    is_long: bool,
) -> None:
    life = PolledFeed(tmp_path)
    documents = []
    for edition in range(2):
        for number in range(2):
            life.publish(f"{edition}-{number}", max_entries=5)
        if not edition:
            for number in range(3):
                life.publish(f"first-{number}", max_entries=5)
        life.poll()
        documents.append(life.entries)
        compared_at = life.now
        life.now += 900
    for document in between(documents):
        if document is None:
            life.poll(FetchError(FEED.url, "503", status=503))
        else:
            life.entries = document
            life.poll()
            compared_at = compared_at if is_long else life.now
        life.now += 8 * HOUR
    life.entries = []
    for number in range(5):
        life.publish(f"after-{number}")
    life.poll()
    assert [(gap.start, gap.end) for gap in life.views.feeds.gaps(0, life.now)] == [
        (compared_at, life.now)
    ]


def test_a_feed_that_was_empty_from_the_beginning_missed_little(tmp_path: Path) -> None:
    """An alert of a search engine is empty until its first hit."""
    life = PolledFeed(tmp_path)
    for _ in range(9):
        life.poll()
        life.now += HOUR
    life.publish("first hit")
    life.poll()
    assert [(gap.start, gap.end) for gap in life.views.feeds.gaps(0, life.now)] == [
        (life.now - HOUR, life.now)
    ]


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from("nnneof")), max_size=40))
@settings(max_examples=30, deadline=None)
def test_what_came_and_went_unread_lies_in_a_gap(polls: Sequence[tuple[int, str]]) -> None:
    """An entry is missed only in a declared gap, whatever the server answers.

    Each step: how many entries are published, and what the server answers: the newest three, an
    empty channel, an older copy than the last good answer, or a failure.
    """
    with tempfile.TemporaryDirectory() as folder:
        life = PolledFeed(Path(folder))
        published: dict[str, float] = {}
        read: set[str] = set()
        window: list[Entry] = []
        copies: list[list[Entry]] = [[]]
        for published_now, answer in [(3, "n"), *polls, (0, "n")]:
            for _ in range(published_now):
                life.entries = window
                life.publish(f"entry {len(published)}", max_entries=3)
                window = life.entries
                published[window[0].guid] = life.now
            life.now += 60
            life.entries = {"e": [], "o": copies[-2:][0]}.get(answer, window)
            if answer == "f":
                life.poll(FetchError(FEED.url, "503", status=503))
            else:
                life.poll()
                read |= {entry.guid for entry in life.entries}
                if answer == "n" and window != copies[-1]:
                    copies.append(window)
            life.now += 840
        gaps = life.views.feeds.gaps(0, life.now)
        missed = [at for guid, at in published.items() if guid not in read]
        assert all(any(g.start <= at <= (g.end or life.now) for g in gaps) for at in missed)


def test_the_log_tells_what_was_known(tmp_path: Path) -> None:
    life = PolledFeed(tmp_path)
    for number in range(3):
        life.publish(f"{number}")
    life.poll()
    life.now += 900
    life.publish("3")
    life.poll()
    life.now += 900
    life.poll()
    life.now += 900
    life.poll(FetchError(FEED.url, "503 Service Unavailable", status=503))
    polls = life.views.feeds.polls(FEED.url)
    assert [(p.entries, p.known, p.new, p.blind, p.status) for p in polls] == [
        (0, 0, 0, False, 503),
        (0, 0, 0, False, 304),
        (4, 3, 1, False, 200),
        (3, 0, 3, False, 200),
    ]


def test_an_interval_edited_while_a_feed_is_asked_holds_for_that_poll_too(tmp_path: Path) -> None:
    life = PolledFeed(tmp_path)
    life.publish("first")
    life.start()
    edited_feed = replace(life.stored_feed, every=60.0)
    life.ingester.watch = ActiveConfig(
        rules=WatchlistMatcher((), []), feeds={edited_feed.number: edited_feed}
    )
    life.polls = 1
    life.poll()
    assert life.state.next_due - life.now == 60
