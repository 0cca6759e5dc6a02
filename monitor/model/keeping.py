"""How long the archive keeps what it has, and what goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from index.article import Article, Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What `archive:` of feeds.yaml asks for."""

    keep: float | None = None
    """Seconds after which an article is dropped, from when it was first seen; None: never."""
    spare: tuple[str, ...] = ()
    """What is kept for ever: `has:alert`, `watch:NAME`, `tag:NAME`, `feed:NAME`."""
    drop_alerts: bool = False
    """Articles with an alert go too, and their alerts with them; starred ones never do."""


FOR_EVER = Retention()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spared:
    """What is kept whatever its age, in the store's terms."""

    feeds: frozenset[int] = frozenset()
    """Articles that one of these feeds carried, by number."""
    watchlists: frozenset[str] = frozenset()
    """What these watchlists rang for."""
    alerts: bool = True
    """Whatever raised an alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """An article that is older than the archive keeps them."""

    id: int
    seen: Timestamp
    characters: int
    """Of its text."""
    spared: bool
    """It is kept all the same."""


class Ticket(NamedTuple):
    """An article on its way into the index, or out of it."""

    number: int
    """Tickets are used up in their order."""
    id: int
    article: Article | None
    """None: it is not in the store any more."""
