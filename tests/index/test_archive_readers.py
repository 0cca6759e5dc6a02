"""Reading the archive while it changes, and when it is broken."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from whoosh.index import TOC

from index.article import Article
from index.engine import reader
from index.engine.schema import NAME
from index.engine.searcher import Archive
from index.engine.storage import DurableStorage
from index.engine.writer import open_or_create
from index.errors import ArchiveDamaged
from index.query.parser import parse


def article(id: int, title: str = "Un port belge") -> Article:
    return Article(id=id, feeds=(1,), url="", title=title, summary="", lang="fr", seen=float(id))


def ids(archive: Archive, text: str = "port") -> list[int]:
    return [hit.id for hit in archive.search(parse(text), limit=0).hits]


def test_what_is_committed_is_found_by_the_next_search(tmp_path: Path) -> None:
    writer = open_or_create(tmp_path)
    archive = Archive(tmp_path)
    assert ids(archive) == []
    for id in range(1, 25):
        writer.add([article(id)])
        assert ids(archive) == list(range(id, 0, -1))
    writer.add([article(3, "Un quai")])
    assert 3 not in ids(archive)
    assert archive.count == 24


def _write(folder: Path, rounds: int) -> None:
    writer = open_or_create(folder)
    for number in range(rounds):
        first = 1 + 5 * (number // 2)  # every batch is written twice: replaced by itself
        writer.add(article(id) for id in range(first, first + 5))


def test_searches_during_commits_and_merges_are_whole(tmp_path: Path) -> None:
    """Each sees a state that was committed: no gap, nothing twice, never less than before."""
    open_or_create(tmp_path)
    archive = Archive(tmp_path, partial=True)
    process = multiprocessing.get_context("spawn").Process(target=_write, args=(tmp_path, 120))
    process.start()
    sizes = [0]
    failures: list[BaseException] = []

    def look() -> None:
        try:
            while process.is_alive():
                found = ids(archive)
                assert found == list(range(len(found), 0, -1))
                assert len(found) % 5 == 0
                assert len(ids(Archive(tmp_path, partial=True))) >= len(found)
                sizes.append(len(found))
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
    assert len(set(sizes)) > 5  # it did look while it was written
    assert (len(ids(archive)), archive.lost) == (300, ())


def test_a_merge_between_table_and_files_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = open_or_create(tmp_path)
    for id in range(1, 4):
        writer.add([article(id)])
    earlier = [TOC.read(DurableStorage(str(tmp_path)), NAME)]
    writer.compact()

    class Late(TOC):  # type: ignore[misc]
        """The table as it was an instant ago, once."""

        @classmethod
        def read(cls, storage: object, name: str) -> object:
            return earlier.pop() if earlier else TOC.read(storage, name)

    monkeypatch.setattr(reader, "TOC", Late)
    archive = Archive(tmp_path, partial=True)
    assert (sorted(ids(archive)), archive.lost) == ([1, 2, 3], ())


def test_a_search_at_work_outlives_the_files_it_reads(tmp_path: Path) -> None:
    writer = open_or_create(tmp_path)
    writer.add(article(id) for id in range(1, 10))
    archive = Archive(tmp_path)
    assert len(ids(archive)) == 9
    shutil.rmtree(tmp_path)
    with pytest.raises(ArchiveDamaged):
        ids(archive)


def _first(folder: Path, pattern: str) -> Path:
    return next(folder.glob(pattern))


def _shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


DAMAGES: dict[str, Callable[[Path], object]] = {
    "no folder": shutil.rmtree,
    "lists missing": lambda folder: _first(folder, "*.lists").unlink(),
    "columns missing": lambda folder: _first(folder, "*.columns").unlink(),
    "table missing": lambda folder: _first(folder, "*.toc").unlink(),
    "lists truncated": lambda folder: _shorten(_first(folder, "*.lists")),
    "columns truncated": lambda folder: _shorten(_first(folder, "*.columns")),
    "table of garbage": lambda folder: _first(folder, "*.toc").write_bytes(b"\x00garbage" * 40),
    "columns of another segment": lambda folder: shutil.copy(*sorted(folder.glob("*.columns"))),
    "another version": lambda folder: _first(folder, "*.toc").rename(folder / "_tocsin999_7.toc"),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_damage_is_said(tmp_path: Path, kind: str) -> None:
    writer = open_or_create(tmp_path)
    writer.add(article(id) for id in range(1, 30))
    writer.add([article(30)])
    DAMAGES[kind](tmp_path)
    with pytest.raises(ArchiveDamaged, match=tmp_path.name):
        ids(Archive(tmp_path))


@pytest.mark.parametrize(
    "kind", [kind for kind in DAMAGES if kind.startswith(("lists", "columns"))]
)
def test_a_partial_archive_does_with_what_is_left(tmp_path: Path, kind: str) -> None:
    writer = open_or_create(tmp_path)
    writer.add(article(id) for id in range(1, 30))
    writer.add(article(id) for id in range(30, 60))
    open_before = Archive(tmp_path, partial=True)
    assert (len(ids(open_before)), open_before.lost) == (59, ())
    DAMAGES[kind](tmp_path)
    archive = Archive(tmp_path, partial=True)
    assert sorted(ids(archive)) in (list(range(1, 30)), list(range(30, 60)))
    assert len(archive.lost) == 1
    if kind.endswith("missing"):  # what is deleted while it is open stays readable
        assert sorted(ids(open_before)) == list(range(1, 60))


def test_a_file_that_is_cut_under_an_open_archive_kills_nobody(tmp_path: Path) -> None:
    writer = open_or_create(tmp_path)
    for first in (1, 3001):
        writer.add(article(id, f"Un port {id}") for id in range(first, first + 3000))
    whole, archive = Archive(tmp_path), Archive(tmp_path, partial=True)
    os.truncate(_first(tmp_path, "*.lists"), 50_000)
    assert len(ids(archive)) == 3000
    with pytest.raises(ArchiveDamaged, match="cut"):
        ids(whole)


def test_a_partial_archive_does_without_what_turns_out_to_be_damaged(tmp_path: Path) -> None:
    writer = open_or_create(tmp_path)
    writer.add(article(id) for id in range(1, 30))
    path = _first(tmp_path, "*.lists")
    writer.add(article(id) for id in range(30, 60))
    whole, failed = path.read_bytes(), 0
    for at in range(8, len(whole), len(whole) // 60):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x81]) + whole[at + 1 :])
        try:
            ids(Archive(tmp_path))
        except ArchiveDamaged:
            failed += 1
            archive = Archive(tmp_path, partial=True)
            assert sorted(ids(archive)) == list(range(30, 60))
            assert len(archive.lost) == 1
    assert failed > 3
    writer.heal()
    writer.add(article(id) for id in range(1, 60))
    assert (len(ids(archive)), archive.lost) == (59, ())


def test_flipped_bits_give_an_error_or_hits_but_no_other_failure(tmp_path: Path) -> None:
    open_or_create(tmp_path).add(article(id, f"Un port {id} de l’Escaut") for id in range(1, 60))
    path = _first(tmp_path, "*.lists")
    whole = path.read_bytes()
    for at in range(8, len(whole), len(whole) // 150):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])
        for text in ("port", '"port de"', "port~ OR po*", "title:escaut"):
            try:
                Archive(tmp_path).search(parse(text), sort="score")
            except ArchiveDamaged:
                continue
