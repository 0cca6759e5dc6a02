"""Hostile feeds beside a healthy one: how long the healthy one waits, and the end of the monitor.

Every feed is due each second, and every document of a hostile feed is new. The healthy feed is
asked again when its last document is stored: what lies between two requests, less that second, is
how late it is stored.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from itertools import pairwise, product
from pathlib import Path
from string import ascii_lowercase

from bench.hostile_cost import Harm
from bench.loopback import Loopback, serve_loopback
from bench.measure import total_memory
from bench.tocsin_run import TOCSIN

SECONDS = 40.0
"""Seconds for which the monitor runs."""
HOSTILE = 10
LARGE = 32
"""Hostile feeds of 14 MB."""
BUSY = 4
"""Loops that never rest, beside the monitor."""
MB = 2**20
_ITEMS = 70
_WORDS = 17_000
_MARK = b"q"
"""The first letter of each word that never occurred, before which each document has its number."""


def compounds() -> bytes:
    """Return 70 articles of compounds of words that never occurred: 12 MB."""
    return _articles("-".join(_new_words(number)) for number in range(_ITEMS))


def vocabulary() -> bytes:
    """Return 70 articles of words that never occurred."""
    return _articles(" ".join(_new_words(number)) for number in range(_ITEMS))


def _new_words(article: int) -> list[str]:
    return [f"q{article}z{number:x}" for number in range(_WORDS)]


def attributes() -> bytes:
    """Return an element of 15,500 attributes, which feedparser reads in 2 s."""
    return _articles([""]).replace(b"<item>", b"<item %b>" % _attributes(15_500))


def more_attributes() -> bytes:
    """Return an element of 100,000 attributes, which are not even well-formed."""
    return _articles([""]).replace(b"<item>", b"<item %b>" % (b"b='c' " * 100_000))


def elements() -> bytes:
    """Return elements of 900 attributes, for 2 s."""
    return _articles([""]).replace(b"<item>", b"<a %b/>" % _attributes(900) * 250 + b"<item>")


def hanging() -> bytes:
    """Return a document at which the parser of authors hangs."""
    return b"<rss><channel><item><author>" + b"a" * 32_000 + b"</author></item>"


def large() -> bytes:
    """Return an article of 14 MB of text."""
    return _articles(["a word " * 2_000_000])


def _attributes(count: int) -> bytes:
    return b" ".join(b"b%d='c'" % number for number in range(count))


def _articles(texts: Iterator[str] | list[str]) -> bytes:
    items = (
        f"<item><guid>{number}</guid><title>Title {number}</title><description>{text}"
        "</description></item>"
        for number, text in enumerate(texts)
    )
    return f"<rss version='2.0'><channel>{''.join(items)}</channel></rss>".encode()


def neighbours(folder: Path) -> Iterator[Harm]:
    """Attack with each kind of document, then with the worst ones beside busy loops."""
    kinds = (compounds, vocabulary, attributes, more_attributes, elements, hanging)
    attacks = [(document, HOSTILE, 0) for document in kinds]
    attacks += [(large, LARGE, 0), *((document, HOSTILE, BUSY) for document in kinds)]
    for number, (document, feeds, loops) in enumerate(attacks):
        place = folder / str(number)
        place.mkdir()
        yield from beside(place, document, feeds, loops)


def beside(
    folder: Path, document: Callable[[], bytes], feeds: int, loops: int = 0
) -> Iterator[Harm]:
    """Run a monitor of hostile feeds and a healthy one, beside busy loops."""
    hostile, asked = document(), list[float]()
    marks = map("".join, product(ascii_lowercase.replace("q", ""), repeat=2))

    def answer(path: str) -> tuple[str, bytes]:
        if path != "/well":
            mark = next(marks).encode()
            return f'"{mark.decode()}"', hostile.replace(_MARK, mark + _MARK) + b"<!--%b-->" % mark
        asked.append(now := time.monotonic())
        return f'"{now}"', _articles(["Something happened."]).replace(b"0", f"{now}".encode(), 1)

    with ExitStack() as stack:
        for _ in range(loops):
            loop = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            stack.callback(loop.kill)
        loopback = stack.enter_context(serve_loopback(Loopback(answer)))
        address = f"http://127.0.0.1:{loopback.port}"
        names = ["well", *(f"h{number}" for number in range(feeds))]
        settings = {
            "network": {"allow": ["127.0.0.0/8"]},
            "feeds": [{"url": f"{address}/{name}", "name": name, "every": "1s"} for name in names],
            "watchlists": ["Alibaba"],
        }
        (folder / "feeds.yaml").write_text(json.dumps(settings), encoding="utf-8")
        command = [TOCSIN, "-c", str(folder / "feeds.yaml"), "-q", "run"]
        log = stack.enter_context((folder / "log").open("w"))
        monitor = subprocess.Popen(command, stderr=subprocess.STDOUT, stdout=log)
        stack.callback(monitor.kill)
        end, peak = time.monotonic() + SECONDS, 0
        while time.monotonic() < end:
            time.sleep(0.25)
            peak = max(peak, total_memory(monitor.pid))
        begin = time.monotonic()
        monitor.terminate()
        with suppress(subprocess.TimeoutExpired):
            monitor.wait(60)
        ended = time.monotonic() - begin
    late = max((b - a for a, b in pairwise([*asked, end])), default=SECONDS) - 1
    name = f"{feeds} of {document.__name__}" + f" beside {loops} loops" * bool(loops)
    yield Harm(f"{name}: late", late, peak / MB, f"{len(asked)} polls; {_quarantined(folder)}")
    yield Harm(f"{name}: end", ended, peak / MB)


def _quarantined(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "var" / "newsroom.db")) as sql:
        rows = sql.execute("SELECT breach, reason, count(*) FROM feeds GROUP BY 1, 2").fetchall()
    return "; ".join(f"{breach or reason or 'ok'} x{count}" for breach, reason, count in rows)
