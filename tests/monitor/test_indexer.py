"""The indexer: what comes into the outbox gets into the archive, whatever happens to either."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from index.article import Article
from index.errors import ArchiveDamaged
from index.query import parse
from index.searcher import Archive
from index.writer import open_or_create
from monitor import indexer
from monitor.indexer_process import IndexerProcess
from monitor.model import Arrival, Feed, FeedState, Outcome, Poll, Refresh
from monitor.store.connection import INDEX
from monitor.store.sqlite import SqliteStore

PATIENCE = 20.0


def article(id: int, title: str = "Un port belge") -> Article:
    return Article(id=id, feeds=(1,), url="", title=title, summary="", lang="fr", seen=float(id))


def ids(folder: Path, text: str = "port") -> list[int]:
    try:
        return sorted(hit.id for hit in Archive(folder).search(parse(text), limit=0).hits)
    except ArchiveDamaged:
        return []


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.01)


@dataclass
class Shelf:
    """A store in memory, as far as the indexer looks at one."""

    articles: dict[int, Article] = field(default_factory=dict)
    outbox: dict[int, int] = field(default_factory=dict)
    tickets: int = 0
    trouble: list[OSError] = field(default_factory=list)

    def put(self, *articles: Article) -> None:
        for one in articles:
            self.tickets += 1
            self.articles[one.id] = one
            self.outbox[self.tickets] = one.id

    def unindexed(self, limit: int, after: int = 0) -> list[tuple[int, Article]]:
        if self.trouble:
            raise self.trouble.pop()
        waiting = sorted(ticket for ticket in [*self.outbox] if ticket > after)
        return [(ticket, self.articles[self.outbox[ticket]]) for ticket in waiting[:limit]]

    def mark_indexed(self, upto: int) -> None:
        self.outbox = {ticket: id for ticket, id in self.outbox.items() if ticket > upto}

    def outbox_size(self) -> int:
        return len(self.outbox)

    def articles_after(self, id: int, limit: int) -> list[Article]:
        return [self.articles[one] for one in sorted(self.articles) if one > id][:limit]

    def article_count(self) -> int:
        return len(self.articles)


@contextmanager
def indexing(
    shelf: Shelf, folder: Path, progress: indexer.Progress = lambda *_: None
) -> Iterator[Callable[[], None]]:
    """Run the indexer in a thread; yields what wakes it."""
    reading, writing = multiprocessing.Pipe(duplex=False)
    thread = threading.Thread(target=indexer.run, args=(shelf, folder, reading, progress))
    thread.start()
    try:
        yield lambda: writing.send_bytes(b".")
    finally:
        writing.close()
        thread.join(PATIENCE)
        reading.close()
        assert not thread.is_alive()


def test_what_waits_is_indexed_and_what_comes_later_too(tmp_path: Path) -> None:
    shelf = Shelf()
    shelf.put(*map(article, range(1, 50)))
    with indexing(shelf, tmp_path / "index") as wake:
        wait_for(lambda: not shelf.outbox)
        shelf.put(article(50), article(3, "Un quai"))
        wake()
        wait_for(lambda: not shelf.outbox)
    assert ids(tmp_path / "index") == [id for id in range(1, 51) if id != 3]
    assert ids(tmp_path / "index", "quai") == [3]


def test_only_what_a_search_finds_leaves_the_outbox(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    found: list[list[int]] = []

    class Watchful(Shelf):
        def mark_indexed(self, upto: int) -> None:
            found.append(ids(folder, "quai"))
            super().mark_indexed(upto)

    shelf = Watchful()
    with indexing(shelf, folder) as wake:
        for id in (1, 2, 1):
            shelf.put(article(id), article(id, "Un quai"))
            wake()
            wait_for(lambda: not shelf.outbox)
    assert found == [[1], [1, 2], [1, 2]]


def test_it_ends_with_its_pipe_after_the_batch_at_hand(tmp_path: Path) -> None:
    shelf = Shelf()
    shelf.put(*map(article, range(1, 2 * indexer.BATCH)))
    with indexing(shelf, tmp_path / "index"):
        wait_for(lambda: len(shelf.outbox) < 2 * indexer.BATCH - 1)
    left = len(shelf.outbox)
    assert len(ids(tmp_path / "index")) == 2 * indexer.BATCH - 1 - left


def test_trouble_with_the_disk_is_waited_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "REST", 0.01)
    shelf = Shelf(trouble=[OSError(28, "No space left on device")] * 3)
    shelf.put(article(1))
    with indexing(shelf, tmp_path / "index"):
        wait_for(lambda: not shelf.outbox)
    assert ids(tmp_path / "index") == [1]


def _empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def _lose_documents(folder: Path) -> None:
    shutil.rmtree(folder)
    open_or_create(folder).add([article(1), article(7)])


def _know_more(folder: Path) -> None:
    open_or_create(folder).add([article(99)])


def _flip(folder: Path) -> None:
    path = next(folder.glob("*.lists"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "nothing": lambda folder: None,
    "folder missing": shutil.rmtree,
    "folder empty": _empty,
    "a bit flipped": _flip,
    "a file missing": lambda folder: next(folder.glob("*.columns")).unlink(),
    "another version": lambda folder: next(folder.glob("*.toc")).rename(folder / "_tocsin0_1.toc"),
    "articles missing in the middle": _lose_documents,
    "an article too many": _know_more,
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_archive_is_built_again(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "index"
    shelf = Shelf()
    shelf.put(*map(article, range(1, 9)))
    with indexing(shelf, folder):
        wait_for(lambda: not shelf.outbox)
    DAMAGES[kind](folder)
    told: list[tuple[int, int]] = []
    with indexing(shelf, folder, lambda done, total: told.append((done, total))):
        wait_for(lambda: told[-1:] == ([] if kind == "nothing" else [(8, 8)]))
    assert ids(folder) == list(range(1, 9))


def test_a_rebuild_that_was_cut_short_goes_on(tmp_path: Path) -> None:
    shelf = Shelf({id: article(id) for id in range(1, 9)})
    open_or_create(tmp_path / "index").add(map(article, range(1, 6)))
    told: list[tuple[int, int]] = []
    with indexing(shelf, tmp_path / "index", lambda done, total: told.append((done, total))):
        wait_for(lambda: told == [(8, 8)])
    assert ids(tmp_path / "index") == list(range(1, 9))
    assert not (tmp_path / "index.old").exists()


def test_a_store_that_miscounts_is_no_reason_to_build_for_ever(tmp_path: Path) -> None:
    class Miscounting(Shelf):
        def article_count(self) -> int:
            return len(self.articles) + 3

    shelf = Miscounting({id: article(id) for id in range(1, 9)})
    with indexing(shelf, tmp_path / "index") as wake:
        wait_for(lambda: ids(tmp_path / "index") == list(range(1, 9)))
        shelf.put(article(9))
        wake()
        wait_for(lambda: not shelf.outbox)
    assert ids(tmp_path / "index") == list(range(1, 10))


def test_reindex_replaces_the_archive_under_a_reader(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    open_or_create(folder).add(map(article, range(1, 4)))
    archive = Archive(folder)
    before = archive.search(parse("port")).total
    shelf = Shelf({id: article(id) for id in range(1, 9)})
    told: list[tuple[int, int]] = []
    assert indexer.reindex(shelf, folder, lambda done, total: told.append((done, total))) == 8
    assert (before, archive.search(parse("port")).total, told) == (3, 8, [(8, 8)])


# --- the process, on a real store ------------------------------------------------------


def publish(store: SqliteStore, feed: Feed, number: int) -> None:
    """Put some articles into a store."""
    with store.batch() as batch:
        arrivals = []
        for _ in range(number):
            id = batch.next_article()
            arrivals.append(
                Arrival(
                    article=Article(
                        id=id,
                        feeds=(feed.number,),
                        url=f"https://x.example/{id}",
                        title=f"Un port {id}",
                        summary="",
                        seen=float(id),
                        story=id,
                    ),
                    new=True,
                    guid=str(id),
                    fingerprint=str(id).encode(),
                    canonical="",
                )
            )
        poll = Poll(at=0.0, outcome=Outcome.READ, new=number)
        batch.save(Refresh(feed=feed, state=FeedState(), poll=poll, arrivals=tuple(arrivals)))


def test_killed_at_any_moment_it_loses_nothing(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    (feed,) = store.subscribe([Feed(url="https://x.example/feed", name="X")], [])
    process = IndexerProcess(tmp_path)
    for round in range(6):
        publish(store, feed, 300)
        process.start()
        process.wake()
        child = process._process
        assert child is not None
        assert child.pid is not None
        wait_for(lambda: any((tmp_path / INDEX).glob("*.toc")))
        time.sleep(0.05 * round)
        os.kill(child.pid, signal.SIGKILL)
        child.join(PATIENCE)
        if done := process.indexed():
            store.mark_indexed(done)
    process.start()
    process.wake()
    wait_for(lambda: len(ids(tmp_path / INDEX)) == 1800)
    if done := process.stop():
        store.mark_indexed(done)
    assert store.outbox_size() == 0
    assert ids(tmp_path / INDEX) == list(range(1, 1801))
    assert not (tmp_path / f"{INDEX}.old").exists()  # completed, not built again
    store.close()
