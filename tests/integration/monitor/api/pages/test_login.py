"""Who may look at pages and who may decide: sessions, scopes, and pages of other servers."""

from __future__ import annotations

import re
import secrets
import time

import pytest
from support.api_server import Api, serving, stopped
from support.html_pages import Browser
from support.newsroom import Newsroom

from monitor.api.pages import sessions
from monitor.api.problems import is_page
from monitor.model.analyst import Scope, Token, token_hash

pytestmark = pytest.mark.costly


def test_every_scope_against_every_page(api: Api, sent_briefing: int) -> None:
    for holder in (None, *Scope):
        with Browser(api) as browser:
            for method, path, scope in api.routes():
                if scope is None or not is_page(path):
                    continue
                if holder:
                    browser.log_in(f"secret-{holder}")
                filled = re.sub(r"\{\w+\}", str(sent_briefing), path)
                page = browser.get(filled) if method == "GET" else browser.post(filled, {})
                if holder is None:
                    assert page.status == 401, path
                elif method == "GET":
                    assert page.status == 200, path
                else:
                    assert page.status == 403, path  # without the secret of the form
                    allowed = holder.covers(scope)
                    assert ("earlier session" in page.text) == allowed, (path, holder)


def test_who_opens_a_page_logs_in_and_sees_it(stranger: Browser) -> None:
    page = stranger.get("/alerts?state=all&watch=Alibaba")
    assert page.status == 401
    assert "Alibaba dans le collimateur" not in page.text
    logged_in = stranger.press(page, "/login", token=" secret-read ")
    assert str(logged_in.answer.url).endswith("/alerts?state=all&watch=Alibaba")
    assert "Alibaba dans le collimateur" in logged_in.text


def test_the_cookie_is_for_this_server_alone(stranger: Browser, api: Api) -> None:
    answer = stranger.log_in("secret-read").answer.history[0]
    cookie = answer.headers["set-cookie"]
    name, _, value = cookie.partition(";")[0].partition("=")
    assert name == f"tocsin-{api.server.port}"
    assert len(value) >= 32 and "secret-read" not in cookie
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/", f"max-age={12 * 3600}"} <= attributes
    assert "secure" not in attributes  # plain HTTP, on this machine alone


def test_behind_tls_the_cookie_is_secure() -> None:
    from starlette.responses import Response

    store = sessions.Sessions(lambda: "s", lambda: 0.0, "tocsin-1", secure=True)
    answer = Response()
    store.begin(b"token", answer)
    assert answer.headers["set-cookie"].startswith("__Host-tocsin-1=s;")
    assert "secure" in answer.headers["set-cookie"].lower()


def test_a_wrong_token_is_refused_and_not_shown_again(stranger: Browser) -> None:
    page = stranger.log_in("tocsin_wrong")
    assert page.status == 401
    assert "not valid" in page.all("//*[@role='alert']")[0]
    assert "tocsin_wrong" not in page.answer.text
    assert not stranger.client.cookies


def test_wrong_tokens_cannot_be_tried_for_ever(filled: Newsroom) -> None:
    with serving(filled.config, filled.data, monotonic=stopped) as api:
        with Browser(api) as browser:
            statuses = [browser.post("/login", {"token": str(n)}).status for n in range(30)]
        assert statuses[0] == 401 and statuses[-1] == 429


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "",
        "/\r\nx",
    ],
)
def test_after_logging_in_nobody_is_sent_elsewhere(stranger: Browser, elsewhere: str) -> None:
    page = stranger.post("/login", {"token": "secret-read", "next": elsewhere})
    assert str(page.answer.url).endswith("/")
    assert page.answer.history[0].headers["location"] == "/"


def test_a_session_ends_with_its_token(api: Api, stranger: Browser) -> None:
    name = f"leaver-{secrets.token_hex(4)}"
    token = Token(name=name, scope=Scope.READ, created_at=0.0, expires_at=None)
    assert api.tokens.add(token, token_hash(f"secret-{name}"))
    assert stranger.log_in(f"secret-{name}").status == 200
    assert stranger.get("/alerts").status == 200
    assert api.tokens.revoke(name, time.time())
    assert stranger.get("/alerts").status == 401
    assert stranger.post("/logout", {}).status == 401


