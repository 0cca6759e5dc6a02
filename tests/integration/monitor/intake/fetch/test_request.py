"""Requests and their redirects: headers, proxies, secrets, and what a redirect may lead to."""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from typing import Any

import pytest
from support.fetch_client import FEED, LOOPBACK, client, failing, get
from support.proxy_server import Proxy
from support.scripted_server import Fault, Reply, Web, redirect

from monitor.intake.fetch import connections
from monitor.intake.fetch.client import ACCEPT_PAGE
from monitor.model.feed import RequestOptions, Secret
from monitor.model.poll import NotModified

pytestmark = pytest.mark.costly

KEYED = RequestOptions(
    headers=(
        ("Authorization", Secret("Bearer t0ken")),
        ("Cookie", Secret("abonne=1")),
        ("Accept-Language", Secret("fr")),
    ),
)


def through(proxy: Proxy, **url: str) -> RequestOptions:
    return RequestOptions(proxy=Secret(proxy.url(**url)))


# --- headers -----------------------------------------------------------------------


def test_headers_go_along(web: Web) -> None:
    web.on("/feed", Reply(body=FEED))
    get(web.url("/feed"), request_options=KEYED, etag=b'"1"')
    (request,) = web.requests
    assert request.headers == (
        ("host", f"127.0.0.1:{web.port}".encode()),
        ("user-agent", b"tocsin/test"),
        *(("accept", request.header("accept")), ("accept-encoding", b"gzip, deflate")),
        ("if-none-match", b'"1"'),
        ("authorization", b"Bearer t0ken"),
        *(("cookie", b"abonne=1"), ("accept-language", b"fr")),
    )


def test_a_header_takes_the_place_of_the_usual_one(web: Web) -> None:
    web.on("/feed", Reply(body=FEED))
    request_options = RequestOptions(
        headers=(("ACCEPT", Secret("text/xml")),), user_agent="Mozilla/5.0 é"
    )
    get(web.url("/feed"), request_options=request_options)
    (request,) = web.requests
    assert [value for name, value in request.headers if name == "accept"] == [b"text/xml"]
    assert request.header("user-agent") == "Mozilla/5.0 é".encode("latin-1")


SECRETS = {"authorization", "cookie", "accept-language"}


@pytest.mark.parametrize("place", ["another port", "another name", "another scheme"])
def test_headers_stay_at_home(web: Web, place: str, certificate: Any) -> None:
    server, cert = certificate
    trusting = ssl.create_default_context(cafile=str(cert))
    with Web(tls=server if place == "another scheme" else None) as other:
        host = {"another name": "localhost", "another scheme": "localhost"}.get(place, "")
        target = web if place == "another name" else other
        web.on("/feed", redirect("/next", 301))
        web.on("/next", redirect(target.url("/there", host)))
        target.on("/there", redirect(web.url("/back")))
        web.on("/back", Reply(body=FEED))
        get(web.url("/feed"), request_options=KEYED, options={"tls": trusting})
        (request,) = target.requests_for("/there")
    assert not SECRETS & {name for name, _ in request.headers}
    for path in ("/feed", "/next", "/back"):
        assert {name for name, _ in web.requests_for(path)[0].headers} >= SECRETS


def test_a_page_elsewhere_is_told_nothing(web: Web) -> None:
    with Web() as other:
        for server in (web, other):
            server.on("/page", Reply(body=b"<p>x</p>"))
            login = server.url("/page").replace("//", "//evil:twin@")
            for url in (server.url("/page"), login):
                get(
                    url,
                    request_options=KEYED,
                    credentials_origin=web.url("/feed"),
                    accept=ACCEPT_PAGE,
                )
        at_home, foreign = web.requests, other.requests
    assert all({name for name, _ in request.headers} >= SECRETS for request in at_home)
    assert not any(SECRETS & {name for name, _ in request.headers} for request in foreign)


def test_a_redirect_that_ends_in_nothing_new_is_told_too(web: Web) -> None:
    web.on("/old", redirect("/new", 308))
    web.on("/new", Reply(304))
    assert get(web.url("/old"), etag=b'"1"') == NotModified(moved_to=web.url("/new"))


# --- time --------------------------------------------------------------------------


def test_a_feed_may_have_its_own_time(web: Web) -> None:
    web.on("/slow", Reply(body=FEED, delay=0.6))
    web.on("/hangs", Reply(fault=Fault.HANG))
    short, long = (RequestOptions(timeout=seconds) for seconds in (0.3, 60.0))
    assert failing(web.url("/hangs"), request_options=short).reason == "not finished after 0 s"
    assert get(web.url("/slow"), request_options=long, options={"timeout": 0.45}).body == FEED


# --- size --------------------------------------------------------------------------


