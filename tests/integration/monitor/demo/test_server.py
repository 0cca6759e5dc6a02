"""The server of the bundled newsroom, over HTTP."""

from __future__ import annotations

import socket
import struct
import time

import httpx
import pytest
from support.demo_server import Hands

from monitor.demo.site import NewsroomServer


def test_unchanged_feeds_answer_304_until_something_is_new(
    reader: httpx.Client, server: NewsroomServer, hands: Hands
) -> None:
    url = server.feed_url("harbour-rail")
    first = reader.get(url)
    headers = {"If-None-Match": first.headers["ETag"]}
    answer = reader.get(url, headers=headers)
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["ETag"] == first.headers["ETag"]
    hands.now += 300
    later = reader.get(url, headers=headers)
    assert later.status_code == 200
    assert later.content != first.content


def test_an_etag_among_others_is_recognised(reader: httpx.Client, server: NewsroomServer) -> None:
    url = server.feed_url("fil-wallon")
    etag = reader.get(url).headers["ETag"]
    headers = {"If-None-Match": f'"other", {etag}'}
    assert reader.get(url, headers=headers).status_code == 304


def test_moved_for_good(reader: httpx.Client, server: NewsroomServer) -> None:
    answer = reader.get(server.feed_url("wafer-report"))
    assert answer.status_code == 301
    assert answer.headers["Location"] == "/wafer-report/feed.xml"


def test_gone_hopeless_and_unknown(reader: httpx.Client, server: NewsroomServer) -> None:
    assert reader.get(server.feed_url("freight-yesterday")).status_code == 410
    answer = reader.get(server.feed_url("portail-logistique"))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    for path in ("/nobody/feed.xml", "/fil-wallon/never-was.html", "/fil-wallon/x-7.html"):
        assert reader.get(path).status_code == 404


def test_slow_but_it_answers(reader: httpx.Client, server: NewsroomServer) -> None:
    started = time.monotonic()
    assert reader.get(server.feed_url("brussels-trade")).status_code == 200
    assert time.monotonic() - started >= 0.3


def test_a_reader_who_does_not_wait_is_not_an_error(
    server: NewsroomServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    address = httpx.URL(server.url)
    with socket.create_connection((address.host, address.port or 80)) as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # reset
        reader.sendall(b"GET /brussels-trade/feed.xml HTTP/1.1\r\nHost: newsroom\r\n\r\n")
        time.sleep(0.05)
    time.sleep(server.delay + 0.1)
    assert not caplog.records
    assert capfd.readouterr().err == ""


def test_stopping_waits_for_nobody(hands: Hands, caplog: pytest.LogCaptureFixture) -> None:
    with httpx.Client() as reader:
        with NewsroomServer(hands, delay=60.0) as server:
            url = server.feed_url("fil-wallon")
            reader.get(url)
            started = time.monotonic()
        assert time.monotonic() - started < 30
        with pytest.raises(httpx.TransportError):
            reader.get(url)
    assert not caplog.records
    with pytest.raises(RuntimeError, match="not running"):
        server.feed_url("fil-wallon")
