"""Tests of adding to the archive: commits, replacements, merges, failures."""

from __future__ import annotations

import os
import sys
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace
from whoosh.filedb.filestore import FileStorage

from index.archive import open_archive, open_archive_writer
from index.engine.columns import NAME
from index.engine.segment_merges import FAN_IN, select_merge
from index.engine.table_of_contents import SegmentEntry, newest_table
from index.errors import ArchiveDamaged, ArchiveError
from index.query.parser import parse_query
from monitor.base.article import Article


def article(id: int, title: str = "Un port belge") -> Article:
    return Article(
        id=id, feeds=(1,), url="https://x.example/", title=title, summary="", lang="fr", seen=id
    )


def matching_ids(folder: Path, word: str) -> list[int]:
    """Return the ids of articles with a word."""
    return open_archive(folder).ids(parse_query(word))


def test_a_known_article_is_replaced(tmp_path: Path) -> None:
    writer = open_archive_writer(tmp_path)
    writer.add([article(1), article(2), article(2, "Un canal")])
    writer.add([article(1, "Un quai")])
    assert (writer.article_count, writer.last_id) == (2, 2)
    assert matching_ids(tmp_path, "port") == []
    assert matching_ids(tmp_path, "canal") == [2]
    assert matching_ids(tmp_path, "quai") == [1]


def test_what_is_reopened_is_as_it_was_left(tmp_path: Path) -> None:
    open_archive_writer(tmp_path / "var" / "archive").add(map(article, range(1, 6)))
    writer = open_archive_writer(tmp_path / "var" / "archive")
    assert (writer.article_count, writer.last_id) == (5, 5)
    assert (tmp_path / "var" / "archive").stat().st_mode & 0o777 == 0o700


@pytest.mark.costly
def test_segments_stay_few_and_every_article_is_there_once(tmp_path: Path) -> None:
    writer = open_archive_writer(tmp_path)
    for first in range(1, 400, 3):
        writer.add(map(article, range(first, first + 3)))
    assert matching_ids(tmp_path, "port") == list(range(1, 400))
    assert len(list(tmp_path.glob("*.lists"))) < 3 * FAN_IN


def test_merging_drops_what_was_replaced(tmp_path: Path) -> None:
    writer = open_archive_writer(tmp_path)
    writer.add(map(article, range(1, 9)))
    writer.add([article(3, "Un quai"), article(4, "Un canal"), article(5, "Un canal")])
    assert sum(segment.documents for segment in newest_table(tmp_path).entries()) == 8
    assert matching_ids(tmp_path, "port") == [1, 2, 6, 7, 8]


def test_a_failing_batch_changes_nothing_and_frees_the_lock(tmp_path: Path) -> None:
    writer = open_archive_writer(tmp_path)
    writer.add([article(1), article(2)])

    broken = replace(article(4), id=-1)  # no column takes a negative number
    with pytest.raises(OverflowError):
        writer.add([article(2, "Un canal"), article(3), broken])
    assert (writer.article_count, matching_ids(tmp_path, "port")) == (2, [1, 2])
    writer.add([article(3)])
    assert matching_ids(tmp_path, "port") == [1, 2, 3]


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    first, second = open_archive_writer(tmp_path), open_archive_writer(tmp_path)

    first.add([article(1)])
    second.add([article(1, "Un canal"), article(2)])  # between the other's commits
    first.add([article(3)])
    assert matching_ids(tmp_path, "port") == [2, 3]

    lock = FileStorage(str(tmp_path)).lock(f"{NAME}_WRITELOCK")
    assert lock.acquire()
    with pytest.raises(ArchiveError, match="another process"):
        first.add([article(4)])
    lock.release()
    first.add([article(4)])
    assert first.article_count == 4


