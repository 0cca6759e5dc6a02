"""The client against servers that are slow, broken, hostile, or simply busy."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import logging
import ssl
import subprocess
import time
import traceback
import tracemalloc
import zlib
from collections import defaultdict
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import Fault, Reply, Web, conditional, gzip_bomb, redirect

from monitor.errors import FetchError
from monitor.fetch import PAGE, Client, redact
from monitor.fetch.body import BodyError, Inflater
from monitor.fetch.headers import Headers
from monitor.fetch.places import PLACES, Places
from monitor.model import Fetched, Hints, Manner, NotModified, Secret

LOOPBACK = (ip_network("127.0.0.0/8"),)
FEED = b"<rss><channel><title>Le Monde</title></channel></rss>"


def _gzip(body: bytes) -> bytes:
    """Return the same bytes each time: parallel workers must collect tests of the same name."""
    return gzip.compress(body, mtime=0)


GZIPPED = _gzip(FEED)


def client(allow=LOOPBACK, **options) -> Client:
    return Client(
        allow, user_agent="tocsin/test", monotonic=time.monotonic, sleep=asyncio.sleep, **options
    )


def get(url: str, **asked) -> Fetched | NotModified:
    async def go():
        async with client(seconds=asked.pop("seconds", 5.0)) as asking:
            return await asking.fetch(url, **asked)

    return asyncio.run(go())


def failing(url: str, **asked) -> FetchError:
    with pytest.raises(FetchError) as caught:
        get(url, **asked)
    return caught.value


# --- what is asked and what comes back ---------------------------------------------


def test_a_feed_with_everything_it_says(web: Web):
    headers = (
        ("ETag", 'W/"é"'),
        ("Last-Modified", "Tue, 24 Nov 2026 10:00:00 GMT"),
        ("Content-Type", "application/rss+xml; charset=utf-8"),
        ("Cache-Control", "public, max-age=3600"),
        ("Age", "600"),
    )
    web.on("/feed", Reply(200, headers, FEED))
    got = get(web.url("/feed"))
    assert isinstance(got, Fetched)
    told = dict(got.told)
    assert told.pop("date")
    assert told.keys() == {
        "age", "cache-control", "content-length", "content-type", "etag", "last-modified",
    }  # fmt: skip
    assert replace(got, told=()) == Fetched(
        url=web.url("/feed"),
        body=FEED,
        content_type="application/rss+xml; charset=utf-8",
        etag='W/"é"'.encode("latin-1"),
        last_modified=b"Tue, 24 Nov 2026 10:00:00 GMT",
        hints=Hints(max_age=3000.0),
    )


def test_the_request_says_who_asks_and_nothing_else(web: Web):
    web.on("/feed", Reply(200, (("Set-Cookie", "spy=1; Path=/"),), FEED), Reply(body=FEED))

    async def twice():
        async with client() as asking:
            await asking.fetch(web.url("/feed?a=b%20c#part"))
            await asking.fetch(web.url("/feed"), accept=PAGE)

    asyncio.run(twice())
    first, second = web.requests
    assert first.path == "/feed?a=b%20c"
    assert [name for name, _ in first.headers] == [
        "host",
        "user-agent",
        "accept",
        "accept-encoding",
    ]
    assert first.header("host") == f"127.0.0.1:{web.port}".encode()
    assert first.header("user-agent") == b"tocsin/test"
    assert first.header("accept-encoding") == b"gzip, deflate"
    assert second.header("accept").startswith(b"text/html")
    assert second.header("cookie") is None


@pytest.mark.parametrize(
    "etag", [b'"1"', b'W/"abc"', b"no-quotes", b'"\xe9\xff"', b'"a b,c"', b"'"]
)
def test_validators_go_back_byte_for_byte(web: Web, etag):
    web.on("/feed", Reply(200, (("ETag", etag), ("Last-Modified", "hier soir")), FEED), Reply(304))
    first = get(web.url("/feed"))
    again = get(web.url("/feed"), etag=first.etag, last_modified=first.last_modified)
    assert again == NotModified()
    assert web.requests[1].header("If-None-Match") == etag
    assert web.requests[1].header("If-Modified-Since") == b"hier soir"


@pytest.mark.parametrize("poison", [b"", b"x" * 5000, b'"a\x01b"'])
def test_poison_validators_are_dropped_and_the_feed_survives(web: Web, poison):
    web.on("/feed", Reply(200, (("ETag", poison),), FEED))
    try:
        fetched = get(web.url("/feed"))
    except FetchError as error:  # a control character is no HTTP at all
        assert error.reason == "the answer is not HTTP"
    else:
        assert fetched.etag is None
        assert get(web.url("/feed"), etag=fetched.etag).body == FEED


def test_304_to_an_unconditional_request_is_an_error(web: Web):
    web.on("/feed", Reply(304))
    error = failing(web.url("/feed"))
    assert (error.status, error.reason) == (
        304,
        "304 Not Modified, although nothing was asked conditionally",
    )


def test_one_connection_serves_many_requests(web: Web):
    web.on("*", conditional(FEED))

    async def go():
        async with client() as asking:
            for path in ("/a", "/b", "/c"):
                await asking.fetch(web.url(path), etag=b'"1"')
                await asking.fetch(web.url(path))

    asyncio.run(go())
    assert (len(web.requests), web.connections) == (6, 1)


def test_a_kept_connection_that_the_server_closed_is_replaced(web: Web):
    web.on("/feed", Reply(body=FEED), Reply(fault=Fault.CLOSE), Reply(body=FEED))

    async def go():
        async with client() as asking:
            await asking.fetch(web.url("/feed"))
            return await asking.fetch(web.url("/feed"))

    assert asyncio.run(go()).body == FEED
    assert len(web.requests) == 3


def test_408_on_a_kept_connection_was_not_meant_for_us(web: Web):
    """Servers say so of the idle connection; the request is asked again on a new one."""
    web.on("/feed", Reply(body=FEED), Reply(408), Reply(body=b"new"), Reply(408))

    async def go() -> bytes:
        async with client() as asking:
            await asking.fetch(web.url("/feed"))
            return (await asking.fetch(web.url("/feed"))).body

    assert asyncio.run(go()) == b"new"
    assert web.connections == 2
    assert failing(web.url("/feed")).reason == "408 Request Timeout"


# --- statuses ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "headers", "reason", "retry_after"),
    [
        (404, (), "404 Not Found", None),
        (410, (), "410 Gone", None),
        (500, (), "500 Internal Server Error", None),
        (204, (), "204 No Content", None),
        (599, (), "599 unknown status", None),
        (
            503,
            (("Retry-After", "120"),),
            "503 Service Unavailable; asked to come back in 2 min",
            120,
        ),
        (429, (("Retry-After", "soon"),), "429 Too Many Requests", None),
        (
            429,
            (("Retry-After", "9" * 5000),),
            "429 Too Many Requests; asked to come back in 11574 d",
            1e9,
        ),
        (
            503,
            (
                ("Date", "Tue, 24 Nov 2026 10:00:00 GMT"),
                ("Retry-After", "Tue, 24 Nov 2026 16:00:00 GMT"),
            ),
            "503 Service Unavailable; asked to come back in 6 h",
            6 * 3600,
        ),
    ],
)
def test_a_status_in_words(web: Web, status, headers, reason, retry_after):
    web.on("/feed", Reply(status, headers, b"sorry" if status != 204 else b""))
    error = failing(web.url("/feed"))
    assert (error.status, error.reason, error.retry_after) == (status, reason, retry_after)
    assert not error.network


# --- redirects -----------------------------------------------------------------------


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
        ({"/0": redirect("javascript:alert(1)")}, "redirects to what is not http or https"),
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
            manner=Manner(headers=(("X-Api-Key", Secret("k3y")),)),
            etag=b'"1"',
        )
        (there,) = other.requests
    feed, here, back = web.requests
    for request in (feed, here, back):
        assert request.header("authorization") == b"Basic bWU6czNjcmV0"
        assert request.header("x-api-key") == b"k3y"
    assert {name for name, _ in there.headers} == {
        *("host", "user-agent", "accept", "accept-encoding", "if-none-match")
    }
    assert fetched.url == web.url("/back")


def test_what_is_kept_of_a_url_holds_no_password(web: Web):
    web.on("/feed", Reply(body=FEED))
    web.on("/old", redirect("/feed", 301))
    for path in ("/feed", "/old"):
        fetched = get(web.url(path).replace("//", "//me:s3cret@"))
        assert fetched.url == web.url("/feed")
        assert fetched.moved_to == (web.url("/feed") if path == "/old" else None)


def _causes(error: BaseException) -> str:
    """Return what a traceback would show of the causes of an error."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return f"{cause!r}{_causes(cause)}" if cause else ""


