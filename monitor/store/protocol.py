"""What the monitor and the viewers may ask of the store."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from index.article import Article, Timestamp

if TYPE_CHECKING:
    from monitor.alerts.facts import AlertFacts, Arrivals
    from monitor.alerts.plan import AlertPlan
    from monitor.model.alert import Act, Alert, Change, Decision, StoryTimeline
    from monitor.model.article import Version
    from monitor.model.config import Expiring, OutboxEntry, Silence, Spared, Watchlist
    from monitor.model.delivery import Delivery, DeliveryState
    from monitor.model.feed import Feed, FeedHistory, FeedState, Former, Gap, Move, Poll
    from monitor.model.poll import (
        ArticleChange,
        Known,
        Names,
        PendingPage,
        PollOutcome,
        StoryCandidate,
    )
    from monitor.model.search import Filter, Searched
    from monitor.model.severity import Severity
    from monitor.model.status import (
        BackfillStand,
        Carried,
        Clocked,
        Judged,
        TermRecord,
        WatchlistCount,
        WatchlistRecord,
    )


class Suppressed(Protocol):
    """The viewers' side."""

    def mutes(self, now: Timestamp) -> list[Silence]:
        """Return the mutes in force, the first one to end first."""

    def mute(self, mute: Silence) -> None:
        """Mute a watchlist; one that is muted already is from then on as told."""

    def unmute(self, watchlist: str, now: Timestamp) -> bool:
        """End the mute of a watchlist; tell whether there was one."""

    def suppressed_ids(
        self, filter: Filter, feeds: Collection[int] | None, limit: int | None
    ) -> list[int]:
        """Return ids of the newest alerts that nobody was told of, in ascending order."""

    def suppressed(self, since: Timestamp) -> Counter[tuple[str, str]]:
        """Return how many alerts nobody was told of, by watchlist and reason."""


class Proven(Protocol):
    """The viewers' side; see `proofs` for its verification."""

    def proofs(self, alerts: Collection[int]) -> dict[int, tuple[int, str]]:
        """Return number and hash of the record of why alerts were raised, by alert."""


class Sending(Protocol):
    """The sender's side."""

    def channels_due(self, now: Timestamp) -> list[str]:
        """Return the channels that something is due for."""

    def deliveries_due(self, channel: str, now: Timestamp, limit: int) -> list[Delivery]:
        """Return what is due for a channel, the most urgent first, bundles whole."""

    def note_sent(self, ids: Collection[int], now: Timestamp) -> None:
        """Note that a channel accepted these."""

    def note_refused(
        self, ids: Collection[int], reason: str, due: Timestamp | None, now: Timestamp
    ) -> None:
        """Note why these were not accepted, and when to try again (None: never)."""

    def give_up_others(self, channels: Sequence[str]) -> int:
        """Give up what waits for channels that there are no more; return how much that is."""

    def told_of(self, channel: str, watchlist: str, limit: int) -> list[int]:
        """Return the last alerts of a watchlist that a channel was told of, newest first."""

    def forget_deliveries(self, before: Timestamp) -> None:
        """Drop what was sent before that moment."""


class Sent(Protocol):
    """The viewers' side."""

    def deliveries(
        self, states: Collection[DeliveryState], channel: str | None, limit: int | None
    ) -> list[Delivery]:
        """Return the newest deliveries in these states, the newest last."""

    def deliveries_of(self, alerts: Collection[int]) -> list[Delivery]:
        """Return the deliveries of some alerts, in the order in which they were planned."""

    def delivery_counts(self) -> dict[tuple[str, DeliveryState], int]:
        """Return how many deliveries are not sent, by channel and state."""

    def retry(
        self, ids: Sequence[int] | None, channel: str | None, to: str | None, now: Timestamp
    ) -> int:
        """Make unsent deliveries due at once, by id or all, of a channel or all.

        With `to` they go to that channel instead. Returns how many there are; raises
        StoreError if the store stays locked.
        """


class Skimmed(Protocol):
    """The viewers' side."""

    def headlines(self, after: int, before: int | None, limit: int) -> list[tuple[int, str]]:
        """Return (alert, headline) of the newest `limit` alerts between two, the newest first."""

    def stirred(
        self, filter: Filter, feeds: Collection[int] | None, after: int
    ) -> list[tuple[int, int, int]]:
        """Return (escalation, alert, newest alert then) of escalations above `after`."""


class Timed(Protocol):
    """The viewers' side."""

    def clocked(self, since: Timestamp) -> list[Clocked]:
        """Return the articles whose first alert was raised since then, the first one first."""

    def sent_after(self, moment: Timestamp) -> list[Carried]:
        """Return what channels accepted after a moment, of alerts just raised."""

    def carried(self, since: Timestamp) -> list[Carried]:
        """Return the deliveries of alerts raised since then that a channel accepted."""


