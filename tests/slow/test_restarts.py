"""Thirty hours of watching with a dozen restarts, judged by the requests to the servers.

The monitor is the real one from `monitor.runtime.wiring` to the wire; only time is simulated.
"""

from __future__ import annotations

import itertools
import json
import math
import random
import sqlite3
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from msgspec import Struct
from support.publishers import HOUR, MINUTE, START, Exchange, Paper
from support.scripted_server import Fault, Reply, Web
from support.simulated_time import Town, World

from monitor.intake.fetch.host_limiter import SLOTS
from monitor.model.config import StoreAddress
from monitor.storage.maintenance.verification import verify
from monitor.storage.store.sql.evidence import EvidenceReader

RESTARTS, TICK = 14, 60.0
END = START + 30 * HOUR
HOME = "intranet.example"


def hours(first: float, last: float, *replies: Reply) -> Callable[[float, int], Reply | None]:
    """Return a refusal that lasts from one hour since the start to another."""
    return lambda hour, count: replies[count % len(replies)] if first <= hour < last else None


def every_third(hour: float, count: int) -> Reply | None:
    return Reply(500) if count % 3 == 2 else None


def every_fifth(hour: float, count: int) -> Reply | None:
    return Reply(fault=Fault.CLOSE) if count % 5 == 4 else None


def papers() -> list[Paper]:
    """Return feeds with every behaviour; four of them share a host."""
    kiosk = [Paper(f"kiosque{n}", "kiosk.example", interval=2 * HOUR, etag=True) for n in range(4)]
    return [
        *kiosk,
        Paper("tag", "tag.example", etag=True),
        Paper("date", "date.example", modified=True),
        Paper("both", "both.example", etag=True, modified=True, zipped=True),
        Paper("neither", "neither.example"),
        Paper("fresh", "fresh.example", etag=True, headers=(("Cache-Control", "max-age=2400"),)),
        Paper("aged", "aged.example", etag=True,
              headers=(("Cache-Control", "max-age=3600"), ("Age", "1200"))),
        Paper("expires", "expires.example", modified=True, expires=HOUR),
        Paper("ttl", "ttl.example", etag=True, ttl=60),
        Paper("busy", "busy.example", etag=True,
              refusal=hours(5, 6, Reply(429, (("Retry-After", "7200"),)))),
        Paper("curt", "curt.example", etag=True, refusal=hours(9, 10, Reply(429))),
        Paper("repair", "repair.example", etag=True,
              refusal=hours(12, 16, Reply(503, (("Retry-After", "30"),)))),
        Paper("lost", "lost.example", etag=True, refusal=hours(10, 20, Reply(404))),
        Paper("gone", "gone.example", etag=True, refusal=hours(4, 99, Reply(410))),
        Paper("flapping", "flapping.example", etag=True, refusal=every_third),
        Paper("cut", "cut.example", etag=True, interval=10 * MINUTE, refusal=every_fifth),
        Paper("broken", "broken.example", etag=True, refusal=hours(3, 99, Reply(500))),
        Paper("silent", "silent.example", etag=True, until=3 * HOUR),
        Paper("wire", "wire.example", etag=True, interval=MINUTE, length=10),
        Paper("sametag", "sametag.example", interval=10 * MINUTE, same_tag=True),
        Paper("slow", "slow.example", etag=True, delay=20.0),
        Paper("home1", HOME, etag=True),
        Paper("home2", HOME, etag=True),
    ]  # fmt: skip


EVERY = {"home1": HOUR, "home2": 20 * MINUTE, "tag": HOUR, "date": 10 * MINUTE}
"""The configured intervals in seconds, by feed."""


