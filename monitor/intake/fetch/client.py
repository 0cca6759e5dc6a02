"""The HTTP client for feeds, pages and lists: httpx's, over a transport of our own.

A fetch waits for the turn of the host, then httpx sends the request, and says where a redirect
leads. The transport below it checks the address, limits time and size, and decompresses
(`monitor/intake/fetch/__init__.py` shows the parts).
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Self

import httpx

from monitor.base.errors import FetchError, StoreError
from monitor.base.translation import gettext as _
from monitor.base.url import UrlError, origin_of, parse_url, redact
from monitor.intake.fetch.address_guard import AddressGuard, Dial, Resolve, UnreachableError
from monitor.intake.fetch.connection_pool import ConnectionPool
from monitor.intake.fetch.error_messages import error_message
from monitor.intake.fetch.host_limiter import (
    PATIENCE,
    SLOTS,
    SPACING,
    HostLimiter,
    TakeTurn,
    always_free,
)
from monitor.intake.fetch.request import (
    EXCHANGE,
    MAX_REDIRECTS,
    Exchange,
    HeaderList,
    Proxy,
    public_headers,
    secret_headers,
)
from monitor.intake.fetch.response import ANSWER, Answer, Headers, StatusError, interpret, read_body
from monitor.model.config import Networks
from monitor.model.feed import DEFAULT_OPTIONS, RequestOptions
from monitor.model.poll import Fetched, NotModified

ACCEPT_FEED = (
    "application/rss+xml, application/atom+xml, application/feed+json, "
    "application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1"  # not a message
)
ACCEPT_PAGE = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"  # not a message
MAX_BYTES = 15 << 20
"""Of a body, after decompression."""
TIMEOUT = 30.0
"""Seconds for a fetch with its redirects; waiting for a turn does not count."""


class _NoCookies(httpx.Cookies):
    """A jar that stays empty: no server can recognise us."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Take none."""


_NO_COOKIES = _NoCookies()
_NO_AUTH = httpx.Auth()
"""Sends nothing. httpx would send the password of a URL after a redirect to https, too."""
_NO_BODY = httpx.ByteStream(b"")
"""The body of a request, and what httpx sees of that of a response."""


class _HttpClient(httpx.AsyncClient):
    @property  # type: ignore[misc]
    def cookies(self) -> httpx.Cookies:
        return _NO_COOKIES


