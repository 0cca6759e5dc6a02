"""Parameters as people write them: two spellings of a query, no body, keys that are refused."""

from __future__ import annotations

from typing import Any

import pytest
from support.api_server import Api
from support.html_pages import Browser

from monitor.model.analyst import Scope

pytestmark = pytest.mark.costly


@pytest.mark.parametrize("path", ["/search", "/facets", "/trend", "/alerts", "/stories"])
def test_a_query_may_be_called_q(api: Api, path: str) -> None:
    assert api.json(path, q="liège") == api.json(path, query="liège")
    assert api.json(path, q="xylophone") != api.json(path, query="liège")
    assert api.get(path, q="liège", query="port").status_code == 422
    assert api.get(path, q="(").status_code == 422


def test_each_query_of_a_trend_may_be_called_q(api: Api) -> None:
    both = api.json("/trend", q=["liège", "port"])
    assert both == api.json("/trend", query=["liège", "port"])
    assert len({count["series"] for count in both["counts"]}) == 2


@pytest.mark.parametrize("path", ["/search", "/alerts"])
def test_pages_take_both_spellings(api: Api, path: str) -> None:
    with Browser(api) as browser:
        assert browser.log_in("secret-read").status == 200
        pages = [browser.get(f"{path}?{name}=liège") for name in ("q", "query")]
    assert pages[0].text == pages[1].text
    assert "liège" in pages[0].tree.xpath("//input[@type='search']/@value")


def test_undo_needs_no_body(api: Api) -> None:
    act = api.post("/alerts/a2/triage", {"acknowledge": True}).json()["act"]
    answer = api.client.post("/v1/triage/undo", headers=api.headers(Scope.TRIAGE))
    assert (answer.status_code, answer.json()["undoes"]) == (200, act)


@pytest.mark.parametrize(
    ("path", "body", "field", "keys"),
    [
        ("/watchlists", {"name": "A", "term": "b"}, "term", ("name", "terms", "query", "excluded")),
        ("/alerts/a2/triage", {"acknowledged": True}, "acknowledged", ("acknowledge", "verdict")),
        ("/alerts/a2/triage", {"seen": {"stat": "new"}}, "seen.stat", ("state", "assignee")),
    ],
)
def test_a_refused_body_says_which_keys_there_are(
    api: Api, path: str, body: dict[str, Any], field: str, keys: tuple[str, ...]
) -> None:
    answer = api.post(path, body, scope=Scope.ADMIN)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (422, field)
    names = error["message"].partition(":")[2].replace("`", "").split(", ")
    assert {*keys} <= {name.strip() for name in names}


def test_a_refused_parameter_says_which_there_are(api: Api) -> None:
    answer = api.get("/search", query="port", langs="fr")
    (error,) = answer.json()["errors"]
    assert error["field"] == "langs"
    assert "lang" in error["message"] and "since" in error["message"]
