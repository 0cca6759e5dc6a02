"""An article that takes too long to index: from the indexer's process to the alert."""

from __future__ import annotations

import random
import time
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest
from support.flow import edition, rows
from support.in_process_monitor import InProcessMonitor, press_of

from index.archive import open_archive, open_archive_writer
from index.query.parser import parse_query
from monitor.base.article import Article
from monitor.base.translation import shown
from monitor.model.config import ARCHIVE_FOLDER, StoreAddress
from monitor.storage.maintenance.indexer_process import IndexerProcess

pytestmark = pytest.mark.costly

LEAST = 0.25
"""Seconds of the processor that an indexer may need for its first, short articles."""


def letters(seed: int) -> str:
    """Return 200,000 characters of words of five letters."""
    chance = random.Random(seed)
    return " ".join("".join(chance.choices("abcdefghijkmnopqrst", k=5)) for _ in range(33_000))


def item(id: str, text: str, body: str = "") -> str:
    return (
        f"<item><guid>{id}</guid><title>{id}</title><description>{text}</description>"
        f"<encoded xmlns='http://purl.org/rss/1.0/modules/content/'>{body}</encoded></item>"
    )


def third_of_the_long_article(folder: Path) -> float:
    """Measure and return the processor seconds for a third of the long text."""
    with closing(open_archive_writer(folder)) as archive:
        archive.add([indexed(1, "short", "short")])  # so that all modules are imported
        before = time.thread_time()
        archive.add([indexed(2, letters(1), letters(2))])
        return (time.thread_time() - before) / 3


def indexed(id: int, summary: str, body: str) -> Article:
    return Article(
        id=id, feeds=(1,), url="", title="", summary=summary, body=body, author="", lang="fr",
        published=None, seen=0.0, story=id, outlet="",
    )  # fmt: skip


def test_it_is_set_aside_its_feed_is_quarantined_and_the_others_are_found(tmp_path: Path) -> None:
    slow = item("long", letters(1), letters(2))
    belgian = [item(f"b{number}", f"Un port belge {number}") for number in range(3)]
    press = press_of(a=[edition(*belgian, slow), edition(item("c", "Un port"), *belgian, slow)])
    monitor = InProcessMonitor(tmp_path, press)
    seconds = max(LEAST, third_of_the_long_article(tmp_path / "measured"))
    process = IndexerProcess(StoreAddress(tmp_path), time.time, seconds)
    monitor.indexer = cast(Any, process)

    views = monitor.views

    def is_set_aside() -> bool:
        process.start()  # checks more often than a tick
        return bool(views.set_aside_count())

    async def script(monitor: InProcessMonitor) -> None:
        await monitor.until(is_set_aside)
        await monitor.until(lambda: _found(tmp_path) == 3)
        monitor.now += 3600.0
        press.round = 1
        await monitor.until(lambda: _quarantines(tmp_path))

    monitor.run(script)
    ((title, step, reason),) = rows(
        tmp_path, "SELECT title, step, reason FROM set_aside JOIN articles ON id = article"
    )
    assert (title, step) == ("long", "indexing")
    assert shown(reason) == "indexing it ends the indexer, or takes too long"
    assert _quarantines(tmp_path) == [
        "A: quarantined, and polled rarely: 1 article is not searched:"
        " indexing it ends the indexer, or takes too long"
    ]
    assert process.failures == 0


def _quarantines(folder: Path) -> list[str]:
    titles = [shown(title) for (title,) in rows(folder, "SELECT title FROM alerts")]
    return [title for title in titles if "quaran" in title]


def _found(folder: Path) -> int:
    return open_archive(folder / ARCHIVE_FOLDER).count(parse_query("belge"))
