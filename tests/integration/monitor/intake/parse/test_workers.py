"""Processes that read what strangers wrote."""

from __future__ import annotations

import asyncio
import gzip
import multiprocessing
import os
import pickle
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from support.originals import hostile_feeds

from monitor.base import translation
from monitor.base.errors import ParseError
from monitor.base.language import FOLDER
from monitor.intake.parse.document import parse, with_features
from monitor.intake.parse.sitemap import MAX_BYTES, MOST
from monitor.intake.parse.workers import Parser
from monitor.model.cost import READING, CostlyError
from monitor.model.feed import Source, SourceKind
from monitor.model.poll import Fetched, ParsedFeed

pytestmark = pytest.mark.costly

ITEMS = "".join(
    f"<item><title>Titre {n}</title><guid>{n}</guid><link>https://ex.org/{n}</link>"
    f"<description>&lt;p&gt;{'La sûreté belge enquête. ' * 30}&lt;/p&gt;</description></item>"
    for n in range(30)
)
GOOD = f"<rss version='2.0'><channel><title>J</title>{ITEMS}</channel></rss>".encode()
LONG = GOOD.replace(ITEMS.encode(), ITEMS.encode() * 60)
SLOW = b"<rss><channel><item><author>" + b"a" * 32_000 + b"</author></item>"  # ends too soon
BIG = "<rss version='2.0'><channel><item><description>🇧🇪".encode() + b"a " * 7_000_000


def fetched(body: bytes, content_type: str = "application/xml") -> Fetched:
    return Fetched(url="https://ex.org/rss", body=body, content_type=content_type)


def with_parser(act: Callable[[Parser], Awaitable[None]], *, seconds: float = 3.0) -> None:
    async def scene() -> None:
        parser = Parser(seconds=seconds)
        try:
            await act(parser)
        finally:
            parser.close()

    asyncio.run(scene())


async def reason(reading: Awaitable[object]) -> str:
    with pytest.raises(ParseError) as error:
        await reading
    return error.value.reason


def worker_pids() -> list[int]:
    return [child.pid or 0 for child in multiprocessing.active_children()]


def test_the_largest_sitemap_that_the_protocol_allows_is_read_in_the_limits() -> None:
    image = f"<image:image><image:loc>https://cdn.example/{'x' * 700}</image:loc></image:image>"
    address = "<url><loc>https://ex.org/le-depot-de-liege-{}</loc><lastmod>{}</lastmod>{}</url>"
    days = [f"2023-{month:02}-{day:02}" for month in range(1, 11) for day in range(1, 28)]
    addresses = (address.format(n, days[n % 270], image) for n in range(50_000))
    body = f"<urlset xmlns:image='x'>{''.join(addresses)}</urlset>".encode()
    source = Source(kind=SourceKind.SITEMAP)

    async def act(parser: Parser) -> None:
        for document in (body, gzip.compress(body, 1)):
            parsed = await parser.parse(fetched(document), source)
            assert len(parsed.entries) == MOST
            assert parsed.seconds < READING
        # how fast the machine is decides which limit it meets first
        refusal = await reason(parser.parse(fetched(b"<urlset>" + b"<a>" * 16_000_000), source))
        assert "memory" in refusal or f"longer than {READING:g} s" in refusal
        assert await parser.parse(fetched(b"<urlset/>"), source)

    assert 40 << 20 < len(body) <= MAX_BYTES
    with_parser(act)


def test_relative_links_lead_from_where_the_answer_says_that_it_is() -> None:
    body = (
        b"<rss version='2.0'><channel><item><title>T</title><link>a</link></item></channel></rss>"
    )
    answer = Fetched(url="https://ex.org/rss", base="https://ex.org/2026/rss", body=body)

    async def act(parser: Parser) -> None:
        (entry,) = (await parser.parse(answer)).entries
        assert entry.url == "https://ex.org/2026/a"

    with_parser(act)


