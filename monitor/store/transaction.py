"""One transaction, as the steps of the flow see it: what they read in it and write."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Protocol

from index.article import Article, Timestamp
from monitor.store.muted import Holding

if TYPE_CHECKING:
    from monitor.model import (
        AlertKind,
        Arrival,
        Episode,
        Expiring,
        Feed,
        Habit,
        Known,
        Move,
        Names,
        Occasion,
        Planned,
        Raised,
        Refresh,
        Spared,
    )


class Reading(Protocol):
    """What recognising needs to read."""

    def known(
        self,
        feed: Feed,
        guids: Collection[str],
        canonicals: Collection[str],
        fingerprints: Collection[bytes],
    ) -> Known:
        """Return what the store knows of entries with these keys, links or contents."""

    def languages(self, feed: Feed) -> list[str]:
        """Return the languages of the feed's last twenty articles, newest first."""

    def habit(self, feed: Feed) -> Habit | None:
        """Return how a feed publishes, as far as that is known."""

    def episodes(self, feed: Feed) -> dict[AlertKind, Episode]:
        """Return the last episode of each kind that a feed has had."""

    def candidates(self, shingles: Collection[int]) -> dict[int, int]:
        """Return articles that share any of these shingles, with how many they share."""

    def tellers(self, articles: Collection[int]) -> dict[int, tuple[int, int, int]]:
        """Return the story, the number of shingles and the first feed of each of these articles."""

    def frequency(self, word: int) -> int:
        """Return how many recent articles have a word in a name, 500 if more."""

    def bearers(self, word: int, but: str) -> list[int]:
        """Return the recent articles with a word in a name, but those in one language."""

    def named(self, articles: Collection[int]) -> dict[int, Names]:
        """Return the names of recent articles; those without any are left out."""

    def recent_articles(self) -> int:
        """Return about how many articles the names are of."""

    def original(self, article: int) -> int:
        """Return the article of which this one is a copy, itself if it is none."""

    def article(self, id: int) -> Article | None:
        """Return an article."""

    def expiring(
        self, before: Timestamp, spared: Spared, after: tuple[Timestamp, int], limit: int
    ) -> list[Expiring]:
        """Return articles first seen before then, from `after` on: by when, then by id."""


class Batch(Reading, Holding, Protocol):
    """One transaction: what is read in it includes what was written in it."""

    def move(self, feed: Feed) -> Move | None:
        """Return where permanent redirects of a feed lead, None if there are none."""

    def next_article(self) -> int:
        """Return a new article id."""

    def save(self, refresh: Refresh) -> list[Raised]:
        """Store everything one poll changed; returns the alerts raised."""

    def save_page(self, arrival: Arrival, feed: Feed, now: Timestamp) -> list[Raised]:
        """Store an article that got its page's text; returns the alerts raised."""

    def page_is_backfill(self, article: int) -> bool:
        """Tell whether an article with a page to be read was there before its feed was watched."""

    def page_failed(self, article: int, reason: str, retry: Timestamp | None) -> None:
        """Note why an article's page could not be read, and when to try again (None: never)."""

    def page_later(self, article: int, reason: str, due: Timestamp) -> None:
        """Note why an article's page was not asked for yet, and when its turn is."""

    def raise_late(self, arrival: Arrival, feed: Feed, now: Timestamp) -> list[Raised]:
        """Raise alerts for an article that is stored already; returns them."""

    def feed_called(self, name: str) -> Feed:
        """Return the feed of that name, one that is subscribed to first; made if there is none."""

    def take_in(self, arrivals: Sequence[Arrival], feed: Feed, now: Timestamp) -> list[Raised]:
        """Store new articles that no poll brought; returns the alerts raised."""

    def deliver(
        self, alert: int, occasion: Occasion, why: str, planned: Sequence[Planned], now: Timestamp
    ) -> int:
        """Put deliveries of an alert on their way; return how many are new."""

    def hold(self, alert: int, reason: str, until: Timestamp | None) -> None:
        """Note why nobody is told of an alert, and until when that holds."""

    def drop(self, articles: Collection[int]) -> None:
        """Drop articles, with their alerts; their names are kept, and the index is told."""

    def backfilled(self, watchlists: Collection[str], upto: int) -> None:
        """Note that these rules have been matched with the articles up to that id."""
