"""A watchlist is tried on the articles of the last days, before it is saved."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from support import archive_with_alerts, article_archive
from support.archive_with_alerts import NOW

from index.errors import Interrupted
from index.interruption import interruptible
from index.query.parser import any_of
from monitor.base.article import Article
from monitor.model.watchlist import Watchlist
from monitor.presentation.service.service import Service

DAY = 86_400.0
PORT = Watchlist(name="Port", query=any_of(["grève", "douane", "quai"]))


def article(id: int, title: str, days: float, body: str = "Corps.") -> Article:
    return Article(
        id=id, feeds=(1,), url="", title=title, summary="", body=body, lang="fr",
        published=NOW - days * DAY, seen=NOW - days * DAY, story=id,
    )  # fmt: skip


def service(folder: Path) -> Service:
    articles = [
        article(1, "Grève de l'an passé", 300),
        article(2, "Rien", 31),
        *(article(id, f"Grève au port {id}", 29 - id) for id in range(3, 15)),
        article(15, "Un colis", 1, body="Il fait beau. La douane veille au grain."),
        article(16, "Rien", 0.5),
    ]
    article_archive.fill(folder, articles, [])
    return archive_with_alerts.service(folder)


def test_the_articles_of_thirty_days_are_counted_by_term_with_ten_examples(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    found = service(tmp_path).preview_watchlist(PORT, [], lambda *done: told.append(done))
    assert (found.articles, found.matched) == (14, 13)
    assert found.terms == (("grève", 12), ("douane", 1))
    assert [hit.article.id for hit in found.examples] == [15, *range(14, 5, -1)]
    first, second = found.examples[:2]
    assert [first.snippet[a:b] for a, b in first.lit] == ["douane"]
    assert second.spans == (("title", 0, 5),)
    assert told[-1][0] == told[-1][1]
    assert all(done <= total for done, total in told)


def test_feeds_are_those_that_the_file_describes(tmp_path: Path) -> None:
    room = service(tmp_path)
    one = room.views.feeds.every()[0]
    tagged = [replace(one, tags=("ports",))]
    only = replace(PORT, feeds=("tag:ports",))
    assert room.preview_watchlist(only, tagged, lambda *_: None).matched == 13
    assert room.preview_watchlist(only, [], lambda *_: None).matched == 0


def test_a_preview_for_which_nobody_waits_ends(tmp_path: Path) -> None:
    room = service(tmp_path)
    with interruptible(lambda: True), pytest.raises(Interrupted):
        room.preview_watchlist(PORT, [], lambda *_: None)
