"""Reading the archive while another process writes it."""

from __future__ import annotations

import multiprocessing
import threading
from pathlib import Path

import pytest

from index.archive import Archive, open_archive, open_archive_writer
from index.query.parser import parse_query
from monitor.base.article import Article


def article(id: int, title: str = "Un port belge") -> Article:
    return Article(id=id, feeds=(1,), url="", title=title, summary="", lang="fr", seen=float(id))


def ids(archive: Archive, text: str = "port") -> list[int]:
    return [hit.id for hit in archive.search(parse_query(text), limit=0).hits]


def _write(folder: Path, rounds: int) -> None:
    writer = open_archive_writer(folder)
    for number in range(rounds):
        first = 1 + 5 * (number // 2)  # every batch is written twice: replaced by itself
        writer.add(article(id) for id in range(first, first + 5))


@pytest.mark.costly
def test_searches_during_commits_and_merges_are_whole(tmp_path: Path) -> None:
    """Each reader sees a committed state: no gap, no duplicate, never fewer than before."""
    open_archive_writer(tmp_path)
    archive = open_archive(tmp_path, partial=True)
    process = multiprocessing.get_context("spawn").Process(target=_write, args=(tmp_path, 48))
    process.start()
    sizes = [0]
    failures: list[BaseException] = []

    def look() -> None:
        try:
            while process.is_alive():
                found_ids = ids(archive)
                assert found_ids == list(range(len(found_ids), 0, -1))
                assert len(found_ids) % 5 == 0
                assert len(ids(open_archive(tmp_path, partial=True))) >= len(found_ids)
                sizes.append(len(found_ids))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    process.join()
    assert failures == []
    assert process.exitcode == 0
    assert len(set(sizes)) > 5  # it read during the writes
    assert (len(ids(archive)), archive.damage) == (120, ())
