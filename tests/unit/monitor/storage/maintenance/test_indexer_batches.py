"""Tests of the amount of text that a repair of the index reads at once."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index.archive import open_archive_writer
from monitor.base.article import Article
from monitor.model.config import OutboxState, StoreAddress
from monitor.storage.maintenance.indexer import IndexRepair


@dataclass
class LongArticles:
    """A store of articles of 200,000 characters."""

    number: int
    address: StoreAddress
    batch_sizes: list[int] = field(default_factory=list)

    @property
    def articles(self) -> LongArticles:
        return self

    def get(self, ids: Sequence[int]) -> list[Article]:
        self.batch_sizes.append(len(ids))
        text = "x" * 200_000
        return [Article(id=id, feeds=(1,), url="", title="", summary=text, seen=0.0) for id in ids]

    def unsearchable(self) -> list[int]:
        return []

    def set_aside(self, article: int, reason: str) -> None:
        raise AssertionError(f"article {article}: {reason}")

    def article_ids(self) -> array[int]:
        return array("Q", range(1, self.number + 1))

    def outbox(self) -> OutboxState:
        return OutboxState(articles=array("Q"), last=0)


def test_a_repair_commits_before_it_has_too_much_text(tmp_path: Path) -> None:
    store = LongArticles(70, StoreAddress(tmp_path))
    writer = open_archive_writer(tmp_path / "archive")
    repair = IndexRepair(store, writer, lambda *_: None)
    steps, counts = repair.steps(), []
    for _ in steps:
        counts.append(writer.article_count)
        if counts[-1] == store.number:
            break
    assert counts == [0, 16, 32, 48, 64, 70]
