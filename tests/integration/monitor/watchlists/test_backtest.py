"""Watchlists on the archive before they are saved: what the matcher says, counted and shown."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from msgspec.structs import replace
from support import archive_with_alerts, article_archive
from support.archive_with_alerts import NOW

from index.errors import Interrupted
from index.interruption import interruptible
from index.query.parser import any_of, parse_query
from monitor.base.article import Article
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.feed import Feed
from monitor.model.watchlist import Watchlist
from monitor.presentation.service.service import Service
from monitor.watchlists.backtest import backtest

QUERIES = (
    "port NEAR/2 Anvers",
    "espionnage~ AND NOT Liège",
    "2 OF (port*, douane, Liège)",
    "tag:ports AND lang:fr",
    "douane NOT tag:ports",
    '"port de Liège" OR =PORT',
)
WATCHLISTS = (
    *(Watchlist(name=text, query=parse_query(text)) for text in QUERIES),
    Watchlist(name="Fr", query=any_of(["douane"]), lang=("fr",)),
    Watchlist(name="B", query=parse_query("port NOT Anvers"), feeds=("b.example",)),
)
TEXTS = (
    "le port d’Anvers et la douane", "des espionnages au port de Liège", "PORT", "rien",
    "l’espionnage des ports", "douane, portique, Liège",
)  # fmt: skip
DESCRIBED = tuple(
    replace(feed, number=number, tags=("ports",) if feed.name == "A" else ())
    for number, feed in enumerate(article_archive.FEEDS, 1)
)


def short_article(id: int) -> Article:
    return Article(
        id=id, feeds=(1 + id % 2,), url="", title=TEXTS[id % len(TEXTS)], summary="",
        body=TEXTS[id // 7 % len(TEXTS)], lang=("fr", "en", "")[id % 3], seen=1e9 + id, story=id,
    )  # fmt: skip


def feed_of(article: Article) -> Feed:
    return DESCRIBED[article.feeds[0] - 1]


@pytest.mark.parametrize("since", [None, 1e9 + 100])
def test_a_backtest_says_what_the_matcher_says(tmp_path: Path, since: float | None) -> None:
    articles = [short_article(id) for id in range(1, 700)]
    article_archive.fill(tmp_path, articles)
    service = archive_with_alerts.service(tmp_path)
    progress_steps: list[tuple[int, int]] = []
    result = backtest(
        service.archive, service.views, WATCHLISTS, DESCRIBED, since,
        lambda *progress: progress_steps.append(progress),
    )  # fmt: skip
    tested = [a for a in articles if since is None or a.date >= since]
    assert result.dates == {a.id: a.date for a in tested}
    rules = WatchlistMatcher(WATCHLISTS)
    hits = [(a, hit) for a in tested for hit in rules.match(a, feed_of(a))]
    for tally in result.tallies:
        expected = [(a, hit) for a, hit in hits if hit.watchlist.name == tally.watchlist.name]
        assert tally.dates == {a.id: a.date for a, _ in expected}
        assert expected
        assert tally.terms == Counter(
            term for _, hit in expected for term in {match.term for match in hit.matches}
        )
        assert (tally.gained, tally.lost) == (sorted(tally.dates), [])
    assert progress_steps[-1][0] == progress_steps[-1][1]
    assert all(done <= total for done, total in progress_steps)


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


def test_the_articles_of_thirty_days_are_counted_by_term_with_examples(tmp_path: Path) -> None:
    progress: list[tuple[int, int]] = []
    rehearsal = service(tmp_path).rehearse(PORT, [], lambda *done: progress.append(done))
    assert (rehearsal.articles, rehearsal.matched) == (14, 13)
    assert rehearsal.terms == (("grève", 12), ("douane", 1), ("quai", 0))
    assert [hit.article.id for hit in rehearsal.examples] == [15, *range(14, 2, -1)]
    first, second = rehearsal.examples[:2]
    assert [first.snippet[a:b] for a, b in first.lit] == ["douane"]
    assert second.spans == (("title", 0, 5),)
    assert progress[-1][0] == progress[-1][1]
    assert all(done <= total for done, total in progress)


def test_feeds_are_those_that_the_file_describes(tmp_path: Path) -> None:
    room = service(tmp_path)
    fil = room.views.feeds.every()[0]
    tagged = [replace(fil, tags=("ports",))]
    restricted = replace(PORT, feeds=("tag:ports",))
    assert room.rehearse(restricted, tagged).matched == 13
    assert room.rehearse(restricted, []).matched == 0


def test_a_rehearsal_for_which_nobody_waits_ends(tmp_path: Path) -> None:
    room = service(tmp_path)
    with interruptible(lambda: True), pytest.raises(Interrupted):
        room.rehearse(PORT, [])
