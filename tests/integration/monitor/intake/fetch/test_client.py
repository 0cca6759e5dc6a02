"""What is asked of a server and what comes back: validators, statuses, redirects, secrets."""

from __future__ import annotations

import asyncio
import gc
import logging
import traceback

import httpx
import pytest
from msgspec.structs import replace
from support.fetch_client import FEED, client, failing, get
from support.scripted_server import Reply, Web, redirect

from monitor.base.errors import FetchError
from monitor.intake.fetch.client import ACCEPT_PAGE
from monitor.model.poll import Fetched, Hints, NotModified

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
    fetched = get(web.url("/feed"))
    assert isinstance(fetched, Fetched)
    fields = dict(fetched.headers)
    assert fields.pop("date")
    assert fields.keys() == {
        "age", "cache-control", "content-length", "content-type", "etag", "last-modified",
    }  # fmt: skip
    assert replace(fetched, headers=()) == Fetched(
        url=web.url("/feed"),
        body=FEED,
        content_type="application/rss+xml; charset=utf-8",
        etag='W/"é"'.encode("latin-1"),
        last_modified=b"Tue, 24 Nov 2026 10:00:00 GMT",
        hints=Hints(max_age=3000.0),
    )


@pytest.mark.parametrize(
    ("location", "base"),
    [("", ""), ("/2026/fil.xml", "/2026/fil.xml"), ("http://elsewhere.example/", "")],
)
def test_the_content_location_of_an_answer_is_its_base(web: Web, location: str, base: str):
    web.on("/flux/fil", Reply(200, (("Content-Location", location),), FEED))
    fetched = get(web.url("/flux/fil"))
    assert isinstance(fetched, Fetched)
    assert fetched.base == (web.url(base) if base else "")


def test_the_request_says_who_asks_and_nothing_else(web: Web):
    web.on("/feed", Reply(200, (("Set-Cookie", "spy=1; Path=/"),), FEED), Reply(body=FEED))

    async def twice():
        async with client() as http:
            await http.fetch(web.url("/feed?a=b%20c#part"))
            await http.fetch(web.url("/feed"), accept=ACCEPT_PAGE)

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
    except FetchError as error:  # a control character is invalid HTTP
        assert error.reason == "the answer is not HTTP"
    else:
        assert fetched.etag is None
        assert get(web.url("/feed"), etag=fetched.etag).body == FEED


def test_a_response_is_freed_without_the_garbage_collector(web: Web):
    """Each response holds a body; thousands may arise between two collections."""
    web.on("/feed", Reply(200, (), FEED))

    def responses() -> int:
        return sum(isinstance(item, httpx.Response) for item in gc.get_objects())

    get(web.url("/feed"))
    gc.disable()
    try:
        before = responses()
        for _ in range(5):
            get(web.url("/feed"))
        assert responses() <= before
    finally:
        gc.enable()


def test_304_to_an_unconditional_request_is_an_error(web: Web):
    web.on("/feed", Reply(304))
    error = failing(web.url("/feed"))
    assert (error.status, error.reason) == (
        304,
        "304 Not Modified, although nothing was asked conditionally",
    )


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
            "429 Too Many Requests; asked to come back in 32 y",
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


def test_what_is_kept_of_a_url_holds_no_password(web: Web):
    web.on("/feed", Reply(body=FEED))
    web.on("/old", redirect("/feed", 301))
    for path in ("/feed", "/old"):
        fetched = get(web.url(path).replace("//", "//me:s3cret@"))
        assert fetched.url == web.url("/feed")
        assert fetched.moved_to == (web.url("/feed") if path == "/old" else None)


def _causes(error: BaseException) -> str:
    """Return the text of an error and its causes in a traceback."""
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
    texts = [f"{error!r} {error.url} {error.reason}" for error in errors]
    printed = ["".join(traceback.format_exception_only(e)) + _causes(e) for e in errors]
    for secret in ("s3cret", "t0ken", "k3y", "bWU6"):
        assert secret not in "".join(texts + printed)
        assert secret not in caplog.text