class Client:
    """Fetches URLs, any number at once; an async context manager.

    `resolve` and `dial` replace the system's look-up and connection; `timeout`, `spacing`
    and `patience` are seconds and replace the constants of these names. `take_turn` asks the other
    monitors of a store.
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
        timeout: float = TIMEOUT,
        spacing: float = SPACING,
        patience: float = PATIENCE,
        take_turn: TakeTurn = always_free,
    ) -> None:
        self._user_agent = user_agent.encode("latin-1", "replace")
        self._tls, self._timeout = tls, timeout
        self._guard = AddressGuard(allow, resolve=resolve, dial=dial)
        self._limiter = HostLimiter(
            monotonic=monotonic, sleep=sleep, owns=self._guard.owns, spacing=spacing,
            patience=patience, take_turn=take_turn,
        )  # fmt: skip
        self._monotonic = monotonic
        self._http = _HttpClient(
            transport=PooledTransport(ConnectionPool(self._guard, self._trust, SLOTS)),
            timeout=None,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._limiter.close()
        await self._http.aclose()

    def allow(self, networks: Networks) -> None:
        self._guard.allow = networks

    def pause(self, paused: bool) -> None:
        self._limiter.pause(paused)

    def set_spacing(self, url: str, seconds: float) -> None:
        """Leave so many seconds between two requests to the host of a URL, if it is another's."""
        self._limiter.set_spacing(parse_url(url).raw_host.decode("ascii"), seconds)

    async def fetch(
        self,
        url: str,
        *,
        etag: bytes | None = None,
        last_modified: bytes | None = None,
        accept: str = ACCEPT_FEED,
        max_bytes: int = MAX_BYTES,
        truncate: bool = False,
        request_options: RequestOptions = DEFAULT_OPTIONS,
        credentials_origin: str = "",
    ) -> Fetched | NotModified:
        """GET a URL and follow its redirects.

        Args:
            url: An absolute http or https URL; user and password are sent to its origin only.
            etag: Sent back byte for byte, as `last_modified` is.
            last_modified: See `etag`.
            accept: The Accept header.
            max_bytes: Largest body, after decompression.
            truncate: Whether a larger body is cut there; otherwise it is an error.
            request_options: How to ask; the headers go to `credentials_origin` only.
            credentials_origin: URL whose origin gets them; that of `url` when empty.

        Raises:
            FetchError: There is no usable response.
            LeaseLostError: Another monitor may ask this server by now.
            StoreError: Whether another monitor asks it cannot be known. Nothing else is raised.
        """
        exchange: Exchange | None = None
        timeout = request_options.timeout or self._timeout
        try:
            target = parse_url(url)
            origin = origin_of(parse_url(credentials_origin) if credentials_origin else target)
            proxy = request_options.proxy
            exchange = Exchange(
                secret_headers=secret_headers(request_options, target, origin),
                credentials_origin=origin,
                proxy=Proxy.from_url(proxy.text) if proxy else None,
                max_bytes=max_bytes,
                truncate=truncate,
                seconds_left=timeout,
            )
            validators = ((b"If-None-Match", etag), (b"If-Modified-Since", last_modified))
            headers = public_headers(request_options, self._user_agent, accept, validators)
            response = await self._follow(target, headers, exchange)
            return interpret(response, conditional=bool(etag or last_modified))
        except StoreError:
            raise
        except Exception as error:
            refused = error if isinstance(error, StatusError) else None
            quotes_the_url = isinstance(error, UrlError)
            message = error_message(error, timeout)
            raise FetchError(
                redact(url),
                exchange.redirects.tell(message) if exchange else message,
                status=refused.code if refused else None,
                retry_after=refused.retry_after if refused else None,
                network=isinstance(error, UnreachableError),
            ) from (None if quotes_the_url else error)

    async def _follow(
        self, url: httpx.URL, headers: HeaderList, exchange: Exchange
    ) -> httpx.Response:
        """Return the response to a request, or to the last one that redirects lead to.

        A request is made when its turn has come: thousands may wait.
        """
        history: list[httpx.Response] = []
        while True:
            exchange.redirects.add(url)
            response = await self._limiter.run(
                url.raw_host.decode("ascii"),
                str(url),
                partial(self._send, url, headers, exchange),
                exchange.seconds_left,
            )
            response.history = list(history)
            if response.next_request is None:
                return response
            history.append(response)
            if len(history) > MAX_REDIRECTS:
                raise UrlError(_("redirects more than {count} times", count=MAX_REDIRECTS))
            url = response.next_request.url

    async def _send(
        self, url: httpx.URL, headers: HeaderList, exchange: Exchange
    ) -> httpx.Response:
        """Return the response of one server; raises UrlError for a bad redirect."""
        started = self._monotonic()
        request = httpx.Request(
            "GET",
            url,
            headers=[(b"Host", url.netloc), *headers],
            stream=_NO_BODY,
            extensions={EXCHANGE: exchange},
        )
        try:
            response = await self._http.send(request, auth=_NO_AUTH, stream=True)
        except (httpx.RemoteProtocolError, httpx.InvalidURL, UnicodeError):
            raise UrlError(_("redirects to what is not a valid URL")) from None
        response.stream = _NO_BODY  # that of httpx refers to the response: neither would be freed
        exchange.seconds_left = max(0.0, exchange.seconds_left - (self._monotonic() - started))
        return response

    def _trust(self) -> ssl.SSLContext:
        """Return the certificates to trust; reading them takes tens of milliseconds, once."""
        if self._tls is None:
            self._tls = httpx.create_ssl_context()
        return self._tls


class PooledTransport(httpx.AsyncBaseTransport):
    """Sends one request, and returns its `Answer`.

    httpx sees of it what redirects take: its status, and the header that says where to.
    """

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response of one server; redirects are not followed here."""
        exchange: Exchange = request.extensions[EXCHANGE]
        async with self._pool.get(
            request.url, exchange.headers(request), exchange.proxy, max_bytes=exchange.max_bytes
        ) as response:
            headers = Headers(response.headers)
            body = await read_body(
                response, headers, max_bytes=exchange.max_bytes, truncate=exchange.truncate
            )
        return httpx.Response(
            response.status,
            headers=[pair for pair in response.headers if pair[0].lower() == b"location"],
            stream=_NO_BODY,
            extensions={ANSWER: Answer(headers, body)},
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


# At INFO it logs each URL, and a URL may hold a password.
logging.getLogger("httpx").setLevel(logging.WARNING)