class Run(Struct, frozen=True):
    """The results of thirty hours."""

    papers: dict[str, Paper]
    absences: list[tuple[float, float]]
    """The times without a monitor, from and to."""
    unheard_ids: set[int]
    """Ids of the exchanges that were under way when the monitor ended."""
    articles: list[tuple[str, str, str]]
    """Feed, guid and title of every article."""
    alerts: Counter[tuple[str, str | None]]
    """The number of alerts by kind and, if they are about a feed, its name."""
    web: Web

    def heard(self, paper: Paper) -> list[Exchange]:
        """Return the exchanges whose answers reached the monitor."""
        return [exchange for exchange in paper.exchanges if id(exchange) not in self.unheard_ids]


def live(folder: Path) -> Run:
    """Run the monitor for thirty hours."""
    world, dice = World(), random.Random(48)
    web = Web(clock=lambda: world.now)
    town = Town(world, web, homes=frozenset({HOME}))
    by_name = {paper.name: paper for paper in papers()}
    for paper in by_name.values():
        web.on(paper.path, paper.answer)
    write(folder / "feeds.yaml", list(by_name.values()))
    absences: list[tuple[float, float]] = []
    unheard_ids: set[int] = set()

    def under_way() -> list[Exchange]:
        last = [paper.exchanges[-1] for paper in by_name.values() if paper.exchanges]
        return [exchange for exchange in last if exchange.at <= world.now < exchange.until]

    stop_times = sorted(dice.uniform(START + HOUR, END - HOUR) for _ in range(RESTARTS))
    for number, end in enumerate([*stop_times, END]):

        async def leave(end: float = end, number: int = number) -> bool:
            await town.wait_until(end)
            if number % 2 and end < END:  # in the middle of an exchange
                while not under_way() and world.now < end + HOUR:
                    await town.wait_until(world.now + 0.1)
            unheard_ids.update(map(id, under_way()))
            return number % 3 != 0

        if world.now < end:
            world.watch(folder / "feeds.yaml", town, leave, tick=TICK)
            left_at = world.now
            world.jump(dice.choice([5.0, 40.0, 10 * MINUTE, 2 * HOUR]))
            absences.append((left_at, world.now))
    with closing(sqlite3.connect(folder / "var" / "newsroom.db")) as sql:
        articles = sql.execute(
            "SELECT f.name, e.guid, a.title FROM entries e JOIN feeds f ON f.number = e.feed"
            " JOIN articles a ON a.id = e.article"
        ).fetchall()
        alerts = Counter(
            sql.execute(
                "SELECT a.kind, f.name FROM alerts a LEFT JOIN feeds f ON f.number = a.feed"
            )
        )
    return Run(by_name, absences, unheard_ids, articles, alerts, web)


def write(path: Path, papers: list[Paper]) -> None:
    feeds = [
        {"url": paper.url, "name": paper.name}
        | ({"every": f"{EVERY[paper.name] / 60:g}m"} if paper.name in EVERY else {})
        for paper in papers
    ]
    settings = {"feeds": feeds, "watchlists": ["Alibaba"], "network": {"allow": ["127.0.0.0/8"]}}
    path.write_text(json.dumps(settings), encoding="utf-8")


# --- what was asked -----------------------------------------------------------------------


def unconditional(exchanges: list[Exchange]) -> Counter[str]:
    """Count the requests without a validator, by the rule that explains them."""
    counts: Counter[str] = Counter()
    earlier = list[Exchange]()
    for exchange in exchanges:
        if exchange.etag is None and exchange.modified is None:
            counts[_why(earlier)] += 1
        earlier.append(exchange)
    return counts


def _why(exchanges: list[Exchange]) -> str:
    bodies = [exchange for exchange in exchanges if exchange.guids]
    if not bodies:
        return "first"
    if not {"ETag", "Last-Modified"} & {name for name, _ in bodies[-1].reply.headers}:
        return "no validator is given"
    if exchanges[-1].reply.status == 304 and failures(exchanges[:-1]):
        return "304 after a failure"
    tags = [dict(exchange.reply.headers).get("ETag") for exchange in bodies[-2:]]
    new_guids = bodies[-1].guids != bodies[-2].guids
    return "its tag was repeated" if tags[0] == tags[1] and new_guids else ""


