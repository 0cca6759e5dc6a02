"""A webhook: each message is POSTed as JSON, signed if there is a secret."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress

import httpcore
import httpx

from index.article import Timestamp
from monitor.fetch.address_guard import AddressGuard
from monitor.fetch.error_messages import error_message
from monitor.fetch.response import Headers, StatusError
from monitor.fetch.url import authorization, origin_of, parse_url
from monitor.model.config import Channel, DeliveryError
from monitor.model.delivery import Notification
from monitor.notify import notification as told
from monitor.notify.retry import fault_of_status

SECONDS = 30.0
"""For a whole exchange; 10 of them to connect."""
CAP = 64 << 10
"""Bytes of an answer that are read."""


class WebhookSender:
    """Sends to one address. Redirects are not followed: a signature is for one host."""

    most = 1

    def __init__(
        self,
        channel: Channel,
        guard: AddressGuard,
        trust: Callable[[], ssl.SSLContext],
        clock: Callable[[], Timestamp],
        user_agent: str,
    ) -> None:
        self._channel = channel
        self._guard = guard
        self._trust = trust
        self._clock = clock
        self._user_agent = user_agent

    async def send(self, parcels: Sequence[Notification]) -> DeliveryError | None:
        """Send a message; return why it was not accepted, None if it was."""
        body = told.encoded(parcels)
        try:
            async with asyncio.timeout(SECONDS):
                return await self._post(body, told.idempotency_key(parcels))
        except Exception as error:
            return DeliveryError(reason=error_message(error, SECONDS))

    async def close(self) -> None:
        """Nothing is kept open."""

    async def _post(self, body: bytes, key: str) -> DeliveryError | None:
        url = parse_url(self._channel.target[0])
        scheme, host, port = origin_of(url)
        connection = httpcore.AsyncHTTPConnection(
            httpcore.Origin(scheme.encode(), host.encode(), port),
            ssl_context=self._trust() if scheme == "https" else None,
            network_backend=self._guard,
        )
        async with connection as http:
            response = await http.handle_async_request(
                httpcore.Request(
                    "POST",
                    httpcore.URL(
                        scheme=url.raw_scheme, host=url.raw_host, port=port, target=url.raw_path
                    ),
                    headers=self._headers(url, body, key),
                    content=body,
                )
            )
            response.extensions["network_stream"].allowance = CAP
            # Accepted is accepted, whatever becomes of the rest of the answer.
            with suppress(httpcore.NetworkError, httpcore.ProtocolError, OSError):
                async for _ in response.aiter_stream():
                    pass
        return _error_of_status(response.status, Headers(response.headers))

    def _headers(self, url: httpx.URL, body: bytes, key: str) -> list[tuple[bytes, bytes]]:
        said = {
            "Host": url.netloc.decode("ascii"),
            "User-Agent": self._user_agent,
            "Content-Type": "application/json; charset=utf-8",
            "Content-Length": str(len(body)),
            "Idempotency-Key": key,
            "Connection": "close",
        }
        if login := authorization(url):
            said["Authorization"] = login.decode("ascii")
        if self._channel.secret:
            stamp = str(int(self._clock()))
            said["X-Tocsin-Timestamp"] = stamp
            said["X-Tocsin-Signature"] = f"sha256={signature(self._channel.secret, stamp, body)}"
        given = {name.lower() for name, _ in self._channel.headers}
        kept = [(name, value) for name, value in said.items() if name.lower() not in given]
        kept += [(name, value.text) for name, value in self._channel.headers]
        return [(name.encode("ascii"), value.encode("latin-1", "replace")) for name, value in kept]


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return what proves that a body comes from who knows the secret, and when it was sent."""
    signed = timestamp.encode("ascii") + b"." + body
    return hmac.new(secret.encode("utf-8"), signed, hashlib.sha256).hexdigest()


def _error_of_status(status: int, headers: Headers) -> DeliveryError | None:
    if 200 <= status < 300:
        return None
    wait = headers.retry_after()
    why = "which is not followed; write the address it is at" if 300 <= status < 400 else ""
    return DeliveryError(
        reason=str(StatusError(status, wait, why)), fault=fault_of_status(status), retry_after=wait
    )
