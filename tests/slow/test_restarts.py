"""Thirty hours of watching with a dozen restarts, judged by what the servers saw.

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
from support.publishers import HOUR, MINUTE, START, Asked, Paper
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
    """Refuse between two hours since the start."""
    return lambda hour, count: replies[count % len(replies)] if first <= hour < last else None


def every_third(hour: float, count: int) -> Reply | None:
    return Reply(500) if count % 3 == 2 else None


def every_fifth(hour: float, count: int) -> Reply | None:
    return Reply(fault=Fault.CLOSE) if count % 5 == 4 else None


def papers() -> list[Paper]:
    """Return feeds of every manner; four of them share a host."""
    kiosk = [Paper(f"kiosque{n}", "kiosk.example", every=2 * HOUR, etag=True) for n in range(4)]
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
              refuses=hours(5, 6, Reply(429, (("Retry-After", "7200"),)))),
        Paper("curt", "curt.example", etag=True, refuses=hours(9, 10, Reply(429))),
        Paper("repair", "repair.example", etag=True,
              refuses=hours(12, 16, Reply(503, (("Retry-After", "30"),)))),
        Paper("lost", "lost.example", etag=True, refuses=hours(10, 20, Reply(404))),
        Paper("gone", "gone.example", etag=True, refuses=hours(4, 99, Reply(410))),
        Paper("flapping", "flapping.example", etag=True, refuses=every_third),
        Paper("cut", "cut.example", etag=True, every=10 * MINUTE, refuses=every_fifth),
        Paper("broken", "broken.example", etag=True, refuses=hours(3, 99, Reply(500))),
        Paper("silent", "silent.example", etag=True, until=3 * HOUR),
        Paper("wire", "wire.example", etag=True, every=MINUTE, shown=10),
        Paper("sametag", "sametag.example", every=10 * MINUTE, same_tag=True),
        Paper("slow", "slow.example", etag=True, delay=20.0),
        Paper("home1", HOME, etag=True),
        Paper("home2", HOME, etag=True),
    ]  # fmt: skip


EVERY = {"home1": HOUR, "home2": 20 * MINUTE, "tag": HOUR, "date": 10 * MINUTE}
"""Intervals that the analyst asked for."""


class Lived(Struct, frozen=True):
    """What came of it."""

    papers: dict[str, Paper]
    away: list[tuple[float, float]]
    """When nobody watched."""
    unheard: set[int]
    """Ids of the answers that were under way when the monitor ended."""
    articles: list[tuple[str, str, str]]
    """Feed, guid and title of every article."""
    alerts: Counter[tuple[str, str | None]]
    """By kind and, where it is about a feed, its name."""
    web: Web

    def heard(self, paper: Paper) -> list[Asked]:
        """Return the exchanges that the monitor knows of."""
        return [asked for asked in paper.asked if id(asked) not in self.unheard]


def live(folder: Path) -> Lived:
    """Watch for thirty hours."""
    world, dice = World(), random.Random(48)
    web = Web(clock=lambda: world.now)
    town = Town(world, web, homes=frozenset({HOME}))
    by_name = {paper.name: paper for paper in papers()}
    for paper in by_name.values():
        web.on(paper.path, paper.answer)
    write(folder / "feeds.yaml", list(by_name.values()))
    away: list[tuple[float, float]] = []
    unheard: set[int] = set()

    def under_way() -> list[Asked]:
        last = [paper.asked[-1] for paper in by_name.values() if paper.asked]
        return [asked for asked in last if asked.at <= world.now < asked.until]

    ends = sorted(dice.uniform(START + HOUR, END - HOUR) for _ in range(RESTARTS))
    for number, end in enumerate([*ends, END]):

        async def leave(end: float = end, number: int = number) -> bool:
            await town.wait_until(end)
            if number % 2 and end < END:  # in the middle of an exchange
                while not under_way() and world.now < end + HOUR:
                    await town.wait_until(world.now + 0.1)
            unheard.update(map(id, under_way()))
            return number % 3 != 0

        if world.now < end:
            world.watch(folder / "feeds.yaml", town, leave, tick=TICK)
            left = world.now
            world.jump(dice.choice([5.0, 40.0, 10 * MINUTE, 2 * HOUR]))
            away.append((left, world.now))
    with closing(sqlite3.connect(folder / "var" / "newsroom.db")) as sql:
        articles = sql.execute(
            "SELECT f.name, e.guid, a.title FROM entries e JOIN feeds f ON f.number = e.feed"
            " JOIN articles a ON a.id = e.article"
        ).fetchall()
        alerts = Counter(
            sql.execute("SELECT kind, f.name FROM alerts LEFT JOIN feeds f ON f.number = feed")
        )
    return Lived(by_name, away, unheard, articles, alerts, web)


def write(path: Path, papers: list[Paper]) -> None:
    feeds = [
        {"url": paper.url, "name": paper.name}
        | ({"every": f"{EVERY[paper.name] / 60:g}m"} if paper.name in EVERY else {})
        for paper in papers
    ]
    said = {"feeds": feeds, "watchlists": ["Alibaba"], "network": {"allow": ["127.0.0.0/8"]}}
    path.write_text(json.dumps(said), encoding="utf-8")


# --- what was asked -----------------------------------------------------------------------


def unconditional(heard: list[Asked]) -> Counter[str]:
    """Count the questions without a validator, by the rule that explains them."""
    found: Counter[str] = Counter()
    told = list[Asked]()
    for asked in heard:
        if asked.etag is None and asked.modified is None:
            found[_why(told)] += 1
        told.append(asked)
    return found


def _why(told: list[Asked]) -> str:
    bodies = [asked for asked in told if asked.guids]
    if not bodies:
        return "first"
    if not {"ETag", "Last-Modified"} & {name for name, _ in bodies[-1].reply.headers}:
        return "no validator is given"
    if told[-1].reply.status == 304 and failures(told[:-1]):
        return "304 after a failure"
    tags = [dict(asked.reply.headers).get("ETag") for asked in bodies[-2:]]
    changed = bodies[-1].guids != bodies[-2].guids
    return "its tag was repeated" if tags[0] == tags[1] and changed else ""


def failures(told: list[Asked]) -> list[Asked]:
    """Return the failures in a row, the last first; a whole body and a 304 end them."""
    return list(itertools.takewhile(_is_failure, reversed(told)))


def _is_failure(asked: Asked) -> bool:
    return not asked.guids and asked.reply.status != 304


EXCUSED = {
    "neither": {"no validator is given"},
    "sametag": {"its tag was repeated"},
    "flapping": {"304 after a failure"},
}
"""Feeds that are asked for a whole body again and again, by the rule that says so."""


def a_whole_body_is_asked_for_once(lived: Lived) -> None:
    for name, paper in lived.papers.items():
        found = unconditional(lived.heard(paper))
        assert found.pop("first") == 1, name
        assert set(found) == EXCUSED.get(name, set()), (name, found)


def validators_are_those_of_the_last_body(lived: Lived) -> None:
    for paper in lived.papers.values():
        last: dict[str | bytes, str | bytes] = {}
        for asked in lived.heard(paper):
            for given, header in ((asked.etag, "ETag"), (asked.modified, "Last-Modified")):
                if given is not None:
                    assert given.decode() == last[header], paper.name
            if asked.guids:
                last = dict(asked.reply.headers)


def nobody_is_told_who_reads(lived: Lived) -> None:
    for paper in lived.papers.values():
        for asked in paper.asked:
            names = {name for name, _ in asked.request.headers}
            assert names <= {
                "host", "user-agent", "accept", "accept-encoding",
                "if-none-match", "if-modified-since",
            }  # fmt: skip
            assert (asked.request.header("user-agent") or b"").startswith(b"tocsin/")


# --- when ---------------------------------------------------------------------------------


def wished(paper: Paper, told: list[Asked]) -> tuple[float, float]:
    """Return the least and the most seconds that may follow the last answer, jitter apart.

    Without an interval that was asked for, it is 15 minutes, 5 where a feed turns over fast.
    A back-off doubles, but looks once more when a feed has failed for a day.
    """
    least, most = (EVERY[paper.name],) * 2 if paper.name in EVERY else (5 * MINUTE, 15 * MINUTE)
    reply = told[-1].reply
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
            failed = failures(told)
            doubled = max(most, min(5 * MINUTE * 2.0 ** (len(failed) - 1), 24 * HOUR))
            left = 24 * HOUR - (failed[0].until - failed[-1].until)
            return (left if 0 < left < doubled else doubled,) * 2
    raise AssertionError(reply)


def _fresh(headers: dict[str, str]) -> float:
    age = float(headers.get("Age", 0))
    return float(headers.get("Cache-Control", "max-age=0").removeprefix("max-age=")) - age


def pairs(lived: Lived) -> Iterator[tuple[Paper, list[Asked], Asked]]:
    """Yield what was told to the monitor until each question, and the question."""
    for paper in lived.papers.values():
        heard = lived.heard(paper)
        for number in range(1, len(heard)):
            yield paper, heard[:number], heard[number]


def no_question_comes_too_early(lived: Lived) -> None:
    for paper, told, asked in pairs(lived):
        least, _ = wished(paper, told)
        assert asked.at - told[-1].until >= least - 1e-3, (paper.name, len(told), told[-1].reply)


def no_question_comes_too_late(lived: Lived) -> None:
    """A tenth of jitter, five minutes at most; a tick, a turn on a shared host, a restart."""
    for paper, told, asked in pairs(lived):
        _, most = wished(paper, told)
        latest = told[-1].until + most + min(most / 10, 5 * MINUTE) + TICK
        for left, back in lived.away:
            if left - 60 < latest < back:
                latest = back
        assert asked.at <= latest + 30, (paper.name, len(told), asked.at - latest)


def gone_is_gone(lived: Lived) -> None:
    gone = lived.papers["gone"]
    assert [asked.reply.status for asked in lived.heard(gone)].count(410) == 1
    assert lived.heard(gone)[-1].reply.status == 410
    assert END - gone.asked[-1].at > 24 * HOUR


def no_host_is_pressed(lived: Lived) -> None:
    by_host: dict[str, list[Asked]] = defaultdict(list)
    for paper in lived.papers.values():
        for asked in paper.asked:
            by_host[asked.host].append(asked)
    for host, asked in by_host.items():
        asked.sort(key=lambda one: one.at)
        assert most_at_once(asked) <= 2, host
        if host != HOME:
            gaps = [after.at - one.at for one, after in itertools.pairwise(asked)]
            assert min(gaps) >= 1.0 - 1e-6, host
    assert most_at_once([one for asked in by_host.values() for one in asked]) <= SLOTS
    kiosk = [one.at for one in by_host["kiosk.example"]]
    assert min(b - a for a, b in itertools.pairwise(kiosk)) < 1.5  # they did wait for each other


def most_at_once(asked: list[Asked]) -> int:
    """Return how many exchanges went on at once, at most."""
    turns = sorted([(one.until, -1) for one in asked] + [(one.at, 1) for one in asked])
    return max(itertools.accumulate(step for _, step in turns))


# --- what is kept -------------------------------------------------------------------------


def every_article_is_kept_once_and_rings_once(lived: Lived) -> None:
    kept: dict[str, list[str]] = defaultdict(list)
    for feed, guid, title in lived.articles:
        kept[feed].append(guid)
        assert title.startswith(guid.replace("-", " "))
    for name, paper in lived.papers.items():
        served = set().union(*(asked.guids for asked in lived.heard(paper)))
        assert sorted(kept[name]) == sorted(served), name
        assert len(served) >= 6, name
    told = sum(guid.endswith("0") for guids in kept.values() for guid in guids)
    assert lived.alerts == {
        ("match", None): told,
        ("failing", "broken"): 1,
        ("gone", "gone"): 1,
    }


def there_was_something_to_be_seen(lived: Lived) -> None:
    """Restarts, some in the middle of an exchange; every manner showed itself."""
    assert len(lived.away) > 12  # the others would have been while nobody watched
    assert len(lived.unheard) >= 5
    statuses = Counter(
        asked.reply.status for paper in lived.papers.values() for asked in paper.asked
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
        lived = live(Path(folder))
        with EvidenceReader(StoreAddress(Path(folder) / "var")) as proofs:
            verified = verify(proofs, lambda *_: None, now=math.inf)
    assert verified.is_whole, verified.faults
    assert verified.records > 100
    for claim in CLAIMS:
        claim(lived)
