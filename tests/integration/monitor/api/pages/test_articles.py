"""Articles that were edited, copied, told in another language, or written by somebody hostile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from lxml import html
from msgspec.structs import replace
from support.api_server import Api, serving
from support.briefings import hostile_facts, store_briefing
from support.html_pages import Browser
from support.newsroom import Item, Newsroom, rss
from support.scripted_server import Reply, Web

from monitor.model.analyst import Scope, Token, token_hash

pytestmark = pytest.mark.costly

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'--><b>{{ 7*7 }}</b>"
SHORT = '"><script>x</script><i>y'
TEXT = (
    "Customs officers in Liège have seized nine hundred parcels of counterfeit parts this week,"
    " and the port authority says that more of them are on their way to the warehouse."
)
ATTACK = (
    "Somebody sent letters full of brackets to the customs of every harbour along the coast, where"
    " nobody could say on Monday what they were meant to do or who had paid for all the stamps."
)
EDITED = TEXT.replace("nine hundred", "twelve hundred").replace("Customs officers", "Officers")


def reply_with(*items: Item) -> Reply:
    return Reply(body=rss(*items, title="Any"))


def item(title: str, text: str, link: str) -> Item:
    now = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    return Item(title, text, guid=link, link=link, date=now)


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    newsroom = Newsroom(tmp_path_factory.mktemp("edited"))
    with Web() as web:
        web.on("/first", reply_with(item("Calm at the port", "Nothing to report today.", "/0")))
        web.on("/second", reply_with(item("Calm at the quay", "Nothing at all to report.", "/9")))
        feeds = [
            {"url": web.url("/first"), "name": f"First {SHORT}"},
            {"url": web.url("/second"), "name": f"Second {SHORT}"},
        ]
        newsroom.watch(
            feeds,
            [{"name": f"Customs {SHORT}", "terms": ["customs", "hostile"]}],
            searches=[{"name": f"Saved {SHORT}", "query": "port"}],
        )
        assert newsroom.once("--now").returncode == 0
        seizure = item("Customs seize parts at the port", TEXT, "https://ex.org/1")
        attack = item(f"Hostile {HOSTILE}", f"{ATTACK} {HOSTILE}", "javascript:alert(3)//customs")
        attack = replace(attack, author=HOSTILE)
        web.on("/first", reply_with(seizure, attack))
        assert newsroom.once("--now").returncode == 0
        copy = item("Customs seize parts at the port", TEXT, "https://ex.net/2")
        third = replace(attack, guid="again", link="https://ex.net/3")
        web.on("/second", reply_with(copy, third))
        assert newsroom.once("--now").returncode == 0
        edited = item("Customs seize parts at the port", EDITED, "https://ex.org/1")
        attack = replace(
            attack, title=f"Attack {HOSTILE}", text=f"{ATTACK} Nothing more is known. {HOSTILE}"
        )
        web.on("/first", reply_with(edited, attack))
        assert newsroom.once("--now").returncode == 0
    return newsroom


@pytest.fixture(scope="module")
def api(edited: Newsroom) -> Iterator[Api]:
    with serving(edited.config, edited.data) as served:
        yield served


@pytest.fixture(scope="module")
def sent_briefing(edited: Newsroom) -> int:
    """Return the number of a briefing in which every text is hostile."""
    return store_briefing(edited, hostile_facts())


def article(api: Api, words: str) -> int:
    """Return the number of the first article that a query finds."""
    hits = api.json("/search", query=words)["hits"]
    return min(int(hit["article_id"]) for hit in hits)


def test_versions_are_compared(api: Api, reader: Browser) -> None:
    page = reader.get(f"/articles/{article(api, 'title:seize')}")
    assert "1 revision" in page.text
    assert page.all("//del") == ["[-Customs officers-]", "[-nine-]"]
    assert page.all("//ins") == ["{+Officers+}", "{+twelve+}"]


def test_outlets_stand_in_order_with_what_they_did(api: Api, reader: Browser) -> None:
    page = reader.get(f"/articles/{article(api, 'title:seize')}")
    first, second = page.all("//ol[@class='outlets']/li")
    assert first.startswith(f"first First {SHORT}")
    assert "Second" in second and "copied" in second
    assert second.startswith(("+", "at once"))


def test_a_term_that_an_edit_removed_is_told(api: Api, reader: Browser) -> None:
    alert = api.json("/alerts", state="all", query="seize")["alerts"][-1]
    assert api.json(f"/articles/{alert['article_id']}")["versions"] == 2
    page = reader.get(f"/alerts/{alert['alert_id']}")
    assert page.all("//mark")
    assert "[-Customs officers-]" in page.text


def test_a_briefing_links_to_its_alerts(api: Api, reader: Browser) -> None:
    page = reader.get("/briefing")
    named = {f"/alerts/{alert['alert_id']}" for alert in api.json("/alerts")["alerts"]}
    assert set(page.links()) & named
    assert not page.tree.xpath("//*[@style]")


@pytest.fixture
def mallory(api: Api) -> Iterator[Browser]:
    """Return the browser of a person with a hostile name."""
    token = Token(name=SHORT, scope=Scope.TRIAGE, created_at=0.0, expires_at=None)
    api.tokens.add(token, token_hash("secret-hostile"))
    with Browser(api) as browser:
        assert browser.log_in("secret-hostile").status == 200
        yield browser


def test_hostile_texts_stay_texts_on_every_page(
    api: Api, mallory: Browser, sent_briefing: int
) -> None:
    alerts = api.json("/alerts", state="all")["alerts"]
    for alert in alerts:
        path = f"/alerts/{alert['alert_id']}"
        for act in ("take", "star", "note"):
            note = "</textarea>" + HOSTILE
            done = mallory.press(mallory.get(path), f"{path}/triage", act=act, note=note)
            assert done.status == 200
    query = '"<script><img src=x>"'
    for path in (
        "/", "/alerts", "/search?q=hostile OR attack", "/search", "/briefing", "/search?q=port",
        *(f"/alerts/{alert['alert_id']}" for alert in alerts),
        *(f"/stories/{alert['alert_id']}" for alert in alerts),
        *(f"/articles/{alert['article_id']}" for alert in alerts),
        f"/search?q=port&watch=Customs {SHORT}", f"/alerts?feed=First {SHORT}&limit=1",
        f"/search?q={query}", f"/search?q={query} xyzzy", f"/alerts?query={query}",
        f"/search?q=%22{HOSTILE}%22", f"/alerts?query={HOSTILE}", f"/alerts?watch={HOSTILE}",
        f"/alerts?tag={HOSTILE}", f"/{HOSTILE}", f"/articles/1?{HOSTILE}",
        f"/search?since={HOSTILE}", f"/briefing/{sent_briefing}",
    ):  # fmt: skip
        page = mallory.get(path)
        raw = page.answer.text
        assert not page.tree.xpath("//script | //img | //*[@onerror or @onload] | //main//i"), path
        assert "<script" not in raw and "<img" not in raw, path
        assert not [link for link in page.links() if link.startswith("javascript")], path
        names = {element.tag for element in page.tree.iter() if isinstance(element.tag, str)}
        assert names <= KNOWN, names - KNOWN


KNOWN = {
    "html", "head", "meta", "title", "link", "body", "a", "header", "nav", "form", "input", "span",
    "button", "main", "h1", "h2", "h3", "h4", "p", "b", "section", "article", "ul", "ol", "li",
    "mark", "time", "code", "div", "label", "select", "option", "textarea", "ins", "del",
    "table", "tbody", "tr", "th", "td", "caption", "br", "strong", "em",
}  # fmt: skip


def test_a_session_is_not_lost_to_a_stranger_without_one(stranger: Browser) -> None:
    page = stranger.get(f"/alerts?query={HOSTILE}")
    assert page.status == 401
    assert page.tree.xpath("//input[@name='next']/@value")[0].startswith("/alerts?query=")
    assert html.tostring(page.tree).count(b"<script") == 0
