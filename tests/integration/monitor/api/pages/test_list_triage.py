"""Stories are changed from the list, several at once; the start page shows feeds and watchlists."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.api_server import Api, serving
from support.html_pages import Browser, Read
from support.newsroom import Item, Newsroom, rss
from support.scripted_server import Reply, Web, conditional

from monitor.model.alert import AlertState, Verdict
from monitor.runtime.viewing import open_service

pytestmark = pytest.mark.costly
TRIAGE, UNDO = "/alerts/triage", "/alerts/undo"


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    """Return a newsroom with three stories, one of two watchlists, and a feed that fails."""
    room = Newsroom(tmp_path_factory.mktemp("list"))
    titles = ("Alibaba au port de Liège", "Grève du rail à Namur", "Incendie au dépôt de Gand")
    items = [Item(title, guid=str(n)) for n, title in enumerate(titles)]
    with Web() as web:
        web.on("/fil", conditional(rss(*items)))
        web.on("/mort", Reply(500))
        feeds = [{"url": web.url(f"/{name}"), "name": name} for name in ("fil", "mort")]
        room.watch(feeds, ["Alibaba", "Liège", "Namur", "Gand"])
        assert room.once("--now").returncode == 0
    return room


@pytest.fixture
def api(newsroom: Newsroom) -> Iterator[Api]:
    fresh = {"state": AlertState.NEW, "verdict": Verdict.NONE, "assignee": "", "starred": False}
    open_service(newsroom.data, newsroom.config).triage.change(range(1, 5), **fresh)
    with serving(newsroom.config, newsroom.data) as served:
        yield served


def boxes(page: Read) -> dict[str, str]:
    """Return the values of the boxes of a list by the headline of their story."""
    nodes = page.tree.xpath("//input[@type='checkbox']")
    return {node.get("aria-label"): (node.name, node.get("value")) for node in nodes}


def choose(page: Read, *words: str) -> dict[str, str]:
    """Return the fields of the boxes of the stories with these words in their headlines."""
    fields = dict(box for title, box in boxes(page).items() if any(w in title for w in words))
    assert len(fields) == len(words)
    return fields


def states(api: Api) -> dict[str, str]:
    rows = api.json("/alerts", state="all")["alerts"]
    return {row["watchlist"]: row["state"] for row in rows}


@pytest.mark.parametrize("path", ["/", "/alerts", "/alerts?query=lang%3Afr+OR+lang%3Aund&limit=50"])
def test_several_stories_are_changed_at_once_and_back(
    analyst: Browser, api: Api, path: str
) -> None:
    page = analyst.get(path)
    after = analyst.press(page, TRIAGE, act="acknowledge", **choose(page, "Alibaba", "Namur"))
    assert after.status == 200 and str(after.answer.url).startswith(api.url + path)
    assert states(api) == {
        "Alibaba": "acknowledged", "Liège": "acknowledged", "Namur": "acknowledged", "Gand": "new",
    }  # fmt: skip
    assert after.all("//*[@role='status']") == ["2 stories changed. Undo"]
    again = analyst.press(after, UNDO)
    assert str(again.answer.url) == str(page.answer.url)
    assert {*states(api).values()} == {"new"}


def test_each_button_of_the_list_does_what_it_says(analyst: Browser, api: Api) -> None:
    for act, name, value in (
        ("take", "assignee", "triageer"), ("star", "starred", True), ("noise", "verdict", "noise"),
        ("reopen", "state", "new"), ("relevant", "verdict", "relevant"),
        ("reopen", "state", "new"), ("close", "state", "closed"),
    ):  # fmt: skip
        page = analyst.get("/alerts?state=all")
        assert act in page.tree.xpath("//button[@name='act']/@value")
        assert analyst.press(page, TRIAGE, act=act, **choose(page, "Gand")).status == 200
        (row,) = api.json("/alerts", watch="Gand", state="all")["alerts"]
        assert row[name] == value


def test_what_somebody_changed_meanwhile_is_left(analyst: Browser, api: Api) -> None:
    page = analyst.get("/alerts")
    number = next(a["alert_id"] for a in api.json("/alerts")["alerts"] if a["watchlist"] == "Namur")
    body = {"state": "closed", "seen": {"state": "new"}}
    assert api.post(f"/alerts/{number}/triage", body).status_code == 200
    fields = choose(page, "Namur", "Gand")
    after = analyst.press(page, TRIAGE, act="acknowledge", **fields)
    assert (states(api)["Namur"], states(api)["Gand"]) == ("closed", "acknowledged")
    (notice,) = after.all("//*[@role='status']")
    assert "1 story changed." in notice and "1 was left: somebody changed it" in notice


def test_a_choice_of_nothing_says_so(analyst: Browser, api: Api) -> None:
    page = analyst.get("/alerts")
    after = analyst.press(page, TRIAGE, act="close")
    assert "Nothing changed" in after.all("//*[@role='status']")[0]
    assert analyst.press(page, TRIAGE, act="explode", **choose(page, "Gand")).status == 422
    wrong = {**page.fields(TRIAGE), "story-x": "1", "act": "close"}
    assert analyst.post(TRIAGE, wrong).status == 404
    elsewhere = {**page.fields(TRIAGE), "back": "//evil.example.org", "act": "close"}
    assert str(analyst.post(TRIAGE, elsewhere).answer.url).startswith(f"{api.url}/?")
    assert {*states(api).values()} == {"new"}


def test_who_may_only_read_has_no_boxes(reader: Browser) -> None:
    for path in ("/", "/alerts"):
        page = reader.get(path)
        assert not boxes(page)
        assert TRIAGE not in [form.action for form in page.tree.forms]


def test_the_start_page_tells_of_feeds_and_watchlists(reader: Browser) -> None:
    page = reader.get("/")
    assert "1 failing · 1 ok" in page.text
    assert any("mort" in row and "500" in row for row in page.all("//section//li"))
    rows = page.all("//table//tr")
    assert len(rows) == 5 and any(row.startswith("Namur1") for row in rows)
    assert "/alerts?watch=Li%C3%A8ge" in page.links()


def test_an_alert_names_all_watchlists_of_its_story(reader: Browser, api: Api) -> None:
    numbers = {row["watchlist"]: row["alert_id"] for row in api.json("/alerts")["alerts"]}
    page = reader.get(f"/alerts/{numbers['Alibaba']}")
    (head,) = page.all("//h1/preceding-sibling::p")
    assert "Alibaba" in head and "Liège" in head
    assert f"/alerts/{numbers['Liège']}" in page.tree.xpath("//h1/preceding-sibling::p//a/@href")
