"""All alerts of a story are changed at once with the form of its page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.api_server import Api, serving
from support.html_pages import Browser
from support.newsroom import Item, Newsroom, rss
from support.scripted_server import Web, conditional

from monitor.model.alert import AlertState, Verdict
from monitor.runtime.viewing import open_service

pytestmark = pytest.mark.costly
STORY = "/stories/a2"
TRIAGE = "/alerts/triage"


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    """Return a newsroom in which two watchlists match one article."""
    room = Newsroom(tmp_path_factory.mktemp("story"))
    with Web() as web:
        web.on("/fil", conditional(rss(Item("Alibaba au port de Liège", guid="1"))))
        room.watch([{"url": web.url("/fil"), "name": "Le Fil"}], ["Alibaba", "Liège"])
        assert room.once("--now").returncode == 0
    return room


@pytest.fixture
def api(newsroom: Newsroom) -> Iterator[Api]:
    fresh = {"state": AlertState.NEW, "verdict": Verdict.NONE, "note": "", "assignee": ""}
    open_service(newsroom.data, newsroom.config).triage.change([1, 2], **fresh)
    with serving(newsroom.config, newsroom.data) as served:
        yield served


def values(api: Api) -> dict[str, list[object]]:
    """Return state, verdict and assignee of each alert of the story."""
    alerts = api.json("/stories/a2")["alerts"]
    return {name: [a[name] for a in alerts] for name in ("state", "verdict", "assignee")}


def test_a_button_of_a_story_is_for_all_its_alerts(analyst: Browser, api: Api) -> None:
    before = values(api)
    assert len(before["state"]) > 1
    for act, changed in (
        ("acknowledge", {"state": "acknowledged"}),
        ("take", {"assignee": "triageer"}),
        ("leave", {"assignee": ""}),
        ("noise", {"state": "closed", "verdict": "noise"}),
        ("reopen", {"state": "new"}),
    ):
        page = analyst.get(STORY)
        assert act in page.tree.xpath("//button[@name='act']/@value")
        after = analyst.press(page, TRIAGE, act=act)
        assert after.status == 200 and after.answer.url.path == STORY
        for name, value in changed.items():
            assert set(values(api)[name]) == {value}
    assert analyst.press(after, "/alerts/undo").status == 200
    assert set(values(api)["state"]) == {"closed"}


def test_what_is_closed_keeps_its_verdict(analyst: Browser, api: Api) -> None:
    closed = {"state": "closed", "verdict": "relevant", "seen": {"state": "new", "verdict": ""}}
    assert api.post("/alerts/a2/triage", closed).status_code == 200
    assert analyst.press(analyst.get(STORY), TRIAGE, act="noise").status == 200
    assert sorted(map(str, values(api)["verdict"]))[-1] == "relevant"
    assert set(values(api)["state"]) == {"closed"}


def test_a_story_that_somebody_changed_is_shown_again(analyst: Browser, api: Api) -> None:
    page = analyst.get(STORY)
    assert api.post("/alerts/a2/triage", {"acknowledge": True}).status_code == 200
    before = values(api)
    answer = analyst.press(page, TRIAGE, act="noise")
    assert answer.status == 200 and "Somebody changed it" in answer.all("//*[@role='alert']")[0]
    assert values(api) == before
    assert analyst.press(answer, TRIAGE, act="noise").status == 200
    assert set(values(api)["state"]) == {"closed"}


def test_a_form_of_a_story_that_says_nothing_changes_nothing(analyst: Browser, api: Api) -> None:
    page, before = analyst.get(STORY), values(api)
    assert analyst.press(page, TRIAGE, act="explode").status == 422
    form = page.fields(TRIAGE)["form"]
    gone = {"form": form, "act": "close", "back": "/stories/a99", "story-a99": "0"}
    assert analyst.post(TRIAGE, gone).status == 404
    assert analyst.post(TRIAGE, {"act": "close"}).status == 403
    assert values(api) == before
