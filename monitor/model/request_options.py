"""The request options of a feed, and which part of `feeds.yaml` sets them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that is never printed or logged."""

    text: str = field(repr=False)

    def __str__(self) -> str:
        return "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOptions:
    """What the configuration changes in the requests for a feed and its article pages."""

    headers: tuple[tuple[str, Secret], ...] = ()
    """Sent to the origin of the feed only. The user and password (`auth`) are among them."""
    user_agent: str = ""
    """Empty for tocsin's own."""
    proxy: Secret | None = None
    """URL of the proxy; it may hold a password."""
    timeout: float | None = None
    """Seconds that a whole response may take; None for the default."""
    encoding: str = ""
    """Encoding of the document, whatever the document declares; empty to detect it."""

    def variant(self) -> str:
        """Return what distinguishes options under which a server may answer differently.

        It holds no secret: of the headers, only the names.
        """
        names = sorted(name.lower() for name, _ in self.headers)
        return "|".join((self.encoding, self.user_agent, *names)).strip("|")


DEFAULT_OPTIONS = RequestOptions()


class Setting(NamedTuple):
    """A value that holds for a feed, and which part of `feeds.yaml` sets it."""

    key: str
    """The key in `feeds.yaml`."""
    value: str
    """The value as shown to people; of a secret, only that there is one."""
    source: str
    """`the feed`, `tag belgique` or `defaults`."""
