"""Connections are kept and replaced; TLS checks certificates; tunnels have a time limit."""

from __future__ import annotations

import asyncio
import ssl

import pytest
from support.fetch_client import FEED, client, failing, get
from support.scripted_server import Fault, Reply, Web, conditional
from support.simulated_fetch import City

from monitor.base.errors import FetchError, LeaseLostError
from monitor.intake.fetch.client import Client
from monitor.model.feed import RequestOptions, Secret
from monitor.storage.fencing import SOLE, Holding, under


def test_one_connection_serves_many_requests(web: Web):
    web.on("*", conditional(FEED))

    async def go():
        async with client() as http:
            for path in ("/a", "/b", "/c"):
                await http.fetch(web.url(path), etag=b'"1"')
                await http.fetch(web.url(path))

    asyncio.run(go())
    assert (len(web.requests), web.connections) == (6, 1)


def test_a_kept_connection_that_the_server_closed_is_replaced(web: Web):
    web.on("/feed", Reply(body=FEED), Reply(fault=Fault.CLOSE), Reply(body=FEED))

    async def go():
        async with client() as http:
            await http.fetch(web.url("/feed"))
            return await http.fetch(web.url("/feed"))

    assert asyncio.run(go()).body == FEED
    assert len(web.requests) == 3


def test_408_on_a_kept_connection_was_not_meant_for_us(web: Web):
    """A server closes the idle connection; the request is sent again on a new one."""
    web.on("/feed", Reply(body=FEED), Reply(408), Reply(body=b"new"), Reply(408))

    async def go() -> bytes:
        async with client() as http:
            await http.fetch(web.url("/feed"))
            return (await http.fetch(web.url("/feed"))).body

    assert asyncio.run(go()) == b"new"
    assert web.connections == 2
    assert failing(web.url("/feed")).reason == "408 Request Timeout"


def test_a_lease_that_is_lost_while_connecting_is_asked_under_no_more(web: Web) -> None:
    is_held = True

    async def dial(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        nonlocal is_held
        is_held = False  # the machine slept here
        return await asyncio.open_connection(host, port)

    web.on("/feed", Reply(body=FEED))
    with under(Holding(SOLE, lambda: is_held)), pytest.raises(LeaseLostError):
        get(web.url("/feed"), options={"dial": dial})
    assert not web.requests


def test_tls_checks_the_name_while_the_address_was_checked_already(certificate):
    server, cert = certificate
    trusting = ssl.create_default_context(cafile=str(cert))
    names: list[str | None] = []
    server.sni_callback = lambda sock, name, context: names.append(name)

    async def nearby(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async def go(host: str):
        async with client(tls=trusting, resolve=nearby) as http:
            fetched = await http.fetch(web.url("/feed", host))
            return (await http.fetch(web.url("/feed", host))).body, fetched.body

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

        async with await asyncio.start_server(answer, "127.0.0.1") as server, client() as http:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(FetchError) as error:
                await http.fetch(f"https://127.0.0.1:{port}/")
        return error.value.reason

    assert asyncio.run(go()) == "the server speaks http, not https: try http://"


def test_a_proxy_that_opens_no_tunnel_is_the_networks_fault() -> None:
    """Otherwise each feed would be blamed, and asked less and less often."""
    city = City()
    city.web.on("*", Reply(fault=Fault.HANG))
    options = RequestOptions(proxy=Secret("http://proxy.example:3128"))
    errors: list[FetchError] = []

    async def script(client: Client) -> None:
        with pytest.raises(FetchError) as error:
            await client.fetch("https://one.example/feed", request_options=options)
        errors.append(error.value)

    assert city.live(script, tls=ssl.create_default_context()) == pytest.approx(20.0)
    (error,) = errors
    assert (error.reason, error.network) == ("one.example does not answer through the proxy", True)
