"""Who is told of an alert: the channels it goes to and when, or why nobody is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from index.article import Timestamp
from monitor.model import Config, Planned, Raised


@dataclass(frozen=True, slots=True)
class Held:
    """Nobody is told, for a reason that is stored with the alert."""

    reason: str
    until: Timestamp | None = None
    """When the reason ends; None when it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """What decides, for the configuration in force."""

    channels: tuple[str, ...] = ()
    """All there are."""
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Those that a watchlist names, by its name; the others' alerts go to every channel."""

    def decide(self, raised: Raised, now: Timestamp) -> Held | tuple[Planned, ...]:
        """Return where an alert that is not held yet goes."""
        chosen = self.named.get(raised.watchlist, self.channels)
        return tuple(Planned(channel=name, due=now) for name in self.channels if name in chosen)


def routing(config: Config) -> Routing:
    """Return the routing that a configuration asks for."""
    return Routing(
        channels=tuple(channel.name for channel in config.channels),
        named={w.name: w.notify for w in config.watchlists if w.notify is not None},
    )