def test_a_session_ends_after_a_day_of_work() -> None:
    from starlette.responses import Response

    now = 0.0
    store = sessions.Sessions(lambda: "s", lambda: now, "tocsin-1", secure=False)
    store.begin(b"token", Response())
    now = sessions.LIFETIME - 1
    assert store.find("s") is not None
    now = sessions.LIFETIME
    assert store.find("s") is None
    now = 0.0
    assert store.find("s") is None


def test_there_is_an_end_to_sessions() -> None:
    from starlette.responses import Response

    numbers = iter(range(10_000))
    store = sessions.Sessions(lambda: str(next(numbers)), lambda: 0.0, "c", secure=False)
    for _ in range(sessions.MAX_SESSIONS + 1):
        store.begin(b"token", Response())
    assert store.find("0") is None and store.find("1") is not None


def test_logging_out_ends_the_session(reader: Browser) -> None:
    cookie = dict(reader.client.cookies)
    page = reader.press(reader.get("/alerts"), "/logout")
    assert str(page.answer.url).endswith("/login")
    assert reader.get("/alerts").status == 401
    reader.client.cookies.update(cookie)  # somebody kept the cookie
    assert reader.get("/alerts").status == 401


def test_a_session_is_nothing_to_the_api(reader: Browser) -> None:
    assert reader.client.get("/v1/status").status_code == 401


def test_a_form_of_another_site_is_refused(analyst: Browser) -> None:
    page = analyst.get("/alerts/a2")
    fields = {**page.fields("/alerts/a2/triage"), "act": "close"}
    for headers in (
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
        {"Sec-Fetch-Site": "same-site", "Origin": "null"},
        {"Sec-Fetch-Site": "none", "Origin": "null"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    ):
        assert analyst.post("/alerts/a2/triage", fields, **headers).status == 403, headers
        assert analyst.post("/login", {"token": "secret-read"}, **headers).status == 403
    without = {"Accept": "text/html", "Origin": "null"}
    assert analyst.client.post("/alerts/a2/triage", data=fields, headers=without).status_code == 403
    assert "Acknowledge" in analyst.get("/alerts/a2").text  # it is still new


def test_a_form_needs_the_secret_of_its_session(analyst: Browser, api: Api) -> None:
    with Browser(api) as other:
        other.log_in("secret-triage")
        foreign_secret = other.get("/alerts/a2").fields("/alerts/a2/triage")["form"]
    page = analyst.get("/alerts/a2")
    for secret in ("", "x", foreign_secret, "é"):
        answer = analyst.press(page, "/alerts/a2/triage", form=secret, act="close")
        assert answer.status == 403


def test_a_link_from_another_site_leads_to_the_page(reader: Browser) -> None:
    cookies = dict(reader.client.cookies)
    reader.client.cookies.clear()  # browsers send no cookie then
    headers = {"Sec-Fetch-Site": "cross-site"}
    arrival = reader.get("/alerts/a2?x=<y>", **headers)
    (refresh,) = arrival.tree.xpath("//meta[@http-equiv='refresh']/@content")
    assert refresh == "0; url=/alerts/a2?x=%3Cy%3E"
    reader.client.cookies.update(cookies)
    assert reader.get("/alerts/a2", **{"Sec-Fetch-Site": "same-origin"}).status == 200
    assert reader.get("/alerts/a2", **headers, **{"Sec-Fetch-Dest": "iframe"}).status == 403
    assert reader.get("/alerts/a2", **headers, **{"Sec-Fetch-Mode": "no-cors"}).status == 403
    assert reader.client.get("/v1/status", headers=headers).status_code == 403


def test_a_request_to_another_host_is_refused_with_a_page(reader: Browser) -> None:
    page = reader.get("/alerts", Host="evil.example")
    assert page.status == 421
    assert page.all("//h1")


def test_tokens_are_in_no_log_and_no_page(
    stranger: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    caplog.set_level(0, "tocsin")
    text = stranger.log_in("secret-read").answer.text
    text += stranger.post("/login", {"token": "tocsin_nobody-may-read-this"}).answer.text
    assert "nobody-may-read-this" not in text + caplog.text
    assert "secret-read" not in text + caplog.text
