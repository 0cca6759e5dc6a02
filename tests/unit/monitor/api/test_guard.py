"""Tests of the guard in front of the routes, without a network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import anyio.to_thread
import pytest
from starlette.types import Message, Receive, Scope, Send
from support.simulated_time import World

from index import interruption
from index.errors import Interrupted
from monitor.api.guard import ENDLESS, Guard
from monitor.api.listener import AcceptedHosts, Limits

App = Callable[[Scope, Receive, Send], Any]
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


class Client:
    """A client that sends one request to a guard, and may leave before the answer.

    Args:
        body: The body in pieces; None disconnects before the rest.
        headers: The headers of the request.
    """

    path = "/"

    def __init__(self, *body: bytes | None, **headers: str) -> None:
        self.headers = {"host": "localhost", **headers}
        self.leaves = asyncio.Event()
        self.sent: list[Message] = []
        self._pieces = list(body or (b"",))

    async def receive(self) -> Message:
        if self._pieces:
            piece = self._pieces.pop(0)
            if piece is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": piece, "more_body": bool(self._pieces)}
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    async def ask(self, guard: Guard) -> None:
        headers = [
            (name.replace("_", "-").encode(), value.encode())
            for name, value in self.headers.items()
        ]
        method = "POST" if "content_type" in self.headers else "GET"
        scope = {"type": "http", "method": method, "path": self.path, "headers": headers}
        await guard({**scope, "state": {}}, self.receive, self.send)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def body(self) -> Any:
        return json.loads(b"".join(message.get("body", b"") for message in self.sent[1:]))


async def has_token(scope: Scope) -> bool:
    return b"authorization" in dict(scope["headers"])


def guarded(app: App, now: Callable[[], float] = lambda: 0.0, **limits: Any) -> Guard:
    return Guard(app, AcceptedHosts(), Limits(**limits), now, has_token)


async def respond(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"[]"})


def endless(started: asyncio.Event, log: list[str]) -> App:
    """Return an app that searches until it is interrupted."""

    def search(loop: asyncio.AbstractEventLoop) -> None:
        loop.call_soon_threadsafe(started.set)
        try:
            while True:
                interruption.check()
        except Interrupted:
            log.append("interrupted")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await anyio.to_thread.run_sync(search, asyncio.get_running_loop())
        await respond(send)

    return app


def test_a_search_ends_when_its_client_leaves() -> None:
    async def run() -> list[str]:
        started, log, client = asyncio.Event(), [], Client()
        request_task = asyncio.create_task(client.ask(guarded(endless(started, log))))
        await started.wait()
        assert not log
        client.leaves.set()
        await request_task
        return log

    assert asyncio.run(run()) == ["interrupted"]


def test_a_search_ends_when_it_takes_too_long() -> None:
    async def run() -> list[str]:
        started, log, times = asyncio.Event(), [], iter(range(10_000_000))
        await Client().ask(guarded(endless(started, log), lambda: float(next(times)), seconds=50.0))
        return log

    assert asyncio.run(run()) == ["interrupted"]


def test_more_requests_than_can_be_answered_are_refused() -> None:
    async def run() -> tuple[int, str, int]:
        started, may_finish = asyncio.Event(), asyncio.Event()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            started.set()
            await may_finish.wait()
            await respond(send)

        guard, first, second, third = guarded(app, requests=1), Client(), Client(), Client()
        request_task = asyncio.create_task(first.ask(guard))
        await started.wait()
        await second.ask(guard)
        may_finish.set()
        await request_task
        await third.ask(guard)
        assert first.status == 200
        return second.status, second.body["type"], third.status

    assert asyncio.run(run()) == (503, "urn:tocsin:problem:busy", 200)


class SlowClient(Client):
    """A client that sends nothing after the first piece of its body, until `goes_on`."""

    path = "/v1/status"

    def __init__(self, *body: bytes, **headers: str) -> None:
        super().__init__(*body, **headers)
        self.waits, self.goes_on = asyncio.Event(), asyncio.Event()

    async def receive(self) -> Message:
        if len(self._pieces) == 1:
            self.waits.set()
            await self.goes_on.wait()
        return await super().receive()


def test_a_request_counts_when_its_body_is_there() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send)

    async def run() -> tuple[int, set[int]]:
        guard, client = guarded(app, requests=4, body_seconds=60), Client(authorization="t")
        slow_clients = [SlowClient(b"{", b"}", content_type=JSON) for _ in range(8)]
        async with asyncio.TaskGroup() as group:
            for slow_client in slow_clients:
                group.create_task(slow_client.ask(guard))
                await slow_client.waits.wait()
            await client.ask(guard)
            for slow_client in slow_clients:
                slow_client.goes_on.set()
        return client.status, {slow_client.status for slow_client in slow_clients}

    assert asyncio.run(run()) == (200, {200})


def test_strangers_have_half_the_places() -> None:
    async def run() -> tuple[list[int], list[int]]:
        may_finish = asyncio.Event()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await may_finish.wait()
            await respond(send)

        async def statuses(clients: list[Client]) -> list[int]:
            tasks = [asyncio.create_task(client.ask(guard)) for client in clients]
            await asyncio.sleep(0.01)
            may_finish.set()
            await asyncio.gather(*tasks)
            may_finish.clear()
            return [client.status for client in clients]

        guard = guarded(app, requests=4)
        strangers = [Client() for _ in range(4)]
        colleagues = [Client(authorization="t") for _ in range(3)]
        first = await statuses([*strangers, *colleagues])
        return first, await statuses([Client(authorization="t") for _ in range(5)])

    expected = [200, 200, 503, 503, 200, 200, 503], [200, 200, 200, 200, 503]
    assert asyncio.run(run()) == expected


@pytest.mark.parametrize(("pause", "status"), [(0.005, 200), (0.1, 408)])
def test_a_body_has_the_more_time_the_more_of_it_has_arrived(pause: float, status: int) -> None:
    class Steady(Client):
        path = "/v1/status"

        async def receive(self) -> Message:
            await asyncio.sleep(pause)
            return await super().receive()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send)

    client = Steady(*[b" " * 1_000] * 30, content_type=JSON)
    World().run(client.ask(guarded(app, body_seconds=0.06, body_rate=50_000)))
    assert client.status == status


def test_streams_do_not_count_as_requests() -> None:
    async def run() -> int:
        started, may_finish = asyncio.Event(), asyncio.Event()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if not started.is_set():
                started.set()
                await may_finish.wait()
            await respond(send)

        guard, stream, other = guarded(app, requests=1), Client(), Client()
        stream.path = ENDLESS
        request_task = asyncio.create_task(stream.ask(guard))
        await started.wait()
        await other.ask(guard)
        may_finish.set()
        await request_task
        return other.status

    assert asyncio.run(run()) == 200


def test_the_server_rests_when_nobody_has_asked_for_a_time() -> None:
    async def run() -> list[bool]:
        started, may_finish, rest_states = asyncio.Event(), asyncio.Event(), []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if not started.is_set():
                started.set()
                await may_finish.wait()
            await respond(send)

        loop, has_rested = asyncio.get_running_loop(), asyncio.Event()

        def rest() -> None:
            rest_states.append(may_finish.is_set())
            loop.call_soon_threadsafe(has_rested.set)

        guard = Guard(app, AcceptedHosts(), Limits(rest_seconds=0.01), lambda: 0.0, has_token, rest)
        request_task = asyncio.create_task(Client().ask(guard))
        await started.wait()
        await Client().ask(guard)
        await asyncio.sleep(0.05)  # while somebody waits it does not rest
        may_finish.set()
        await request_task
        await has_rested.wait()
        await asyncio.sleep(0.05)
        return rest_states

    assert asyncio.run(run()) == [True]


def test_an_unexpected_error_is_a_problem_without_details(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise ZeroDivisionError("the secret is 42")

    async def run() -> Client:
        client = Client(authorization="Bearer hush")
        await client.ask(guarded(app))
        return client

    client = asyncio.run(run())
    assert client.status == 500
    assert client.body["type"] == "urn:tocsin:problem:failure"
    assert "42" not in str(client.sent)
    assert "ZeroDivisionError" in caplog.text and "hush" not in caplog.text


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ((b"act=note&note=yes", b"+and+no"), [b"act=note&note=yes+and+no"]),
        ((b"act=note&note=yes", None), []),
    ],
)
def test_half_a_form_is_not_acted_upon(pieces: tuple[bytes, ...], expected: list[bytes]) -> None:
    bodies = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        bodies.append((await receive())["body"])
        await respond(send)

    client = Client(*pieces, content_type=FORM, origin="http://localhost")
    asyncio.run(client.ask(guarded(app)))
    assert bodies == expected


def test_what_takes_the_application_too_long_is_a_problem_too() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise TimeoutError("the database")

    client = Client()
    asyncio.run(client.ask(guarded(app)))
    assert (client.status, client.body["type"]) == (500, "urn:tocsin:problem:failure")


def test_the_connection_of_who_does_not_read_is_closed() -> None:
    class Deaf(Client):
        async def send(self, message: Message) -> None:
            await asyncio.Event().wait()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send)

    with pytest.raises(Exception, match=r"^$") as error:  # at which uvicorn closes it
        asyncio.run(Deaf().ask(guarded(app, send_seconds=0.01)))
    assert "_NotReadError" in repr(error.value)
