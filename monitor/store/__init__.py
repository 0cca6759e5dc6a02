"""The store: the truth of a newsroom, behind two protocols.

The monitor writes through `Store`; the command line and the dashboard read through
`Views`. `sqlite` and `views` implement them; another database must pass the same tests.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from index.article import Article, Timestamp
from monitor.store.muted import Suppressed
from monitor.store.proven import Proven
from monitor.store.sending import Sending, Sent
from monitor.store.skimming import Skimmed
from monitor.store.timed import Timed
from monitor.store.transaction import Batch, Reading
from monitor.store.triaged import Triaged

if TYPE_CHECKING:
    from monitor.model import (
        Alert,
        BackfillStand,
        Feed,
        FeedState,
        Filter,
        Former,
        Gap,
        Move,
        Poll,
        Searched,
        Severity,
        Telling,
        Ticket,
        Version,
        Watchlist,
        WatchlistCount,
        WatchlistRecord,
    )

__all__ = ["Batch", "Reading", "Store", "Views"]


class Store(Sending, Protocol):
    """The monitor's side. One per monitor; not for use from two threads at once."""

    def subscribe(self, feeds: Sequence[Feed], watchlists: Sequence[Watchlist]) -> tuple[Feed, ...]:
        """Make these the ones in force, return the feeds numbered; history of others stays."""

    def due(self, now: Timestamp) -> dict[str, FeedState]:
        """Return the state of every watched feed that is due, by URL."""

    def states(self) -> dict[str, FeedState]:
        """Return the polling state of every subscribed feed, by URL."""

    def reading(self) -> AbstractContextManager[Reading]:
        """Open what is stored for reading; a viewer may write meanwhile."""

    def batch(self) -> AbstractContextManager[Batch]:
        """Open a transaction: everything in it is committed at its end, or nothing."""

    def moves(self) -> dict[str, Move]:
        """Return where permanent redirects of subscribed feeds lead, by URL."""

    def reschedule(self, due: Mapping[str, Timestamp]) -> None:
        """Set when feeds are next due, by URL."""

    def adjust(self, states: Mapping[str, FeedState]) -> None:
        """Set when feeds are next due, and after how long they are, by URL."""

    def intervals(self) -> dict[str, float | None]:
        """Return the interval that was asked for of every feed there ever was, by URL."""

    def pages_due(self, now: Timestamp, limit: int) -> list[tuple[Article, int]]:
        """Return articles whose page is to be fetched now, with the attempts made so far."""

    def forget_shingles(self, before: Timestamp) -> None:
        """Drop the shingles and names of articles first seen before that moment."""

    def unindexed(self, limit: int, after: int = 0) -> list[Ticket]:
        """Return articles on their way into the index or out of it, oldest first."""

    def mark_indexed(self, upto: int, now: Timestamp | None = None) -> None:
        """Take the tickets up to this one out of the outbox: their articles are searchable now."""

    def articles_after(self, id: int, limit: int) -> list[Article]:
        """Return articles in ingestion order."""

    def article_count(self) -> int:
        """Return how many articles there are."""

    def article_ids(self) -> array[int]:
        """Return the id of every article, in no order."""

    def articles(self, ids: Collection[int]) -> list[Article]:
        """Return these articles; unknown ids are left out."""

    def last_ticket(self) -> int:
        """Return the newest ticket of those on their way to the index, 0 without any."""

    def waiting(self) -> set[int]:
        """Return the ids of articles on their way into the index or out of it."""

    def outbox_size(self) -> int:
        """Return how many articles are on their way to the index."""

    def every_feed(self) -> list[Feed]:
        """Return every feed there ever was: articles of former ones stay."""

    def begin_backfills(self, meanings: Mapping[str, str]) -> None:
        """Take note of the rules in force, by watchlist: new ones have the archive before them."""

    def backfills(self) -> list[BackfillStand]:
        """Return the rules that are not done with the archive, the least advanced first."""

    def mutes_over(self, now: Timestamp) -> bool:
        """Tell whether a mute has ended that nobody has noticed yet."""

    def close(self) -> None:
        """Close the store."""