def failures(exchanges: list[Exchange]) -> list[Exchange]:
    """Return the failures in a row, the last first; a whole body and a 304 end them."""
    return list(itertools.takewhile(_is_failure, reversed(exchanges)))


def _is_failure(exchange: Exchange) -> bool:
    return not exchange.guids and exchange.reply.status != 304


EXCUSED = {
    "neither": {"no validator is given"},
    "sametag": {"its tag was repeated"},
    "flapping": {"304 after a failure"},
}
"""The rules by which a feed is asked for a whole body again, by feed."""


def a_whole_body_is_asked_for_once(run: Run) -> None:
    for name, paper in run.papers.items():
        counts = unconditional(run.heard(paper))
        assert counts.pop("first") == 1, name
        assert set(counts) == EXCUSED.get(name, set()), (name, counts)


def validators_are_those_of_the_last_body(run: Run) -> None:
    for paper in run.papers.values():
        last: dict[str | bytes, str | bytes] = {}
        for exchange in run.heard(paper):
            for tag, header in ((exchange.etag, "ETag"), (exchange.modified, "Last-Modified")):
                if tag is not None:
                    assert tag.decode() == last[header], paper.name
            if exchange.guids:
                last = dict(exchange.reply.headers)


def nobody_is_told_who_reads(run: Run) -> None:
    for paper in run.papers.values():
        for exchange in paper.exchanges:
            names = {name for name, _ in exchange.request.headers}
            assert names <= {
                "host", "user-agent", "accept", "accept-encoding",
                "if-none-match", "if-modified-since",
            }  # fmt: skip
            assert (exchange.request.header("user-agent") or b"").startswith(b"tocsin/")


# --- when ---------------------------------------------------------------------------------


def allowed_wait(paper: Paper, earlier: list[Exchange]) -> tuple[float, float]:
    """Return the least and the most seconds that may follow the last answer, jitter apart.

    Without an interval that was asked for, it is 15 minutes, 5 where a feed turns over fast.
    A back-off doubles, but looks once more when a feed has failed for a day.
    """
    least, most = (EVERY[paper.name],) * 2 if paper.name in EVERY else (5 * MINUTE, 15 * MINUTE)
    reply = earlier[-1].reply
    headers = {str(name): str(value) for name, value in reply.headers}
    match reply.status, headers.get("Retry-After"):
        case 429 | 503, str(seconds):
            return (max(MINUTE, float(seconds)),) * 2
        case 429, None:
            return (4 * HOUR,) * 2
        case 200 | 304, _ if reply.fault is None:
            hint = max(paper.ttl * MINUTE, paper.expires, _fresh(headers))
            return max(least, hint), max(most, hint)
        case _, _:
            failed_exchanges = failures(earlier)
            backoff = max(most, min(5 * MINUTE * 2.0 ** (len(failed_exchanges) - 1), 24 * HOUR))
            until_look = 24 * HOUR - (failed_exchanges[0].until - failed_exchanges[-1].until)
            return (until_look if 0 < until_look < backoff else backoff,) * 2
    raise AssertionError(reply)


def _fresh(headers: dict[str, str]) -> float:
    age = float(headers.get("Age", 0))
    return float(headers.get("Cache-Control", "max-age=0").removeprefix("max-age=")) - age


def pairs(run: Run) -> Iterator[tuple[Paper, list[Exchange], Exchange]]:
    """Yield a feed, its earlier exchanges and the next one, for each exchange."""
    for paper in run.papers.values():
        exchanges = run.heard(paper)
        for number in range(1, len(exchanges)):
            yield paper, exchanges[:number], exchanges[number]


def no_question_comes_too_early(run: Run) -> None:
    for paper, past, exchange in pairs(run):
        least, _ = allowed_wait(paper, past)
        assert exchange.at - past[-1].until >= least - 1e-3, (paper.name, len(past), past[-1].reply)


