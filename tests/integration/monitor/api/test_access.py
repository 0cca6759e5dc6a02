"""Who may: tokens, their scopes against every path, and how often."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx
import pytest
from support.api_server import Api, serving, stopped
from support.newsroom import Newsroom, until

from monitor.api.listener import Limits
from monitor.api.problems import READERS, takes_form
from monitor.model.analyst import Scope

pytestmark = pytest.mark.costly

PLACES = ("", "/api/greader.php")
"""The prefix of the paths for feed readers."""
OPEN = {
    ("GET", "/openapi.json"), ("HEAD", "/openapi.json"), ("GET", "/page.css"),
    ("GET", "/docs"), ("HEAD", "/docs"),
    ("GET", "/login"), ("POST", "/login"),
    *(("POST", f"{place}/accounts/ClientLogin") for place in PLACES),
}  # fmt: skip
"""Routes without a token: they tell nothing of the newsroom."""
TRIAGE = {
    ("POST", "/v1/alerts/{alert}/triage"), ("POST", "/v1/triage/undo"),
    ("POST", "/alerts/triage"), ("POST", "/alerts/undo"),
    ("POST", "/alerts/{number}/triage"),
    *(("POST", f"{place}/reader/api/0/edit-tag") for place in PLACES),
    *(("POST", f"{place}/reader/api/0/mark-all-as-read") for place in PLACES),
}  # fmt: skip
ADMIN = {("POST", "/v1/watchlists")}
ASKING = {
    ("POST", "/v1/watchlists/test"), ("POST", "/mcp"), ("POST", "/logout"),
    *(("POST", f"{place}/reader/api/0/stream/items/contents") for place in PLACES),
}  # fmt: skip
"""Routes that take a body and change nothing; the tools of `/mcp` have scopes of their own."""


def routes_with_scope(api: Api) -> list[tuple[str, str, Scope]]:
    """Return method, path and scope of every route that needs a token."""
    return [(method, path, scope) for method, path, scope in api.routes() if scope is not None]


def ask(api: Api, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
    """Send an invalid request: with the right scope it is refused as invalid."""
    filled = re.sub(r"\{[\w:]+\}", "999", path)
    body: dict[str, Any] = {}
    if method == "POST":
        body = {"data": {"s": "nonsense"}} if takes_form(path) else {"json": {"nonsense": True}}
    parameters = {"nonsense": "1"} if "stream" in path else {}
    sent_headers = {"Origin": api.url, **headers}
    return api.client.request(method, filled, headers=sent_headers, params=parameters, **body)


def is_wrong_scope(answer: httpx.Response) -> bool:
    return answer.status_code == 403 and answer.json()["type"] == "urn:tocsin:problem:wrong-scope"


def test_each_route_has_the_scope_that_it_should_need(api: Api) -> None:
    routes = api.routes()
    by_scope = {
        scope: {(method, path) for method, path, needed in routes if needed is scope}
        for scope in (None, *Scope)
    }
    assert by_scope[None] == OPEN
    assert by_scope[Scope.ADMIN] == ADMIN
    assert by_scope[Scope.TRIAGE] == TRIAGE
    assert {route for route in by_scope[Scope.READ] if route[0] != "GET"} == ASKING
    assert len(by_scope[Scope.READ]) > 40


def test_the_schema_has_the_scope_of_each_path(api: Api) -> None:
    routes, documented = set(routes_with_scope(api)), set()
    for path, operations in api.client.get("/openapi.json").json()["paths"].items():
        for method, operation in operations.items():
            ((name, scopes),) = operation["security"][0].items()
            assert name == "token"
            documented |= {(method.upper(), path, Scope(scope)) for scope in scopes}
    assert documented == {route for route in routes if route[1].startswith("/v1/")}


def test_every_scope_against_every_path(api: Api) -> None:
    for method, path, needed in routes_with_scope(api):
        assert ask(api, method, path, {}).status_code == 401, path
        for scope in Scope:
            answer = ask(api, method, path, api.headers(scope))
            assert answer.status_code != 401 and answer.status_code < 500, (scope, path)
            assert is_wrong_scope(answer) != scope.covers(needed), (scope, path)


@pytest.mark.parametrize(
    "header", ["Bearer wrong", "Bearer", "secret-read", "Basic c2VjcmV0LXJlYWQ=", "Bearer é"]
)
def test_what_is_no_token_is_refused(api: Api, header: str) -> None:
    answer = api.client.get("/v1/status", headers={"Authorization": header.encode()})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["type"] == "urn:tocsin:problem:no-token"


def test_a_token_in_the_address_is_no_token(api: Api) -> None:
    assert api.client.get("/v1/status?token=secret-read").status_code == 401
    cookie = {"Cookie": "token=secret-read"}
    assert api.client.get("/v1/status", headers=cookie).status_code == 401


def test_expired_and_revoked_tokens_are_refused_at_once(api: Api) -> None:
    def status(headers: dict[str, str]) -> int:
        return api.client.get("/v1/status", headers=headers).status_code

    assert status(api.add_token("expired", expires_at=time.time() - 1)) == 401
    mine = api.add_token("mine", expires_at=time.time() + 600)
    assert status(mine) == 200
    assert api.tokens.revoke("mine", time.time())
    assert status(mine) == 401
    assert not api.tokens.revoke("mine", time.time())


def test_wrong_tokens_cannot_be_tried_for_ever(filled: Newsroom) -> None:
    with serving(filled.config, filled.data, monotonic=stopped) as api:
        answers = [
            api.client.get("/v1/status", headers={"Authorization": f"Bearer {n}"})
            for n in range(40)
        ]
        assert [answer.status_code for answer in answers[:20]] == [401] * 20
        assert answers[-1].status_code == 429 and int(answers[-1].headers["retry-after"]) >= 1
        assert api.get("/status").status_code == 200


def test_the_last_use_is_noted_once_a_minute(filled: Newsroom) -> None:
    with serving(filled.config, filled.data) as api:
        views = api.server.app.state.newsroom.service.views
        headers, before = api.add_token("counted"), time.time()
        commits = views.version().commits
        for _ in range(5):
            assert api.client.get("/v1/status", headers=headers).status_code == 200
        (last,) = [token.last_used for token in api.tokens.every() if token.name == "counted"]
        assert last is not None and last >= before
        assert views.version().commits == commits + 1


def test_each_token_has_its_own_rate(filled: Newsroom) -> None:
    limits = Limits(rate=0.5, burst=3)
    with serving(filled.config, filled.data, limits=limits, monotonic=stopped) as api:
        statuses = [api.get("/status").status_code for _ in range(5)]
        assert statuses == [200, 200, 200, 429, 429]
        answer = api.get("/status")
        assert answer.json()["type"] == "urn:tocsin:problem:too-many"
        assert int(answer.headers["retry-after"]) >= 1
        assert api.get("/status", scope=Scope.TRIAGE).status_code == 200


def test_this_machine_may_read_without_a_token_if_the_server_was_asked_to(
    filled: Newsroom,
) -> None:
    with serving(filled.config, filled.data, anybody_reads=True) as api:
        assert api.get("/status", scope=None).status_code == 200
        for method, path, needed in routes_with_scope(api):
            refused = ask(api, method, path, {}).status_code == 401
            is_login = f"{path}/".startswith(READERS)
            assert refused == (is_login or needed is not Scope.READ), path
        answer = api.client.get("/v1/status", headers={"Authorization": "Bearer wrong"})
        assert answer.status_code == 401


def test_tokens_are_in_no_log_and_no_answer(
    filled: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "tocsin_nobody-may-read-this"
    caplog.set_level(0)
    caplog.set_level(0, "tocsin")
    with serving(filled.config, filled.data) as api:
        text = ""
        for header in (f"Bearer {secret}", secret, f"Basic {secret}"):
            for path in ("/v1/status", "/v1/nothing", "/v1/alerts?limit=x", f"/v1/{'x' * 9000}"):
                answer = api.client.get(path, headers={"Authorization": header})
                text += answer.text + str(answer.headers)
        api.server.app.state.newsroom = None  # makes every request fail
        failure = api.get("/status")
        assert failure.status_code == 500
        assert failure.json()["type"] == "urn:tocsin:problem:failure"
        until(lambda: "unexpected trouble" in caplog.text)
    assert "nobody-may-read-this" not in text + caplog.text
    assert "secret-read" not in failure.text + caplog.text
