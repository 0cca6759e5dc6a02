"""Tests of quarantine: a feed whose articles take too long to match is polled rarely."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pytest
from msgspec.structs import replace
from support import flow

from index.analysis.tokenizer import MAX_WORDS
from index.query.parser import parse_query
from monitor.base.article import Article
from monitor.intake.ingest import feed_health, schedule
from monitor.intake.ingest.ingest import Ingester
from monitor.intake.ingest.poll_outcome import ActiveConfig, BatchOutcome, PollResult
from monitor.intake.parse.entry import keyed_entries
from monitor.judgement.match.matcher import TimedMatcher, WatchlistMatcher
from monitor.model import cost
from monitor.model.config import StoreAddress
from monitor.model.feed import Feed, FeedState, Health
from monitor.model.poll import Entry, Fetched, ParsedFeed
from monitor.model.watchlist import Watchlist
from monitor.runtime.pipeline import hash_of
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views
from monitor.watchlists.backfill import Backfill

HOUR, DAY = 3_600.0, 86_400.0
HOSTILE, HEALTHY = (Feed(url=f"https://{name}.test/rss", name=name) for name in ("bad", "good"))
READING = 0.02
"""Seconds in which a watchlist reads a text."""
WORDS = [f"mot{number}" for number in range(round(2 * cost.ARTICLE / READING))]
WATCHLISTS = [Watchlist(name=word, query=parse_query(word)) for word in WORDS]
SLOW = " ".join(WORDS)
"""Every watchlist reads this text."""


class Newsroom:
    """Two feeds and a monitor whose processor clock advances at each reading."""

    def __init__(self, folder: Path, watchlists: Sequence[Watchlist] = WATCHLISTS) -> None:
        self.store, self.views, self.now = (
            Store(StoreAddress(folder)),
            Views(StoreAddress(folder)),
            1e9,
        )
        self.feeds = self.store.subscribe([HOSTILE, HEALTHY], watchlists)
        active_config = ActiveConfig(
            rules=WatchlistMatcher(watchlists, self.feeds),
            feeds={feed.number: feed for feed in self.feeds},
        )
        self.seconds = 0.0
        """Seconds of processor time so far."""
        self.ingester = Ingester(
            self.store,
            active_config,
            lambda: self.now,
            lambda: 0.0,
            self._stopwatch,
        )

    def _stopwatch(self) -> float:
        self.seconds += READING
        return self.seconds

    def result(self, feed: Feed, texts: Sequence[str], parsing: float = 0.0) -> PollResult:
        """Return the result of a poll; each text is an article. Reading it took `parsing` s."""
        entries = tuple(Entry(guid=text[:99], url="", title=text, summary="") for text in texts)
        return PollResult(
            feed=feed,
            state=self.state(feed),
            response=Fetched(url=feed.url, body=b"", digest=hash_of(repr(texts).encode())),
            parsed=ParsedFeed(entries=keyed_entries(entries), seconds=parsing),
            seconds=0.1,
        )

    def poll(self, *texts: Sequence[str], parsing: float = 0.0) -> BatchOutcome:
        """Poll both feeds in one batch; reading the document of the first took `parsing` s."""
        answers = [
            self.result(feed, batch, parsing if feed is self.feeds[0] else 0.0)
            for feed, batch in zip(self.feeds, texts, strict=True)
        ]
        outcome = self.ingester.ingest(answers, network_down=False)
        costly = [answer for answer in answers if answer.feed.url in outcome.costly]
        for answer in costly:
            *slices, drafted = self.ingester.drafting(answer)
            assert not any(slices)
            alone = self.ingester.ingest([drafted], network_down=False)
            outcome = replace(outcome, raised=outcome.raised + alone.raised)
        return outcome

    def state(self, feed: Feed) -> FeedState:
        return {row.feed.url: row.state for row in self.store.feeds.subscribed()}[feed.url]

    def health(self, feed: Feed) -> tuple[Health, str]:
        state = self.state(feed)
        return (
            feed_health.health(feed, state, self.now),
            feed_health.describe_health(feed, state, self.now),
        )


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path)
    room.poll(["calm"], ["quiet"])  # what comes with the first poll is backfill
    room.now += HOUR
    return room


def test_an_article_that_takes_too_long_is_set_aside_and_the_others_go_on(
    room: Newsroom, tmp_path: Path
) -> None:
    outcome = room.poll([SLOW, "mot1 is here"], ["mot2 is here"])
    titles = sorted(alert.title for alert in outcome.raised)
    assert titles == [
        "bad: quarantined, and polled rarely: 1 article was not matched:"
        " matching it takes longer than 1 s",
        "mot1 is here",
        "mot2 is here",
    ]
    (row,) = flow.rows(tmp_path, "SELECT article, step FROM set_aside")
    details = room.views.articles.details(row[0])
    assert details is not None
    assert (details.article.title, row[1]) == (SLOW, "matching")
    assert details.limits == ("not matched: matching it takes longer than 1 s",)
    assert room.views.set_aside_count() == 1
    assert room.health(HOSTILE) == (
        Health.QUARANTINED,
        "quarantined: 1 article was not matched: matching it takes longer than 1 s; next in 1 h",
    )
    assert room.health(HEALTHY)[0] is not Health.QUARANTINED


def test_a_backfill_has_the_same_time_for_an_article(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    room = Newsroom(tmp_path, [])
    room.poll([SLOW, "mot1 is here"], ["mot2 is here"])
    seconds = count()
    backfill = Backfill(room.store, lambda: room.now, lambda: READING * next(seconds))
    backfill.begin(WATCHLISTS, room.feeds)
    raised_counts: Counter[str] = Counter()
    while step := backfill.step():
        raised_counts.update(step.alerts)
    assert raised_counts == {"mot1": 1, "mot2": 1}
    (row,) = flow.rows(tmp_path, "SELECT article FROM set_aside")
    details = room.views.articles.details(row[0])
    assert details is not None
    assert (details.article.title, details.limits) == (
        SLOW, ("not matched: matching it takes longer than 1 s",),
    )  # fmt: skip
    assert "is left out of the backfill: matching it takes longer than 1 s" in caplog.text
    assert room.health(HOSTILE)[0] is not Health.QUARANTINED


def test_the_distances_of_one_watchlist_have_the_same_time(tmp_path: Path) -> None:
    near_query = " OR ".join(f"({word} NEAR/1 calme)" for word in WORDS)
    seconds = count()
    matcher = TimedMatcher(lambda: READING * next(seconds))
    rules = WatchlistMatcher([Watchlist(name="near", query=parse_query(near_query))])
    article = Article(id=1, feeds=(1,), url="", title=f"calme le {SLOW}", summary="", seen=1.0)
    assert matcher.match(rules, article) == ((), "matching it takes longer than 1 s")
    assert TimedMatcher().match(rules, article).unmatched == ""
    matcher.spent = cost.DOCUMENT - 0.003
    assert matcher.match(rules, article).unmatched == "its document takes longer than 2 s to match"


def test_a_document_has_its_time_too(room: Newsroom) -> None:
    outcome = room.poll([f"{SLOW} {number}" for number in range(9)], ["mot2 is here"])
    assert [alert.title for alert in outcome.raised if alert.feed == "good"] == ["mot2 is here"]
    assert room.views.set_aside_count() == 9
    reasons = {
        limit
        for id in range(1, 13)
        if (details := room.views.articles.details(id))
        for limit in details.limits
    }
    assert "not matched: its document takes longer than 2 s to match" in reasons


def test_a_costly_document_is_drafted_in_slices_and_the_others_are_stored(
    room: Newsroom,
) -> None:
    slow = room.result(room.feeds[0], [f"{SLOW} 1", "calm"])
    quick = room.result(room.feeds[1], ["mot2 is here"])
    before = room.seconds
    outcome = room.ingester.ingest([slow, quick], network_down=False)
    assert (outcome.costly, [alert.title for alert in outcome.raised]) == (
        {HOSTILE.url}, ["mot2 is here"],
    )  # fmt: skip
    assert room.seconds - before < 3 * cost.QUICK
    assert next(room.ingester.drafting(slow)) is None


def test_what_a_feed_costs_in_an_hour_is_limited(room: Newsroom) -> None:
    """Each of its documents is within the limits, and takes 0.9 s to be read."""
    for number in range(6):
        assert room.health(HOSTILE)[0] is not Health.QUARANTINED
        room.poll([f"calm {number}"], ["quiet"], parsing=0.9)
        room.now += 0.16 * HOUR
    health, words = room.health(HOSTILE)
    assert health is Health.QUARANTINED
    assert "its documents took 5.6 s of processor time in an hour, not at most 5 s" in words


def test_a_feed_may_cost_the_same_in_every_hour(room: Newsroom) -> None:
    for number in range(9):
        room.poll([f"calm {number}"], ["quiet"], parsing=2.0)
        room.now += HOUR / 2
    assert room.health(HOSTILE)[0] is not Health.QUARANTINED


def test_a_feed_is_polled_less_often_until_a_day_has_passed(room: Newsroom) -> None:
    for number in (1, 2, 3):
        room.poll([f"{SLOW} {number}"], ["quiet"])
        state = room.state(HOSTILE)
        assert state.next_due == room.now + schedule.QUARANTINE * 2 ** (number - 1)
        room.now = state.next_due
    outcome = room.poll(["calm again"], ["quiet"])
    assert outcome.raised == ()
    assert room.health(HOSTILE)[0] is Health.QUARANTINED
    room.now += DAY
    room.poll(["calm once more"], ["quiet"])
    assert room.health(HOSTILE)[0] is Health.BLIND  # its entries are all new


def test_an_article_that_is_matched_after_an_edit_is_set_aside_no_more(
    room: Newsroom, tmp_path: Path
) -> None:
    guid = "x" * 99
    room.poll([f"{guid} {SLOW}"], ["quiet"])
    assert room.views.set_aside_count() == 1
    outcome = room.poll([f"{guid} mot1"], ["quiet"])
    assert [alert.watchlist for alert in outcome.raised] == ["mot1"]
    assert room.views.set_aside_count() == 0


def test_an_article_says_how_much_of_it_is_read(room: Newsroom) -> None:
    room.poll(["mot " * MAX_WORDS], ["mot " * (MAX_WORDS + 1)])
    readings = [room.views.articles.details(id) for id in (3, 4)]
    assert [reading.limits for reading in readings if reading] == [
        (),
        ("only the first 50,000 words of its title are matched and searched",),
    ]