def test_no_secret_in_an_error_or_a_log(web: Web, caplog):
    web.on("/feed", redirect(f"http://me:s3cret@127.0.0.1:{web.port}/next?token=t0ken"))
    web.on("/next", Reply(500))
    with caplog.at_level(logging.DEBUG):
        urls = [
            web.url("/feed?api_key=k3y").replace("//", "//me:s3cret@"),
            "http://me:s3cret@[::1/",
            "http://me:s3cret@host:port/",
            "ftp://me:s3cret@host/",
            "http://me:s3cret@nowhere.invalid/",
            "http://me:s3cret/word@host/",
        ]
        errors = [failing(url) for url in urls]
    said = [f"{error!r} {error.url} {error.reason}" for error in errors]
    printed = ["".join(traceback.format_exception_only(e)) + _causes(e) for e in errors]
    for secret in ("s3cret", "t0ken", "k3y", "bWU6"):
        assert secret not in "".join(said + printed)
        assert secret not in caplog.text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://lemonde.example/rss", "https://lemonde.example/rss"),
        ("https://a:b@x.example/", "https://…@x.example/"),
        ("https://a:b@c@x.example/", "https://…@x.example/"),
        ("https://a:b/c?d@x.example/", "https://…@x.example/"),
        ("https://medium.example/@jean/feed", "https://medium.example/@jean/feed"),
        ("https://medium.example:80/@jean", "https://medium.example:80/@jean"),
        ("https://[::1]/@jean", "https://[::1]/@jean"),
        (
            "http://x.example/?id=1&Access_Token=abc&p=2",
            "http://x.example/?id=1&Access_Token=…&p=2",
        ),
        ("http://x.example/\x1b[31m\n", "http://x.example/\ufffd[31m\ufffd"),
        ("http://x.example/" + "a" * 900, "http://x.example/" + "a" * 482 + "…"),
    ],
)
def test_a_url_as_it_may_be_shown(url, shown):
    assert redact(url) == shown