def test_what_a_worker_reads_is_what_parse_returns() -> None:
    async def act(parser: Parser) -> None:
        parsed = await parser.parse(fetched(GOOD))
        assert replace(parsed, seconds=0.0) == parse(GOOD, "https://ex.org/rss")
        featured = await parser.parse(fetched(GOOD), with_features=True)
        expected = with_features(parse(GOOD, "https://ex.org/rss"))
        assert replace(featured, seconds=0.0) == expected
        assert all(entry.features for entry in featured.entries)
        assert 0.05 < (await parser.parse(fetched(LONG))).seconds < 3
        assert await reason(parser.parse(fetched(b"{}"))) == "the answer is JSON, but no JSON Feed"
        assert not (await parser.extract(fetched(b"<p>rien</p>", "text/html"))).text
        assert "image/png" in await reason(parser.extract(fetched(b"\x89PNG", "image/png")))

    with_parser(act)


def test_workers_speak_the_language_of_the_monitor_as_it_changes() -> None:
    before = translation.choice()

    async def act(parser: Parser) -> None:
        assert await reason(parser.parse(fetched(b"{}"))) == "the answer is JSON, but no JSON Feed"
        translation.use("fr", FOLDER)
        assert "la réponse est du JSON" in await reason(parser.parse(fetched(b"{}")))
        translation.use("en", FOLDER)
        assert await reason(parser.parse(fetched(b"{}"))) == "the answer is JSON, but no JSON Feed"

    try:
        with_parser(act)
    finally:
        translation.use(*before)


def test_a_slow_document_is_killed_and_the_others_are_not_late() -> None:
    async def act(parser: Parser) -> None:
        await parser.parse(fetched(GOOD))
        slow = asyncio.create_task(reason(parser.parse(fetched(SLOW))))
        await asyncio.sleep(0.1)
        for _ in range(3):
            await parser.parse(fetched(GOOD), is_costly=False)
        assert not slow.done()
        assert await slow == "reading it takes longer than 3 s"
        assert len((await parser.parse(fetched(GOOD))).entries) == 30

    with_parser(act)


def test_a_document_that_turns_out_to_be_costly_is_given_up() -> None:
    async def act(parser: Parser) -> None:
        await parser.parse(fetched(GOOD), is_costly=False)
        for _ in range(3):
            with pytest.raises(CostlyError):
                await parser.parse(fetched(SLOW), is_costly=False)
            assert len((await parser.parse(fetched(GOOD), is_costly=False)).entries) == 30

    with_parser(act)


