"""The client: conditional, polite, limited, suspicious of every answer."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self

import httpx

from monitor.errors import FetchError
from monitor.fetch import address, reasons
from monitor.fetch.answer import Redirect, StatusError, understand
from monitor.fetch.connections import Connections
from monitor.fetch.lanes import SPACING, Lanes
from monitor.fetch.places import PATIENCE, PLACES
from monitor.guard import Dial, Guard, Resolve, UnreachableError
from monitor.model import Fetched, Networks, NotModified

FEED = (
    "application/rss+xml, application/atom+xml, application/feed+json, "
    "application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1"
)
PAGE = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
CAP = 15 << 20
"""Bytes of a body, after decompression."""
SECONDS = 30.0
"""For a whole exchange with its redirects; waiting for a turn is not counted."""
HOPS = 10
"""Redirects that are followed."""


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked, of the first server and of those it sends us to."""

    url: httpx.URL
    cap: int
    conditional: bool
    everywhere: list[tuple[bytes, bytes]]
    at_home: list[tuple[bytes, bytes]]
    """Headers for the origin of the URL and no other: they may be secret."""

    def headers(self, url: httpx.URL) -> list[tuple[bytes, bytes]]:
        """Return the headers for one of the servers on the way."""
        home = address.origin(url) == address.origin(self.url)
        return [(b"Host", url.netloc), *self.everywhere, *(self.at_home if home else ())]


@dataclass(slots=True)
class _Way:
    """The way that redirects lead."""

    url: httpx.URL
    moved_to: str | None = None
    """Where the permanent ones led, without a temporary one before them."""
    _seen: list[str] = field(default_factory=list)
    _permanent: bool = True

    def follow(self, redirect: Redirect) -> None:
        """Go on; raises UrlError where no way leads on."""
        self._seen.append(str(self.url))
        if len(self._seen) > HOPS:
            raise address.UrlError(f"redirects more than {HOPS} times")
        try:
            to = address.parse(redirect.to, base=self.url)
        except address.UrlError as error:
            raise address.UrlError(f"redirects to what is {error}") from None
        if str(to) in self._seen:
            itself = str(to) == self._seen[-1]
            raise address.UrlError(f"redirects {'to itself' if itself else 'in a circle'}")
        downgrade = self.url.scheme == "https" and to.scheme == "http"
        self._permanent = self._permanent and redirect.permanent and not downgrade
        if self._permanent:
            self.moved_to = address.without_credentials(to)
        self.url = to

    def hops(self) -> tuple[str, ...]:
        """Return the addresses that redirected us, as they may be shown."""
        return tuple(map(address.redact, self._seen))

    def sent_on(self) -> str:
        """Return who is being asked, in words, if that is not the host it began with."""
        began = httpx.URL(self._seen[0]).host if self._seen else self.url.host
        return "" if self.url.host == began else f"sent on to {self.url.host}: "


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

    async def fetch(
        self,
        url: str,
        *,
        etag: bytes | None = None,
        last_modified: bytes | None = None,
        accept: str = FEED,
        cap: int = CAP,
        headers: Mapping[str, str] | None = None,
    ) -> Fetched | NotModified:
        """GET a URL; raises FetchError, and nothing else, when there is no usable answer.

        Validators are sent byte for byte. `headers` go to the URL's own origin only.
        """
        way: _Way | None = None
        try:
            way = _Way(address.parse(url))
            everywhere = self._headers(accept, etag, last_modified)
            at_home = _secrets(way.url, headers or {})
            conditional = bool(etag or last_modified)
            return await self._follow(
                way, _Question(way.url, cap, conditional, everywhere, at_home)
            )
        except Exception as error:
            refused = error if isinstance(error, StatusError) else None
            quotes_the_url = isinstance(error, address.UrlError)
            raise FetchError(
                address.redact(url),
                (way.sent_on() if way else "") + reasons.failure(error, self._seconds),
                status=refused.code if refused else None,
                retry_after=refused.retry_after if refused else None,
                network=isinstance(error, UnreachableError),
            ) from (None if quotes_the_url else error)

    async def _follow(self, way: _Way, question: _Question) -> Fetched | NotModified:
        """Ask, and ask again wherever redirects lead."""
        left = self._seconds
        while True:
            host = way.url.raw_host.decode("ascii")
            answer, took = await self._lanes.run(
                host,
                str(way.url),
                partial(self._ask, way.url, question),
                own=partial(self._guard.owns, host),
                seconds=left,
            )
            if isinstance(answer, Fetched):
                hops = way.hops()
                return replace(answer, moved_to=way.moved_to, hops=hops) if hops else answer
            if isinstance(answer, NotModified):
                return answer
            way.follow(answer)
            left = max(0.0, left - took)

    async def _ask(
        self, url: httpx.URL, question: _Question
    ) -> tuple[Fetched | NotModified | Redirect, float]:
        """Ask one server; return its answer and the seconds it took."""
        began = self._monotonic()
        headers = question.headers(url)
        async with self._connections.ask(url, headers, cap=question.cap) as response:
            answer = await understand(
                response, url, cap=question.cap, conditional=question.conditional
            )
        return answer, self._monotonic() - began

    def _headers(
        self, accept: str, etag: bytes | None, last_modified: bytes | None
    ) -> list[tuple[bytes, bytes]]:
        validators = ((b"If-None-Match", etag), (b"If-Modified-Since", last_modified))
        return [
            (b"User-Agent", self._user_agent),
            (b"Accept", accept.encode("ascii")),
            (b"Accept-Encoding", b"gzip, deflate"),
            *((name, value) for name, value in validators if value),
        ]

    def _trust(self) -> ssl.SSLContext:
        """Return the certificates to trust; reading them takes tens of milliseconds, once."""
        if self._tls is None:
            self._tls = httpx.create_ssl_context()
        return self._tls


def _secrets(url: httpx.URL, headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    raw = [(name.encode("ascii"), value.encode()) for name, value in headers.items()]
    authorization = address.authorization(url)
    return [*raw, (b"Authorization", authorization)] if authorization else raw