# --- bodies --------------------------------------------------------------------------

PACKED = {
    "gzip": GZIPPED,
    "x-gzip": GZIPPED,
    "GZIP": _gzip(FEED[:20]) + _gzip(FEED[20:]),  # two members
    "deflate": zlib.compress(FEED),
    " deflate": zlib.compress(FEED)[2:-4],  # bare, as some servers send it
    "identity": FEED,
    "": FEED,
}


@pytest.mark.parametrize("coding", PACKED)
def test_every_coding_that_is_accepted(web: Web, coding):
    web.on("/feed", Reply(200, (("Content-Encoding", coding),), PACKED[coding]))
    assert get(web.url("/feed")).body == FEED


@pytest.mark.parametrize(
    ("coding", "body", "reason"),
    [
        ("gzip", GZIPPED[:-5], "the compressed answer is cut short"),
        ("gzip", GZIPPED[:1], "the compressed answer is cut short"),
        ("gzip", FEED, "the compressed answer is broken"),
        ("gzip", GZIPPED[:-8] + b"\0" * 8, "the compressed answer is broken"),
        ("deflate", b"\xff" * 50, "the compressed answer is broken"),
        ("gzip, gzip", _gzip(GZIPPED), "compressed several times over"),
        ("br", b"\x0b\x02\x80", "compressed in a way that was not asked for"),
        ("zstd", b"\x28\xb5\x2f\xfd", "compressed in a way that was not asked for"),
        ("gzip", _gzip(b"") * 5000, "compressed in too many pieces"),
        ("gzip", gzip_bomb(64), "larger than 15 MB"),
        ("deflate", zlib.compress(bytes(64 << 20)), "larger than 15 MB"),
        ("gzip", _gzip(bytes(8 << 20)) * 4, "larger than 15 MB"),
    ],
)
def test_bodies_that_are_refused(web: Web, coding, body, reason):
    web.on("/feed", Reply(200, (("Content-Encoding", coding),), body))
    assert failing(web.url("/feed")).reason == reason


