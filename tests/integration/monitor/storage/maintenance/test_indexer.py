"""The indexer: what comes into the outbox gets into the archive, whatever happens to either."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import shutil
import signal
import threading
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace
from support.alert_storage import save_poll
from support.newsroom import PATIENCE, until

from index.archive import open_archive, open_archive_writer
from index.engine.columns import NAME, VERSION
from index.engine.segment_writer import merge
from index.engine.table_of_contents import newest_table, write_table
from index.errors import ArchiveDamaged, ArchiveError
from index.query.parser import parse_query
from monitor.base.article import Article
from monitor.model.config import ARCHIVE_FOLDER, OutboxEntry, OutboxState, StoreAddress
from monitor.model.feed import Feed, FeedState, Outcome, Poll
from monitor.model.poll import NO_ENTRY, ArticleChange, PollOutcome
from monitor.storage.maintenance import index_notes, indexer
from monitor.storage.maintenance.indexer import Progress
from monitor.storage.maintenance.indexer_process import IndexerProcess
from monitor.storage.store.sql.store import Store

pytestmark = pytest.mark.costly


def article(id: int, title: str = "Un port belge") -> Article:
    return Article(id=id, feeds=(1,), url="", title=title, summary="", lang="fr", seen=float(id))


def ids(folder: Path, text: str = "port") -> list[int]:
    try:
        return sorted(
            hit.id for hit in open_archive(folder).search(parse_query(text), limit=0).hits
        )
    except ArchiveDamaged:
        return []


@dataclass
class Shelf:
    """A store in memory, as far as the indexer looks at one."""

    shelved: dict[int, Article] = field(default_factory=dict)
    queued: dict[int, int] = field(default_factory=dict)
    tickets: int = 0
    trouble: list[OSError] = field(default_factory=list)
    address: StoreAddress = field(default_factory=StoreAddress)

    def put(self, *articles: Article) -> None:
        for item in articles:
            self.tickets += 1
            self.shelved[item.id] = item
            self.queued[self.tickets] = item.id

    def drop(self, *ids: int) -> None:
        for id in ids:
            self.tickets += 1
            del self.shelved[id]
            self.queued[self.tickets] = id

    def unindexed(self, limit: int, after: int = 0, chars: float = 0) -> list[OutboxEntry]:
        if self.trouble:
            raise self.trouble.pop()
        waiting = sorted(ticket for ticket in [*self.queued] if ticket > after)
        entries = ((ticket, self.queued[ticket]) for ticket in waiting[:limit])
        return [OutboxEntry(ticket, id, self.shelved.get(id)) for ticket, id in entries]

    def mark_indexed(self, upto: int) -> None:
        self.queued = {ticket: id for ticket, id in self.queued.items() if ticket > upto}

    def outbox(self) -> OutboxState:
        return OutboxState(array("Q", self.queued.values()), max(self.queued, default=0))

    def unsearchable(self) -> list[int]:
        return []

    def set_aside(self, article: int, reason: str) -> None:
        raise AssertionError(f"article {article}: {reason}")

    def article_ids(self) -> array[int]:
        return array("Q", self.shelved)

    @property
    def articles(self) -> Shelf:
        return self

    def get(self, ids: Sequence[int]) -> list[Article]:
        return [self.shelved[id] for id in ids if id in self.shelved]


@contextmanager
def indexing(
    shelf: Shelf,
    folder: Path,
    progress: Progress = lambda *_: None,
    on_repaired: Callable[[], None] = lambda: None,
) -> Iterator[Callable[[], None]]:
    """Run the indexer in a thread; yields the connection that wakes it."""
    reading, writing = multiprocessing.Pipe(duplex=False)
    shelf.address = StoreAddress(folder.parent)
    thread = threading.Thread(target=indexer.run, args=(shelf, reading, progress, on_repaired))
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
        until(lambda: not shelf.queued)
        shelf.put(article(50), article(3, "Un quai"))
        wake()
        until(lambda: not shelf.queued)
    assert ids(tmp_path / "index") == [id for id in range(1, 51) if id != 3]
    assert ids(tmp_path / "index", "quai") == [3]


def test_only_what_a_search_finds_leaves_the_outbox(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    ids_found: list[list[int]] = []

    class Watchful(Shelf):
        def mark_indexed(self, upto: int) -> None:
            ids_found.append(ids(folder, "quai"))
            super().mark_indexed(upto)

    shelf = Watchful()
    with indexing(shelf, folder) as wake:
        for id in (1, 2, 1):
            shelf.put(article(id), article(id, "Un quai"))
            wake()
            until(lambda: not shelf.queued)
    assert ids_found == [[1], [1, 2], [1, 2]]


def test_while_many_are_stored_it_waits_for_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "BULK_LINGER", 5.0)
    commits: list[int] = []

    class Counting(Shelf):
        def mark_indexed(self, upto: int) -> None:
            commits.append(sum(ticket <= upto for ticket in self.queued))
            super().mark_indexed(upto)

    shelf = Counting()
    shelf.put(*map(article, range(1, 301)))
    with indexing(shelf, tmp_path / "index") as wake:
        until(lambda: commits == [300])
        for first in (301, 401):
            shelf.put(*map(article, range(first, first + 100)))
            wake()
            time.sleep(0.5)
        until(lambda: not shelf.queued)
        shelf.put(article(501))
        wake()
        until(lambda: not shelf.queued)
    assert commits == [300, 200, 1]


def test_it_ends_with_its_pipe_after_the_batch_at_hand(tmp_path: Path) -> None:
    shelf = Shelf()
    shelf.put(*map(article, range(1, 2 * indexer.BATCH)))
    with indexing(shelf, tmp_path / "index"):
        until(lambda: len(shelf.queued) < 2 * indexer.BATCH - 1)
    remaining = len(shelf.queued)
    assert len(ids(tmp_path / "index")) == 2 * indexer.BATCH - 1 - remaining


def test_trouble_with_the_disk_is_waited_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "RETRY_SECONDS", 0.01)
    shelf = Shelf(trouble=[OSError(28, "No space left on device")] * 3)
    shelf.put(article(1))
    with indexing(shelf, tmp_path / "index"):
        until(lambda: not shelf.queued)
    assert ids(tmp_path / "index") == [1]


def test_it_says_when_trouble_is_over_though_nothing_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "RETRY_SECONDS", 0.01)
    times: list[int] = []
    shelf = Shelf()
    with indexing(shelf, tmp_path / "index", on_repaired=lambda: times.append(1)) as wake:
        until(lambda: len(times) == 1)
        shelf.trouble.append(OSError(5, "Input/output error"))
        wake()
        until(lambda: len(times) == 2)


def _empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def _lose_documents(folder: Path) -> None:
    shutil.rmtree(folder)
    open_archive_writer(folder).add([article(1), article(7)])


def _know_more(folder: Path) -> None:
    open_archive_writer(folder).add([article(99)])


def _know_twice(folder: Path) -> None:
    other = folder.with_name("other")
    open_archive_writer(other).add([article(3), article(4)])
    table = newest_table(folder)
    copies = [merge(newest_table(other).entries(), other, folder)]
    write_table(folder, table.generation + 1, [*table.entries(), *copies])
    table.path.unlink()
    shutil.rmtree(other)


def _flip(folder: Path, kind: str = "*.lists", bits: int = 1) -> None:
    path = next(folder.glob(kind))
    content = bytearray(path.read_bytes())
    for place in range(bits):
        content[(place + 1) * len(content) // (bits + 1)] ^= 1 << place % 8
    path.write_bytes(content)


def _truncate(folder: Path, kind: str = "*.columns") -> None:
    path = next(folder.glob(kind))
    os.truncate(path, path.stat().st_size // 2)


def _replace_table(folder: Path) -> None:
    next(folder.glob("*.toc")).write_bytes(pickle.dumps({"not": "a table"}))


def _make_earlier(folder: Path) -> None:
    """Give the files the names that those of the version before had."""
    for path in list(folder.iterdir()):
        path.rename(folder / path.name.replace(NAME, f"tocsin{VERSION - 1}"))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "nothing": lambda folder: None,
    "folder missing": shutil.rmtree,
    "folder empty": _empty,
    "a bit flipped": _flip,
    "200 bytes flipped": lambda folder: _flip(folder, bits=200),
    "numbers flipped": lambda folder: _flip(folder, "*.columns", bits=20),
    "lists missing": lambda folder: next(folder.glob("*.lists")).unlink(),
    "columns missing": lambda folder: next(folder.glob("*.columns")).unlink(),
    "lists truncated": lambda folder: _truncate(folder, "*.lists"),
    "columns truncated": _truncate,
    "a file emptied": lambda folder: os.truncate(next(folder.glob("*.lists")), 0),
    "the table truncated": lambda folder: _truncate(folder, "*.toc"),
    "a foreign table": _replace_table,
    "the version before": _make_earlier,
    "articles missing in the middle": _lose_documents,
    "an article too many": _know_more,
    "articles twice": _know_twice,
}
WHOLE = list(range(1, 31))


def _filled(folder: Path) -> Shelf:
    """Return a shelf of thirty articles whose archive has three segments."""
    shelf = Shelf()
    shelf.put(*map(article, WHOLE))
    shelf.queued.clear()
    writer = open_archive_writer(folder)
    for first in (1, 11, 21):
        writer.add(map(article, range(first, first + 10)))
    return shelf


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_archive_is_mended_when_the_indexer_starts(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "index"
    shelf = _filled(folder)
    DAMAGES[kind](folder)
    with indexing(shelf, folder):
        until(lambda: _holds(folder, WHOLE))
    assert list(tmp_path.iterdir()) == [folder]


def test_an_upgrade_builds_the_index_again_and_leaves_no_file_of_the_version_before(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "index"
    shelf = _filled(folder)
    _make_earlier(folder)
    with pytest.raises(ArchiveDamaged, match="no index of this version"):
        open_archive(folder)
    with indexing(shelf, folder):
        until(lambda: _holds(folder, WHOLE))
        shelf.put(article(31))
        until(lambda: ids(folder) == [*WHOLE, 31])
    assert "no index of this version; rebuilding it from the store" in caplog.text
    assert all(NAME in path.name for path in folder.iterdir())
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("kind", [kind for kind in DAMAGES if kind != "nothing"])
def test_an_archive_that_is_damaged_under_the_indexer_is_mended(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(indexer, "RETRY_SECONDS", 0.02)
    folder = tmp_path / "index"
    shelf = _filled(folder)
    with indexing(shelf, folder):
        time.sleep(0.05)
        DAMAGES[kind](folder)
        index_notes.mark_suspect(tmp_path)  # flipped bits are found by searches
        until(lambda: _holds(folder, WHOLE))
        shelf.put(article(31))
        until(lambda: ids(folder) == [*WHOLE, 31])
    open_archive_writer(folder).verify()


def _holds(folder: Path, expected: list[int]) -> bool:
    """Tell whether an archive is sound and holds these articles."""
    try:
        open_archive(folder).close()  # a writer would create an archive beside the indexer
        writer = open_archive_writer(folder)
        writer.verify()
        return sorted(writer.all_ids()) == expected
    except (ArchiveError, OSError):
        return False


def test_what_is_left_stays_and_only_the_rest_is_added(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    shelf = _filled(folder)
    _truncate(folder, "*.lists")
    progress: list[tuple[int, int]] = []
    with indexing(shelf, folder, lambda done, total: progress.append((done, total))):
        until(lambda: progress[-1:] == [(30, 30)])
    assert progress == [(20, 30), (30, 30)]


def test_an_archive_that_lacks_no_more_than_waits_is_mended_too(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    shelf = _filled(folder)
    open_archive_writer(folder).remove([4, 5])
    shelf.put(article(31), article(32), article(33))
    with indexing(shelf, folder):
        until(lambda: ids(folder) == [*WHOLE, 31, 32, 33])


def test_the_newest_are_there_first_and_what_comes_meanwhile_does_not_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "STEP", 10)
    shelf = Shelf({id: article(id) for id in range(1, 101)})
    snapshots: list[list[int]] = []

    def told(done: int, _: int) -> None:
        if done == 50:
            shelf.put(article(101))
        snapshots.append(ids(tmp_path / "index"))

    with indexing(shelf, tmp_path / "index", told):
        until(lambda: len(snapshots) == 11)
    assert snapshots[3] == list(range(71, 101))
    assert snapshots[6] == list(range(41, 102))
    assert ids(tmp_path / "index") == list(range(1, 102))


def test_what_the_store_dropped_leaves_the_archive(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    shelf = _filled(folder)
    with indexing(shelf, folder) as wake:
        shelf.put(article(3, "Un port, un quai"))
        shelf.drop(3, 30)
        wake()
        until(lambda: not shelf.queued)
    assert ids(folder) == [id for id in WHOLE if id not in (3, 30)]


@given(
    st.lists(st.integers(1, 40), max_size=30),
    st.sets(st.integers(1, 30)),
    st.sets(st.integers(1, 40)),
)
def test_the_difference_of_an_archive_and_a_store(
    indexed: list[int], stored: set[int], waiting: set[int]
) -> None:
    missing, surplus = indexer.difference(indexed, stored, waiting)
    assert list(missing) == sorted(set(missing), reverse=True)
    assert not waiting & {*missing, *surplus}
    indexed_ids = [id for id in indexed if id not in surplus] + list(missing)
    assert sorted(id for id in indexed_ids if id not in waiting) == sorted(stored - waiting)
    assert not set(missing) & (set(indexed) - set(surplus))


def test_reindex_replaces_the_archive_under_a_reader(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    open_archive_writer(folder).add(map(article, range(1, 4)))
    archive = open_archive(folder)
    before = archive.search(parse_query("port")).total
    shelf = Shelf({id: article(id) for id in range(1, 8)}, address=StoreAddress(tmp_path))
    shelf.put(article(8))
    steps: list[tuple[int, int]] = []
    assert indexer.reindex(shelf, lambda done, total: steps.append((done, total))) == 8
    assert (before, archive.search(parse_query("port")).total, steps) == (3, 8, [(0, 8), (8, 8)])
    assert not shelf.queued
    assert list(tmp_path.iterdir()) == [folder]


# --- the process, on a real store ------------------------------------------------------


def publish(store: Store, feed: Feed, number: int) -> None:
    """Put some articles into a store."""
    with store.batch() as batch:
        arrivals = []
        for _ in range(number):
            id = batch.next_article()
            arrivals.append(
                ArticleChange(
                    article=Article(
                        id=id,
                        feeds=(feed.number,),
                        url=f"https://x.example/{id}",
                        title=f"Un port {id}",
                        summary="",
                        seen=float(id),
                        story=id,
                    ),
                    entry=replace(NO_ENTRY, key=str(id), fingerprint=str(id).encode()),
                    new=True,
                )
            )
        poll = Poll(at=0.0, outcome=Outcome.READ, new=number)
        save_poll(
            batch, PollOutcome(feed=feed, state=FeedState(), poll=poll, changes=tuple(arrivals))
        )


def test_killed_at_any_moment_it_loses_nothing(tmp_path: Path) -> None:
    store = Store(StoreAddress(tmp_path))
    (feed,) = store.subscribe([Feed(url="https://x.example/feed", name="X")], [])
    process = IndexerProcess(StoreAddress(tmp_path), time.time)
    for round in range(6):
        publish(store, feed, 300)
        process.start()
        process.wake()
        child = process._process
        assert child is not None
        assert child.pid is not None
        until(lambda: any((tmp_path / ARCHIVE_FOLDER).glob("*.toc")))
        time.sleep(0.05 * round)
        os.kill(child.pid, signal.SIGKILL)
        child.join(PATIENCE)
        if done := process.indexed():
            store.mark_indexed(done)
    process.start()
    process.wake()
    until(lambda: len(ids(tmp_path / ARCHIVE_FOLDER)) == 1800)
    if done := process.stop():
        store.mark_indexed(done, process.indexed_at)
    assert 0 <= time.time() - process.indexed_at < 3600
    assert not store.outbox().articles
    assert ids(tmp_path / ARCHIVE_FOLDER) == list(range(1, 1801))
    assert not (tmp_path / f"{ARCHIVE_FOLDER}.old").exists()  # completed, not built again
    store.close()
