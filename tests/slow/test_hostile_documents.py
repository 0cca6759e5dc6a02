"""Thousands of hostile documents in one run of the program, beside feeds that are well."""

from __future__ import annotations

import gzip
import subprocess
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import NamedTuple

import pytest
from support.archive_invariants import unclean_texts
from support.newsroom import TOCSIN, Item, Newsroom, rss, until
from support.originals import hostile_feeds
from support.scripted_server import Reply, Web, conditional, gzip_bomb

DECIDED = 30.0
"""Seconds until a poll is decided; a reader is killed after three. They are
those of a machine of its own: on a busy one, all that the monitor does takes longer."""
GROWTH = 150 * 2**20
"""Bytes by which the documents may increase the memory of a reader."""
HEALTHY, ITEMS = 10, 9


def _rss(content: bytes, doctype: bytes = b"") -> bytes:
    return b"<?xml version='1.0'?>" + doctype + b"<rss version='2.0'><channel>" + content


def _item(content: bytes) -> bytes:
    return _rss(b"<item><guid>1</guid>" + content + b"</item></channel></rss>")


def _laughs() -> bytes:
    entities = b"".join(
        b"<!ENTITY e%d '%b'>" % (n, b"&e%d;" % (n - 1) * 10 if n else b"ha" * 50) for n in range(9)
    )
    return b"<!DOCTYPE r [" + entities + b"]>"


def worst(canary: str, file: Path) -> dict[str, Reply]:
    """Return answers that made feed readers hang, grow or leak."""
    entity = b"<!DOCTYPE r [<!ENTITY a '" + b"x" * 48_000 + b"'>]>"
    outside = b"<!DOCTYPE r [<!ENTITY a SYSTEM '%b'>]>"
    title = b"<title>&a;</title></item></channel></rss>"
    xml = (("Content-Type", "application/rss+xml"),)
    bodies = {
        "newlines": _item(b"<title>" + b"\n" * 40_000 + b"</title>"),
        "newlines in HTML": _item(b"<description>" + b"&lt;b\n" * 40_000 + b"</description>"),
        "author": _item(b"<author>" + b"a@" * 16_000 + b"</author>"),
        "punycode": _item(b"<link>http://xn--" + b"a" * 320_000 + b"/</link>"),
        "unicode host": _item(b"<link>http://" + "é".encode() * 100_000 + b"/</link>"),
        "one entity": _rss(b"<item><title>" + b"&a;" * 12_000 + title, entity),
        "laughs": _rss(b"<item><title>&e8;" + title, _laughs()),
        "a file": _rss(b"<item><title>" + title, outside % file.as_uri().encode()),
        "an address": _rss(b"<item><title>" + title, outside % canary.encode()),
        "deep": _rss(b"<a>" * 50_000),
        "deep HTML": _item(b"<description>" + b"&lt;div&gt;" * 50_000 + b"</description>"),
        "attributes": _item(b"<a " + b"b='c' " * 100_000 + b"/>"),
        "an attribute": _item(b"<a b='" + b"c" * 2_000_000 + b"'/>"),
        "no character": _item(b"<title>&#1114112;&#xd800;&#0;</title>"),
        "zeros": b"\0" * 1_000_000,
        "zeros inside": _item(b"<title>a\0b</title>"),
        "brackets": b"[" * 100_000,
        "JSON": b'{"version":"https://jsonfeed.org/version/1.1","items":' + b"[" * 100_000,
        "a number": b'{"version":"https://jsonfeed.org/version/1","items":[{"id":1e999999}]}',
        "a path": str(file).encode(),
        "a URL": canary.encode(),
        "UTF-7": b"<?xml version='1.0' encoding='utf-7'?>" + _item(b"<title>+ADw-b+AD4-</title>"),
        "no such charset": b"<?xml version='1.0' encoding='../../x'?>" + _item(b"<title>t</title>"),
        "escapes": _item("<title>\x1b]0;x\x07\x9b31m\u202e\x1b[2J</title>".encode()),
        "many items": _rss(b"<item><title>a</title></item>" * 20_000),
    }
    replies = {name: Reply(200, xml, body) for name, body in bodies.items()}
    gzipped = (*xml, ("Content-Encoding", "gzip"))
    replies["a bomb"] = Reply(200, gzipped, gzip_bomb(100))
    replies["a cut gzip"] = Reply(200, gzipped, gzip.compress(bodies["many items"])[:-9])
    return replies


