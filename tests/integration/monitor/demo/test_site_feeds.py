"""The feeds of the bundled newsroom, as a feed reader asks for them."""

from __future__ import annotations

import time
from typing import Any

import feedparser
import httpx
import pytest
from support.demo_server import OPENED, Hands, poll

from monitor.demo.content import NBSP, load
from monitor.demo.site import NewsroomServer

pytestmark = pytest.mark.costly

CONTENT = load()


@pytest.mark.parametrize(
    ("slug", "version", "entries"),
    [
        ("fil-wallon", "rss20", 5),
        ("courrier-meuse", "rss20", 6),
        ("depeche-bruxelles", "atom10", 5),
        ("eclaireur", "rss20", 4),
        ("estuaire", "rss20", 5),
        ("cyber-sentinelle", "rss20", 5),
        ("guetteur-nord", "rss20", 4),
        ("radio-escaut", "rss20", 4),
        ("portail-logistique", "", 0),
        ("harbour-rail", "rss20", 5),
        ("thames-ledger", "atom10", 6),
        ("channel-security", "rss20", 5),
        ("wafer-report", "atom10", 5),
        ("brussels-trade", "rss20", 5),
        ("quayside-notes", "rss20", 4),
        ("raw-wire", "rss20", 10),
    ],
)
def test_every_feed_reads_as_what_it_is(
    reader: httpx.Client, server: NewsroomServer, slug: str, version: str, entries: int
) -> None:
    feed = poll(reader, server, slug)
    assert (feed.version, len(feed.entries)) == (version, entries)
    assert bool(feed.bozo) == (slug in {"radio-escaut", "portail-logistique", "raw-wire"})
    for entry in feed.entries:
        assert entry.title
        assert entry.summary
        assert entry.link.startswith(f"{server.url}/{slug}/")


def test_whole_articles_only_where_the_outlet_gives_them(
    reader: httpx.Client, server: NewsroomServer
) -> None:
    story = "surete-examine-centre-tri"
    bodies: dict[str, Any] = {
        slug: next(e for e in poll(reader, server, slug).entries if story in e.link).get("content")
        for slug in ("fil-wallon", "cyber-sentinelle", "depeche-bruxelles", "estuaire")
    }
    assert bodies["estuaire"] is None
    for slug in ("fil-wallon", "cyber-sentinelle", "depeche-bruxelles"):
        assert "sang-froid" in bodies[slug][0].value


def test_only_the_page_of_the_truncated_article_names_cainiao(
    reader: httpx.Client, server: NewsroomServer
) -> None:
    feed = reader.get(server.feed_url("eclaireur")).text
    entry = poll(reader, server, "eclaireur").entries[0]
    page = reader.get(entry.link).text
    assert entry.summary.endswith("rayonnages […]")
    assert "Cainiao" not in feed
    assert "Cainiao" in page


@pytest.mark.parametrize("slug", ["eclaireur", "thames-ledger"])
def test_the_text_can_be_told_from_the_rest_of_its_page(
    reader: httpx.Client, server: NewsroomServer, slug: str
) -> None:
    pytest.importorskip("lxml_html_clean", reason="trafilatura needs it")
    fulltext = pytest.importorskip("monitor.intake.parse.web_page")
    piece = next(piece for piece in CONTENT.articles if piece.outlet == slug)
    page = reader.get(f"/{slug}/{piece.slug}.html")
    text = fulltext.extract(page.content, str(page.url), page.headers["Content-Type"]).text
    assert "cookies" in page.text
    assert "cookies" not in text
    for paragraph in piece.text[1:]:  # the lead stands apart, as on many sites
        assert " ".join(paragraph.split()) in " ".join(text.split())


def test_latin_1(reader: httpx.Client, server: NewsroomServer) -> None:
    body = reader.get(server.feed_url("estuaire")).content
    assert "entré".encode("iso-8859-1") in body
    assert "entré".encode() not in body
    titles = [entry.title for entry in poll(reader, server, "estuaire").entries]
    assert f"Le Havre{NBSP}: le plus haut portique d’Europe est arrivé par la mer" in titles


def test_broken_xml_still_tells_its_entries_apart(
    reader: httpx.Client, server: NewsroomServer
) -> None:
    feed = poll(reader, server, "radio-escaut")
    mussels = [entry for entry in feed.entries if "moules" in entry.title]
    assert len(mussels) == 1
    assert "éternels & des métaux" in mussels[0].summary
    assert "vent" not in mussels[0].summary


def test_hostile_headlines_arrive_armed(reader: httpx.Client, server: NewsroomServer) -> None:
    titles = "\n".join(entry.title for entry in poll(reader, server, "raw-wire").entries)
    for payload in (
        *("[/]", "[bold red]", "[@click=app.quit]", "\x1b[2J", "\x1b]52;c;", "\u202e", "\u200b"),
        *("<script>", "=HYPERLINK", "Donaudampfschifffahrtselektrizit"),
    ):
        assert payload in titles


def test_careless_dates(reader: httpx.Client, server: NewsroomServer) -> None:
    dates = {
        entry.title: entry.get("published")
        for entry in poll(reader, server, "quayside-notes").entries
    }
    assert dates["Fog, and a kettle"] is None
    assert dates["Testing, testing"] == "Thu, 01 Jan 1970 00:00:00 GMT"
    date = feedparser.datetimes._parse_date(dates["Open day at the old ropewalk: bring gloves"])
    assert time.strftime("%Y-%m-%d", date) > time.strftime("%Y-%m-%d", time.gmtime(OPENED))


def test_ids_last_except_where_the_outlet_reissues_everything(
    reader: httpx.Client, server: NewsroomServer
) -> None:
    def ids(slug: str) -> tuple[list[str], list[str]]:
        entries = poll(reader, server, slug).entries
        return [entry.id for entry in entries], [entry.link for entry in entries]

    assert ids("fil-wallon") == ids("fil-wallon")
    first, second = ids("guetteur-nord"), ids("guetteur-nord")
    assert not set(first[0]) & set(second[0])
    assert first[1] == second[1]


def test_an_article_is_corrected_after_a_minute(
    reader: httpx.Client, server: NewsroomServer, hands: Hands
) -> None:
    def photonics() -> Any:
        entries = poll(reader, server, "wafer-report").entries
        return next(entry for entry in entries if "photonics" in entry.title)

    before = photonics()
    hands.now += 60
    after = photonics()
    assert "Cainiao" not in before.content[0].value
    assert "Cainiao" in after.content[0].value
    assert after.title.endswith("(corrected)")
    assert (after.id, after.published) == (before.id, before.published)
    assert after.updated > before.updated
    assert "Cainiao" in reader.get(after.link).text