@pytest.mark.parametrize("zipped", [False, True])
def test_a_body_is_cut_where_the_whole_is_not_needed(web: Web, zipped: bool) -> None:
    reply = Reply(body=b"Disallow: /\n" * 50_000)
    web.on("/robots.txt", reply.zipped() if zipped else reply)
    web.on("/endless", Reply(body=b"Disallow: /\n" * 1000, fault=Fault.ENDLESS))
    for path in ("/robots.txt", "/endless"):
        assert len(get(web.url(path), max_bytes=10_000, truncate=True).body) == 10_000
    assert failing(web.url("/robots.txt"), max_bytes=10_000).reason == "larger than 10000 bytes"


# --- proxies -----------------------------------------------------------------------


async def nearby(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


@pytest.mark.parametrize("secured", [False, True], ids=["http proxy", "https proxy"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_feed_through_a_proxy(scheme: str, secured: bool, certificate: Any) -> None:
    server, cert = certificate
    options = {"tls": ssl.create_default_context(cafile=str(cert)), "resolve": nearby}
    big = FEED + b" " * 3_000_000
    web = Web(tls=server if scheme == "https" else None)
    with web, Proxy(tls=server if secured else None) as proxy:
        web.on("/feed", Reply(body=big))
        url = web.url("/feed", "localhost")
        request_options = RequestOptions(
            headers=KEYED.headers, proxy=Secret(proxy.url("me:hunter2", "localhost"))
        )
        assert get(url, request_options=request_options, options=options).body == big
    (head,) = proxy.heads
    (request,) = web.requests
    credentials = b"Proxy-Authorization: Basic bWU6aHVudGVyMg==\r\n"
    assert credentials in head
    assert request.header("authorization") == b"Bearer t0ken"
    if scheme == "https":
        assert head.startswith(b"CONNECT localhost:%d HTTP/1.1\r\n" % web.port)
        assert request.header("proxy-authorization") is None
        assert b"t0ken" not in head
        assert b"abonne" not in head
    else:
        assert head.startswith(b"GET http://localhost:%d/feed HTTP/1.1\r\n" % web.port)
        assert request.header("host") == b"localhost:%d" % web.port


def test_a_connection_through_a_proxy_is_used_by_nobody_else(web: Web) -> None:
    web.on("/feed", Reply(body=FEED))

    async def go(proxy: Proxy, other: Proxy) -> None:
        async with client(LOOPBACK) as http:
            for request_options in (
                through(proxy),
                RequestOptions(),
                through(other),
                through(proxy, login="me:x"),
            ):
                await http.fetch(web.url("/feed"), request_options=request_options)

    with Proxy() as first, Proxy() as other:
        asyncio.run(go(first, other))
    assert (len(first.heads), len(other.heads)) == (2, 1)
    assert len({request.connection for request in web.requests}) == 4


INSIDE = ["http://10.0.0.7/feed", "https://192.168.1.1/feed", "http://[::1]/feed",
          "http://169.254.169.254/latest", "https://inside.example/feed",
          "http://10.0.0.7./feed"]  # fmt: skip


@pytest.mark.parametrize("url", INSIDE)
def test_a_proxy_is_no_way_around_the_guard(url: str) -> None:
    async def inside(host: str, port: int) -> list[str]:
        return ["10.0.0.9"]

    with Proxy() as proxy:
        error = failing(url, request_options=through(proxy), options={"resolve": inside})
    assert error.reason.endswith("` allows it")
    assert proxy.heads == []


def test_nor_is_a_redirect_through_one(web: Web) -> None:
    web.on("/feed", redirect("http://169.254.169.254/latest"))
    with Proxy() as proxy:
        error = failing(web.url("/feed"), request_options=through(proxy))
    assert "169.254.169.254 is not a public address" in error.reason
    assert len(proxy.heads) == 1


def test_the_proxy_itself_must_be_allowed(web: Web) -> None:
    with Proxy() as proxy:
        for host in ("127.0.0.1", "localhost"):
            request_options = through(proxy, host=host)
            error = failing(
                "http://93.184.216.34/feed", request_options=request_options, options={"allow": ()}
            )
            assert error.reason.startswith("the proxy: ")
            allowed = re.search(r"`network: {allow: \[(.*)\]}` allows it", error.reason)
            assert allowed and allowed[1] in ("127.0.0.1", '"::1"')
    assert proxy.heads == []


def test_a_name_that_only_the_proxy_knows_is_left_to_it(web: Web) -> None:
    web.on("/feed", Reply(body=FEED))
    with Proxy() as proxy:
        url = web.url("/feed", "only-there.example.org")
        assert get(url, request_options=through(proxy)).body == FEED
        assert failing(url).network


def test_a_proxy_that_fails(web: Web, certificate: Any) -> None:
    url = "https://only-there.example.org:1/feed"
    for status, words in ((407, "the proxy refuses: 407"), (502, "the proxy refuses: 502")):
        with Proxy(status=status) as proxy:
            error = failing(url, request_options=through(proxy))
            assert (error.reason, error.network, error.status) == (words, False, None)
    stopped = RequestOptions(proxy=Secret(proxy.url("me:hunter2")))
    error = failing(url, request_options=stopped)
    assert error.reason == "the proxy: 127.0.0.1 refuses the connection"
    assert error.network
    with Proxy(status=0) as proxy:
        error = failing(url, request_options=through(proxy), options={"timeout": 0.5})
        assert error.reason == "not finished after 0 s"


def test_a_server_behind_a_tunnel_may_take_its_time(
    certificate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "TUNNEL", 1.0)
    server, cert = certificate
    options = {"tls": ssl.create_default_context(cafile=str(cert)), "resolve": nearby}
    with Web(tls=server) as web, Proxy() as proxy:
        web.on("/feed", Reply(body=FEED, delay=1.5))
        url = web.url("/feed", "localhost")
        assert get(url, request_options=through(proxy), options=options).body == FEED


def test_a_proxy_is_told_an_ipv6_address_in_brackets() -> None:
    with Proxy(status=502) as proxy:
        failing("https://[2606:4700::1]/feed", request_options=through(proxy))
    (head,) = proxy.heads
    assert head.startswith(b"CONNECT [2606:4700::1]:443 HTTP/1.1\r\n")
    assert b"\r\nHost: [2606:4700::1]:443\r\n" in head


def test_no_secret_of_a_manner_in_an_error_or_a_log(caplog: pytest.LogCaptureFixture) -> None:
    request_options = RequestOptions(
        headers=KEYED.headers, proxy=Secret("http://me:hunter2@127.0.0.1:1")
    )
    with caplog.at_level(logging.DEBUG):
        for url in ("http://a.invalid/", "https://a.invalid/", "http://127.0.0.1:1/"):
            error = failing(url, request_options=request_options)
            output = (
                f"{error!r}{error.__cause__!r}{error.__context__!r}{request_options!r}{caplog.text}"
            )
            for secret in ("hunter2", "t0ken", "abonne", "bWU6"):
                assert secret not in output


@pytest.mark.parametrize(
    ("statuses", "moved_to"),
    [
        ((301,), "/1"),
        ((308, 301), "/2"),
        ((301, 302, 301), "/1"),  # permanent up to the temporary one
        ((302,), None),
        ((302, 301), None),
        ((303,), None),
        ((307,), None),
    ],
)
def test_a_permanent_move_is_told(web: Web, statuses, moved_to):
    for hop, status in enumerate(statuses):
        web.on(f"/{hop}", redirect(f"{hop + 1}", status))  # relative
    web.on(f"/{len(statuses)}", Reply(body=FEED))
    fetched = get(web.url("/0"))
    assert fetched.url == web.url(f"/{len(statuses)}")
    assert fetched.moved_to == (moved_to and web.url(moved_to))


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ({"/0": redirect("/0")}, "redirects to itself"),
        ({"/0": redirect("/1"), "/1": redirect("/0")}, "redirects in a circle"),
        ({f"/{n}": redirect(f"/{n + 1}") for n in range(12)}, "redirects more than 10 times"),
        ({"/0": Reply(302)}, "302 Found, without saying where to"),
        ({"/0": redirect("ftp://example.org/")}, "redirects to what is not http or https"),
        ({"/0": redirect("file:///etc/passwd")}, "redirects to what is not http or https"),
        ({"/0": redirect("javascript:alert(1)")}, "redirects to what is not a valid URL"),
        ({"/0": redirect("http://[::1/")}, "redirects to what is not a valid URL"),
        ({"/0": redirect("http://a.example:99999/")}, "redirects to what is not a valid port"),
        ({"/0": redirect("http://x" + "y" * 70 + ".é/")}, "redirects to what is not a valid URL"),
        ({"/0": redirect("http://xn--a.example/")}, "redirects to what is not a valid URL"),
    ],
)
def test_redirects_that_lead_nowhere(web: Web, script, reason):
    for path, reply in script.items():
        web.on(path, reply)
    assert failing(web.url("/0")).reason == reason
    assert len(web.requests) <= 11


def test_secrets_stay_with_the_origin_they_were_meant_for(web: Web):
    with Web() as other:
        web.on("/feed", redirect("/here"))
        web.on("/here", redirect(other.url("/there").replace("//", "//evil:twin@")))
        other.on("/there", redirect(web.url("/back")))
        web.on("/back", Reply(body=FEED))
        fetched = get(
            web.url("/feed").replace("//", "//me:s3cret@"),
            request_options=RequestOptions(headers=(("X-Api-Key", Secret("k3y")),)),
            etag=b'"1"',
        )
        (foreign,) = other.requests
    feed, home, back = web.requests
    for request in (feed, home, back):
        assert request.header("authorization") == b"Basic bWU6czNjcmV0"
        assert request.header("x-api-key") == b"k3y"
    assert {name for name, _ in foreign.headers} == {
        *("host", "user-agent", "accept", "accept-encoding", "if-none-match")
    }
    assert fetched.url == web.url("/back")