def hostile_replies() -> dict[str, Reply]:
    """Return the hostile feeds, each text once."""
    name_by_body = {body: name for name, body in hostile_feeds().items()}
    return {f"{n} {name}": Reply(body=body) for n, (body, name) in enumerate(name_by_body.items())}


def test_no_document_harms_anything(tmp_path: Path) -> None:
    canary = tmp_path / "canary.xml"
    canary.write_bytes(rss(Item("CANARY", guid="canary")))
    newsroom = Newsroom(tmp_path)
    with Web(clock=time.time) as web, Web() as bait:
        replies = worst(bait.url("/"), canary) | hostile_replies()
        for number, reply in enumerate(replies.values()):
            web.on(f"/{number}", reply)
        feeds = healthy(web) + [
            {"url": web.url(f"/{number}"), "name": name, "every": "1h"}
            for number, name in enumerate(replies)
        ]
        newsroom.watch(feeds, ["Alibaba"])
        with running(newsroom) as monitor, watch(monitor.pid) as processes:
            until(lambda: count_polled(newsroom) == len(feeds))
            polls_before = len(web.requests_for("/healthy0"))
            until(lambda: len(web.requests_for("/healthy0")) >= polls_before + 2)
            assert newsroom.tocsin("stop").returncode == 0
    assert not bait.requests
    assert "Traceback" not in (tmp_path / "log").read_text()
    delays = decision_delays(newsroom, web)
    typical = median(delays.values())  # the queue
    allowed = DECIDED * slowdown(processes.values())
    assert {name: excess for name, s in delays.items() if (excess := s - typical) > allowed} == {}
    assert len(delays) == len(feeds)
    well = newsroom.sql("SELECT failures, articles FROM feeds WHERE name LIKE 'healthy%'")
    assert well == [(0, ITEMS)] * HEALTHY
    peaks = [process.peak for process in processes.values()]
    assert max(peaks) - min(peaks) < GROWTH, processes
    assert unclean_texts(newsroom.data / "newsroom.db") == []
    query = "SELECT count(*) FROM articles WHERE title || summary || body LIKE '%CANARY%'"
    assert newsroom.sql(query) == [(0,)]


PROMPT = 3.0
"""Seconds in which a healthy feed is stored, and the monitor ends, whatever the others send."""
COSTLY = 4


def new_words(mark: str, sign: str) -> bytes:
    """Return 70 articles of words that never occurred, each with the mark."""
    texts = (
        sign.join(f"{mark}{article}z{word:x}" for word in range(15_000)) for article in range(70)
    )
    return rss(*(Item(f"{mark} {n}", text, guid=f"{mark}{n}") for n, text in enumerate(texts)))


