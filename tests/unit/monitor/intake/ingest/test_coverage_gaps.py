"""Tests of the coverage gaps of watchlists, and of their description by commands."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from support.alert_storage import save_poll
from support.newsroom import Newsroom

from index.query.parser import parse_query
from monitor.cli import main_group, output
from monitor.intake.ingest import coverage_gaps
from monitor.model.config import StoreAddress
from monitor.model.feed import Feed, FeedState, Gap, GapKind, Outcome, Poll
from monitor.model.poll import PollOutcome
from monitor.model.watchlist import Watchlist
from monitor.runtime import machine, viewing
from monitor.storage.store.sql.store import Store

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC).timestamp()
HOUR, DAY = 3_600.0, 86_400.0
BLIND, DOWN = GapKind.BLIND, GapKind.DOWN
FEEDS = tuple(
    Feed(url=f"https://{name}.test/rss", name=name, tags=("presse",) * (name < "c"), number=n)
    for n, name in enumerate("abcd", 1)
)


def gap(feed: int, start: float, end: float | None, kind: GapKind = BLIND) -> Gap:
    """Return a gap; times are hours before now."""
    ended_at = None if end is None else NOW - end * HOUR
    return Gap(feed=FEEDS[feed - 1], start=NOW - start * HOUR, end=ended_at, kind=kind)


@pytest.mark.parametrize(
    ("selectors", "feeds", "gap_count"),
    [
        ((), 4, 2),
        (("tag:presse",), 2, 1),
        (("d",), 1, 1),
        (("C",), 1, 0),
        (("a.test", "d"), 2, 2),
        (("nothing",), 0, 0),
    ],
)
def test_gaps_concern_the_watchlists_that_watch_their_feeds(selectors, feeds, gap_count) -> None:
    gaps = [gap(1, 3, 2), gap(1, 2, 1), gap(4, 3, None, DOWN)]
    (coverage,) = coverage_gaps.coverage({"Alibaba": selectors}, FEEDS, gaps)
    assert (coverage.feeds, coverage.touched()) == (feeds, gap_count)


def test_a_paused_feed_is_not_watched() -> None:
    all_feeds = [Feed(url="https://p.test/", name="p", enabled=False, number=9), *FEEDS]
    (coverage,) = coverage_gaps.coverage({"Alibaba": ()}, all_feeds, [])
    assert coverage.feeds == 4


@pytest.mark.parametrize(
    ("gaps", "words"),
    [
        ([], "nothing missed in 4 feeds"),
        ([gap(1, 2, 1.25)], "1 of 4 feeds with a coverage gap 10:00–10:45"),
        ([gap(1, 2, 1.25), gap(2, 1.5, 1)], "2 of 4 feeds with a coverage gap 10:00–11:00"),
        ([gap(1, 4, 3), gap(1, 2, 1)], "1 of 4 feeds with a coverage gap 08:00–09:00, 10:00–11:00"),
        (
            [gap(1, n + 0.5, n) for n in (5, 4, 3, 2, 1)],
            "1 of 4 feeds with a coverage gap 2 times and 08:30–09:00, 09:30–10:00, 10:30–11:00",
        ),
        ([gap(1, 30, 29)], "1 of 4 feeds with a coverage gap 2026-11-24 06:00–07:00"),
        ([gap(1, 13, 11)], "1 of 4 feeds with a coverage gap 2026-11-24 23:00–01:00"),
        ([gap(2, 3, None, DOWN)], "1 of 4 feeds not read since 09:00"),
        (
            [gap(1, 2, 1), gap(2, 3, None, DOWN), gap(3, 1, None, DOWN)],
            "1 of 4 feeds with a coverage gap 10:00–11:00, 2 not read since 09:00",
        ),
    ],
)
def test_in_words(gaps: Sequence[Gap], words: str) -> None:
    (coverage,) = coverage_gaps.coverage({"Alibaba": ()}, FEEDS, gaps)
    assert coverage_gaps.describe_gap(coverage, NOW, UTC) == words


def test_in_words_of_the_clock_on_the_wall() -> None:
    brussels = ZoneInfo("Europe/Brussels")
    assert coverage_gaps.format_interval(NOW - HOUR, NOW, NOW, brussels) == "12:00–13:00"


# --- the command line ----------------------------------------------------------------

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run commands on a newsroom in which `a` had a coverage gap and `d` cannot be read."""
    for module in (machine, viewing, output):
        for name, replacement in (("clock", lambda: NOW), ("local_zone", lambda: UTC)):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, replacement)
    room = Newsroom(tmp_path)
    room.watch([{"url": feed.url, "name": feed.name} for feed in FEEDS])
    store = Store(StoreAddress(room.data))
    lists = [
        Watchlist(name="Alibaba", query=parse_query("alibaba")),
        Watchlist(name="Presse", query=parse_query("grève"), feeds=("tag:presse",)),
        Watchlist(name="Ports", query=parse_query("port"), feeds=("c",)),
    ]
    read_ages = {"a": 600.0, "b": 600.0, "c": 600.0, "d": 3 * HOUR}
    for feed in store.subscribe(FEEDS, lists):
        ago = read_ages[feed.name]
        failures = int(feed.name == "d")
        state = FeedState(
            last_ok=NOW - ago, last_poll=NOW - 300, next_due=NOW + 300, failures=failures,
            reason="503 Service Unavailable" * failures, blind=feed.name == "a",
        )  # fmt: skip
        missed_span = (NOW - 2 * HOUR, NOW - 1.25 * HOUR) if feed.name == "a" else None
        poll = Poll(at=NOW - 600, outcome=Outcome.READ)
        with store.batch() as batch:
            save_poll(batch, PollOutcome(feed=feed, state=state, poll=poll, missed=missed_span))

    def run(*args: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(main_group, ["-c", str(room.config), *args])
        return result.exit_code, result.stdout, result.stderr

    yield run
    store.close()


def test_feeds_blind_lists_intervals_then_watchlists(run: Run) -> None:
    code, out, err = run("feeds", "--blind")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "✗ d  not read                3 h  since 09:00",
        "! a  no entry in common   45 min  10:00–10:45",
        "Alibaba: 1 of 4 feeds with a coverage gap 10:00–10:45, 1 not read since 09:00",
        "Presse: 1 of 2 feeds with a coverage gap 10:00–10:45",
    ]


