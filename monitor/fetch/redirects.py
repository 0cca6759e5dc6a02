"""Redirects: httpx follows them; here is which ones are refused and what they mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import httpx

from monitor.fetch.url import UrlError, parse_url, redact, without_credentials

MAX_REDIRECTS = 10
_PERMANENT = {301, 308}


@dataclass(slots=True)
class RedirectChain:
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
                raise UrlError(f"redirects to what is {error}") from None
            if url == self.urls[-1]:
                raise UrlError("redirects to itself")
            if url in self.urls:
                raise UrlError("redirects in a circle")
        self.urls.append(url)

    def redirected_to(self) -> str:
        """Return words for the host that a redirect led to; empty if it is still the first one."""
        if not self.urls or self.urls[-1].host == self.urls[0].host:
            return ""
        return f"sent on to {self.urls[-1].host}: "


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
