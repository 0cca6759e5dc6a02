"""Alerts are changed with the forms of their pages, and nobody's work is overwritten silently."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.api_server import Api, serving
from support.html_pages import Browser
from support.newsroom import Newsroom

from monitor.model.alert import AlertState, Verdict
from monitor.runtime.viewing import open_service

pytestmark = pytest.mark.costly
PATH, FORM, UNDO = "/alerts/a2", "/alerts/a2/triage", "/alerts/undo"


@pytest.fixture
def api(filled: Newsroom) -> Iterator[Api]:
    service = open_service(filled.data, filled.config)
    (story,) = service.views.alerts.stories([2], closed=True, silenced=True)
    ids = [a.id for a in story.alerts]
    fresh = {"state": AlertState.NEW, "verdict": Verdict.NONE, "starred": False}
    service.triage.change(ids, **fresh, note="", assignee="")
    with serving(filled.config, filled.data) as served:
        yield served


def row(api: Api) -> dict[str, object]:
    content: dict[str, object] = api.json(PATH)
    return content


def test_each_button_does_what_it_says(analyst: Browser, api: Api) -> None:
    for act, change in (
        ("acknowledge", {"state": "acknowledged"}),
        ("take", {"assignee": "triageer"}),
        ("leave", {"assignee": ""}),
        ("star", {"starred": True}),
        ("unstar", {"starred": False}),
        ("relevant", {"state": "closed", "verdict": "relevant"}),
        ("reopen", {"state": "new"}),
        ("noise", {"state": "closed", "verdict": "noise"}),
        ("reopen", {"state": "new"}),
        ("close", {"state": "closed", "verdict": "noise"}),
    ):
        page = analyst.get(PATH)
        assert act in page.tree.xpath("//button[@name='act']/@value")
        after = analyst.press(page, FORM, act=act)
        assert after.status == 200 and str(after.answer.url).endswith(PATH)
        assert {name: row(api)[name] for name in change} == change
    assert "triageer" in after.text


def test_a_note_keeps_its_lines(analyst: Browser, api: Api) -> None:
    page = analyst.get(PATH)
    note = "First.\r\nSecond: é < & >"
    after = analyst.press(page, FORM, act="note", note=note)
    assert row(api)["note"] == "First.\nSecond: é < & >"
    assert after.fields(FORM)["note"] == "\nFirst.\nSecond: é < & >"  # HTML drops the first line
    assert analyst.press(after, FORM, act="note", note="").status == 200
    assert row(api)["note"] == ""


def test_who_saw_something_else_changes_nothing(
    analyst: Browser, api: Api, filled: Newsroom
) -> None:
    page = analyst.get(PATH)
    assert filled.here("alerts", "note", "a2", "-m", "Ana was here").returncode == 0
    answer = analyst.press(page, FORM, act="note", note="Ben too")
    assert answer.status == 409
    assert "Somebody changed it since" in answer.all("//*[@role='alert']")[0]
    assert "Ana was here" in answer.text
    assert answer.fields(FORM)["note"].strip() == "Ben too"  # nothing typed is lost
    assert row(api)["note"] == "Ana was here"
    better = analyst.press(answer, FORM, act="note", note="Ana and Ben")
    assert better.status == 200 and row(api)["note"] == "Ana and Ben"


def test_other_fields_may_have_changed_meanwhile(
    analyst: Browser, api: Api, filled: Newsroom
) -> None:
    page = analyst.get(PATH)
    assert filled.here("alerts", "note", "a2", "-m", "Ana was here").returncode == 0
    assert analyst.press(page, FORM, act="star").status == 200
    assert (row(api)["starred"], row(api)["note"]) == (True, "Ana was here")


def test_a_note_that_is_too_long_is_not_lost(analyst: Browser, api: Api) -> None:
    page = analyst.get(PATH)
    answer = analyst.press(page, FORM, act="note", note="x" * 10_001)
    assert answer.status == 422
    assert "characters at most" in answer.all("//*[@role='alert']")[0]
    assert len(answer.fields(FORM)["note"].strip()) == 10_001
    assert row(api)["note"] == ""


def test_the_last_act_of_ones_own_can_be_undone(analyst: Browser, api: Api) -> None:
    before = row(api)
    after = analyst.press(analyst.get(PATH), FORM, act="noise")
    assert row(api)["state"] == "closed"
    answer = analyst.press(after, UNDO)
    assert answer.status == 200
    assert row(api) == before
    assert UNDO not in [form.action for form in answer.tree.forms]


def test_a_form_that_says_nothing_changes_nothing(analyst: Browser, api: Api) -> None:
    page = analyst.get(PATH)
    assert analyst.press(page, FORM, act="explode").status == 422
    assert analyst.press(page, FORM).status == 422
    form = page.fields(FORM)["form"]
    assert analyst.post(UNDO, {"form": form, "act": "x"}).status == 422
    assert analyst.post("/alerts/a99/triage", {"form": form, "act": "close"}).status == 404
    fields = {"form": form, **{str(n): "" for n in range(200)}}
    assert analyst.post(FORM, fields).status == 400
    assert row(api)["state"] == "new"


def test_who_may_only_read_sees_no_forms(reader: Browser) -> None:
    for path in (PATH, "/stories/a2"):
        assert [form.action for form in reader.get(path).tree.forms] == ["/logout"]
