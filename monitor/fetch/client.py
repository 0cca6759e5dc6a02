"""The client: conditional, polite, limited, suspicious of every answer."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Self

import httpx

from monitor.errors import FetchError
from monitor.fetch.address_guard import Dial, Guard, Resolve, UnreachableError
from monitor.fetch.connection_pool import Connections
from monitor.fetch.error_messages import error_message
from monitor.fetch.host_limiter import SPACING, Lanes
from monitor.fetch.proxies import Proxy
from monitor.fetch.redirects import Way
from monitor.fetch.request import Question
from monitor.fetch.response import Redirect, StatusError, understand
from monitor.fetch.slot_pool import PATIENCE, PLACES
from monitor.fetch.url import UrlError, origin_of, parse_url, redact
from monitor.model.config import Networks
from monitor.model.poll import Fetched, NotModified
from monitor.model.request_options import DEFAULT_OPTIONS, RequestOptions

FEED = (
    "application/rss+xml, application/atom+xml, application/feed+json, "
    "application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1"
)
PAGE = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
CAP = 15 << 20
"""Bytes of a body, after decompression."""
SECONDS = 30.0
"""For a whole exchange with its redirects; waiting for a turn is not counted."""


class Client:
    """Asks servers; an async context manager, for any number of fetches at once.

    `resolve` and `dial` stand in for the system's look-up and connection; `seconds`,
    `spacing` and `patience` for the limits of these names.
    """

    def __init__(
        self,
        allow: Networks = (),
        *,
        user_agent: str,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        tls: ssl.SSLContext | None = None,
        resolve: Resolve | None = None,
        dial: Dial | None = None,
        seconds: float = SECONDS,
        spacing: float = SPACING,
        patience: float = PATIENCE,
    ) -> None:
        self._user_agent = user_agent.encode("latin-1", "replace")
        self._monotonic, self._tls, self._seconds = monotonic, tls, seconds
        self._guard = Guard(allow, resolve=resolve, dial=dial)
        self._connections = Connections(self._guard, self._trust, PLACES)
        self._lanes = Lanes(monotonic=monotonic, sleep=sleep, spacing=spacing, patience=patience)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._lanes.close()
        await self._connections.aclose()

    def allow(self, networks: Networks) -> None:
        """Put what the operator allows now in force, for the next request already."""
        self._guard.allow = networks

    def space(self, url: str, seconds: float) -> None:
        """Leave so many seconds between two requests to the host of a URL, if it is another's."""
        self._lanes.space(parse_url(url).raw_host.decode("ascii"), seconds)

    async def fetch(
        self,
        url: str,
        *,
        etag: bytes | None = None,
        last_modified: bytes | None = None,
        accept: str = FEED,
        cap: int = CAP,
        whole: bool = True,
        request_options: RequestOptions = DEFAULT_OPTIONS,
        credentials_origin: str = "",
    ) -> Fetched | NotModified:
        """GET a URL; raises FetchError, and nothing else, when there is no usable answer.

        Validators are sent byte for byte. The headers of `request_options` go to the origin of
        the URL `credentials_origin` only (default: `url`). A body above `cap` is an error; where
        the `whole` is not needed, it is cut there.
        """
        way: Way | None = None
        seconds = request_options.timeout or self._seconds
        try:
            way = Way(parse_url(url))
            asked = Question(
                url=way.url,
                credentials_origin=origin_of(
                    parse_url(credentials_origin) if credentials_origin else way.url
                ),
                request_options=request_options,
                user_agent=self._user_agent,
                accept=accept.encode("ascii"),
                validators=((b"If-None-Match", etag), (b"If-Modified-Since", last_modified)),
                cap=cap,
                whole=whole,
                proxy=Proxy.at(request_options.proxy.text) if request_options.proxy else None,
            )
            return await self._follow(way, asked, seconds)
        except Exception as error:
            refused = error if isinstance(error, StatusError) else None
            quotes_the_url = isinstance(error, UrlError)
            raise FetchError(
                redact(url),
                (way.sent_on() if way else "") + error_message(error, seconds),
                status=refused.code if refused else None,
                retry_after=refused.retry_after if refused else None,
                network=isinstance(error, UnreachableError),
            ) from (None if quotes_the_url else error)

    async def _follow(self, way: Way, asked: Question, left: float) -> Fetched | NotModified:
        """Ask, and ask again wherever redirects lead, for so many seconds in all."""
        while True:
            host = way.url.raw_host.decode("ascii")
            answer, took = await self._lanes.run(
                host,
                str(way.url),
                partial(self._ask, way.url, asked),
                own=partial(self._guard.owns, host),
                seconds=left,
            )
            if isinstance(answer, Redirect):
                way.follow(answer)
                left = max(0.0, left - took)
            elif not (hops := way.hops()):
                return answer
            elif isinstance(answer, Fetched):
                return replace(answer, moved_to=way.moved_to, hops=hops)
            else:
                return replace(answer, moved_to=way.moved_to)

    async def _ask(
        self, url: httpx.URL, asked: Question
    ) -> tuple[Fetched | NotModified | Redirect, float]:
        """Ask one server; return its answer and the seconds it took."""
        began = self._monotonic()
        headers = asked.headers(url)
        async with self._connections.ask(
            url, headers, cap=asked.cap, proxy=asked.proxy
        ) as response:
            answer = await understand(
                response, url, cap=asked.cap, conditional=asked.conditional, whole=asked.whole
            )
        return answer, self._monotonic() - began

    def _trust(self) -> ssl.SSLContext:
        """Return the certificates to trust; reading them takes tens of milliseconds, once."""
        if self._tls is None:
            self._tls = httpx.create_ssl_context()
        return self._tls
