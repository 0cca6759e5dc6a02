"""Who is told of which alerts, and at what hours: `routes:` of `feeds.yaml`, understood."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, tzinfo
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.article import Timestamp
    from monitor.model.severity import Severity

EVERY_DAY = tuple(range(7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours in which nobody is told; what is raised in them is told at their end."""

    start: time
    end: time
    """On the next day, unless it is later than the start."""
    days: tuple[int, ...] = EVERY_DAY
    """On which they begin, 0 is Monday."""
    spares: tuple[Severity, ...] = ()
    """How loud an alert must be to be told all the same."""
    zone: tzinfo | None = None
    """Whose clock they go by; None is the machine's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """When what was raised meanwhile is told in one message."""

    every: float | None = None
    """Seconds, counted from midnight; None goes by `at`."""
    at: tuple[time, ...] = ()
    zone: tzinfo | None = None
    """Whose clock it goes by; None is the machine's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Which alerts go where; an empty condition does not restrict."""

    to: tuple[str, ...]
    """Names of channels; empty tells nobody."""
    watch: tuple[str, ...] = ()
    """Names of watchlists, in any case."""
    severity: tuple[Severity, ...] = ()
    lang: tuple[str, ...] = ()
    feeds: tuple[str, ...] | None = None
    """Names of the feeds it is for; None is all."""
    quiet: Quiet | None = None
    digest: Digest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A watchlist of which nobody is told for a while."""

    watchlist: str
    by: str
    """Who asked for it."""
    since: Timestamp
    until: Timestamp
    held: int = 0
    """Alerts of which nobody was told so far."""