def test_a_coding_said_twice_is_a_stack(web: Web):
    twice = (("Content-Encoding", "gzip"), ("Content-Encoding", "gzip"))
    web.on("/feed", Reply(200, twice, _gzip(GZIPPED)))
    assert failing(web.url("/feed")).reason == "compressed several times over"


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 3 * 65_536, 3 * 65_536 + 1, 1 << 20])
@pytest.mark.parametrize("step", [1, 100, 1 << 20])
def test_what_is_pending_at_the_end_of_the_input_comes_too(size, step):
    """A kilobyte may hold a megabyte: zlib wants no more input, and has more to give."""
    packed = _gzip(bytes(size)) + _gzip(b"end")
    inflater = Inflater("gzip", cap=1 << 24)
    parts = [inflater.feed(packed[at : at + step]) for at in range(0, len(packed), step)]
    assert b"".join(parts) == bytes(size) + b"end"
    assert inflater.complete


def test_a_bomb_costs_less_than_50_megabytes(web: Web):
    web.on("/feed", Reply(200, (("Content-Encoding", "gzip"),), gzip_bomb(256)))
    tracemalloc.start()
    try:
        assert failing(web.url("/feed")).reason == "larger than 15 MB"
        assert tracemalloc.get_traced_memory()[1] < 50 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [999, 1000, 1001])
def test_the_cap_is_exact(web: Web, size):
    web.on("/plain", Reply(body=b"x" * size))
    web.on("/packed", Reply(body=b"x" * size).zipped())
    for path in ("/plain", "/packed"):
        if size <= 1000:
            assert len(get(web.url(path), cap=1000).body) == size
        else:
            assert failing(web.url(path), cap=1000).reason == "larger than 1000 bytes"


def test_an_announced_length_above_the_cap_is_not_even_read(web: Web):
    web.on("/feed", Reply(200, (("Content-Length", str(1 << 40)),), b"x"))
    assert failing(web.url("/feed")).reason == "larger than 15 MB"


@given(st.binary(max_size=5000), st.sampled_from(["gzip", "deflate"]), st.integers(1, 700))
def test_inflating_in_any_pieces_gives_the_same(body, coding, size):
    packed = gzip.compress(body) if coding == "gzip" else zlib.compress(body)
    inflate = Inflater(coding, cap=10_000)
    pieces = (packed[at : at + size] for at in range(0, len(packed), size))
    assert b"".join(map(inflate.feed, pieces)) == body
    assert inflate.complete


@given(st.binary(max_size=300), st.integers(1, 100), st.integers(0, 200))
def test_inflating_never_gives_more_than_the_cap_and_one(body, times, cap):
    inflate = Inflater("gzip", cap)
    assert len(inflate.feed(gzip.compress(body * times) * 3)) <= cap + 1


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate"]))
def test_any_bytes_inflate_or_are_refused(body, coding):
    try:
        Inflater(coding, cap=1000).feed(body)
    except BodyError as error:
        assert "compressed" in str(error)


# --- faults --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.RESET, {"the connection was reset"}),
        (Fault.RESET_MIDWAY, {"the connection was reset", "the answer is cut short"}),
        (Fault.CLOSE, {"the server hung up without an answer"}),
        (Fault.SHORT, {"the answer is cut short"}),
        (Fault.GARBAGE, {"the answer is not HTTP"}),
        (Fault.ENDLESS, {"larger than 15 MB"}),
        (Fault.HANG, {"not finished after 1 s"}),
        (Fault.DRIP, {"not finished after 1 s"}),
        (Fault.DRIP_HEAD, {"not finished after 1 s"}),
        (Fault.ENDLESS_1XX, {"not finished after 1 s"}),
    ],
)
def test_a_fault_has_a_reason_and_an_end(web: Web, fault, reason):
    web.on("/feed", Reply(body=FEED * 2000, fault=fault, pause=0.05))
    began = time.monotonic()
    error = failing(web.url("/feed"), seconds=1.0)
    assert error.reason in reason
    assert (error.status, error.network) == (None, False)
    assert time.monotonic() - began < 3


def test_a_flood_of_1xx_ends_before_its_time(web: Web):
    web.on("/feed", Reply(fault=Fault.ENDLESS_1XX, pause=0.0))
    assert failing(web.url("/feed"), seconds=20.0).reason == "the answer is too long"