@pytest.mark.parametrize("is_costly", [True, False])
def test_a_worker_that_somebody_stops_is_replaced(
    is_costly: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(parser: Parser) -> None:
        await parser.parse(fetched(GOOD), is_costly=is_costly)
        (pid,) = worker_pids()
        os.kill(pid, signal.SIGSTOP)  # while it is idle
        with monkeypatch.context() as impatient, pytest.raises((CostlyError, ParseError)):
            impatient.setattr("monitor.intake.parse.workers._PATIENCE", 1.0)
            await parser.parse(fetched(GOOD), is_costly=is_costly)
        assert len((await parser.parse(fetched(GOOD), is_costly=is_costly)).entries) == 30

    with_parser(act, seconds=1.0)


def test_a_document_may_wait_for_the_processor() -> None:
    async def act(parser: Parser) -> None:
        await parser.parse(fetched(GOOD))
        (pid,) = worker_pids()
        reading = asyncio.create_task(parser.parse(fetched(LONG)))
        await _begins(pid)
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(2.5)
        assert not reading.done()
        os.kill(pid, signal.SIGCONT)
        assert (await reading).entries

    with_parser(act, seconds=2.0)


def test_a_worker_that_hangs_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    async def act(parser: Parser) -> None:
        await parser.parse(fetched(GOOD))
        (pid,) = worker_pids()
        with monkeypatch.context() as impatient:
            impatient.setattr("monitor.intake.parse.workers._PATIENCE", 0.5)
            reading = asyncio.create_task(reason(parser.parse(fetched(SLOW))))
            await _begins(pid)
            os.kill(pid, signal.SIGSTOP)
            assert await reading == "reading it takes longer than 3 s"
        assert len((await parser.parse(fetched(GOOD))).entries) == 30

    with_parser(act)


def test_a_greedy_document_meets_the_limit() -> None:
    async def act(parser: Parser) -> None:
        assert await reason(parser.parse(fetched(BIG))) == "reading it needs too much memory"
        assert len((await parser.parse(fetched(GOOD))).entries) == 30

    with_parser(act)


def test_no_worker_grows_by_more_than_its_limit() -> None:
    async def act(parser: Parser) -> None:
        await parser.parse(fetched(GOOD))
        (pid,) = worker_pids()
        before = _peak(pid)
        entity = b"<!DOCTYPE r [<!ENTITY a '" + b"x" * 48_000 + b"'>]>"
        bomb = entity + b"<rss version='2.0'><channel><item><title>" + b"&a;" * 12_000
        await parser.parse(fetched(bomb + b"</title></item></channel></rss>"))
        assert worker_pids() == [pid]
        assert _peak(pid) - before < 150 * 2**20

    with_parser(act)


def _peak(pid: int) -> int:
    """Return the most memory that a process ever had resident, in bytes."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        pytest.skip("this system does not tell")
    (text,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(text.split()[1]) * 1_024


def _there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _worked(pid: int) -> int:
    """Return the processor time that a process has taken, in hundredths of a second."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        pytest.skip("this system does not tell")
    return sum(map(int, stat.read_text().rpartition(")")[2].split()[11:13]))


async def _begins(pid: int) -> None:
    """Let a process work for some hundredths of a second."""
    before = _worked(pid)
    while _worked(pid) < before + 5:  # noqa: ASYNC110
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("idle", [True, False])
def test_a_worker_that_dies_is_replaced(idle: bool) -> None:
    async def act(parser: Parser) -> None:
        await parser.parse(fetched(GOOD))
        (pid,) = worker_pids()
        if idle:
            os.kill(pid, signal.SIGKILL)
            while _there(pid):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        else:
            reading = asyncio.create_task(reason(parser.parse(fetched(SLOW))))
            await _begins(pid)
            os.kill(pid, signal.SIGKILL)
            assert await reading == "reading it crashes the reader"
        assert len((await parser.parse(fetched(GOOD))).entries) == 30

    with_parser(act)


def test_many_at_once_all_come_back() -> None:
    async def act(parser: Parser) -> None:
        feeds = await asyncio.gather(*(parser.parse(fetched(GOOD)) for _ in range(40)))
        assert [len(feed.entries) for feed in feeds] == [30] * 40

    with_parser(act)


def test_closing_leaves_no_worker() -> None:
    async def act(parser: Parser) -> None:
        await parser.parse(fetched(GOOD))
        parser.close()
        parser.close()

    before = worker_pids()
    with_parser(act)
    assert worker_pids() == before


def test_a_result_crosses_processes_small() -> None:
    feed = parse(GOOD, "https://ex.org/rss")
    pickled = pickle.dumps(feed)
    assert pickle.loads(pickled) == feed
    words = sum(len(e.title) + len(e.summary) + len(e.url) for e in feed.entries)
    assert len(pickled) < 1.3 * words + 30 * 60


def test_every_hostile_feed_is_decided() -> None:
    largest = sorted(hostile_feeds().values(), key=len, reverse=True)[:200]

    async def act(parser: Parser) -> None:
        async def decide(body: bytes) -> ParsedFeed | str:
            try:
                return await parser.parse(fetched(body))
            except ParseError as error:
                return error.reason

        assert all(await asyncio.gather(*map(decide, largest)))

    with_parser(act)
