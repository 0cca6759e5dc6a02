"""Sends to a webhook: each message is posted as JSON, signed if there is a secret."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ssl
from collections.abc import Callable
from contextlib import suppress

import httpcore
import httpx

from monitor.base.article import Timestamp
from monitor.base.translation import gettext as _
from monitor.base.url import authorization, origin_of, parse_url
from monitor.delivery.notify.notification import (
    Message,
    Sender,
    encode,
    fault_of_status,
    idempotency_key,
)
from monitor.intake.fetch.address_guard import AddressGuard
from monitor.intake.fetch.response import Headers, StatusError, error_message
from monitor.model.config import Channel, DeliveryError

SECONDS = 30.0
"""Most seconds for a message, from connecting to the end of the response."""
MAX_RESPONSE = 64 << 10
"""Most bytes of a response that are read."""


class WebhookSender(Sender):
    """Sends to one address. Redirects are not followed: a signature is for one host."""

    def __init__(
        self,
        channel: Channel,
        guard: AddressGuard,
        trust: Callable[[], ssl.SSLContext],
        clock: Callable[[], Timestamp],
        user_agent: str,
    ) -> None:
        super().__init__(channel)
        self._guard = guard
        self._trust = trust
        self._clock = clock
        self._user_agent = user_agent

    async def send(self, message: Message) -> DeliveryError | None:
        body = encode(message, self.channel.pages)
        try:
            async with asyncio.timeout(SECONDS):
                return await self._post(body, idempotency_key(message))
        except Exception as error:
            return DeliveryError(reason=error_message(error, SECONDS))

    async def _post(self, body: bytes, key: str) -> DeliveryError | None:
        url = parse_url(self.channel.target[0])
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
            response.extensions["network_stream"].allowance = MAX_RESPONSE
            # The status decides, even if the rest of the response cannot be read.
            with suppress(httpcore.NetworkError, httpcore.ProtocolError, OSError):
                async for _ in response.aiter_stream():
                    pass
        return _error_of_status(response.status, Headers(response.headers))

    def _headers(self, url: httpx.URL, body: bytes, key: str) -> list[tuple[bytes, bytes]]:
        headers = {
            "host": url.netloc.decode("ascii"),
            "User-Agent": self._user_agent,
            "Content-Type": "application/json; charset=utf-8",  # not a message
            "Content-Length": str(len(body)),
            "Idempotency-Key": key,
            "Connection": "close",  # not a message
        }
        if login := authorization(url):
            headers["authorization"] = login.decode("ascii")
        if self.channel.secret:
            stamp = str(int(self._clock()))
            headers["X-Tocsin-Timestamp"] = stamp
            headers["X-Tocsin-Signature"] = f"sha256={signature(self.channel.secret, stamp, body)}"
        overridden = {name.lower() for name, _value in self.channel.headers}
        merged = [
            (name, value) for name, value in headers.items() if name.lower() not in overridden
        ]
        merged += [(name, value.text) for name, value in self.channel.headers]
        return [
            (name.encode("ascii"), value.encode("latin-1", "replace")) for name, value in merged
        ]


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the HMAC-SHA256 of timestamp and body, in hexadecimal."""
    signed = timestamp.encode("ascii") + b"." + body
    return hmac.new(secret.encode("utf-8"), signed, hashlib.sha256).hexdigest()


def _error_of_status(status: int, headers: Headers) -> DeliveryError | None:
    if 200 <= status < 300:
        return None
    wait = headers.retry_after()
    why = _("which is not followed; use the new address") if 300 <= status < 400 else ""
    return DeliveryError(
        reason=str(StatusError(status, wait, why)), fault=fault_of_status(status), retry_after=wait
    )
