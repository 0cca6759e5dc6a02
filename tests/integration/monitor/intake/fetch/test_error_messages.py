"""Servers that are slow, broken or hostile, and URLs that lead nowhere: each has a reason."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, strategies as st
from support.fetch_client import FEED, SECONDS, client, failing
from support.scripted_server import Fault, Reply, Web

from monitor.base.errors import FetchError

pytestmark = pytest.mark.costly


@pytest.mark.parametrize(
    ("fault", "reasons"),
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
def test_a_fault_has_a_reason_and_an_end(web: Web, fault, reasons):
    web.on("/feed", Reply(body=FEED * 2000, fault=fault, pause=0.05))
    never_ends = reasons == {"not finished after 1 s"}
    error = failing(web.url("/feed"), options={"timeout": 1.0 if never_ends else SECONDS})
    assert error.reason in reasons
    assert (error.status, error.network) == (None, False)


def test_a_flood_of_1xx_ends_before_its_time(web: Web):
    web.on("/feed", Reply(fault=Fault.ENDLESS_1XX, pause=0.0))
    assert failing(web.url("/feed")).reason == "the answer is too long"


def test_hops_share_one_time_limit(web: Web):
    for hop in range(9):
        web.on(f"/{hop}", Reply(302, (("Location", f"/{hop + 1}"),), delay=0.25))
    assert failing(web.url("/0"), options={"timeout": 1.0}).reason == "not finished after 1 s"


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
        async with client(resolve=nowhere, dial=refuse) as http:
            await http.fetch(start + text)

    with pytest.raises(FetchError):
        asyncio.run(go())
