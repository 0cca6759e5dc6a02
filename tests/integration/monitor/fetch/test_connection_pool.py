"""Encrypted connections: certificates are checked, and what goes wrong is told in words."""

from __future__ import annotations

import asyncio
import ssl

import pytest
from support.fetch_client import FEED, client, failing
from support.scripted_server import Reply, Web

from monitor.errors import FetchError


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