def test_hops_share_one_time_limit(web: Web):
    for hop in range(9):
        web.on(f"/{hop}", Reply(302, (("Location", f"/{hop + 1}"),), delay=0.25))
    began = time.monotonic()
    assert failing(web.url("/0"), seconds=1.0).reason == "not finished after 1 s"
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://nowhere.invalid/", "name nowhere.invalid does not resolve"),
        ("http://" + "a" * 64 + ".example/", f"name {'a' * 64}.example does not resolve"),
        ("http://a..example/", "name a..example does not resolve"),
        ("http://127.0.0.1:1/", "127.0.0.1 refuses the connection"),
    ],
)
def test_nothing_could_be_reached(url, reason):
    error = failing(url)
    assert (error.reason, error.network) == (reason, True)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "not http or https"),
        ("lemonde.example/rss", "not http or https"),
        ("file:///etc/passwd", "not http or https"),
        ("http:///rss", "a URL without a host"),
        ("http://[::1/", "not a valid URL"),
        ("http://127.0.0.1:0/", "not a valid port"),
        ("http://127.0.0.1:x/", "not a valid URL"),
        ("http://exa mple.org\n/", "not a valid URL"),
        ("http://\udcff.example/", "not a valid URL"),
        ("http://-é.example/", "not a valid URL"),
        ("http://xn--a.example/", "not a valid URL"),
        ("http://x.example/" + "a" * 70_000, "not a valid URL"),
        ("http://256.1.1.1/", "not a valid URL"),
    ],
)
def test_urls_that_cannot_be_asked(url, reason):
    assert failing(url).reason == reason


@given(st.text(max_size=60), st.sampled_from(["", "http://", "https://", "http://127.0.0.1:1/"]))
def test_any_text_is_a_url_or_a_fetch_error(text, start):
    async def refuse(*args):
        raise ConnectionRefusedError

    async def nowhere(host, port):
        return ["8.8.8.8"]

    async def go():
        async with client(resolve=nowhere, dial=refuse) as asking:
            await asking.fetch(start + text)

    with pytest.raises(FetchError):
        asyncio.run(go())


junk = st.binary(max_size=40)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    b"Cache-Control",
                    b"Age",
                    b"Expires",
                    b"Date",
                    b"Retry-After",
                    b"Content-Length",
                    b"ETag",
                ]
            ),
            junk
            | st.sampled_from(
                [
                    b"max-age=60",
                    b"0",
                    b"-1",
                    b"Tue, 24 Nov 2026 10:00:00 GMT",
                    b"Tue, 99 Foo 0000 99:99:99 +9999",
                ]
            ),
        )
    )
)
def test_any_headers_can_be_read(raw):
    headers = Headers(raw)
    for seconds in (headers.retry_after(), headers.hints().max_age):
        assert seconds is None or 0 <= seconds < 1e12
    assert (headers.length() or 0) >= 0


@pytest.mark.parametrize(
    ("headers", "max_age"),
    [
        ({}, None),
        ({"Cache-Control": "no-cache"}, None),
        ({"Cache-Control": "max-age=0"}, 0),
        ({"Cache-Control": "public,MAX-AGE = 60"}, 60),
        ({"Cache-Control": 'max-age="60"'}, 60),
        ({"Cache-Control": "s-maxage=900, max-age=60"}, 60),
        ({"Cache-Control": "s-maxage=900"}, None),
        ({"Cache-Control": "max-age=60", "Age": "90"}, 0),
        ({"Cache-Control": "max-age=-5"}, None),
        ({"Expires": "Tue, 24 Nov 2026 11:00:00 GMT"}, None),  # without Date it says nothing
        (
            {"Expires": "Tue, 24 Nov 2026 11:00:00 GMT", "Date": "Tue, 24 Nov 2026 10:00:00 GMT"},
            3600,
        ),
        ({"Expires": "Tue, 24 Nov 2026 09:00:00 GMT", "Date": "Tue, 24 Nov 2026 10:00:00 GMT"}, 0),
        ({"Expires": "0", "Date": "Tue, 24 Nov 2026 10:00:00 GMT"}, None),
        (
            {
                "Cache-Control": "max-age=60",
                "Expires": "Tue, 24 Nov 2026 11:00:00 GMT",
                "Date": "Tue, 24 Nov 2026 10:00:00 GMT",
            },
            3600,
        ),
    ],
)
def test_cache_hints(headers, max_age):
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert Headers(raw).hints().max_age == max_age