@pytest.mark.skipif(sys.platform != "linux", reason="names open files through /proc")
def test_files_are_on_the_disk_before_the_table_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    sync, rename = os.fsync, os.rename

    def recorded_sync(descriptor: int) -> None:
        name = Path(f"/proc/self/fd/{descriptor}").readlink().name
        events.append(name.split(".", 1)[-1][:5])
        sync(descriptor)

    def recorded_rename(old: str, new: str) -> None:
        events.append("rename")
        rename(old, new)

    monkeypatch.setattr(os, "fsync", recorded_sync)
    monkeypatch.setattr(os, "rename", recorded_rename)
    writer = open_archive_writer(tmp_path)
    events.clear()
    writer.add([article(1)])
    *before, table, rename_event, folder = events
    assert sorted(before) == ["colum", "lists"]
    assert (table[:4], rename_event, folder) == ("part", "rename", tmp_path.name[:5])


@pytest.mark.parametrize("file_name", ["a file of something else", "_tocsin999_1.toc"])
def test_a_folder_that_is_no_archive_is_refused(tmp_path: Path, file_name: str) -> None:
    (tmp_path / file_name).write_text("x")
    with pytest.raises(ArchiveDamaged, match="no index of this version"):
        open_archive_writer(tmp_path)


def test_a_table_of_contents_that_cannot_be_read(tmp_path: Path) -> None:
    open_archive_writer(tmp_path).add([article(1)])
    (table,) = tmp_path.glob("*.toc")
    table.write_bytes(table.read_bytes()[:40])
    with pytest.raises(ArchiveDamaged, match="not a whole file"):
        open_archive_writer(tmp_path)


def test_verify_reads_every_byte(tmp_path: Path) -> None:
    writer = open_archive_writer(tmp_path)
    writer.add(map(article, range(1, 100)))
    writer.verify()
    for path in [*tmp_path.glob("*.lists"), *tmp_path.glob("*.columns")]:
        content = path.read_bytes()
        path.write_bytes(content[:50] + bytes([content[50] ^ 1]) + content[51:])
        with pytest.raises(ArchiveDamaged, match="changed"):
            writer.verify()
        path.write_bytes(content)


@pytest.mark.parametrize("kind", ["*.lists", "*.columns"])
def test_damage_is_not_merged_into_a_file_that_looks_whole(tmp_path: Path, kind: str) -> None:
    writer = open_archive_writer(tmp_path)
    writer.add(map(article, range(1, 30)))
    path = next(tmp_path.glob(kind))
    writer.add(map(article, range(30, 60)))
    content = path.read_bytes()
    path.write_bytes(content[:50] + bytes([content[50] ^ 1]) + content[51:])
    with pytest.raises(ArchiveDamaged, match="changed"):
        writer.compact()
    assert len(writer.drop_damaged()) == 1


# --- which segments are merged ------------------------------------------------------


_names = count()


def sized(documents: int, deleted: int = 0) -> SegmentEntry:
    return SegmentEntry(f"{next(_names)}", documents, frozenset(range(deleted)))


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], []),
        ([5] * 9, []),
        ([5] * 10, [5] * 10),
        ([4000] + [5] * 10, [5] * 10),
        ([4000] + [20] * 5 + [5] * 4, []),
        ([20_000] * 10, [20_000] * 3),  # as many as fit into one
        ([60_000] * 30, []),
    ],
)
def test_ten_of_a_size_are_merged(sizes: list[int], expected: list[int]) -> None:
    assert [entry.documents for entry in select_merge([sized(size) for size in sizes])] == expected


def test_a_segment_a_quarter_of_which_is_gone_is_rewritten() -> None:
    segments = [sized(100), sized(100, 25), sized(100, 26)]
    assert select_merge(segments) == segments[2:]


@given(st.lists(st.integers(1, 5000), max_size=300))
def test_merging_ends_and_no_segment_is_too_large(batches: list[int]) -> None:
    segments: list[SegmentEntry] = []
    written_count = 0
    for batch in batches:
        segments.append(sized(batch))
        while group := select_merge(segments):
            merged_segment = sized(sum(entry.count for entry in group))
            assert merged_segment.documents <= 1 << 16
            assert len(group) > 1
            written_count += merged_segment.documents
            segments = [entry for entry in segments if not any(entry is other for other in group)]
            segments.append(merged_segment)
    assert len(segments) <= 9 * 5 + sum(batches) / 32_768
    assert written_count <= 6 * sum(batches)