@pytest.mark.parametrize("sign", ["-", " "])
def test_words_that_nobody_has_seen_keep_nobody_waiting(tmp_path: Path, sign: str) -> None:
    """Other documents, of 70 long articles each, are there at each poll."""
    newsroom = Newsroom(tmp_path)
    with Web(clock=time.time) as web:
        for n in range(COSTLY):
            web.on(f"/costly{n}", *(Reply(body=new_words(f"q{n}x{k}", sign)) for k in range(2)))
        feeds = healthy(web) + [
            {"url": web.url(f"/costly{n}"), "name": f"costly{n}", "every": "1s"}
            for n in range(COSTLY)
        ]
        newsroom.watch(feeds, ["Alibaba"])
        with running(newsroom) as monitor, watch(monitor.pid) as processes:
            quarantined = (
                "SELECT count(*) FROM feeds WHERE breach LIKE '%its document takes longer%'"
            )
            until(lambda: newsroom.sql(quarantined) == [(COSTLY,)], 300)
            begin = time.monotonic()
            monitor.terminate()
            monitor.wait(60)
            end = time.monotonic() - begin
        polls = [[request.at for request in web.requests_for(f"/healthy{n}")] for n in range(5)]
    allowed = PROMPT * slowdown(processes.values())
    late = [b - a - 1 for times in polls for a, b in pairwise(times)]
    assert max(late) < allowed
    assert end < allowed
    alerts = newsroom.sql("SELECT count(*) FROM alerts WHERE kind = 'quarantined'")
    assert alerts == [(COSTLY,)]


@contextmanager
def running(newsroom: Newsroom) -> Iterator[subprocess.Popen[str]]:
    """Run a monitor that logs into a file."""
    with (newsroom.folder / "log").open("w") as log:
        monitor = subprocess.Popen(
            [TOCSIN, "-q", "run"], cwd=newsroom.folder, stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, text=True,
        )  # fmt: skip
        try:
            yield monitor
        finally:
            monitor.kill()
            monitor.wait()


def healthy(web: Web) -> list[dict[str, str]]:
    """Serve good feeds and return their configuration."""
    for n in range(HEALTHY):
        items = (Item(f"Bon article {n} {i}", "Un texte.", guid=f"{n} {i}") for i in range(ITEMS))
        web.on(f"/healthy{n}", conditional(rss(*items)))
    return [
        {"url": web.url(f"/healthy{n}"), "name": f"healthy{n}", "every": "1s"}
        for n in range(HEALTHY)
    ]


def count_polled(newsroom: Newsroom) -> int:
    """Return the number of feeds that were polled."""
    rows = newsroom.sql("SELECT count(*) FROM feeds WHERE last_poll > 0")
    return int(rows[0][0]) if rows else 0


def decision_delays(newsroom: Newsroom, web: Web) -> dict[str, float]:
    """Return the seconds between a feed's answer and its first line in the log of polls."""
    request_times = {request.path: request.at for request in reversed(web.requests)}
    first_polls = newsroom.sql(
        "SELECT f.name, f.url, min(p.at) FROM polls p JOIN feeds f ON f.number = p.feed GROUP BY 1"
    )
    return {name: at - request_times["/" + url.rpartition("/")[2]] for name, url, at in first_polls}


class Process(NamedTuple):
    """The figures of a process."""

    peak: int
    """Largest resident memory, in bytes."""
    cpu_time: int
    """Nanoseconds on a processor."""
    queue_time: int
    """Nanoseconds in which it waited for a processor."""


def slowdown(processes: Collection[Process]) -> float:
    """Return the factor by which other load slowed processes down."""
    cpu_time = sum(process.cpu_time for process in processes)
    return 1 + sum(process.queue_time for process in processes) / cpu_time


@contextmanager
def watch(root: int) -> Iterator[dict[int, Process]]:
    """Record the figures of all descendants of a process while the block runs."""
    processes: dict[int, Process] = {}
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(0.05):
            for pid in _below(root):
                with suppress(OSError, StopIteration):
                    processes[pid] = _process(pid)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield processes
    finally:
        stop.set()
        thread.join()


def _below(root: int) -> Iterator[int]:
    """Yield the descendants of a process."""
    with suppress(OSError):
        for child in Path(f"/proc/{root}/task/{root}/children").read_text().split():
            yield int(child)
            yield from _below(int(child))


def _process(pid: int) -> Process:
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    peak = next(line for line in status if line.startswith("VmHWM"))
    cpu_time, queue_time, _ = Path(f"/proc/{pid}/schedstat").read_text().split()
    return Process(int(peak.split()[1]) << 10, int(cpu_time), int(queue_time))