# --- TLS -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> tuple[ssl.SSLContext, Path]:
    """A server's context with a certificate for localhost, and that certificate."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        f"-subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout {key} -out {cert}"
    )
    try:
        subprocess.run(command.split(), check=True, capture_output=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("no openssl to make a certificate with")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, cert


def test_tls_checks_the_name_while_the_address_was_checked_already(certificate):
    server, cert = certificate
    trusting = ssl.create_default_context(cafile=str(cert))
    names: list[str | None] = []
    server.sni_callback = lambda sock, name, context: names.append(name)

    async def nearby(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async def go(host: str):
        async with client(tls=trusting, resolve=nearby) as asking:
            fetched = await asking.fetch(web.url("/feed", host))
            return (await asking.fetch(web.url("/feed", host))).body, fetched.body

    with Web(tls=server) as web:
        web.on("/feed", Reply(body=FEED))
        assert asyncio.run(go("localhost")) == (FEED, FEED)
        assert asyncio.run(go("localhost.")) == (FEED, FEED)
        assert web.requests[0].header("host") == f"localhost:{web.port}".encode()
        assert web.connections == 2
        with pytest.raises(FetchError, match="certificate is for another"):
            asyncio.run(go("127.0.0.1"))
    assert names[:2] == ["localhost", "localhost"]


def test_an_unknown_certificate_is_refused(certificate):
    with Web(tls=certificate[0]) as web:
        error = failing(web.url("/feed", "localhost"))
    assert error.reason == "certificate is signed by nobody but itself"
    assert not error.network
    assert web.requests == []


def test_plain_http_on_a_tls_port(certificate):
    with Web(tls=certificate[0]) as web:
        error = failing(web.url("/", "localhost").replace("https", "http"))
    assert error.reason in {"the server hung up without an answer", "the connection was reset"}


def test_tls_on_a_plain_http_port():
    async def go() -> str:
        async def answer(reader, writer):
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1") as server, client() as asking:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(FetchError) as caught:
                await asking.fetch(f"https://127.0.0.1:{port}/")
        return caught.value.reason

    assert asyncio.run(go()) == "no encrypted connection: wrong version number"


# --- politeness ----------------------------------------------------------------------


class Town:
    """Many public-looking hosts, all served by one loopback server."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._writers: list[asyncio.StreamWriter] = []
        self.most_open = 0

    async def resolve(self, host: str, port: int) -> list[str]:
        return ["8.8.8.8"]

    async def dial(self, address, port, tls, name):
        reader, writer = await asyncio.open_connection("127.0.0.1", self._web.port)
        self._writers = [w for w in self._writers if not w.transport.is_closing()] + [writer]
        self.most_open = max(self.most_open, len(self._writers))
        return reader, writer

    def client(self, **options) -> Client:
        return client((), resolve=self.resolve, dial=self.dial, **options)


def starts(web: Web) -> dict[bytes, list[float]]:
    by_host: dict[bytes, list[float]] = defaultdict(list)
    for request in web.requests:
        by_host[request.header("host")].append(request.at)
    return by_host


def test_one_request_a_second_per_host_in_the_order_asked(web: Web):
    web.on("*", Reply(body=FEED))

    async def go():
        async with Town(web).client(spacing=0.2) as asking:
            urls = [f"http://{host}.example/{n}" for n in range(5) for host in "ab"]
            await asyncio.gather(*map(asking.fetch, urls))

    asyncio.run(go())
    for times in starts(web).values():
        assert len(times) == 5
        assert min(b - a for a, b in itertools.pairwise(times)) > 0.15
    assert [r.path for r in web.requests if r.header("host") == b"a.example"] == [
        f"/{n}" for n in range(5)
    ]


def test_at_most_two_connections_per_host_and_32_in_all(web: Web):
    web.on("*", Reply(body=FEED, delay=0.15))

    async def go(urls: list[str]) -> int:
        town = Town(web)
        async with town.client(spacing=0.0) as asking:
            await asyncio.gather(*map(asking.fetch, urls))
        return town.most_open

    assert asyncio.run(go([f"http://one.example/{n}" for n in range(8)])) == 2
    assert asyncio.run(go([f"http://h{n}.example/" for n in range(80)])) == 32


def test_the_operators_own_hosts_are_not_held_back(web: Web):
    web.on("*", Reply(body=FEED, delay=0.1))

    async def go():
        async with client() as asking:
            await asyncio.gather(*(asking.fetch(web.url(f"/{n}")) for n in range(64)))

    began = time.monotonic()
    asyncio.run(go())
    assert time.monotonic() - began < 20  # two by two, a second apart, it would be half a minute
    assert web.most_open == 32


