"""Tests of reading an archive that changes or is damaged."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from whoosh.fields import Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC

from index.archive import Archive, open_archive, open_archive_writer
from index.engine.checksummed_file import ChecksummedFileWriter
from index.engine.columns import NAME
from index.engine.table_of_contents import SegmentEntry, TableOfContents, newest_table
from index.errors import ArchiveDamaged
from index.query.parser import parse_query
from index.search import DocumentFilter
from monitor.base.article import Article


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
    earlier_tables = [newest_table(tmp_path).entries()]
    writer.compact()
    read_entries = TableOfContents.entries

    def entries(table: TableOfContents) -> list[SegmentEntry]:
        """Return the table as it was a moment ago, once."""
        return earlier_tables.pop() if earlier_tables else read_entries(table)

    monkeypatch.setattr(TableOfContents, "entries", entries)
    archive = open_archive(tmp_path, partial=True)
    assert (sorted(ids(archive)), archive.damage) == ([1, 2, 3], ())


class _Harmful:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("harm"),)


@pytest.mark.parametrize("use", [open_archive, open_archive_writer])
def test_nothing_runs_that_a_table_of_contents_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, use: Callable[[Path], object]
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "archive"
    open_archive_writer(folder).add([article(1)])
    (table,) = folder.glob("*.toc")
    table.unlink()
    TOC(Schema(), [_Harmful()], 1).write(FileStorage(str(folder)), NAME)
    for content in (table.read_bytes(), pickle.dumps([_Harmful()])):
        table.write_bytes(content)
        with pytest.raises(ArchiveDamaged):
            use(folder)
        assert not Path("harm").exists()


@pytest.mark.parametrize(
    "segment", [["../../etc/x", 1, []], ["a", -1, []], ["a", 1 << 20, []], ["a", 1, ["x"] * 9, 4]]
)
def test_a_table_of_contents_names_only_what_can_be(tmp_path: Path, segment: list[object]) -> None:
    open_archive_writer(tmp_path).add([article(1)])
    (table,) = tmp_path.glob("*.toc")
    with table.open("wb") as file:
        ChecksummedFileWriter(file).seal({"generation": 1, "segments": [segment]})
    with pytest.raises(ArchiveDamaged):
        open_archive(tmp_path, partial=True)


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
    earlier_archive = open_archive(tmp_path, partial=True)
    assert (len(ids(earlier_archive)), earlier_archive.damage) == (59, ())
    DAMAGES[kind](tmp_path)
    archive = open_archive(tmp_path, partial=True)
    assert sorted(ids(archive)) in (list(range(1, 30)), list(range(30, 60)))
    assert len(archive.damage) == 1
    if kind.endswith("missing"):  # what is deleted while it is open stays readable
        assert sorted(ids(earlier_archive)) == list(range(1, 60))


@pytest.mark.parametrize("kind", ["*.lists", "*.columns"])
def test_a_file_that_is_cut_under_an_open_archive_kills_nobody(tmp_path: Path, kind: str) -> None:
    writer = open_archive_writer(tmp_path)
    for first in (1, 3001):
        writer.add(article(id, f"Un port {id}") for id in range(first, first + 3000))
    full_archive, archive = open_archive(tmp_path), open_archive(tmp_path, partial=True)
    os.truncate(_first(tmp_path, kind), 50_000)
    assert len(ids(archive)) == 3000
    with pytest.raises(ArchiveDamaged, match="cut"):
        ids(full_archive)


def test_a_partial_archive_does_without_what_turns_out_to_be_damaged(tmp_path: Path) -> None:
    writer = open_archive_writer(tmp_path)
    writer.add(article(id) for id in range(1, 30))
    path = _first(tmp_path, "*.lists")
    writer.add(article(id) for id in range(30, 60))
    content, failure_count = path.read_bytes(), 0
    for at in range(8, len(content), len(content) // 60):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x81]) + content[at + 1 :])
        try:
            ids(open_archive(tmp_path))
        except ArchiveDamaged:
            failure_count += 1
            archive = open_archive(tmp_path, partial=True)
            assert sorted(ids(archive)) == list(range(30, 60))
            assert len(archive.damage) == 1
    assert failure_count > 3
    writer.drop_damaged()
    writer.add(article(id) for id in range(1, 60))
    assert (len(ids(archive)), archive.damage) == (59, ())


QUERIES = ("port", '"port de"', "port~ OR po*", "title:escaut", "lang:fr -13", "nulle*")


def _answers(folder: Path) -> list[object]:
    """Return the answers to some queries, None where the archive says that it is damaged."""
    answers: list[object] = []
    for text in QUERIES:
        try:
            page = open_archive(folder).search(
                parse_query(text),
                DocumentFilter(resolve=lambda _: DocumentFilter(langs=("fr",))),
                sort="score",
            )
        except ArchiveDamaged:
            answers.append(None)
        else:
            answers.append((page.hits, page.total, page.forms))
    return answers


@pytest.mark.costly
@pytest.mark.parametrize("kind", ["*.lists", "*.columns", "*.toc"])
def test_no_answer_is_wrong_where_a_byte_has_changed(tmp_path: Path, kind: str) -> None:
    open_archive_writer(tmp_path).add(
        article(id, f"Un port {id} de l’Escaut") for id in range(1, 400)
    )
    correct_answers = _answers(tmp_path)
    path = _first(tmp_path, kind)
    content = path.read_bytes()
    refusal_count = 0
    for at in range(0, len(content), 1 + len(content) // 150):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x41]) + content[at + 1 :])
        answers = _answers(tmp_path)
        refusal_count += answers.count(None)
        assert all(a in (None, b) for a, b in zip(answers, correct_answers, strict=True)), at
    assert refusal_count
