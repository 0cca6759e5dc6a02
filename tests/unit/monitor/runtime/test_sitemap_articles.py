"""Tests of the articles that sitemaps bring: their language, their headline, and which are news."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from support.flow import HOUR, START, ManualMonitor, Press, edition, rows
from support.sitemaps import News, news_sitemap, sitemap

from index.query.parser import parse_query
from monitor.model.feed import Feed, Source, SourceKind
from monitor.model.watchlist import Watchlist

SITE = "https://journal.example"
MAP, RSS = f"{SITE}/sitemap.xml", f"{SITE}/rss.xml"
SITEMAP = Feed(url=MAP, name="Plan", source=Source(kind=SourceKind.SITEMAP))
ADDRESS = f"{SITE}/liege/le-depot-de-cainiao-123456.html"
NAMED, HEADLINE = "Le depot de cainiao", "À Liège, le dépôt de Cainiao inquiète la Sûreté"
ITEM = edition(
    f"<item><guid>{ADDRESS}</guid><link>{ADDRESS}</link><title>{HEADLINE}</title></item>"
)


def day(hours: float) -> str:
    return datetime.fromtimestamp(START + hours * HOUR, UTC).isoformat()


def titles(folder: Path) -> list[str]:
    return [title for (title,) in rows(folder, "SELECT title FROM articles ORDER BY id")]


def test_an_entry_has_the_language_that_its_sitemap_gives(tmp_path: Path) -> None:
    languages = ["fr", "nl", "en"] * 9
    articles = (News(f"{SITE}/{n}", f"{n}", day(0), code) for n, code in enumerate(languages))
    documents = news_sitemap(*articles)
    ManualMonitor(tmp_path, Press({MAP: [documents.encode()]}), [SITEMAP], []).live([0])
    stored = [lang for (lang,) in rows(tmp_path, "SELECT lang FROM articles ORDER BY id")]
    assert stored == languages


def test_an_article_of_a_feed_and_of_a_sitemap_without_headlines_is_one(tmp_path: Path) -> None:
    plain = sitemap((ADDRESS, day(0))).encode()
    for first in (RSS, MAP):
        folder = tmp_path / first[-7:-4]
        folder.mkdir()
        press = Press({RSS: [edition(), ITEM], MAP: [sitemap().encode(), plain]})
        press.editions = {
            url: e if url == first else [e[0], *e] for url, e in press.editions.items()
        }
        ManualMonitor(folder, press, [Feed(url=RSS, name="Fil"), SITEMAP], []).live([0, 1, 2, 3])
        assert titles(folder) == [HEADLINE]


def test_the_headline_of_the_page_replaces_the_words_of_the_address(tmp_path: Path) -> None:
    text = "La Sûreté de l’État surveille depuis deux ans le centre logistique de Cainiao. " * 4
    body = f"<html><head><title>x | J</title></head><h1>{HEADLINE}</h1><p>{text}</p></html>"
    plain = [sitemap((ADDRESS, day(0))).encode(), sitemap((ADDRESS, day(1))).encode()]
    feed = Feed(url=MAP, name="Plan", source=SITEMAP.source, full_text=True)
    press = Press({MAP: plain}, {ADDRESS: [body.encode()]})
    ManualMonitor(tmp_path, press, [feed], []).live([0, 1])
    assert titles(tmp_path) == [HEADLINE]
    assert rows(tmp_path, "SELECT new, changed FROM polls ORDER BY at") == [(1, 0), (0, 0)]


def test_an_address_that_is_new_with_an_old_date_is_no_news(tmp_path: Path) -> None:
    archive = [(f"{SITE}/archives/un-vieil-article-{n}", day(-24 * 30 * n)) for n in range(4)]
    fresh = (f"{SITE}/liege/un-nouvel-article", day(30))
    editions = [sitemap(archive[1]), sitemap(*archive[1:], fresh)]
    press = Press({MAP: [document.encode() for document in editions]})
    room = ManualMonitor(tmp_path, press, [SITEMAP], [])
    room.live([0, 1])
    assert titles(tmp_path) == ["Un vieil article 1", "Un nouvel article"]
    assert rows(tmp_path, "SELECT entries, new FROM polls ORDER BY at") == [(1, 1), (2, 1)]


def test_old_addresses_cost_nothing_again_and_keep_no_news_waiting(tmp_path: Path) -> None:
    archive = [(f"{SITE}/archives/un-vieil-article-{n}", day(-24 * 30)) for n in range(300)]
    news = [(f"{SITE}/liege/cainiao-{word}", day(30)) for word in ("ouvre", "ferme")]
    editions = [sitemap(archive[0]), *(sitemap(*archive, news[n]) for n in range(2))]
    press = Press({MAP: [document.encode() for document in editions]})
    processor = count(step=0.004)  # seconds, with each look: 0.2 s for 25 articles
    cainiao = Watchlist(name="Cainiao", query=parse_query("cainiao"))
    room = ManualMonitor(tmp_path, press, [SITEMAP], [cainiao], stopwatch=processor.__next__)
    room.live([0, 1, 2])
    assert titles(tmp_path) == ["Un vieil article 0", "Cainiao ouvre", "Cainiao ferme"]
    assert len(rows(tmp_path, "SELECT * FROM alerts")) == 2
    assert press.requested_urls == [MAP] * 3  # costly documents are asked for twice
    assert next(processor) < 1.0
