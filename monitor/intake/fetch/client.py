"""The HTTP client for feeds, pages and lists: httpx's, over kept connections, with our limits.

A fetch waits for the turn of the host. httpx sends the request through the address guard, and says
where a redirect leads; this module decides how large a response may be and where redirects may
lead (`monitor/intake/fetch/__init__.py` shows the parts).
"""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Self

import httpx
from msgspec import Struct, field

from monitor.base.article import Timestamp
from monitor.base.errors import FetchError, StoreError
from monitor.base.translation import gettext as _
from monitor.base.url import Origin, UrlError, authorization, host, origin_of, parse_url, redact
from monitor.intake.fetch.address_guard import (
    MAX_HEAD,
    AddressGuard,
    Dial,
    Resolve,
    Stream,
    UnreachableError,
)
from monitor.intake.fetch.connections import PROXY, Connections
from monitor.intake.fetch.host_limiter import (
    PATIENCE,
    SLOTS,
    SPACING,
    HostLimiter,
    TakeTurn,
    always_free,
)
from monitor.intake.fetch.mailbox import new_mails
from monitor.intake.fetch.response import (
    Answer,
    Headers,
    StatusError,
    error_message,
    interpret,
    read_body,
)
from monitor.model.config import Networks
from monitor.model.feed import DEFAULT_OPTIONS, Feed, FeedState, RequestOptions
from monitor.model.poll import Fetched, NotModified

ACCEPT_FEED = (
    "application/rss+xml, application/atom+xml, application/feed+json, "
    "application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1"  # not a message
)
ACCEPT_PAGE = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"  # not a message
MAX_BYTES = 15 << 20
"""Largest body, after decompression."""
MAX_REDIRECTS = 10
TIMEOUT = 30.0
"""Seconds for a fetch with its redirects; waiting for a turn does not count."""
DAY = 86_400.0
HeaderList = list[tuple[bytes, bytes]]

_NO_AUTH = httpx.Auth()
"""Sends no password. httpx would send that of a URL after a redirect to https, too."""
_NO_BODY = httpx.ByteStream(b"")


