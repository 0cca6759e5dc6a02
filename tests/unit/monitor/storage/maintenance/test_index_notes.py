"""Tests of the notes of searches and the status while the index is damaged or rebuilt."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace
from support import flow
from support.alert_storage import save_poll

from index.archive import open_archive_writer
from index.errors import ArchiveError
from monitor.base.article import Article
from monitor.model.config import ARCHIVE_FOLDER, StoreAddress
from monitor.model.feed import Feed, FeedState, Outcome, Poll
from monitor.model.poll import NO_ENTRY, ArticleChange, PollOutcome
from monitor.presentation.service.service import Service
from monitor.runtime.viewing import open_service
from monitor.storage.maintenance import index_notes, indexer
from monitor.storage.store.sql.store import Store

TOTAL = 30


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A newsroom of thirty articles, searchable, in three segments."""
    with closing(Store(StoreAddress(tmp_path))) as store:
        (feed,) = store.subscribe([Feed(url="https://a.test/rss", name="A")], [])
        with store.batch() as batch:
            arrivals = [_arrival(batch.next_article(), feed) for _ in range(TOTAL)]
            poll = Poll(at=0.0, outcome=Outcome.READ, new=TOTAL)
            save_poll(
                batch,
                PollOutcome(feed=feed, state=FeedState(), poll=poll, changes=tuple(arrivals)),
            )
        writer = open_archive_writer(tmp_path / ARCHIVE_FOLDER)
        for first in range(0, TOTAL, 10):
            writer.add([arrival.article for arrival in arrivals[first : first + 10]])
        store.mark_indexed(TOTAL)
    return tmp_path


def _arrival(id: int, feed: Feed) -> ArticleChange:
    article = Article(
        id=id,
        feeds=(feed.number,),
        url="",
        title=f"Un port {id}",
        summary="",
        seen=float(id),
        story=id,
    )
    return ArticleChange(article=article, entry=replace(NO_ENTRY, key=str(id)), new=True)


@pytest.fixture
def service(data: Path) -> Iterator[Service]:
    yield open_service(data)


def search_result(service: Service) -> tuple[int, str]:
    results = service.archive.search("port", limit=0)
    return len(results.hits), results.note


def _cut(index: Path) -> None:
    path = next(index.glob("*.lists"))
    os.truncate(path, path.stat().st_size // 2)


def _flip(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:20] + bytes([content[20] ^ 1]) + content[21:])


PARTIAL: dict[str, Callable[[Path], object]] = {
    "lists missing": lambda index: next(index.glob("*.lists")).unlink(),
    "columns missing": lambda index: next(index.glob("*.columns")).unlink(),
    "lists cut": _cut,
    "a bit of the lists flipped": lambda index: _flip(next(index.glob("*.lists"))),
    "a bit of the numbers flipped": lambda index: _flip(next(index.glob("*.columns"))),
    "lists emptied": lambda index: os.truncate(next(index.glob("*.lists")), 0),
}


@pytest.mark.parametrize("kind", PARTIAL)
def test_what_is_left_is_searched_and_the_rest_is_named(data: Path, kind: str) -> None:
    PARTIAL[kind](data / ARCHIVE_FOLDER)
    service = open_service(data)
    count, note = search_result(service)
    assert count == 20
    assert "the index is damaged, 20 of 30 articles can be searched" in note
    assert "tocsin reindex" in note
    statistics = service.statistics
    assert statistics.facets("port").note == statistics.trend(["port"]).note == note
    assert index_notes.is_suspect(data)  # the indexer learns of the damage
    with closing(Store(StoreAddress(data))) as store:
        indexer.catch_up(store)
    assert search_result(service) == (TOTAL, "")  # in the same viewer, which stayed open


TOTAL_DAMAGES: dict[str, Callable[[Path], object]] = {
    "missing": shutil.rmtree,
    "a foreign table": lambda index: next(index.glob("*.toc")).write_bytes(b"cos\nsystem\n"),
    "another version": lambda index: next(index.glob("*.toc")).rename(index / "_tocsin0_3.toc"),
}


@pytest.mark.parametrize("kind", TOTAL_DAMAGES)
def test_where_nothing_is_left_the_way_out_is_named(
    data: Path, service: Service, kind: str
) -> None:
    TOTAL_DAMAGES[kind](data / ARCHIVE_FOLDER)
    with pytest.raises(ArchiveError, match="tocsin reindex"):
        search_result(service)
    assert index_notes.is_suspect(data)
    with closing(Store(StoreAddress(data))) as store:
        indexer.catch_up(store)
    assert search_result(service) == (TOTAL, "")


def test_searches_go_on_while_it_is_built_again(data: Path, service: Service) -> None:
    shutil.rmtree(data / ARCHIVE_FOLDER)
    observed: list[tuple[int, str, int, float | None]] = []

    def report(done_count: int, total: int) -> None:
        index_notes.write_progress(data, done_count, total)
        if done_count:
            status = service.health.status()
            observed.append((*search_result(service), status.indexed, status.rebuilt))

    with pytest.MonkeyPatch.context() as monkeypatch, closing(Store(StoreAddress(data))) as store:
        monkeypatch.setattr("monitor.storage.maintenance.indexer.STEP", 12)
        indexer.catch_up(store, report)
    words = "the index is being rebuilt, {} done: the rest is not found yet"
    assert observed == [
        (12, words.format("40%"), 12, 0.4),
        (24, words.format("80%"), 24, 0.8),
        (30, "", 30, None),
    ]


def test_the_progress_of_one_that_died_is_not_believed(tmp_path: Path) -> None:
    assert index_notes.read_progress(tmp_path, flow.START) is None
    index_notes.write_progress(tmp_path, 3, 12)
    path = tmp_path / index_notes.PROGRESS
    written_at = path.stat().st_mtime
    assert index_notes.read_progress(tmp_path, written_at + 1) == 0.25
    assert index_notes.read_progress(tmp_path, written_at + index_notes.STALE_SECONDS + 1) is None
    for content in ("", "[1]", "[1, 0]", '"a"', "{}"):
        path.write_text(content, encoding="utf-8")
        assert index_notes.read_progress(tmp_path, written_at + 1) is None, content
    index_notes.write_progress(tmp_path, 12, 12)
    assert not path.exists()
    index_notes.write_progress(tmp_path / "gone", 1, 2)  # no folder, no error
