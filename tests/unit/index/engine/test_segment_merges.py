"""Tests that a merge in the background loses, doubles and brings back no article."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings, strategies as st
from support.properties import examples

from index.archive import Archive, ArchiveWriter, open_archive, open_archive_writer
from index.engine import segment_merges
from index.query.parser import parse_query
from monitor.base.article import Article


def article(id: int, word: str = "port") -> Article:
    return Article(id=id, feeds=(1,), url="", title=f"Un {word}", summary="", lang="fr", seen=id)


def ids_of(archive: Archive, word: str) -> list[int]:
    return sorted(hit.id for hit in archive.search(parse_query(word), limit=0).hits)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Merge three segments of any size, and call six articles a large segment."""
    monkeypatch.setattr(segment_merges, "FAN_IN", 3)
    monkeypatch.setattr(segment_merges, "LARGE", 6)


class Gate(NamedTuple):
    """A gate at which background merges wait."""

    waiting: threading.Event
    """Set when a merge has written all its files and waits."""
    open: threading.Event
    """Set to let the merges end."""


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Hold background merges until the gate is open."""
    gate, make = Gate(threading.Event(), threading.Event()), segment_merges.BackgroundMerge._merge

    def wait_at_gate(self: segment_merges.BackgroundMerge) -> None:
        make(self)
        gate.waiting.set()
        assert gate.open.wait(60)

    monkeypatch.setattr(segment_merges.BackgroundMerge, "_merge", wait_at_gate)
    yield gate
    gate.open.set()


def filled(folder: Path) -> ArchiveWriter:
    writer = open_archive_writer(folder)
    writer.background_merges = True
    for first in (1, 3, 5):
        writer.add([article(first), article(first + 1)])
    return writer


def test_articles_are_added_edited_and_removed_while_a_merge_is_made(
    tmp_path: Path, gate: Gate
) -> None:
    writer = filled(tmp_path)
    archive = open_archive(tmp_path)
    assert len(list(tmp_path.glob("*.lists"))) == 3  # the merge is not in place
    writer.add([article(2, "quai"), article(7)])
    writer.remove([5])
    assert ids_of(archive, "port") == [1, 3, 4, 6, 7]
    assert ids_of(archive, "quai") == [2]
    gate.open.set()
    writer.wait_for_merges()
    assert ids_of(archive, "port") == [1, 3, 4, 6, 7]
    assert ids_of(archive, "quai") == [2]
    assert sorted(writer.all_ids()) == [1, 2, 3, 4, 6, 7]
    writer.verify()
    assert not list(tmp_path.glob("merging*"))
    assert len(list(tmp_path.glob("*.lists"))) < 3


def test_what_is_damaged_meanwhile_is_not_brought_back(tmp_path: Path, gate: Gate) -> None:
    writer = filled(tmp_path)
    next(tmp_path.glob("*.lists")).unlink()
    assert len(writer.drop_damaged()) == 1
    gate.open.set()
    writer.wait_for_merges()
    assert len(writer.all_ids()) == 4
    writer.verify()
    assert not list(tmp_path.glob("merging*"))


def test_a_merge_that_fails_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = segment_merges.BackgroundMerge._merge

    def fail_to_merge(self: segment_merges.BackgroundMerge) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(segment_merges.BackgroundMerge, "_merge", fail_to_merge)
    writer = filled(tmp_path)
    with pytest.raises(OSError, match="No space"):
        writer.wait_for_merges()
    assert not list(tmp_path.glob("merging*"))
    monkeypatch.setattr(segment_merges.BackgroundMerge, "_merge", make)
    writer.run_merges()
    writer.wait_for_merges()
    assert sorted(writer.all_ids()) == [1, 2, 3, 4, 5, 6]
    assert len(list(tmp_path.glob("*.lists"))) == 1


def test_what_a_killed_writer_left_is_swept(tmp_path: Path, gate: Gate) -> None:
    filled(tmp_path)
    assert gate.waiting.wait(60)  # the dead write nothing more
    assert list(tmp_path.glob("merging*"))
    writer = open_archive_writer(tmp_path)
    assert not list(tmp_path.glob("merging*"))
    assert sorted(writer.all_ids()) == [1, 2, 3, 4, 5, 6]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["port", "quai"]), st.sets(st.integers(1, 25), min_size=1, max_size=5)
    )
    | st.tuples(st.just("remove"), st.sets(st.integers(1, 25), max_size=3)),
    max_size=14,
)


@settings(max_examples=examples(25))
@given(STEPS)
def test_whatever_happens_meanwhile_each_article_is_there_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, set[int]]]
) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(segment_merges, "FAN_IN", 3)
        monkeypatch.setattr(segment_merges, "LARGE", 4)
        folder = tmp_path_factory.mktemp("aside")
        writer, archive = open_archive_writer(folder), None
        writer.background_merges = True
        expected: dict[int, str] = {}
        for word, ids in steps:
            if word == "remove":
                writer.remove(ids)
                expected = {id: old_word for id, old_word in expected.items() if id not in ids}
            else:
                writer.add([article(id, word) for id in ids])
                expected |= dict.fromkeys(ids, word)
            archive = archive or open_archive(folder)
            for term in ("port", "quai"):
                assert ids_of(archive, term) == sorted(i for i, w in expected.items() if w == term)
        writer.wait_for_merges()
        assert sorted(writer.all_ids()) == sorted(expected)
        writer.verify()