class Triaged(Protocol):
    """The viewers' side. What is written is one transaction, its record included."""

    def triage(self, ids: Collection[int], change: Change, who: str, at: Timestamp) -> Act | None:
        """Say something of these alerts; return what that changed, None if nothing.

        Unknown ids are passed over. Raises StoreError if the store stays locked.
        """

    def take_back(self, who: str, at: Timestamp, act: int | None) -> Act | None:
        """Take back an act of a person, the last one there is when None; None without any.

        What was said of an alert since stays. Raises StoreError if the store stays locked.
        """

    def say_again(self, who: str, at: Timestamp) -> Act | None:
        """Take back the last taking back of a person, None if something was said since."""

    def decisions(self, alert: int) -> list[Decision]:
        """Return what was said of an alert, the first word first."""

    def tag_counts(self) -> dict[str, int]:
        """Return how many alerts have each tag, by tag."""

    def term_records(self) -> list[TermRecord]:
        """Return what each term of the watchlists brought, the most first."""

    def judged(self, watchlist: str) -> list[Judged]:
        """Return the articles that a watchlist raised alerts for, with what was said of them."""

    def known_alerts(self, ids: Sequence[int]) -> set[int]:
        """Return those of these numbers that alerts have."""

    def article_of(self) -> list[tuple[int, int]]:
        """Return (alert, article) of every alert about an article."""


class StoreReads(Protocol):
    """What the monitor reads to recognise articles and to decide about alerts."""

    def feed_history(self, feed: Feed) -> FeedHistory:
        """Return what is remembered of a feed besides its polling state."""

    def languages(self, feed: Feed) -> list[str]:
        """Return the languages of the feed's last twenty articles, newest first."""

    def known(
        self,
        feed: Feed,
        guids: Collection[str],
        canonicals: Collection[str],
        fingerprints: Collection[bytes],
    ) -> Known:
        """Return what the store knows of entries with these keys, links or contents."""

    def article(self, id: int) -> Article | None:
        """Return an article."""

    def pending_page(self, article: int) -> PendingPage | None:
        """Return an article whose page was read; None if it is not stored any more."""

    def story_candidates(self, shingles: Collection[int], at_least: int) -> list[StoryCandidate]:
        """Return the articles that share at least so many of these shingles."""

    def name_frequencies(self, words: Iterable[int]) -> dict[int, int]:
        """Return how many recent articles have each of some words in a name, 500 if more."""

    def articles_named(self, words: Iterable[int], but: str) -> Counter[int]:
        """Return the recent articles with some words in names, but those in one language.

        With how many of the words each has.
        """

    def names_of(self, articles: Collection[int]) -> tuple[dict[int, Names], int]:
        """Return the names of recent articles, and about how many articles are recent."""

    def alert_facts(self, arrivals: Arrivals, now: Timestamp) -> AlertFacts:
        """Return what matters for the alerts of arrivals, once their articles are stored."""

    def silence_facts(self, now: Timestamp) -> AlertFacts:
        """Return the silences that have ended and are not reported yet."""

    def expiring(
        self, before: Timestamp, spared: Spared, after: tuple[Timestamp, int], limit: int
    ) -> list[Expiring]:
        """Return articles first seen before then, from `after` on: by when, then by id."""


class Batch(StoreReads, Protocol):
    """One transaction: what is read in it includes what was written in it."""

    def next_article(self) -> int:
        """Return a new article id."""

    def feed_named(self, name: str) -> Feed:
        """Return the feed of a name, a subscribed one first; it is made if there is none."""

    def save_poll(self, outcome: PollOutcome) -> None:
        """Store everything that a poll changed, but for alerts."""

    def save_page(self, change: ArticleChange) -> None:
        """Store an article that got its page's text."""

    def postpone_page(
        self, article: int, reason: str, due: Timestamp | None, *, failed: bool
    ) -> None:
        """Store why an article's page was not read.

        Args:
            article: The article.
            reason: Why.
            due: When to try (again); None gives the page up.
            failed: Whether this was an attempt; else it was not its turn yet.
        """

    def save_imported(self, feed: Feed, changes: Sequence[ArticleChange]) -> None:
        """Store new articles that no poll brought."""

    def save_alerts(self, plan: AlertPlan) -> None:
        """Store everything that a plan says."""

    def drop(self, ids: Collection[int]) -> None:
        """Drop articles, with their alerts; their keys are kept, and the index is told."""

    def backfilled(self, watchlists: Collection[str], upto: int) -> None:
        """Store that these watchlists have been matched with the articles up to that id."""


class Store(Sending, Protocol):
    """The monitor's side. One per monitor; not for use from two threads at once."""

    def subscribe(self, feeds: Sequence[Feed], watchlists: Sequence[Watchlist]) -> tuple[Feed, ...]:
        """Make these the ones in force, return the feeds numbered; history of others stays."""

    def due(self, now: Timestamp) -> dict[str, FeedState]:
        """Return the state of every watched feed that is due, by URL."""

    def states(self) -> dict[str, FeedState]:
        """Return the polling state of every subscribed feed, by URL."""

    def reading(self) -> AbstractContextManager[StoreReads]:
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

    def unindexed(self, limit: int, after: int = 0) -> list[OutboxEntry]:
        """Return articles on their way into the index or out of it, oldest first."""

    def mark_indexed(self, upto: int, now: Timestamp | None = None) -> None:
        """Take the tickets up to this one out of the outbox: their articles are searchable now."""

    def articles_after(self, id: int, limit: int) -> list[tuple[Article, int | None]]:
        """Return articles in ingestion order, each with the article of which it is a copy."""

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

    def tellings(self, articles: Collection[int]) -> dict[int, StoryTimeline]:
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
