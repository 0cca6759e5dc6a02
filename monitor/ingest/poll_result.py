"""Results of polls and pages, the active configuration, and the outcome of one batch."""

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
class NewDocument:
    """A feed document whose body differs from the last one."""

    fetched: Fetched
    digest: bytes
    parsed: ParsedFeed
    received: Timestamp | None = None
    """When its last byte arrived; None if that was not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    """The result of polling one feed; a bare Fetched has the body of the last poll."""

    feed: Feed
    state: FeedState
    came: NewDocument | Fetched | NotModified | FeedError
    seconds: float

    @property
    def weight(self) -> int:
        """The number of entries in the document, at least 1."""
        return len(self.came.parsed.entries) if isinstance(self.came, NewDocument) else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PageResult:
    """The result of fetching the page of one article."""

    page: Page
    attempts: int
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOutcome:
    """What one batch changed."""

    polls: tuple[tuple[Feed, Poll], ...] = ()
    raised: tuple[RaisedAlert, ...] = ()
    queued: bool = False
    """Whether articles were added to the outbox of the index."""
    planned: int = 0
    """Number of new deliveries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveConfig:
    """The configuration that a batch works with; replaced as a whole after an edit."""

    rules: WatchlistMatcher
    feeds: Mapping[int, Feed] = field(default_factory=dict)
    """By number."""
    routing: Routing = field(default_factory=Routing)