def no_question_comes_too_late(run: Run) -> None:
    """Allow a tenth of jitter, five minutes at most, a tick, a turn on a host, a restart."""
    for paper, earlier, exchange in pairs(run):
        _, most = allowed_wait(paper, earlier)
        latest = earlier[-1].until + most + min(most / 10, 5 * MINUTE) + TICK
        for left_at, back in run.absences:
            if left_at - 60 < latest < back:
                latest = back
        assert exchange.at <= latest + 30, (paper.name, len(earlier), exchange.at - latest)


def gone_is_gone(run: Run) -> None:
    paper = run.papers["gone"]
    assert [exchange.reply.status for exchange in run.heard(paper)].count(410) == 1
    assert run.heard(paper)[-1].reply.status == 410
    assert END - paper.exchanges[-1].at > 24 * HOUR


def no_host_is_pressed(run: Run) -> None:
    by_host: dict[str, list[Exchange]] = defaultdict(list)
    for paper in run.papers.values():
        for exchange in paper.exchanges:
            by_host[exchange.host].append(exchange)
    for host, exchanges in by_host.items():
        exchanges.sort(key=lambda exchange: exchange.at)
        assert most_at_once(exchanges) <= 2, host
        if host != HOME:
            gaps = [after.at - e.at for e, after in itertools.pairwise(exchanges)]
            assert min(gaps) >= 1.0 - 1e-6, host
    assert most_at_once([e for exchanges in by_host.values() for e in exchanges]) <= SLOTS
    kiosk = [e.at for e in by_host["kiosk.example"]]
    assert min(b - a for a, b in itertools.pairwise(kiosk)) < 1.5  # they did wait for each other


def most_at_once(exchanges: list[Exchange]) -> int:
    """Return the largest number of simultaneous exchanges."""
    turns = sorted([(e.until, -1) for e in exchanges] + [(e.at, 1) for e in exchanges])
    return max(itertools.accumulate(step for _, step in turns))


# --- what is kept -------------------------------------------------------------------------


def every_article_is_kept_once_and_rings_once(run: Run) -> None:
    guids_by_feed: dict[str, list[str]] = defaultdict(list)
    for feed, guid, title in run.articles:
        guids_by_feed[feed].append(guid)
        assert title.startswith(guid.replace("-", " "))
    for name, paper in run.papers.items():
        served = set().union(*(e.guids for e in run.heard(paper)))
        assert sorted(guids_by_feed[name]) == sorted(served), name
        assert len(served) >= 6, name
    expected_alerts = sum(guid.endswith("0") for guids in guids_by_feed.values() for guid in guids)
    assert run.alerts == {
        ("match", None): expected_alerts,
        ("failing", "broken"): 1,
        ("gone", "gone"): 1,
    }


def there_was_something_to_be_seen(run: Run) -> None:
    """There were restarts, some in the middle of an exchange, and every behaviour."""
    assert len(run.absences) > 12  # the other stops fell into an absence
    assert len(run.unheard_ids) >= 5
    statuses = Counter(
        exchange.reply.status for paper in run.papers.values() for exchange in paper.exchanges
    )
    assert {200, 304, 404, 410, 429, 500, 503} <= set(statuses)
    assert statuses[304] > statuses[200] / 2


CLAIMS = (
    there_was_something_to_be_seen,
    a_whole_body_is_asked_for_once,
    validators_are_those_of_the_last_body,
    nobody_is_told_who_reads,
    no_question_comes_too_early,
    no_question_comes_too_late,
    gone_is_gone,
    no_host_is_pressed,
    every_article_is_kept_once_and_rings_once,
)


def test_thirty_hours_with_a_dozen_restarts() -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = live(Path(folder))
        with EvidenceReader(StoreAddress(Path(folder) / "var")) as proofs:
            verified = verify(proofs, lambda *_: None, now=math.inf)
    assert verified.is_whole, verified.faults
    assert verified.records > 100
    for claim in CLAIMS:
        claim(run)
