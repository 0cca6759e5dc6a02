"""What asking came to, what is in force meanwhile, and what one batch changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from index.article import Timestamp
from monitor.alerts.routing import Routing
from monitor.errors import FeedError
from monitor.match.matcher import WatchlistMatcher
from monitor.model.feed import Feed, FeedState, Poll
from monitor.model.poll import Fetched, NotModified, Page, ParsedFeed, RaisedAlert


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A document with something new in it."""

    fetched: Fetched
    digest: bytes
    parsed: ParsedFeed
    received: Timestamp | None = None
    """When its last byte was there; None when nobody looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    """What polling one feed came to; a bare Fetched has the body we had before."""

    feed: Feed
    state: FeedState
    came: Read | Fetched | NotModified | FeedError
    seconds: float

    @property
    def weight(self) -> int:
        """Return how many entries it brings."""
        return len(self.came.parsed.entries) if isinstance(self.came, Read) else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PageResult:
    """What fetching one article's page came to."""

    page: Page
    attempts: int
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOutcome:
    """What one batch changed."""

    polls: tuple[tuple[Feed, Poll], ...] = ()
    raised: tuple[RaisedAlert, ...] = ()
    queued: bool = False
    """Whether anything is on its way to the index."""
    planned: int = 0
    """Deliveries put on their way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What is in force: swapped whole, so that a batch never sees half of an edit."""

    rules: WatchlistMatcher
    feeds: Mapping[int, Feed] = field(default_factory=dict)
    """By number."""
    routing: Routing = field(default_factory=Routing)
