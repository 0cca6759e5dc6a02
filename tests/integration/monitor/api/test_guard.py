"""What the guard refuses: foreign hosts and pages, large and slow requests, too many of them."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest
from msgspec.structs import replace
from support.api_server import GENEROUS, PATIENCE, Api, serving
from support.newsroom import Newsroom

from monitor.api.listener import Limits

pytestmark = pytest.mark.costly

TOKEN = {"Authorization": "Bearer secret-admin"}


@pytest.fixture(scope="module")
def strict(filled: Newsroom) -> Iterator[Api]:
    limits = Limits(rate=1e5, burst=100_000, body_seconds=0.3, head_seconds=0.9)
    with serving(filled.config, filled.data, limits=limits) as served:
        yield served


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.0.2.1", ""])
def test_a_name_that_was_rebound_is_refused(api: Api, host: str) -> None:
    answer = api.client.get("/v1/status", headers={**TOKEN, "Host": host})
    assert answer.status_code in ((400, 421) if not host else (421,))
    assert "articles" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_request_of_a_foreign_page_is_refused(api: Api, headers: dict[str, str]) -> None:
    for method, path in (("GET", "/v1/status"), ("POST", "/v1/alerts/a1/triage")):
        answer = api.client.request(
            method, path, headers={**TOKEN, **headers}, content=b"" if method == "GET" else b"{}"
        )
        assert answer.status_code == 403
        assert answer.json()["type"] == "urn:tocsin:problem:foreign-page"
        assert "access-control-allow-origin" not in answer.headers


def test_no_page_may_ask_beforehand(api: Api) -> None:
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    answer = api.client.options("/v1/alerts/a1/triage", headers=headers)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_page_of_this_server_may_ask(api: Api) -> None:
    headers = {**TOKEN, "Origin": api.url, "Sec-Fetch-Site": "same-origin"}
    assert api.client.get("/v1/status", headers=headers).status_code == 200


def test_a_form_is_not_json(api: Api) -> None:
    for kind in ("application/x-www-form-urlencoded", "text/plain", ""):
        answer = api.client.post(
            "/v1/alerts/a1/triage", headers={**TOKEN, "Content-Type": kind}, content=b'{"a": 1}'
        )
        assert answer.status_code == 415
    headers = {**TOKEN, "Content-Type": "application/json"}
    for content in (b'{"a": ', b'{"note": "\xff"}', b"[" * 60_000):
        answer = api.client.post("/v1/alerts/a1/triage", headers=headers, content=content)
        assert (answer.status_code, answer.json()["detail"]) == (400, "the body is not JSON")


def test_a_method_that_a_path_does_not_take(api: Api) -> None:
    answer = api.client.delete("/v1/alerts/a1", headers=TOKEN)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert "GET" in answer.json()["detail"]
    answer = api.client.put("/v1/watchlists", headers=TOKEN)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")


def test_a_client_may_ask_for_the_head_of_an_answer_alone(api: Api) -> None:
    for path in ("/v1/alerts/a1", "/v1/alerts/a999", "/openapi.json", "/alerts/a1"):
        full, head = (api.client.request(m, path, headers=TOKEN) for m in ("GET", "HEAD"))
        assert (head.status_code, head.content) == (full.status_code, b"")
        for name in ("content-length", "content-type"):
            assert head.headers.get(name) == full.headers.get(name)
    endless = api.client.head("/v1/alerts/stream", headers=TOKEN)
    assert (endless.status_code, endless.headers["allow"]) == (405, "GET")


def test_a_large_body_is_refused(filled: Newsroom) -> None:
    headers = {**TOKEN, "Content-Type": "application/json"}
    large = b'{"note": "' + b"x" * 3_000 + b'"}'
    limits = replace(GENEROUS, body_bytes=2_000)
    with serving(filled.config, filled.data, limits=limits) as api:
        for content in (large, iter([large[:1000], large[1000:2000], large[2000:]])):
            answer = api.client.post("/v1/alerts/a1/triage", headers=headers, content=content)
            assert answer.status_code == 413


def connected(api: Api) -> socket.socket:
    return socket.create_connection(("127.0.0.1", api.server.port), timeout=PATIENCE)


def test_a_slow_body_is_not_awaited(strict: Api) -> None:
    with closing(connected(strict)) as client:
        client.sendall(
            b"POST /v1/alerts/a1/triage HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        )
        assert client.recv(100).startswith(b"HTTP/1.1 408 ")
        while client.recv(4096):
            pass  # until the server closes the connection


def ended(client: socket.socket) -> bool:
    """Wait until the server closes a connection."""
    try:
        return client.recv(100) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("sent", [b"", b"GET /v1/status HTTP/1.1\r\nHost: local"])
def test_a_slow_head_is_not_awaited(strict: Api, sent: bytes) -> None:
    with closing(connected(strict)) as client:
        client.sendall(sent)
        assert ended(client)


def test_the_head_of_a_second_request_is_not_awaited_either(strict: Api) -> None:
    request = b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\n"
    with closing(connected(strict)) as client:
        client.sendall(request + b"\r\n")
        answer = b""
        while not answer.endswith(b"}"):
            answer += client.recv(4096)
        assert answer.startswith(b"HTTP/1.1 401 ")
        client.sendall(request)
        assert ended(client)


def test_idle_connections_give_way(filled: Newsroom) -> None:
    limits = Limits(rate=1e5, burst=100_000, connections=5)
    with serving(filled.config, filled.data, limits=limits) as api:
        idle = [connected(api) for _ in range(12)]
        try:
            assert api.get("/status").status_code == 200
            assert all(map(ended, idle[:6]))
        finally:
            for connection in idle:
                connection.close()


BODY = (
    b"POST /v1/alerts/a1/triage HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/json\r\nAuthorization: Bearer secret-triage\r\n"
)


def test_connections_without_a_whole_request_give_way(filled: Newsroom) -> None:
    limits = replace(GENEROUS, connections=5)
    with serving(filled.config, filled.data, limits=limits) as api, ExitStack() as stack:
        half_open = [stack.enter_context(closing(connected(api))) for _ in range(12)]
        for connection in half_open:
            with suppress(OSError):
                connection.sendall(BODY + b"Content-Length: 100\r\n\r\n{")
        assert api.get("/status").status_code == 200
        assert all(map(ended, half_open[:6]))


def test_connections_that_do_not_begin_to_speak_tls_give_way(
    filled: Newsroom, certificate: tuple[ssl.SSLContext, Path]
) -> None:
    cert = certificate[1]
    limits = replace(GENEROUS, connections=5, head_seconds=1)
    with (
        serving(filled.config, filled.data, limits=limits, certificate=cert) as api,
        ExitStack() as stack,
    ):
        half_open = [stack.enter_context(closing(connected(api))) for _ in range(12)]
        for connection in half_open[::2]:
            with suppress(OSError):
                connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01")
        assert api.get("/status").status_code == 200
        assert all(map(ended, half_open))  # the last ones after a second
        half_open.append(stack.enter_context(closing(connected(api))))
        half_open[-1].sendall(b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert not half_open[-1].recv(100).startswith(b"HTTP")
        assert api.get("/status").status_code == 200


SECOND = b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize("length", [b"", b"Content-Length: 4\r\n"])
def test_nothing_is_read_after_a_body_in_chunks(api: Api, length: bytes) -> None:
    chunks = length + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    with closing(connected(api)) as client:
        client.sendall(BODY + chunks + SECOND)
        with client.makefile("rb") as answer:
            answers = answer.read()
    assert answers.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in answers.lower()


@pytest.mark.parametrize(
    "head",
    [
        b"GET /v1/status HTTP/1.1\nHost: localhost\n\n",
        b"GET /v1/status HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n",
        b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\n",
    ],
)
@pytest.mark.parametrize("sent_first", [b"", SECOND])
def test_a_line_that_ends_without_a_carriage_return_is_refused(
    api: Api, head: bytes, sent_first: bytes
) -> None:
    with closing(connected(api)) as client:
        client.sendall(sent_first + head)
        with client.makefile("rb") as answer:
            assert answer.read().rpartition(b"HTTP/1.1 ")[2].startswith(b"400 ")


def test_a_body_may_have_lines(api: Api) -> None:
    answer = api.client.post(
        "/v1/alerts/a1/triage", content=b'{\n"acknowledge":\n\ntrue}',
        headers={**TOKEN, "Content-Type": "application/json"},
    )  # fmt: skip
    assert answer.status_code == 200


def test_what_is_no_http_is_refused(api: Api) -> None:
    with closing(connected(api)) as client:
        client.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_an_endless_address_is_refused(api: Api) -> None:
    with closing(connected(api)) as client:
        client.sendall(b"GET /v1/status?x=" + b"y" * 40_000)
        with client.makefile("rb") as answer:
            assert answer.readline().startswith(b"HTTP/1.1 400 ")
