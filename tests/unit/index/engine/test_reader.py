"""Reading the archive while it changes, and when it is broken."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC

from index import open_archive, open_archive_writer
from index.archive import Archive
from index.article import Article
from index.engine.schema import NAME
from index.engine.table_of_contents import SegmentEntry, TableOfContents, newest_table
from index.errors import ArchiveDamaged
from index.query.parser import parse_query


def article(id: int, title: str = "Un port belge") -> Article:
    return Article(id=id, feeds=(1,), url="", title=title, summary="", lang="fr", seen=float(id))


def ids(archive: Archive, text: str = "port") -> list[int]:
    return [hit.id for hit in archive.search(parse_query(text), limit=0).hits]


def test_what_is_committed_is_found_by_the_next_search(tmp_path: Path) -> None:
    writer = open_archive_writer(tmp_path)
    archive = open_archive(tmp_path)
    assert ids(archive) == []
    for id in range(1, 25):
        writer.add([article(id)])
        assert ids(archive) == list(range(id, 0, -1))
    writer.add([article(3, "Un quai")])
    assert 3 not in ids(archive)
    assert archive.article_count == 24


def test_a_merge_between_table_and_files_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = open_archive_writer(tmp_path)
    for id in range(1, 4):
        writer.add([article(id)])
    earlier = [newest_table(tmp_path).entries()]
    writer.compact()
    read = TableOfContents.entries

    def entries(table: TableOfContents) -> list[SegmentEntry]:
        """Return the table as it was a moment ago, once."""
        return earlier.pop() if earlier else read(table)

    monkeypatch.setattr(TableOfContents, "entries", entries)
    archive = open_archive(tmp_path, partial=True)
    assert (sorted(ids(archive)), archive.damage) == ([1, 2, 3], ())


@pytest.mark.parametrize("deleted", [0, 3])
def test_the_table_of_contents_says_what_whoosh_says(tmp_path: Path, deleted: int) -> None:
    writer = open_archive_writer(tmp_path)
    for first in (1, 30):
        writer.add(article(id) for id in range(first, first + 20))
    writer.remove(range(30, 30 + deleted))
    expected = {
        (s.segment_id(), s.doc_count_all(), frozenset(s.deleted_docs()))
        for s in TOC.read(FileStorage(str(tmp_path)), NAME).segments
    }
    found = newest_table(tmp_path).entries()
    assert {(entry.name, entry.documents, entry.deleted) for entry in found} == expected


class _Harmful:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("harm"),)


def test_a_search_runs_nothing_that_a_table_of_contents_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "archive"
    open_archive_writer(folder).add([article(1)])
    (table,) = folder.glob("*.toc")
    whole = table.read_bytes()
    table.write_bytes(whole[: whole.rindex(b"\x80")] + pickle.dumps([_Harmful()]))
    with pytest.raises(ArchiveDamaged, match="does not belong there"):
        open_archive(folder)
    assert not Path("harm").exists()


def test_a_search_at_work_outlives_the_files_it_reads(tmp_path: Path) -> None:
    writer = open_archive_writer(tmp_path)
    writer.add(article(id) for id in range(1, 10))
    archive = open_archive(tmp_path)
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
    writer = open_archive_writer(tmp_path)
    writer.add(article(id) for id in range(1, 30))
    writer.add([article(30)])
    DAMAGES[kind](tmp_path)
    with pytest.raises(ArchiveDamaged, match=tmp_path.name):
        ids(open_archive(tmp_path))


@pytest.mark.parametrize(
    "kind", [kind for kind in DAMAGES if kind.startswith(("lists", "columns"))]
)
def test_a_partial_archive_does_with_what_is_left(tmp_path: Path, kind: str) -> None:
    writer = open_archive_writer(tmp_path)
    writer.add(article(id) for id in range(1, 30))
    writer.add(article(id) for id in range(30, 60))
    open_before = open_archive(tmp_path, partial=True)
    assert (len(ids(open_before)), open_before.damage) == (59, ())
    DAMAGES[kind](tmp_path)
    archive = open_archive(tmp_path, partial=True)
    assert sorted(ids(archive)) in (list(range(1, 30)), list(range(30, 60)))
    assert len(archive.damage) == 1
    if kind.endswith("missing"):  # what is deleted while it is open stays readable
        assert sorted(ids(open_before)) == list(range(1, 60))


def test_a_file_that_is_cut_under_an_open_archive_kills_nobody(tmp_path: Path) -> None:
    writer = open_archive_writer(tmp_path)
    for first in (1, 3001):
        writer.add(article(id, f"Un port {id}") for id in range(first, first + 3000))
    whole, archive = open_archive(tmp_path), open_archive(tmp_path, partial=True)
    os.truncate(_first(tmp_path, "*.lists"), 50_000)
    assert len(ids(archive)) == 3000
    with pytest.raises(ArchiveDamaged, match="cut"):
        ids(whole)


def test_a_partial_archive_does_without_what_turns_out_to_be_damaged(tmp_path: Path) -> None:
    writer = open_archive_writer(tmp_path)
    writer.add(article(id) for id in range(1, 30))
    path = _first(tmp_path, "*.lists")
    writer.add(article(id) for id in range(30, 60))
    whole, failed = path.read_bytes(), 0
    for at in range(8, len(whole), len(whole) // 60):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x81]) + whole[at + 1 :])
        try:
            ids(open_archive(tmp_path))
        except ArchiveDamaged:
            failed += 1
            archive = open_archive(tmp_path, partial=True)
            assert sorted(ids(archive)) == list(range(30, 60))
            assert len(archive.damage) == 1
    assert failed > 3
    writer.drop_damaged_segments()
    writer.add(article(id) for id in range(1, 60))
    assert (len(ids(archive)), archive.damage) == (59, ())


@pytest.mark.costly
def test_flipped_bits_give_an_error_or_hits_but_no_other_failure(tmp_path: Path) -> None:
    open_archive_writer(tmp_path).add(
        article(id, f"Un port {id} de l’Escaut") for id in range(1, 60)
    )
    path = _first(tmp_path, "*.lists")
    whole = path.read_bytes()
    for at in range(8, len(whole), len(whole) // 150):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])
        for text in ("port", '"port de"', "port~ OR po*", "title:escaut"):
            try:
                open_archive(tmp_path).search(parse_query(text), sort="score")
            except ArchiveDamaged:
                continue
