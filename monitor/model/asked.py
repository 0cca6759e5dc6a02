"""What the analyst asks for: `feeds.yaml`, understood."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING

from monitor.model.keeping import FOR_EVER
from monitor.model.severity import Severity

if TYPE_CHECKING:
    from datetime import tzinfo
    from pathlib import Path

    from index.query import Query
    from monitor.model.channels import Channel
    from monitor.model.feeds import Feed
    from monitor.model.keeping import Retention
    from monitor.model.listening import Listening
    from monitor.model.routed import Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalate:
    """When the alert of a story becomes louder than it was raised."""

    outlets: int | None = 5
    """Once so many independent outlets have the story; None is never."""
    languages: bool = True
    """When the story crosses from French to English, or back."""
    to: Severity | None = None
    """How loud it is then; None is one up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchlist:
    """A named standing query of the analyst."""

    name: str
    query: Query
    severity: Severity = Severity.MEDIUM
    lang: tuple[str, ...] = ()
    """Only articles in one of these languages (or undetermined); empty is all."""
    feeds: tuple[str, ...] = ()
    """Only feeds named so or `tag:so`; empty is all."""
    match: tuple[str, ...] = ()
    """Sentences that must match: tests of the watchlist."""
    no_match: tuple[str, ...] = ()
    escalate: Escalate = Escalate()
    cooldown: float = 0.0
    """Seconds after an alert in which others are held back from telling anybody."""
    notify_backfill: bool = False
    """Tell of what was there before as well."""
    notify: tuple[str, ...] | None = None
    """Names of the channels that are told; None leaves it to the routing."""
    excluded: tuple[str, ...] = ()
    """What its `not:` says, which is in the query too."""
    rule: str = ""
    """Version of what it says (see `watching.meaning`); empty when nobody asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """A search of the archive that the analyst makes again."""

    name: str
    query: Query
    sort: str = "date"
    """`date`, the newest first, or `score`, the best first."""


Networks = tuple[IPv4Network | IPv6Network, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """`feeds.yaml`, understood."""

    path: Path
    data: Path
    """The folder of this newsroom's store, index and log."""
    feeds: tuple[Feed, ...]
    watchlists: tuple[Watchlist, ...]
    searches: tuple[SavedSearch, ...] = ()
    allow: Networks = ()
    """Private address ranges that may be asked; they are the operator's own."""
    contact: str = ""
    """Address a publisher can write to, sent in the User-Agent."""
    metrics: Listening | None = None
    """Where a monitor tells its figures; None is nowhere."""
    retention: Retention = FOR_EVER
    channels: tuple[Channel, ...] = ()
    routes: tuple[Route, ...] = ()
    """The first that is for an alert decides where it goes."""
    notify: tuple[str, ...] | None = None
    """Channels that are told of what no route is for; None is all."""
    zone: tzinfo | None = None
    """Whose clock quiet hours, digests and messages go by; None is the machine's."""