def test_feeds_blind_for_programs(run: Run) -> None:
    _, out, _ = run("feeds", "--blind", "--format", "json")
    down, blind = json.loads(out)
    assert blind == {
        "feed": "a", "url": "https://a.test/rss", "kind": "blind", "seconds": 2700,
        "start": "2026-11-25T10:00:00Z", "end": "2026-11-25T10:45:00Z",
        "watchlists": ["Alibaba", "Presse"],
    }  # fmt: skip
    assert (down["kind"], down["end"], down["seconds"]) == ("down", None, 10_800)
    lines = run("feeds", "--blind", "--format", "jsonl")[1].splitlines()
    assert [json.loads(line) for line in lines] == [down, blind]
    table = list(csv.DictReader(io.StringIO(run("feeds", "--blind", "--format", "csv")[1])))
    assert [row["kind"] for row in table] == ["down", "blind"]


def test_since_leaves_out_what_was_over_by_then(run: Run) -> None:
    assert "no entry in common" not in run("feeds", "--blind", "--since", "1h")[1]
    assert "not read since" in run("feeds", "--blind", "--since", "1h")[1]
    code, _, err = run("feeds", "--since", "1h")
    assert code == 2
    assert "--since needs --blind" in err


def test_status_and_watch_list_say_it(run: Run) -> None:
    assert "gaps      2 in the last day" in run("status")[1]
    assert json.loads(run("status", "--json")[1])["gaps"] == {"blind": 1, "down": 1}
    rows = {row["name"]: row for row in json.loads(run("watch", "list", "--format", "json")[1])}
    assert {n: (row["feeds"], row["feeds_with_gaps"]) for n, row in rows.items()} == {
        "Alibaba": (4, 2), "Presse": (2, 1), "Ports": (1, 0),
    }  # fmt: skip
    lines = run("watch", "list")[1].splitlines()
    assert [("2 of 4" in line, "1 of 2" in line) for line in lines] == [
        (False, False), (True, False), (False, True), (False, False),
    ]  # fmt: skip


def test_feeds_tell_of_coverage_gaps(run: Run) -> None:
    lines = run("feeds")[1].splitlines()
    assert [line[0] for line in lines] == ["✗", "!", "✓", "✓"]
    assert "turns over faster than it is read" in lines[1]
