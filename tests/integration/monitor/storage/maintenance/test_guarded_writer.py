"""One article that cannot be indexed costs its own text only."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from index.archive import open_archive, open_archive_writer
from index.query.parser import parse_query
from monitor.base.article import Article
from monitor.model.config import StoreAddress
from monitor.storage.maintenance.indexer import DEATHS, GuardedWriter

pytestmark = pytest.mark.costly


class Poison(str):
    """A text that cannot be read."""

    harm: Callable[[], None]

    def __getitem__(self, at: object) -> str:
        self.harm()
        raise AssertionError


def exhaust() -> None:
    raise MemoryError


def die() -> None:
    os._exit(9)


def article(id: int, summary: str = "Un port belge") -> Article:
    return Article(id=id, feeds=(1,), url="", title="", summary=summary, seen=float(id))


def poisoned(id: int, harm: Callable[[], None]) -> Article:
    text = Poison("Un port belge")
    text.harm = harm
    return article(id, text)


@dataclass
class Quarantine:
    address: StoreAddress
    known: list[int] = field(default_factory=list)
    reasons: dict[int, str] = field(default_factory=dict)

    def unsearchable(self) -> Collection[int]:
        return self.known

    def set_aside(self, article: int, reason: str) -> None:
        self.reasons[article] = reason


def find_ids(folder: Path) -> list[int]:
    hits = open_archive(folder).search(parse_query("port"), limit=0).hits
    return sorted(hit.id for hit in hits)


def test_an_article_that_needs_too_much_memory_is_found_and_set_aside(tmp_path: Path) -> None:
    writer, store = open_archive_writer(tmp_path / "index"), Quarantine(StoreAddress(tmp_path))
    GuardedWriter(writer, store).add(
        [poisoned(id, exhaust) if id in (3, 37) else article(id) for id in range(1, 101)]
    )
    assert find_ids(tmp_path / "index") == [id for id in range(1, 101) if id not in (3, 37)]
    assert writer.article_count == 100
    assert store.reasons == dict.fromkeys((3, 37), "indexing it needs too much memory")


def test_an_article_that_was_set_aside_is_not_read_again(tmp_path: Path) -> None:
    writer, store = open_archive_writer(tmp_path / "index"), Quarantine(StoreAddress(tmp_path), [2])
    GuardedWriter(writer, store).add([article(1), poisoned(2, exhaust)])
    assert (find_ids(tmp_path / "index"), store.reasons) == ([1], {})


def index_all(folder: Path) -> None:
    class Recorded(Quarantine):
        def set_aside(self, article: int, reason: str) -> None:
            (folder / "aside").write_text(f"{article}: {reason}", encoding="utf-8")

    writer = open_archive_writer(folder / "index")
    GuardedWriter(writer, Recorded(StoreAddress(folder))).add(
        [poisoned(id, die) if id == 13 else article(id) for id in range(1, 21)]
    )


def test_an_article_that_kills_the_process_is_found_by_those_that_follow(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    codes = []
    while 0 not in codes and len(codes) < 20:
        process = context.Process(target=index_all, args=(tmp_path,))
        process.start()
        process.join()
        codes.append(process.exitcode)
    assert codes[-1] == 0
    assert len(codes) <= 6 + DEATHS  # batches of 20, 10, 5, 3, 2, 1
    assert find_ids(tmp_path / "index") == [id for id in range(1, 21) if id != 13]
    assert (tmp_path / "aside").read_text() == "13: indexing it ends the indexer, or takes too long"
