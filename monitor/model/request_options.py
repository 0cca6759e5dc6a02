"""How a server is asked, and who in `feeds.yaml` says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that is never shown, by whatever prints what holds it."""

    text: str = field(repr=False)

    def __str__(self) -> str:
        return "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a server is asked, beyond its address."""

    headers: tuple[tuple[str, Secret], ...] = ()
    """For the origin of the feed and no other. Who asks (`auth`) is among them."""
    user_agent: str = ""
    """Empty for our own."""
    proxy: Secret | None = None
    """Address of the proxy to ask through; it may hold a password."""
    timeout: float | None = None
    """Seconds that an answer may take; None for the usual."""
    encoding: str = ""
    """Of the document, whatever it declares; empty to find out."""

    def mark(self) -> str:
        """Return what tells two manners apart whose answers may differ; it holds no secret."""
        names = sorted(name.lower() for name, _ in self.headers)
        return "|".join((self.encoding, self.user_agent, *names)).strip("|")


PLAIN = Manner()
"""As anybody would."""


class Setting(NamedTuple):
    """What holds for a feed, and who says so."""

    key: str
    """As in `feeds.yaml`."""
    words: str
    """Its value for people; a secret is only told to be there."""
    whence: str
    """`the feed`, `tag belgique` or `defaults`."""
