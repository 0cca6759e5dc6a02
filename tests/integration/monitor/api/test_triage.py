"""Alerts are changed over the API as by commands, and nobody's work is overwritten silently."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.api_server import Api, serving
from support.newsroom import Newsroom

from monitor.model.analyst import Scope

pytestmark = pytest.mark.costly


@pytest.fixture
def api(filled: Newsroom) -> Iterator[Api]:
    filled.here("alerts", "reopen", "a1", "a2", "a3")
    with serving(filled.config, filled.data) as served:
        yield served


def test_an_act_is_done_shown_and_kept_under_the_name_of_its_token(api: Api) -> None:
    before = len(api.json("/alerts/a2/history")["history"])
    act = {"verdict": "noise", "acknowledge": True, "tag": ["Later on"], "seen": {"verdict": ""}}
    done = api.post("/alerts/a2/triage", act)
    assert done.status_code == 200, done.text
    row = done.json()
    assert (row["changed"], row["unchanged"]) == (["a2"], 0)
    assert row["alert"]["state"] == "acknowledged" and row["alert"]["verdict"] == "noise"
    assert "later-on" in row["alert"]["tags"]
    history = api.json("/alerts/a2/history")["history"]
    assert len(history) == before + 1
    assert (history[0]["act"], history[0]["who"]) == (row["act"], "triageer")
    undone = api.post("/triage/undo", {"act": row["act"]}).json()
    assert (undone["undoes"], undone["changed"]) == (row["act"], ["a2"])
    assert api.json("/alerts/a2")["verdict"] == ""


def test_who_saw_something_else_changes_nothing(api: Api) -> None:
    first = api.post("/alerts/a3/triage", {"state": "closed", "seen": {"state": "new"}})
    assert first.status_code == 200
    second = api.post(
        "/alerts/a3/triage",
        {"state": "acknowledged", "note": "x", "seen": {"state": "new", "note": ""}},
    )
    assert second.status_code == 409
    assert second.json()["now"] == {"state": "closed"}
    assert api.json("/alerts/a3")["state"] == "closed"
    assert api.json("/alerts/a3")["note"] == ""
    answer = api.post("/alerts/a3/triage", {"state": "acknowledged", "seen": {"state": "closed"}})
    assert answer.status_code == 200


def test_an_alert_is_assigned_by_who_saw_that_nobody_works_on_it(api: Api) -> None:
    answer = api.post("/alerts/a1/triage", {"assignee": "me", "seen": {"assignee": ""}})
    assert answer.json()["alert"]["assignee"] == "triageer"
    refused = api.post("/alerts/a1/triage", {"assignee": "ana", "seen": {"assignee": ""}})
    assert (refused.status_code, refused.json()["now"]) == (409, {"assignee": "triageer"})
    numbers = [row["alert_id"] for row in api.json("/alerts", assigned="triageer")["alerts"]]
    assert numbers == ["a1"]
    assert api.json("/stories", query="assigned:triageer")["stories"][0]["assignees"] == [
        "triageer"
    ]
    assert api.json("/alerts", assigned="me")["alerts"] == []  # asked with another token
    back = api.post("/alerts/a1/triage", {"assignee": "nobody", "seen": {"assignee": "triageer"}})
    assert back.json()["alert"]["assignee"] == ""
    invalid = api.post("/alerts/a1/triage", {"assignee": "a,b", "seen": {"assignee": ""}})
    assert invalid.status_code == 422


def test_a_field_cannot_be_set_by_who_has_not_seen_it(api: Api) -> None:
    for body in ({"state": "closed"}, {"note": "mine", "seen": {"state": "new"}}):
        answer = api.post("/alerts/a1/triage", body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"].startswith("seen.")
    assert api.json("/alerts/a1")["state"] == "new"


def test_two_people_on_one_alert_both_know(api: Api, filled: Newsroom) -> None:
    assert api.json("/alerts/a1")["note"] == ""
    assert filled.here("alerts", "note", "a1", "-m", "Ana was here").returncode == 0
    answer = api.post("/alerts/a1/triage", {"note": "Ben too", "seen": {"note": ""}})
    assert answer.status_code == 409
    assert answer.json()["now"] == {"note": "Ana was here"}
    better = api.post(
        "/alerts/a1/triage", {"note": "Ana and Ben", "seen": {"note": "Ana was here"}}
    )
    assert better.status_code == 200
    assert filled.here("alerts", "note", "a1", "-m", "").returncode == 0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"tag": ["a,b"]}, "comma"),
        ({"tag": ["!!"]}, "no tag"),
        ({"note": "x" * 15_000, "seen": {"note": ""}}, "at most 10000 characters"),
        ({"verdict": "great", "seen": {"verdict": ""}}, "verdict"),
        ({"closed": True}, "closed"),
    ],
)
def test_what_is_not_understood_changes_nothing(
    api: Api, body: dict[str, object], words: str
) -> None:
    answer = api.post("/alerts/a1/triage", body)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert api.json("/alerts/a1")["state"] == "new"


def test_an_alert_that_is_not_there(api: Api) -> None:
    assert api.post("/alerts/a99/triage", {"acknowledge": True}).status_code == 404


def test_values_of_another_type_are_refused(api: Api) -> None:
    for path, body in (
        ("/triage/undo", {"act": True}),
        ("/alerts/a1/triage", {"starred": 1, "seen": {"starred": False}}),
        ("/alerts/a1/triage", {"acknowledge": "yes"}),
    ):
        assert api.post(path, body).status_code == 422


def test_nothing_to_undo(api: Api) -> None:
    assert api.post("/triage/undo", {}, scope=Scope.ADMIN).json() == {
        "act": None, "undoes": None, "changed": [], "left": [],
    }  # fmt: skip
