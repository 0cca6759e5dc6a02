"""A request: its headers, its proxy, its limits, its redirects, and the secrets of one origin."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import httpx
from msgspec import Struct, field

from monitor.base.translation import gettext as _
from monitor.base.url import (
    Origin,
    UrlError,
    authorization,
    origin_of,
    parse_url,
    redact,
    without_credentials,
)
from monitor.model.feed import RequestOptions

MAX_REDIRECTS = 10
_PERMANENT = {301, 308}


class RedirectChain(Struct):
    """The URLs that were requested so far, the first one first."""

    urls: list[httpx.URL] = field(default_factory=list)

    def add(self, url: httpx.URL) -> None:
        """Add the next URL.

        Raises:
            UrlError: It cannot be requested, or it was requested before.
        """
        if self.urls:
            try:
                parse_url(str(url))
            except UrlError as error:
                raise UrlError(_("redirects to what is {what}", what=error)) from None
            if url == self.urls[-1]:
                raise UrlError(_("redirects to itself"))
            if url in self.urls:
                raise UrlError(_("redirects in a circle"))
        self.urls.append(url)

    def tell(self, error: str) -> str:
        """Return the message of an error, with the host that a redirect led to."""
        if not self.urls or self.urls[-1].host == self.urls[0].host:
            return error
        return _("sent on to {host}: {error}", host=self.urls[-1].host, error=error)


def hops(response: httpx.Response) -> tuple[str, ...]:
    """Return the URLs that redirected, as they may be shown."""
    return tuple(redact(str(before.url)) for before in response.history)


def permanent_target(response: httpx.Response) -> str | None:
    """Return where an unbroken chain of permanent redirects led; None without one.

    A redirect from https to http breaks the chain.
    """
    target = None
    for before, after in pairwise([*response.history, response]):
        old, new = before.url, after.url
        if before.status_code not in _PERMANENT or (old.scheme, new.scheme) == ("https", "http"):
            break
        target = without_credentials(new)
    return target


HeaderList = list[tuple[bytes, bytes]]

EXCHANGE = "exchange"
"""Key of the `Exchange` in the extensions of an httpx request; httpx copies it to redirects."""


class Proxy(Struct, frozen=True):
    """A proxy. The same proxy with another password is another one: connections are not shared."""

    origin: Origin
    authorization: bytes | None = None

    def __repr__(self) -> str:
        return f"Proxy({self.origin})"

    @classmethod
    def from_url(cls, text: str) -> Proxy:
        """Return the proxy at a URL, which may hold user and password.

        Raises:
            UrlError: It is not a URL that can be requested.
        """
        url = parse_url(text)
        return cls(origin_of(url), authorization(url))

    def headers(self) -> HeaderList:
        return [(b"Proxy-Authorization", self.authorization)] if self.authorization else []


class Exchange(Struct, kw_only=True):
    """What holds for one fetch: for its first request and for those that redirects lead to."""

    secret_headers: HeaderList
    """Sent to `credentials_origin` only, whatever redirects lead to."""
    credentials_origin: Origin
    proxy: Proxy | None
    max_bytes: int
    """Largest body, after decompression."""
    truncate: bool
    """Whether a larger body is cut there; otherwise it is an error."""
    seconds_left: float
    """Of the time limit; waiting for a turn does not count."""
    redirects: RedirectChain = field(default_factory=RedirectChain)

    def __repr__(self) -> str:
        return f"Exchange({self.credentials_origin})"

    def headers(self, request: httpx.Request) -> HeaderList:
        """Return the headers of a request, with the secret ones if its origin may see them."""
        headers = request.headers.raw
        if not self.secret_headers or origin_of(request.url) != self.credentials_origin:
            return headers
        given = {name.lower() for name, _ in self.secret_headers}
        return [pair for pair in headers if pair[0].lower() not in given] + self.secret_headers


def public_headers(
    options: RequestOptions,
    user_agent: bytes,
    accept: str,
    validators: Iterable[tuple[bytes, bytes | None]],
) -> HeaderList:
    """Return the headers that every server may see."""
    return [
        (b"User-Agent", options.user_agent.encode("latin-1") or user_agent),
        (b"Accept", accept.encode("ascii")),
        (b"Accept-Encoding", b"gzip, deflate"),
        *((name, value) for name, value in validators if value),
    ]


def secret_headers(options: RequestOptions, url: httpx.URL, origin: Origin) -> HeaderList:
    """Return the headers that only `origin` may see; user and password of the URL are one."""
    headers = [
        (name.encode("ascii"), value.text.encode("latin-1")) for name, value in options.headers
    ]
    login = authorization(url) if origin_of(url) == origin else None
    if login and not any(name.lower() == b"authorization" for name, _ in headers):
        headers.append((b"Authorization", login))
    return headers