class Exchange(Struct, kw_only=True):
    """The settings of one fetch: of its first request and of those that redirects lead to."""

    public_headers: HeaderList
    """Headers that every server may see."""
    secret_headers: HeaderList
    """Headers for `credentials_origin` only, wherever redirects lead."""
    credentials_origin: Origin
    proxy: str
    """URL of the proxy, which may hold a password; empty without one."""
    max_bytes: int
    """Largest body, after decompression."""
    truncate: bool
    """Whether a larger body is cut there; otherwise it is an error."""
    seconds_left: float
    """Rest of the time limit; waiting for a turn does not count."""
    urls: list[httpx.URL] = field(default_factory=list)
    """URLs requested so far, the first one first."""

    def __repr__(self) -> str:
        return f"Exchange({self.credentials_origin})"

    def headers(self, url: httpx.URL) -> HeaderList:
        """Return the headers of a request, with the secret ones if its origin may see them."""
        headers = [(b"Host", url.netloc), *self.public_headers]
        if not self.secret_headers or origin_of(url) != self.credentials_origin:
            return headers
        names = {name.lower() for name, _ in self.secret_headers}
        return [pair for pair in headers if pair[0].lower() not in names] + self.secret_headers

    def follow(self, target: httpx.URL) -> httpx.URL:
        """Return the URL to which the last one redirects.

        Raises:
            UrlError: It cannot be requested, was requested before, or is one redirect too many.
        """
        if len(self.urls) > MAX_REDIRECTS:
            raise UrlError(_("redirects more than {count} times", count=MAX_REDIRECTS))
        try:
            url = parse_url(str(target))
        except UrlError as error:
            raise UrlError(_("redirects to what is {what}", what=error)) from None
        if url == self.urls[-1]:
            raise UrlError(_("redirects to itself"))
        if url in self.urls:
            raise UrlError(_("redirects in a circle"))
        return url

    def describe(self, error: str) -> str:
        """Return the message of an error, with the host that a redirect led to."""
        if not self.urls or self.urls[-1].host == self.urls[0].host:
            return error
        return _("sent on to {host}: {error}", host=self.urls[-1].host, error=error)


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
        self._dates: deque[tuple[Timestamp | None, float]] = deque(maxlen=99)
        """The dates of the last answers, None without one, and the monotonic times of each."""
        self._http = httpx.AsyncClient(
            transport=Connections(self._guard, self._trust, SLOTS), timeout=None, trust_env=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._limiter.close()
        await self._http.aclose()

    def allow(self, networks: Networks) -> None:
        self._guard.allow = networks

    def confirms(self, now: Timestamp) -> bool | None:
        """Return whether most of the last servers have this time, within a day; None before any.

        A server that tells no time denies nothing.
        """
        errors = [abs(date + self._monotonic() - at - now) for date, at in self._dates if date]
        return sum(error > DAY for error in errors) <= len(errors) / 2 if self._dates else None

    def pause(self, paused: bool) -> None:
        self._limiter.pause(paused)

    def set_spacing(self, url: str, seconds: float) -> None:
        """Leave so many seconds between two requests to the host of a URL that is not our own."""
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
            etag: The ETag to send back byte for byte.
            last_modified: The Last-Modified to send back byte for byte.
            accept: The Accept header.
            max_bytes: Largest body, after decompression.
            truncate: Whether a larger body is cut there; otherwise it is an error.
            request_options: Options of the request; the headers go to `credentials_origin` only.
            credentials_origin: URL whose origin gets them; that of `url` when empty.

        Raises:
            FetchError: There is no usable response.
            LeaseLostError: Another monitor may ask this server by now.
            StoreError: The store cannot tell whether another monitor asks. Nothing else is raised.
        """
        exchange: Exchange | None = None
        timeout = request_options.timeout or self._timeout
        user_agent = request_options.user_agent.encode("latin-1") or self._user_agent
        try:
            target = parse_url(url)
            origin = origin_of(parse_url(credentials_origin) if credentials_origin else target)
            exchange = Exchange(
                public_headers=[(b"User-Agent", user_agent), *_wanted(accept, etag, last_modified)],
                secret_headers=_secret_headers(request_options, target, origin),
                credentials_origin=origin,
                proxy=request_options.proxy.text if request_options.proxy else "",
                max_bytes=max_bytes,
                truncate=truncate,
                seconds_left=timeout,
            )
            answers = await self._follow(target, exchange)
            return interpret(answers, conditional=bool(etag or last_modified))
        except StoreError:
            raise
        except Exception as error:
            status_error = error if isinstance(error, StatusError) else None
            quotes_the_url = isinstance(error, UrlError)
            message = error_message(error, timeout)
            raise FetchError(
                redact(url),
                exchange.describe(message) if exchange else message,
                status=status_error.code if status_error else None,
                retry_after=status_error.retry_after if status_error else None,
                network=isinstance(error, UnreachableError),
            ) from (None if quotes_the_url else error)

    async def new_mails(
        self, feed: Feed, state: FeedState, max_bytes: int
    ) -> Fetched | NotModified:
        """Return the new mails of a mailbox (`mailbox.new_mails`); raises FetchError."""
        timeout = feed.request_options.timeout or self._timeout
        exchange = partial(new_mails, feed, state, self._guard, self._trust, max_bytes)
        try:
            return await self._limiter.run(host(feed.url), feed.url, exchange, timeout)
        except StoreError:
            raise
        except Exception as error:
            is_network = isinstance(error, UnreachableError)
            message = error_message(error, timeout)
            raise FetchError(redact(feed.url), message, network=is_network) from error

    async def _follow(self, url: httpx.URL, exchange: Exchange) -> list[Answer]:
        """Return the answers of a URL and of those to which it redirects, the last one last.

        A request is made when its turn has come: thousands may wait.
        """
        answers: list[Answer] = []
        while True:
            exchange.urls.append(url)
            answer = await self._limiter.run(
                url.raw_host.decode("ascii"),
                str(url),
                partial(self._send, url, exchange),
                exchange.seconds_left,
            )
            answers.append(answer)
            if answer.target is None:
                return answers
            url = exchange.follow(answer.target)

    async def _send(self, url: httpx.URL, exchange: Exchange) -> Answer:
        """Return the answer of one server, its body read and decompressed within the limits."""
        started = self._monotonic()
        request = httpx.Request(
            "GET", url, headers=exchange.headers(url), extensions={PROXY: exchange.proxy}
        )
        try:
            response = await self._http.send(request, auth=_NO_AUTH, stream=True)
        except (httpx.RemoteProtocolError, httpx.InvalidURL, UnicodeError):
            problem = _("not a valid URL")
            raise UrlError(_("redirects to what is {what}", what=problem)) from None
        try:
            stream: Stream = response.extensions["network_stream"]
            stream.allowance = 2 * exchange.max_bytes + MAX_HEAD  # chunks may double a body
            headers = Headers(response.headers.raw)
            self._dates.append((headers.date(), self._monotonic()))
            body = await read_body(
                response, headers, max_bytes=exchange.max_bytes, truncate=exchange.truncate
            )
            stream.allowance = MAX_HEAD  # for the next response
        finally:
            await response.aclose()
            response.stream = _NO_BODY  # httpx's stream and response refer to each other
        exchange.seconds_left = max(0.0, exchange.seconds_left - (self._monotonic() - started))
        target = response.next_request.url if response.next_request else None
        return Answer(url, response.status_code, headers, body, target)

    def _trust(self) -> ssl.SSLContext:
        """Return the certificates to trust; reading them takes tens of milliseconds, once."""
        if self._tls is None:
            self._tls = httpx.create_ssl_context()
        return self._tls


def _wanted(accept: str, etag: bytes | None, last_modified: bytes | None) -> HeaderList:
    validators = ((b"If-None-Match", etag), (b"If-Modified-Since", last_modified))
    return [
        (b"Accept", accept.encode("ascii")),
        (b"Accept-Encoding", b"gzip, deflate"),
        *((name, value) for name, value in validators if value),
    ]


def _secret_headers(options: RequestOptions, url: httpx.URL, origin: Origin) -> HeaderList:
    """Return the headers that only `origin` may see; user and password of the URL are one."""
    headers = [
        (name.encode("ascii"), value.text.encode("latin-1")) for name, value in options.headers
    ]
    login = authorization(url) if origin_of(url) == origin else None
    if login and not any(name.lower() == b"authorization" for name, _ in headers):
        headers.append((b"Authorization", login))
    return headers
