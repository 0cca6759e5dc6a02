"""Who may: tokens, their scopes against every path, and how often."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from support.api_server import Api, serving
from support.newsroom import Newsroom, until

from monitor.api.limits import Limits
from monitor.api.problems import READERS, is_page
from monitor.model.token import Scope

pytestmark = pytest.mark.costly

CLOSED = "/openapi.json"
"""The one path without a scope: it tells nothing of the newsroom."""


def paths(api: Api) -> list[tuple[str, str, Scope]]:
    """Return method, path and scope of every route, as the routes themselves say."""
    found = []
    for path, operations in api.client.get("/openapi.json").json()["paths"].items():
        for method, operation in operations.items():
            ((name, scopes),) = operation["security"][0].items()
            assert name == "token" and len(scopes) == 1, path
            found.append((method.upper(), path, Scope(scopes[0])))
    return found


def ask(api: Api, method: str, path: str, headers: dict[str, str]) -> int:
    """Return the status of a request that means nothing: who may ask is refused for that."""
    filled = re.sub(r"\{\w+\}", "999", path)
    body: dict[str, Any] = {"json": {"nonsense": True}} if method == "POST" else {}
    asked = {"params": {"nonsense": "1"}} if "stream" in path else {}
    return api.client.request(method, filled, headers=headers, **body, **asked).status_code


def every_route(routes: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield method and path of each route, whether the schema has it or not."""
    for route in routes:
        if hasattr(route, "original_router"):
            yield from every_route(route.original_router.routes, route.include_context.prefix)
        else:
            yield from ((method, prefix + route.path) for method in route.methods)


def test_each_route_has_a_scope(api: Api) -> None:
    scopes = {(method, path): scope for method, path, scope in paths(api)}
    routes = {one for one in every_route(api.server.app.routes) if not is_page(one[1])}
    assert {one for one in routes - scopes.keys() if not f"{one[1]}/".startswith(READERS)} == {
        ("GET", CLOSED), ("HEAD", CLOSED), ("POST", "/mcp"),
    }  # fmt: skip
    assert len(scopes) > 20
    more = {key: scope for key, scope in scopes.items() if key[0] != "GET"}
    assert more == {
        ("POST", "/v1/alerts/{alert}/triage"): Scope.TRIAGE,
        ("POST", "/v1/triage/undo"): Scope.TRIAGE,
        ("POST", "/v1/watchlists/test"): Scope.READ,  # it changes nothing
        ("POST", "/v1/watchlists"): Scope.ADMIN,
        ("POST", "/v1/feeds"): Scope.ADMIN,
    }


def test_what_the_schema_does_not_have_needs_a_token_too(api: Api) -> None:
    routes = [one for one in every_route(api.server.app.routes) if f"{one[1]}/".startswith(READERS)]
    assert len(routes) > 20
    for method, path in [*routes, ("POST", "/mcp")]:
        assert api.client.request(method, path).status_code == 401, path


def test_every_scope_against_every_path(api: Api) -> None:
    for method, path, needed in paths(api):
        assert ask(api, method, path, {}) == 401, path
        for scope in Scope:
            status = ask(api, method, path, api.headers(scope))
            if scope.covers(needed):
                assert status not in (401, 403), (scope, path)
            else:
                assert status == 403, (scope, path)


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
    with serving(filled.config, filled.data) as api:
        tried = [
            api.client.get("/v1/status", headers={"Authorization": f"Bearer {n}"})
            for n in range(40)
        ]
        assert [one.status_code for one in tried[:20]] == [401] * 20
        assert tried[-1].status_code == 429 and int(tried[-1].headers["retry-after"]) >= 1
        assert api.get("/status").status_code == 200


def test_the_last_use_is_noted_once_a_minute(filled: Newsroom) -> None:
    with serving(filled.config, filled.data) as api:
        views = api.server.app.state.newsroom.service.views
        mine, before = api.add_token("counted"), time.time()
        commits = views.version().commits
        for _ in range(5):
            assert api.client.get("/v1/status", headers=mine).status_code == 200
        (last,) = [one.last_used for one in api.tokens.every() if one.name == "counted"]
        assert last is not None and last >= before
        assert views.version().commits == commits + 1


def test_each_token_has_its_own_rate(filled: Newsroom) -> None:
    limits = Limits(rate=0.5, burst=3)
    with serving(filled.config, filled.data, limits=limits) as api:
        statuses = [api.get("/status").status_code for _ in range(5)]
        assert statuses == [200, 200, 200, 429, 429]
        refused = api.get("/status")
        assert refused.json()["type"] == "urn:tocsin:problem:too-many"
        assert int(refused.headers["retry-after"]) >= 1
        assert api.get("/status", scope=Scope.TRIAGE).status_code == 200


def test_this_machine_may_read_without_a_token_if_the_server_was_asked_to(
    filled: Newsroom,
) -> None:
    with serving(filled.config, filled.data, anybody_reads=True) as api:
        assert api.get("/status", scope=None).status_code == 200
        for method, path, needed in paths(api):
            status = ask(api, method, path, {})
            assert (status == 401) == (needed is not Scope.READ), path
        wrong = api.client.get("/v1/status", headers={"Authorization": "Bearer wrong"})
        assert wrong.status_code == 401


def test_tokens_are_in_no_log_and_no_answer(
    filled: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "tocsin_nobody-may-read-this"
    caplog.set_level(0)
    with serving(filled.config, filled.data) as api:
        shown = ""
        for header in (f"Bearer {secret}", secret, f"Basic {secret}"):
            for path in ("/v1/status", "/v1/nothing", "/v1/alerts?limit=x", f"/v1/{'x' * 9000}"):
                answer = api.client.get(path, headers={"Authorization": header})
                shown += answer.text + str(answer.headers)
        api.server.app.state.newsroom = None  # whatever happens
        broken = api.get("/status")
        assert broken.status_code == 500
        assert broken.json()["type"] == "urn:tocsin:problem:failure"
        until(lambda: "unexpected trouble" in caplog.text)
    assert "nobody-may-read-this" not in shown + caplog.text
    assert "secret-read" not in broken.text + caplog.text
