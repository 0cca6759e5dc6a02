"""Tests of the keys of a document in a segment, and of their positions."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.archive import open_archive_writer
from index.engine.query_executor import SegmentDocument
from index.engine.reader import ReaderManager
from index.errors import Interrupted
from index.interruption import interruptible
from index.query.ast import Mode, Word
from monitor.base.article import Article

WILDCARD = Word("port*", Mode.WILDCARD)


def opened(folder: Path, texts: list[str]) -> SegmentDocument:
    open_archive_writer(folder).add(
        Article(id=id, feeds=(1,), url="", title="", summary="", body=text, seen=float(id))
        for id, text in enumerate(texts, 1)
    )
    reader = ReaderManager(folder, partial=False).current()
    (segment,) = reader.newest_first
    return SegmentDocument(segment, reader.expand)


@pytest.mark.parametrize("word_count", [0, 50])
def test_a_wildcard_means_the_keys_that_the_document_has(word_count: int, tmp_path: Path) -> None:
    many_words = [f"port{number}" for number in range(word_count)]
    document = opened(tmp_path, ["portail a porte", "rade", " ".join(many_words), "portail"])
    keys_found = {
        at: [key for key in document.at(at).expand(WILDCARD) if document.positions(key)]
        for at in range(4)
    }
    assert keys_found == {0: ["portail", "porte"], 1: [], 2: sorted(many_words), 3: ["portail"]}


def test_of_many_keys_a_document_is_asked_for_its_own_only(tmp_path: Path) -> None:
    many_words = [f"port{number}" for number in range(3_000)]
    document = opened(tmp_path, ["portail a porte", " ".join(many_words)])
    assert list(document.at(0).expand(WILDCARD)) == ["portail", "porte"]


def test_it_asks_whether_to_go_on_while_it_lists_keys(tmp_path: Path) -> None:
    document = opened(tmp_path, [" ".join(f"port{number}" for number in range(3_000))])
    with interruptible(lambda: True), pytest.raises(Interrupted):
        document.at(0).expand(WILDCARD)
