"""Tests of an index of sitemaps: its sitemaps are read, politely, and nothing is missed."""

from __future__ import annotations

import json
from pathlib import Path

from support.flow import HOUR, START, ManualMonitor, Press, rows
from support.sitemaps import News, index, news_sitemap

from index.query.parser import parse_query
from monitor.base.errors import FetchError
from monitor.model.feed import Feed, Source, SourceKind
from monitor.model.watchlist import Watchlist

SITE = "https://journal.example"
INDEX, TODAY, BEFORE = f"{SITE}/index.xml", f"{SITE}/news-10.xml", f"{SITE}/news-09.xml"
BOTH = index(("/news-10.xml", "2023-10-10"), ("/news-09.xml", "2023-10-09")).encode()
FEED = Feed(url=INDEX, name="J", source=Source(kind=SourceKind.SITEMAP))


def news(*numbers: int, day: int = 10) -> bytes:
    articles = (
        News(
            f"{SITE}/{day}/{n}", f"Alibaba et l’entrepôt {day}-{n}", f"2023-11-{day + 4}T08:00:00Z"
        )
        for n in numbers
    )
    return news_sitemap(*articles).encode()


OLD = news(1, 2, day=9)


def watching(folder: Path, **editions: list[bytes | FetchError]) -> ManualMonitor:
    addresses = {"index": INDEX, "today": TODAY, "before": BEFORE}
    press = Press({addresses[name]: documents for name, documents in editions.items()})
    watchlist = Watchlist(name="Alibaba", query=parse_query("Alibaba"))
    return ManualMonitor(folder, press, [FEED], [watchlist])


def titles(room: ManualMonitor) -> set[str]:
    return {title[-4:].strip("-") for (title,) in rows(room.folder, "SELECT title FROM articles")}


def outcomes(room: ManualMonitor) -> list[tuple[str, int, int]]:
    polls = rows(room.folder, "SELECT outcome, new, blind FROM polls ORDER BY at")
    return [(outcome, new, blind) for outcome, new, blind in polls]


def test_a_changed_sitemap_is_read_though_its_index_is_as_it_was(tmp_path: Path) -> None:
    room = watching(tmp_path, index=[BOTH], today=[news(1), news(1), news(2, 1)], before=[OLD])
    room.live([0])
    room.live([1, 2])
    assert outcomes(room) == [("read", 3, 0), ("unchanged", 0, 0), ("read", 1, 0)]
    assert room.press.requested_urls == [INDEX, TODAY, BEFORE] * 3
    assert rows(tmp_path, "SELECT COUNT(*), COUNT(DISTINCT url) FROM articles") == [(4, 4)]
    reasons = rows(tmp_path, "SELECT suppressed FROM alerts ORDER BY id")
    assert [reason == "backfill" for (reason,) in reasons] == [True, True, True, False]
    assert rows(tmp_path, "SELECT title, lang FROM feeds") == [("Le Journal", "fr")]


def test_the_evidence_of_an_article_is_the_answer_with_its_sitemap(tmp_path: Path) -> None:
    room = watching(tmp_path, index=[BOTH], today=[news(1)], before=[OLD])
    room.live([0])
    records = [json.loads(text) for (text,) in rows(tmp_path, "SELECT record FROM evidence")]
    answers = {r["article"]["url"]: r["answer"]["url"] for r in records if r.get("answer")}
    assert answers == {f"{SITE}/10/1": TODAY, f"{SITE}/9/1": BEFORE, f"{SITE}/9/2": BEFORE}


def test_the_sitemap_of_a_new_day_is_no_coverage_gap(tmp_path: Path) -> None:
    yesterday = index(("/news-09.xml", "2023-10-09")).encode()
    room = watching(tmp_path, index=[yesterday, BOTH], today=[news(1)], before=[OLD])
    room.live([0, 1])
    assert outcomes(room) == [("read", 2, 0), ("read", 1, 0)]


def test_sitemaps_with_nothing_in_common_with_the_last_ones_are_a_coverage_gap(
    tmp_path: Path,
) -> None:
    room = watching(
        tmp_path, index=[BOTH], today=[news(1), news(7)], before=[OLD, news(8, day=9)]
    )  # fmt: skip
    room.live([0, 1])
    assert outcomes(room) == [("read", 3, 0), ("read", 2, 1)]
    assert rows(tmp_path, "SELECT start, until FROM gaps") == [(START, START + HOUR)]


def test_the_newest_sitemap_that_fails_fails_the_poll_and_nothing_is_lost(tmp_path: Path) -> None:
    broken = FetchError(TODAY, "503 Service Unavailable", status=503)
    room = watching(
        tmp_path, index=[BOTH], today=[news(1), broken, news(2)], before=[OLD, news(3, day=9)]
    )
    room.live([0, 1])
    assert [outcome for outcome, *_ in outcomes(room)] == ["read", "failed"]
    room.live([2])
    assert outcomes(room)[2] == ("read", 2, 1)


def test_another_sitemap_that_fails_is_tried_again_after_an_hour(tmp_path: Path) -> None:
    broken = FetchError(BEFORE, "404 Not Found", status=404)
    room = watching(tmp_path, index=[BOTH], today=[news(1), news(2, 1)], before=[broken, OLD])
    room.live([0])
    room.now -= HOUR / 2
    assert outcomes(room) == [("read", 1, 0)]
    room.live([1])
    assert outcomes(room)[1] == ("read", 3, 0)


def test_an_index_inside_of_an_index_is_not_read(tmp_path: Path) -> None:
    room = watching(tmp_path, index=[BOTH], today=[BOTH], before=[OLD])
    room.live([0])
    assert [outcome for outcome, *_ in outcomes(room)] == ["failed"]
    ((reason,),) = rows(tmp_path, "SELECT reason FROM feeds")
    assert "inside of an index" in reason


def test_a_feed_that_becomes_a_sitemap_is_read_anew(tmp_path: Path) -> None:
    room = watching(tmp_path, index=[news(1)])
    room.feeds = [Feed(url=INDEX, name="J")]
    room.live([0])
    assert [outcome for outcome, *_ in outcomes(room)] == ["failed"]
    room.feeds = [FEED]
    room.live([1])
    room.feeds = [Feed(url=INDEX, name="J")]
    room.live([2])
    assert [outcome for outcome, *_ in outcomes(room)] == ["failed", "read", "failed"]
