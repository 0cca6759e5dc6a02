"""The way that redirects lead."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx

from monitor.fetch.response import Redirect
from monitor.fetch.url import UrlError, parse_url, redact, without_credentials

HOPS = 10
"""Redirects that are followed."""


@dataclass(slots=True)
class Way:
    """Where we are, and where we have been."""

    url: httpx.URL
    moved_to: str | None = None
    """Where the permanent ones led, without a temporary one before them."""
    _seen: list[str] = field(default_factory=list)
    _permanent: bool = True

    def follow(self, redirect: Redirect) -> None:
        """Go on; raises UrlError where no way leads on."""
        self._seen.append(str(self.url))
        if len(self._seen) > HOPS:
            raise UrlError(f"redirects more than {HOPS} times")
        try:
            to = parse_url(redirect.to, base=self.url)
        except UrlError as error:
            raise UrlError(f"redirects to what is {error}") from None
        if str(to) in self._seen:
            itself = str(to) == self._seen[-1]
            raise UrlError(f"redirects {'to itself' if itself else 'in a circle'}")
        downgrade = self.url.scheme == "https" and to.scheme == "http"
        self._permanent = self._permanent and redirect.permanent and not downgrade
        if self._permanent:
            self.moved_to = without_credentials(to)
        self.url = to

    def hops(self) -> tuple[str, ...]:
        """Return the addresses that redirected us, as they may be shown."""
        return tuple(map(redact, self._seen))

    def sent_on(self) -> str:
        """Return who is being asked, in words, if that is not the host it began with."""
        began = httpx.URL(self._seen[0]).host if self._seen else self.url.host
        return "" if self.url.host == began else f"sent on to {self.url.host}: "