class Views(Sent, Suppressed, Skimmed, Triaged, Timed, Proven, Protocol):
    """The viewers' side: short reads, and triage. Safe from any thread."""

    def feeds(self) -> list[tuple[Feed, FeedState, int]]:
        """Return subscribed feeds with their state and number of articles."""

    def every_feed(self) -> list[Feed]:
        """Return every feed there ever was: articles of former ones stay."""

    def feed_name(self, number: int) -> str:
        """Return the name of a feed, `?` if there never was one of that number."""

    def moves(self) -> dict[int, Move]:
        """Return where permanent redirects of feeds lead, by number."""

    def former(self) -> dict[int, Former]:
        """Return the last address that feeds had before they moved, by number."""

    def polls(self, url: str) -> list[Poll]:
        """Return the last polls of a feed, newest first."""

    def gaps(self, since: Timestamp, until: Timestamp) -> list[Gap]:
        """Return the gaps of subscribed feeds that reach into an interval, the earliest first.

        A feed that is not read for longer than it should be by `until` has an open one.
        """

    def watchlists(self, since: Timestamp, buckets: int, width: float) -> list[WatchlistCount]:
        """Return every watchlist with its counts and a histogram of alerts from `since`."""

    def watched(self) -> dict[str, tuple[str, ...]]:
        """Return what each watchlist in force selects its feeds by; nothing is all of them."""

    def records(self) -> list[WatchlistRecord]:
        """Return what every watchlist has brought, and the verdicts on it."""

    def backfills(self) -> list[BackfillStand]:
        """Return the rules that are not done with the archive, the least advanced first."""

    def commits(self) -> int:
        """Return a number that is another one after each commit, by whatever connection."""

    def newest_alert(self) -> int:
        """Return the id of the newest alert, 0 without any."""

    def alert_ids(
        self, filter: Filter, feeds: Collection[int] | None, after: int, limit: int | None
    ) -> array[int]:
        """Return ids of alerts in ascending order: those above `after`, the newest `limit`."""

    def alerts(self, ids: Sequence[int], matches: bool) -> list[Alert]:
        """Return these alerts in the order asked; unknown ids are left out."""

    def alerts_of(self, article: int) -> list[Alert]:
        """Return an article's alerts, with their matches."""

    def tellings(self, articles: Collection[int]) -> dict[int, Telling]:
        """Return who has the story of each of these articles, in its language and another."""

    def escalated_ids(
        self, filter: Filter, feeds: Collection[int] | None, after: int, limit: int | None
    ) -> list[tuple[int, int]]:
        """Return (escalation, alert), the newest `limit` above `after`, oldest first."""

    def newest_escalation(self) -> int:
        """Return the id of the newest escalation, 0 without any."""

    def article(self, id: int) -> Article | None:
        """Return an article."""

    def articles(self, ids: Sequence[int]) -> list[Article]:
        """Return these articles, in the order asked; unknown ids are left out."""

    def newest_article(self) -> int:
        """Return the id of the newest article, 0 without any."""

    def articles_between(self, after: int, upto: int, since: Timestamp | None) -> list[Article]:
        """Return the articles with ids above `after`, up to `upto`, dated since then."""

    def others(self, article: Article) -> list[tuple[str, Timestamp]]:
        """Return the feeds that had the same story and when, the first one first."""

    def page_trouble(self, article: int) -> tuple[str, Timestamp | None]:
        """Return why an article's page was not read, and when it is tried again (None: never).

        The reason is empty where there was no trouble, and where nobody wanted the page.
        """

    def texts(self, article: int) -> list[Version]:
        """Return the texts an article has had, the first one first; the last is its own."""

    def versions(self, article: int) -> int:
        """Return how many texts an article has had."""

    def alerted(self, watchlist: str | None, severity: str | None) -> set[int]:
        """Return ids of articles that raised an alert (of that watchlist, of that severity)."""

    def having(self, part: str) -> set[int]:
        """Return ids of the articles that have a body, or an author."""

    def of_story(self, story: int) -> set[int]:
        """Return ids of the articles that tell one story."""

    def rung(self, articles: Collection[int]) -> dict[int, Severity]:
        """Return how loud the loudest alert of each of these articles is, where there is one."""

    def searched(self, limit: int) -> list[Searched]:
        """Return the searches that were made, the newest first, each query once."""

    def note_search(self, search: Searched) -> None:
        """Remember a search; raises StoreError if the store stays locked."""

    def forget_search(self, query: str) -> None:
        """Forget a search; raises StoreError if the store stays locked."""

    def totals(self) -> tuple[int, int, int, int]:
        """Return articles, articles on their way to the index, alerts, untriaged alerts."""

    def first_seen(self, first: Mapping[int, int]) -> dict[int, Timestamp]:
        """Return when each feed had the article given with it; unknown ones are left out."""

    def left(self) -> dict[int, Timestamp]:
        """Return when feeds that are polled no more were last read, by number."""

    def watchlists_of(self, articles: Collection[int]) -> Counter[str]:
        """Return how many of some articles each watchlist raised an alert for."""

    def watched_since(self) -> dict[str, Timestamp]:
        """Return since when each rule in force has been watched, as far as articles tell."""

    def arrived(self, windows: Sequence[tuple[Timestamp, Timestamp]]) -> list[bool]:
        """Tell for each of some stretches of time whether any article was first seen in it."""

    def raised(self, windows: Sequence[tuple[Timestamp, Timestamp]]) -> list[Counter[str]]:
        """Return how many alerts each watchlist raised in each of some stretches of time."""

    def poll_now(self, url: str | None) -> None:
        """Make one feed due at once, or all that are watched."""