def test_waiting_for_a_busy_host_takes_no_place_from_another(web: Web):
    web.on("*", Reply(body=FEED))

    async def go() -> float:
        async with Town(web).client(spacing=0.3) as asking:
            busy = [
                asyncio.create_task(asking.fetch(f"http://busy.example/{n}")) for n in range(99)
            ]
            await asyncio.sleep(0.05)
            began = time.monotonic()
            await asyncio.gather(*(asking.fetch(f"http://h{n}.example/") for n in range(60)))
            took = time.monotonic() - began
            for task in busy:
                task.cancel()
            await asyncio.gather(*busy, return_exceptions=True)
            return took

    assert asyncio.run(go()) < 10  # behind the busy ones it would be half a minute


def test_300_tarpits_do_not_keep_700_healthy_hosts_waiting(web: Web):
    """Scaled: a patience of 0.5 s stands for 3 s, and 5 s for the limit of 30 s."""
    web.on("/tarpit", Reply(body=FEED, fault=Fault.DRIP_HEAD, pause=0.3))
    web.on("/feed", conditional(FEED))
    finished: dict[bool, list[float]] = {True: [], False: []}
    town = Town(web)

    async def ask(asking: Client, number: int) -> None:
        tarpit = number % 10 < 3
        path = "tarpit" if tarpit else "feed"
        try:
            await asking.fetch(f"http://h{number}.example/{path}", etag=b'"1"')
        except FetchError as error:
            assert tarpit, error
        finished[tarpit].append(time.monotonic() - began)

    async def go():
        async with town.client(seconds=5.0, patience=0.5) as asking:
            tasks = [asyncio.create_task(ask(asking, number)) for number in range(1000)]
            await asyncio.gather(*(task for n, task in enumerate(tasks) if n % 10 >= 3))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    began = time.monotonic()
    asyncio.run(go())
    # First come, first served over 32 places would take 5 x 300 / 32 s at the least.
    assert max(finished[False]) < 40
    assert town.most_open <= 32


def test_a_stall_of_our_own_is_no_servers_fault():
    """The first rest takes ten seconds longer than it was meant to, the others do not."""
    now, stalls = 0.0, [10.0]
    limit: Any = SimpleNamespace(expired=lambda: False, reschedule=lambda when: None)

    async def rest(seconds: float) -> None:
        nonlocal now
        now += seconds + (stalls.pop() if stalls else 0.0)
        await asyncio.sleep(0)

    async def go() -> float:
        places = Places(monotonic=lambda: now, sleep=rest, patience=2.0)
        held = [await places.enter(slow=False) for _ in range(PLACES)]
        for place in held:
            place.limit = limit
        next_one = asyncio.create_task(places.enter(slow=False))
        while not any(place.broken_off for place in held) and now < 60:  # noqa: ASYNC110
            await asyncio.sleep(0)
        next_one.cancel()
        places.close()
        return now

    assert 12.0 <= asyncio.run(go()) < 13.0


def test_a_slow_server_that_was_broken_off_is_asked_again_and_read(web: Web):
    web.on("/slow", Reply(body=b"at last", delay=1.5))
    web.on("/feed", Reply(body=FEED, delay=0.02))

    async def go():
        async with client(patience=0.1) as asking:
            slow = [asking.fetch(web.url(f"/slow?{n}")) for n in range(32)]
            fast = [asking.fetch(web.url(f"/feed?{n}")) for n in range(32)]
            return await asyncio.gather(*slow, *fast)

    answers = asyncio.run(go())
    assert [answer.body for answer in answers] == [b"at last"] * 32 + [FEED] * 32
    assert len(web.requests) > 64  # some were asked twice


def test_a_cancelled_wait_gives_its_place_back(web: Web):
    web.on("/hang", Reply(fault=Fault.HANG))
    web.on("/feed", Reply(body=FEED))

    async def go():
        async with client() as asking:
            tasks = [asyncio.create_task(asking.fetch(web.url(f"/hang?{n}"))) for n in range(50)]
            await asyncio.sleep(0.2)
            for task in reversed(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            feeds = (asking.fetch(web.url(f"/feed?{n}")) for n in range(64))
            return await asyncio.wait_for(asyncio.gather(*feeds), 5)

    assert len(asyncio.run(go())) == 64
