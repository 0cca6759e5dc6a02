"""New alerts as they are raised, over `text/event-stream`."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.alert_storage import escalate
from support.api_server import Api, serving
from support.flow import START
from support.newsroom import Item, Newsroom, rss, until
from support.scripted_server import Web, conditional
from support.spreading_story import HOSTS, told_in_turn, watching

from monitor.api.listener import Limits
from monitor.model.analyst import Scope

pytestmark = pytest.mark.costly


MOST_SILENT = 4
"""Consecutive signs of life, one in 15 seconds, after which the test waits no longer."""


def events(response: httpx.Response) -> Iterator[dict[str, Any]]:
    """Yield the events of a stream that have data; end if none comes."""
    event: dict[str, Any] = {}
    silent = 0
    for line in response.iter_lines():
        silent = silent + 1 if line == ": alive" else 0 if line else silent
        assert silent < MOST_SILENT
        if not line:
            if "data" in event:
                yield event
            event = {}
        name, _, value = line.partition(": ")
        if name:
            event[name] = json.loads(value) if name == "data" else value


def connect(api: Api, stack: ExitStack, last: str = "", **parameters: Any) -> httpx.Response:
    headers = api.headers(Scope.READ) | ({"Last-Event-ID": last} if last else {})
    return stack.enter_context(
        api.client.stream("GET", "/v1/alerts/stream", headers=headers, params=parameters)
    )


def test_alerts_come_as_they_are_raised_and_none_is_missed(tmp_path: Any) -> None:
    newsroom = Newsroom(tmp_path)
    with Web() as web:
        web.on("/feed", conditional(rss(Item("Alibaba opens", link="https://a.test/1"))))
        feed = {"url": web.url("/feed"), "name": "A", "every": "1s"}
        newsroom.watch([feed], ["Alibaba", "Liège"])
        assert newsroom.once().returncode == 0
        with serving(newsroom.config, newsroom.data) as api, ExitStack() as stack:
            live = connect(api, stack)
            assert live.headers["content-type"].startswith("text/event-stream")
            stream_events = events(live)
            for number, title in enumerate(("Alibaba in Liège", "Alibaba again"), 2):
                items = [Item(title, link=f"https://a.test/{number}")]
                web.on("/feed", conditional(rss(*items), etag=f"{number}"))
                assert newsroom.once("--now").returncode == 0
            received = [next(stream_events) for _ in range(3)]
            assert [e["event"] for e in received] == ["raised"] * 3
            assert {e["data"]["title"] for e in received} == {"Alibaba in Liège", "Alibaba again"}
            assert received[0]["data"] == api.json(f"/alerts/{received[0]['data']['alert_id']}")
            reopened = connect(api, stack, last=received[0]["id"])
            missed = events(reopened)
            assert [next(missed)["id"] for _ in range(2)] == [e["id"] for e in received[1:]]
            filtered = events(connect(api, stack, last="0-0", watch="Liège"))
            assert next(filtered)["data"]["watchlist"] == "Liège"


def test_an_escalation_is_told_once_and_not_missed(tmp_path: Path) -> None:
    told_in_turn(tmp_path, HOSTS[:1], watching()).live(range(2))
    with serving(tmp_path / "feeds.yaml", tmp_path) as api, ExitStack() as stack:
        stream_events, received = events(connect(api, stack)), []
        for reason in ("5 outlets", "both languages"):
            escalate(tmp_path, reason, START)
            received.append(next(stream_events))
        assert [(e["event"], e["id"]) for e in received] == [
            ("escalated", "1-1"), ("escalated", "1-2"),
        ]  # fmt: skip
        assert received[0]["data"]["alert_id"] == "a1"
        missed = events(connect(api, stack, last="1-1"))
        assert next(missed)["id"] == "1-2"
        reopened = events(connect(api, stack, last="1-2"))
        escalate(tmp_path, "7 outlets", START)
        assert [next(e)["id"] for e in (stream_events, missed, reopened)] == ["1-3"] * 3


def test_a_stream_ends_when_its_token_is_revoked(api: Api) -> None:
    headers = api.add_token("listener")
    with api.client.stream("GET", "/v1/alerts/stream", headers=headers) as live:
        lines = live.iter_lines()
        assert next(lines) == "retry: 3000"
        assert api.tokens.revoke("listener", time.time())
        remaining_lines = list(islice(lines, 3 * MOST_SILENT))
        assert len(remaining_lines) < 3 * MOST_SILENT  # it ended
        assert not [line for line in remaining_lines if line.startswith("data")]


def test_streams_of_one_token_and_of_all_are_bounded(filled: Newsroom) -> None:
    limits = Limits(rate=1e5, burst=100_000, streams=3, streams_each=2)
    with serving(filled.config, filled.data, limits=limits) as api, ExitStack() as stack:
        assert [connect(api, stack).status_code for _ in range(3)] == [200, 200, 429]
        other = api.headers(Scope.ADMIN)
        answers = [
            stack.enter_context(api.client.stream("GET", "/v1/alerts/stream", headers=other))
            for _ in range(2)
        ]
        assert [answer.status_code for answer in answers] == [200, 503]
        assert int(answers[1].headers["retry-after"]) >= 1
        assert api.get("/status").status_code == 200
    with serving(filled.config, filled.data, limits=limits) as api:
        for _ in range(5):
            with ExitStack() as stack:
                assert connect(api, stack).status_code == 200
            until(lambda api=api: not api.server.app.state.hub.streams)


def test_hundreds_of_streams_are_refused_politely(filled: Newsroom) -> None:
    limits = Limits(rate=1e5, burst=100_000, streams=10, streams_each=10, connections=64)
    request = (
        b"GET /v1/alerts/stream HTTP/1.1\r\nHost: localhost\r\n"
        b"Authorization: Bearer secret-read\r\n\r\n"
    )
    with serving(filled.config, filled.data, limits=limits) as api, ExitStack() as stack:
        statuses = []
        for _ in range(200):
            client = stack.enter_context(
                closing(socket.create_connection(("127.0.0.1", api.server.port), timeout=20))
            )
            client.sendall(request)
            status = client.recv(4096)[:12]
            statuses.append(status)
            if status != b"HTTP/1.1 200":
                client.close()
        assert statuses[:10] == [b"HTTP/1.1 200"] * 10
        assert set(statuses[10:]) == {b"HTTP/1.1 429"}
        assert api.get("/status").status_code == 200


@pytest.mark.parametrize("last", ["x", "1", "-1-2", "1-2-3", "9" * 30 + "-1"])
def test_an_id_that_no_event_had_is_refused(api: Api, last: str) -> None:
    with ExitStack() as stack:
        assert connect(api, stack, last=last).status_code == 422
