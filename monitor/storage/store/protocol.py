"""What the monitor and the viewers may ask of the store."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from monitor.base.article import Article, Timestamp

if TYPE_CHECKING:
    from monitor.judgement.alerts.facts import AlertFacts, Arrivals
    from monitor.judgement.alerts.plan import AlertPlan
    from monitor.judgement.alerts.unusual_volume import Interval, Story
    from monitor.model.alert import Alert, ArticleAlert, EscalatedAlert, StoryAlerts
    from monitor.model.article import ArticleDetails, ArticleOrigin, Version
    from monitor.model.briefing import BriefingProgress, StoredBriefing
    from monitor.model.config import (
        BriefingSchedule,
        ExpiringArticle,
        OutboxEntry,
        OutboxState,
        RetentionExceptions,
        Watchlist,
    )
    from monitor.model.delivery import Delivery, DeliveryAttempt, DeliveryState
    from monitor.model.event_link import EncodedBatch, StoredVector, Unencoded
    from monitor.model.feed import (
        Feed,
        FeedHistory,
        FeedState,
        Gap,
        PermanentRedirect,
        Poll,
        SubscribedFeed,
    )
    from monitor.model.latency import LatencyRows
    from monitor.model.lease import Duty, SharingMonitor, Standing
    from monitor.model.poll import (
        ArticleChange,
        Known,
        Names,
        PendingPage,
        PollOutcome,
        StoryCandidate,
    )
    from monitor.model.search import Filter, PastSearch
    from monitor.model.status import StoreVersion, Totals
    from monitor.model.stored_config import StoredConfig
    from monitor.model.token import Token
    from monitor.model.triage import Change, Decision, TriageAction, TriageState
    from monitor.model.watchlist import (
        ArticleVerdict,
        BackfillProgress,
        Silence,
        TermRecord,
        Untriaged,
        UnusualTime,
        WatchlistCount,
        WatchlistInForce,
        WatchlistRecord,
    )
    from monitor.storage.fencing import Lease


class DeliveryQueue(Protocol):
    """Deliveries on their way, for the monitor that sends them."""

    def channels_due(self, now: Timestamp) -> list[str]:
        """Return the channels that something is due for."""

    def due(self, channel: str, now: Timestamp, limit: int) -> list[Delivery]:
        """Return what is due for a channel, the most urgent first, bundles whole."""

    def save_attempts(self, attempts: Sequence[DeliveryAttempt], now: Timestamp) -> None:
        """Store what came of attempts to deliver."""

    def give_up_others(self, channels: Sequence[str]) -> int:
        """Give up what waits for channels that there are no more; return how much that is."""


class BriefingQueue(Protocol):
    """Briefings by schedule, for the monitor that makes them."""

    def begin(self, schedules: Sequence[BriefingSchedule], now: Timestamp) -> None:
        """Store the active schedules; a new or edited one begins with its next time."""

    def progress(self) -> dict[str, BriefingProgress]:
        """Return how far the briefings of each active schedule have got, by name."""

    def save(self, briefing: StoredBriefing, channels: Sequence[str], until: Timestamp) -> bool:
        """Store a briefing and its deliveries, in one transaction.

        Args:
            briefing: The briefing; its number is not yet known.
            channels: Where it goes.
            until: The end of the time that it is about.

        Returns:
            False if the time that it was due at is done with; then nothing is stored.
        """


class VolumeViews(Protocol):
    """How many stories watchlists bring, and when that was watched."""

    def stories(self, since: Timestamp, after: int = 0) -> Mapping[str, Sequence[Story]]:
        """Return the stories of each watchlist that began since then, the oldest first.

        Args:
            since: When their first alert was raised, at the earliest.
            after: Only those whose first alert is above this one.
        """

    def articles_of(self, alerts: Collection[int]) -> list[Article]:
        """Return the articles of alerts, the newest alert first."""

    def articles_before(self, watchlist: str, alert: int, limit: int) -> list[Article]:
        """Return the last articles of stories of a watchlist before an alert."""

    def watched(self, since: Timestamp) -> list[Interval]:
        """Return when the monitor watched, as far as it reaches beyond a moment."""

    def unusual(self, since: Timestamp) -> list[UnusualTime]:
        """Return the unusual times that lasted beyond a moment, or still last, in their order."""

    def read_since(self) -> dict[int, Timestamp]:
        """Return when the first article of each feed was seen; 0 if it was dropped since."""

    def unread(self) -> dict[int, list[Interval]]:
        """Return when feeds could not be read that could be read again, by feed."""

    def facts(self, watchlists: Collection[str], now: Timestamp) -> AlertFacts:
        """Return what matters for alerts about these watchlists themselves."""


class StoreReads(Protocol):
    """What the monitor reads to recognise articles and to decide about alerts."""

    articles: ArticleViews
    volumes: VolumeViews

    def feed_histories(self, subjects: Iterable[Feed]) -> dict[int, FeedHistory]:
        """Return what is remembered of feeds besides their polling state, by number."""

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

    def story_candidates(
        self, wanted: Sequence[tuple[Collection[int], int]]
    ) -> list[list[StoryCandidate]]:
        """Return for each text the articles that share enough of its shingles, by id.

        Args:
            wanted: The shingles of each text, and how many of them are enough.
        """

    def name_frequencies(self, words: Iterable[int]) -> dict[int, int]:
        """Return how many recent articles have each of some words in a name, 500 if more."""

    def names_elsewhere(self, wanted: Sequence[tuple[frozenset[int], str]]) -> list[frozenset[int]]:
        """Return which words of names recent articles in another language have.

        Args:
            wanted: For each text its words, and its language.
        """

    def articles_named(
        self, wanted: Sequence[tuple[Collection[int], str]], at_least: int, most: int
    ) -> tuple[list[dict[int, Names]], int]:
        """Return recent articles with some words in names, and about how many are recent.

        Args:
            wanted: For each text its words, and its language; articles in it are left out.
            at_least: How many of the words an article has.
            most: How many articles for each text, those with the most words first.
        """

    def alert_facts(self, arrivals: Arrivals, now: Timestamp) -> AlertFacts:
        """Return what matters for the alerts of arrivals, once their articles are stored."""

    def silence_facts(self, now: Timestamp) -> AlertFacts:
        """Return the silences that have ended and are not reported yet."""

    def lost_monitors(self) -> list[SharingMonitor]:
        """Return the monitors that are lost, and of which no alert tells yet."""

    def expiring(
        self,
        before: Timestamp,
        spared: RetentionExceptions,
        after: tuple[Timestamp, int],
        limit: int,
    ) -> list[ExpiringArticle]:
        """Return articles first seen before then, from `after` on: by when, then by id."""


class Batch(StoreReads, Protocol):
    """One transaction: what is read in it includes what was written in it.

    LeaseLostError at its beginning: it is done under a lease that is in other hands by now.
    """

    def held(self, found: Collection[Lease]) -> frozenset[Lease]:
        """Return which of these leases are in the same hands until the transaction ends."""

    def note_lost(self, alerts: Mapping[int, int]) -> None:
        """Store which alert tells of which monitor."""

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

    def save_encoded(self, batch: EncodedBatch) -> None:
        """Store vectors and links of articles that are still there."""

    def note_watched(self, now: Timestamp, patience: float, forget: Timestamp) -> None:
        """Note that the monitor watches, since it noted so the last time if that is not long ago.

        And which feeds can be read again that could not be read for longer than that.

        Args:
            now: The time.
            patience: Seconds after which it was away.
            forget: What was before is not needed any more.
        """

    def save_alerts(self, plan: AlertPlan) -> None:
        """Store everything that a plan says."""

    def drop(self, ids: Collection[int]) -> None:
        """Drop articles, with their alerts; their keys are kept, and the index is updated later."""

    def set_aside(self, change: ArticleChange, now: Timestamp) -> None:
        """Store that an article of the archive was not matched, and why."""

    def backfilled(self, watchlists: Collection[str], upto: int) -> None:
        """Store that these watchlists have been matched with the articles up to that id."""


class Leases(Protocol):
    """What a monitor holds of a store that several share; expiry is by the database's clock.

    For a thread of its own. Every method raises StoreError when the database does not answer.
    """

    def now(self) -> Timestamp:
        """Return the time of the database."""

    def beat(self) -> Standing:
        """Say that this monitor lives; return where it stands."""

    def take(self, most: int, *, forced: bool = False) -> dict[int, int]:
        """Take buckets that nobody holds; return their epochs.

        Args:
            most: How many.
            forced: Take those of others too: for one who knows that they are gone.
        """

    def take_duties(self, duties: Collection[Duty], *, forced: bool = False) -> dict[int, int]:
        """Take the duties among these that nobody has; return their epochs."""

    def release(self, leases: Iterable[int]) -> None:
        """Give leases back, but for those under which something is being stored."""

    def take_turns(self, spacings: Mapping[str, float]) -> dict[str, float]:
        """Take the turns of the hosts that may be asked now, among all monitors.

        Args:
            spacings: Seconds for which nobody may ask a host again, by host.

        Returns:
            Seconds to wait, by host that may not be asked yet.
        """

    def leave(self) -> None:
        """Give all leases back, and say goodbye."""

    def close(self) -> None:
        """Close the connection."""


class Store(Protocol):
    """The monitor's side. One per monitor; not for use from two threads at once."""

    is_shared: bool
    """Whether several monitors may share it."""
    deliveries: DeliveryQueue
    briefings: BriefingQueue
    feeds: FeedViews
    watchlists: WatchlistViews
    articles: ArticleViews

    def reading(self) -> AbstractContextManager[StoreReads]:
        """Open what is stored for reading; a viewer may write meanwhile."""

    def batch(self) -> AbstractContextManager[Batch]:
        """Open a transaction: everything in it is committed at its end, or nothing."""

    def subscribe(self, feeds: Sequence[Feed], watchlists: Sequence[Watchlist]) -> tuple[Feed, ...]:
        """Make these the active ones; return the feeds numbered. The history of others stays.

        Only what differs is written. Many feeds take several transactions; whoever is interrupted
        goes on with the next call.
        """

    def states(self, due: Timestamp, monitor: int | None = None) -> dict[str, FeedState]:
        """Return the polling state of the enabled feeds that are due by then, by URL.

        Args:
            due: When they are due.
            monitor: Only those in the buckets that this monitor holds.
        """

    def moves(self) -> dict[str, PermanentRedirect]:
        """Return where permanent redirects of subscribed feeds lead, by URL."""

    def reschedule(self, due: Mapping[str, Timestamp], delays: Mapping[str, float] = {}) -> None:
        """Set when feeds are next due, and after how many seconds they are again; by URL."""

    def pages_due(
        self, now: Timestamp, limit: int, monitor: int | None = None
    ) -> list[PendingPage]:
        """Return the pages of articles that are to be fetched now.

        Args:
            now: The time.
            limit: How many at the most.
            monitor: Only those of sites in the buckets that this monitor holds.
        """

    def begin_backfills(self, meanings: Mapping[str, str], edited: Collection[str] = ()) -> None:
        """Store the active rules, by watchlist; new ones begin a backfill.

        Args:
            meanings: Hashes of what the rules say.
            edited: Watchlists whose rule this monitor did not apply until now: articles that it
                has stored are for the backfill, even if another monitor has begun it.
        """

    def unindexed(self, limit: int, after: int = 0, chars: float = ...) -> list[OutboxEntry]:
        """Return articles on their way into the index or out of it, oldest first.

        Not more than `limit`, and none behind the one with which they have so many characters.
        """

    def unsearchable(self) -> Collection[int]:
        """Return the articles that are indexed without their text."""

    def set_aside(self, article: int, reason: str, now: Timestamp | None = None) -> None:
        """Store that an article is indexed without its text, and why; its feed is quarantined.

        Without a time it is as of the last poll of the feed.
        """

    def mark_indexed(self, upto: int, now: Timestamp | None = None) -> None:
        """Remove the outbox entries up to this one: their articles are searchable now."""

    def outbox(self) -> OutboxState:
        """Return what is on its way into the index or out of it."""

    def article_ids(self) -> array[int]:
        """Return the id of every article, in no order."""

    def forget(self, *, names_before: Timestamp, sent_before: Timestamp) -> None:
        """Drop what is only needed for a while.

        Args:
            names_before: Shingles and names of articles first seen before then.
            sent_before: Deliveries sent before then, and briefings without deliveries.
        """

    def claim(self, *, alone: bool) -> None:
        """Refuse those who want the store alone, or all others, as long as the store is open.

        A store in a data folder needs none: the folder has a lock. Raises AlreadyRunningError.
        """

    def close(self) -> None:
        """Close the store."""


class FeedViews(Protocol):
    """Subscriptions, their polls and their gaps."""

    def subscribed(self) -> list[SubscribedFeed]:
        """Return subscribed feeds with their state, articles and addresses."""

    def every(self) -> list[Feed]:
        """Return every feed there ever was: articles of former ones stay."""

    def polls(self, url: str) -> list[Poll]:
        """Return the last polls of a feed, newest first."""

    def gaps(self, since: Timestamp, until: Timestamp) -> list[Gap]:
        """Return the gaps of subscribed feeds that reach into an interval, the earliest first.

        A feed that is not read for longer than it should be by `until` has an open one.
        """

    def lifetimes(
        self, first: Mapping[int, int]
    ) -> dict[int, tuple[Timestamp | None, Timestamp | None]]:
        """Return when feeds had their first article, and when former ones were last read.

        Args:
            first: The first article of each feed, by the number of the feed.

        Returns:
            Both moments by feed; None where it has no first article, or is still polled.
        """

    def poll_now(self, url: str | None = None) -> None:
        """Make one feed due at once, a gone one too, or all that are watched and not gone."""


class WatchlistViews(Protocol):
    """What watchlists brought, the verdicts on it, and their silences."""

    def in_force(self) -> list[WatchlistInForce]:
        """Return the watchlists of the active configuration, in its order."""

    def counts(self, since: Timestamp, buckets: int, width: float) -> list[WatchlistCount]:
        """Return every watchlist with its counts and a histogram of stories.

        Args:
            since: When the histogram begins.
            buckets: How many stretches of time it has.
            width: Seconds of each.
        """

    def untriaged(self) -> Untriaged:
        """Return how many stories are to be triaged; cheap enough for every second."""

    def records(self) -> list[WatchlistRecord]:
        """Return what every watchlist has brought, and the verdicts on it."""

    def term_records(self) -> list[TermRecord]:
        """Return what each term of the active watchlists brought, the most first."""

    def verdicts(self, watchlist: str) -> list[ArticleVerdict]:
        """Return the articles that a watchlist raised alerts for, with the verdict on each."""

    def suppressed(self, since: Timestamp) -> Counter[tuple[str, str]]:
        """Return how many alerts were not notified, by watchlist and reason.

        Reasons are those of `Alert.suppressed`, and `copy`.
        """

    def backfills(self) -> list[BackfillProgress]:
        """Return the rules that are not done with the archive, the least advanced first."""

    def silences(self, now: Timestamp) -> list[Silence]:
        """Return the active silences, the first one to end first."""

    def silence(self, silence: Silence) -> None:
        """Silence a watchlist; one that is active at `since` gets the new end and author."""


class AlertViews(Protocol):
    """Alerts by filter, by id, by article."""

    def ids(
        self, filter: Filter, *, after: int = 0, before: int = ..., limit: int | None = None
    ) -> array[int]:
        """Return ids of alerts between two, in ascending order, the newest `limit`.

        Duplicates are among them only where the filter asks for merged or suppressed alerts.
        """

    def escalated(
        self, filter: Filter, *, after: int = 0, limit: int | None = None
    ) -> list[EscalatedAlert]:
        """Return alerts that escalated, each once, by its last escalation above `after`.

        The newest `limit` of them, the oldest first; noise is left out.
        """

    def get(
        self, ids: Sequence[int], *, matches: bool = False, timelines: bool = False
    ) -> list[Alert]:
        """Return these alerts in the order asked; unknown ids are left out.

        With `matches` they have their matches, with `timelines` the timelines of their stories.
        """

    def stories(
        self,
        ids: Sequence[int],
        *,
        matches: bool = False,
        timelines: bool = False,
        closed: bool = False,
        muted: bool = False,
    ) -> list[StoryAlerts]:
        """Return the alerts of the stories of these alerts, in the order asked, each story once.

        Merged alerts are among them only where they are asked for; so are those that are closed
        and those that were raised in a silence, except with `closed` and with `muted`.
        """

    def later_of_stories(self, *, after: int = 0) -> tuple[array[int], array[int]]:
        """Return the alerts above an id that are not the first of their story, and that first one.

        Both are in the order of the alerts' ids.
        """

    def of_articles(self, articles: Collection[int]) -> list[ArticleAlert]:
        """Return what these articles raised."""

    def headlines(
        self, *, after: int = 0, before: int | None = None, limit: int
    ) -> list[tuple[int, str]]:
        """Return (alert, headline) of the newest `limit` alerts between two, the newest first.

        A negative limit is none.
        """

    def proofs(self, alerts: Collection[int]) -> dict[int, tuple[int, str]]:
        """Return number and hash of the record of why alerts were raised, by alert."""


class ArticleViews(Protocol):
    """Articles by id, by what they raised, and their revisions."""

    def get(self, ids: Sequence[int]) -> list[Article]:
        """Return these articles, in the order asked; unknown ids are left out."""

    def origins(self, ids: Sequence[int]) -> list[ArticleOrigin]:
        """Return where these articles were published, in the order asked, without unknown ids."""

    def between(
        self, after: int, upto: int, *, since: Timestamp | None = None, limit: int | None = None
    ) -> list[tuple[Article, int | None]]:
        """Return articles in ingestion order, each with the article of which it is a copy.

        Args:
            after: Above this id.
            upto: Up to this id.
            since: Dated since then.
            limit: How many at the most.
        """

    def seen_since(self, since: Timestamp) -> int:
        """Return the lowest id of the articles first seen since then, beyond all if there are none.

        All articles dated since then are among them.
        """

    def ids(
        self,
        *,
        watchlist: str | None = None,
        severity: str | None = None,
        story: int | None = None,
        has: str | None = None,
        merged: bool = False,
    ) -> set[int]:
        """Return ids of the articles for which all that is given holds; something must be given.

        Args:
            watchlist: One that raised an alert for them.
            severity: The severity of an alert that they raised.
            story: The number of their story.
            has: `alert`, `body` or `author`.
            merged: Whether their alert was merged into that of another article.
        """

    def unencoded(
        self, limit: int, *, since: Timestamp | None = None, before: int | None = None
    ) -> list[Unencoded]:
        """Return articles without a vector of their present text, the newest first.

        Those whose page is still to be read are left out.

        Args:
            limit: How many at the most.
            since: First seen since then.
            before: Below this id.
        """

    def vectors(self, also: Collection[int], *, since: Timestamp, limit: int) -> list[StoredVector]:
        """Return articles dated since then with their vectors, in the order of their ids.

        Args:
            also: Ids of articles that are among them without a vector too.
            since: When they are dated.
            limit: How many articles with a vector at the most, the newest.
        """

    def every_vector(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        """Return the next articles above an id that have a vector, with the vectors."""

    def details(self, article: int) -> ArticleDetails | None:
        """Return an article with all that is known of it, None if there is none of that id."""

    def with_alerts(self, ids: Iterable[int]) -> Iterator[ArticleDetails]:
        """Yield articles with their alerts and matches; unknown ids are left out."""

    def revisions(self, article: int) -> list[Version]:
        """Return the texts an article has had, the first one first; the last is its own."""


class TriageViews(Protocol):
    """What people decide about alerts, and the record of it: one transaction each."""

    def change(
        self,
        ids: Collection[int],
        change: Change,
        who: str,
        at: Timestamp,
        shown: Mapping[int, TriageState] = {},
    ) -> TriageAction | None:
        """Change these alerts; return what that changed, None if nothing.

        Unknown ids are passed over. `shown` is how the person saw them: an alert on which the
        change would overwrite what somebody did since is left as it is, and is in `left`. Raises
        StoreError if the store stays locked.
        """

    def undo(self, who: str, at: Timestamp, act: int | None) -> TriageAction | None:
        """Undo an act of a person, the last one there is when None; None without any.

        What was decided about an alert since stays. Raises StoreError if the store stays locked.
        """

    def redo(self, who: str, at: Timestamp) -> TriageAction | None:
        """Redo what a person undid last; None if that person changed something since."""

    def decisions(self, alert: int) -> list[Decision]:
        """Return the decisions about an alert, the first one first."""

    def tags(self) -> dict[str, int]:
        """Return how many alerts have each tag of the analyst, by tag."""

    def people(self) -> list[str]:
        """Return who has worked on alerts, and to whom alerts are assigned, sorted."""


class DeliveryViews(Protocol):
    """Deliveries, and how long they took."""

    def newest(
        self,
        states: Collection[DeliveryState],
        *,
        channel: str | None = None,
        limit: int | None = None,
    ) -> list[Delivery]:
        """Return the newest deliveries in these states, of a channel or all, the newest last."""

    def notified(self, channel: str, watchlist: str, limit: int) -> list[int]:
        """Return the last alerts of a watchlist that a channel accepted, newest first."""

    def of_alerts(self, alerts: Collection[int]) -> dict[int, tuple[Delivery, ...]]:
        """Return the deliveries of these alerts, by alert, the first one first."""

    def unsent(self) -> dict[tuple[str, DeliveryState], int]:
        """Return how many deliveries are not sent, by channel and state."""

    def retry(
        self,
        ids: Sequence[int] | None,
        now: Timestamp,
        *,
        channel: str | None = None,
        to: str | None = None,
    ) -> int:
        """Make unsent deliveries due at once, by id or all; return how many they are.

        Raises StoreError if the store stays locked.

        Args:
            ids: None for all that failed or were given up.
            now: When they are due.
            channel: Only those of this channel.
            to: The channel that they go to instead of their own.
        """

    def latency(self, since: Timestamp, *, sent_after: Timestamp | None = None) -> LatencyRows:
        """Return the steps of articles that raised alerts since then, and of their deliveries.

        With `sent_after` the deliveries are those that were accepted after that moment.
        """


class BriefingViews(Protocol):
    """Briefings by schedule, as they are sent."""

    def get(self, ids: Collection[int]) -> dict[int, StoredBriefing]:
        """Return stored briefings by number; unknown numbers are left out."""

    def sent(self, channel: str, limit: int) -> list[StoredBriefing]:
        """Return the last briefings that a channel accepted, newest first."""

    def subjects(self, limit: int) -> list[tuple[int, str]]:
        """Return the number and the subject of the last briefings by schedule, newest first."""


class SearchHistory(Protocol):
    """The searches that were made."""

    def recent(self, limit: int = 50) -> list[PastSearch]:
        """Return the searches that were made, the newest first, each query once."""

    def note(self, search: PastSearch) -> None:
        """Remember a search; raises StoreError if the store stays locked."""


class TokenViews(Protocol):
    """Tokens of programs that use the API."""

    def find(self, hash: bytes) -> Token | None:
        """Return the token with a hash, None if there is none."""

    def every(self) -> list[Token]:
        """Return all tokens there ever were, by name."""

    def add(self, token: Token, hash: bytes) -> bool:
        """Store a token; return False if there ever was one of its name.

        Raises StoreError if the store stays locked.
        """

    def revoke(self, name: str, at: Timestamp) -> bool:
        """Make a token invalid; return False if no valid one has this name.

        Raises StoreError if the store stays locked.
        """

    def note_use(self, name: str, at: Timestamp) -> None:
        """Note when a token was used last; raises StoreError if the store stays locked."""


class ConfigViews(Protocol):
    """Versions of the configuration in a store that several machines share."""

    def number(self) -> int:
        """Return the number of the version in force, 0 without any."""

    def version(self, number: int | None = None) -> StoredConfig | None:
        """Return a version with its text, the one in force when None; None if there is none."""

    def history(self) -> list[StoredConfig]:
        """Return all versions without their texts, the newest first."""

    def apply(self, content: str, who: str, base: int, again: int | None = None) -> int:
        """Put a version in force; return its number.

        Args:
            content: The text of a `feeds.yaml` without mistakes.
            who: Who applies it.
            base: The version that was in force when the change was looked at.
            again: The earlier version that it is again.

        Raises StoreError if another version is in force by now.
        """


class CommitListener(Protocol):
    """Waits for the commits of others; for a thread of its own."""

    def wait(self, seconds: float) -> bool:
        """Wait for a commit, at most so long; return whether there may have been one."""

    def close(self) -> None:
        """Stop waiting."""


class Views(Protocol):
    """The viewers' side: short reads, and triage. Safe from any thread.

    Reads raise StoreError when the store cannot be read.
    """

    @property
    def feeds(self) -> FeedViews:
        """Subscriptions."""

    @property
    def watchlists(self) -> WatchlistViews:
        """Watchlists."""

    def volumes(self) -> AbstractContextManager[VolumeViews]:
        """Read how many stories watchlists bring."""

    @property
    def alerts(self) -> AlertViews:
        """Alerts."""

    @property
    def articles(self) -> ArticleViews:
        """Articles."""

    @property
    def triage(self) -> TriageViews:
        """Decisions about alerts."""

    @property
    def deliveries(self) -> DeliveryViews:
        """Deliveries."""

    @property
    def briefings(self) -> BriefingViews:
        """Briefings by schedule."""

    @property
    def searches(self) -> SearchHistory:
        """Searches."""

    @property
    def configs(self) -> ConfigViews:
        """Versions of the configuration."""

    @property
    def tokens(self) -> TokenViews:
        """Tokens."""

    def version(self) -> StoreVersion:
        """Return how far the store has got; cheap enough for every second."""

    def listener(self) -> CommitListener | None:
        """Return what waits for commits; None where nobody tells of them, and one has to look."""

    def let_go(self) -> None:
        """Free memory while nobody asks; the next question takes a moment longer."""

    def totals(self) -> Totals:
        """Return how much is stored."""

    def silenced_count(self) -> int:
        """Return how many stories have a new alert that was raised in a silence."""

    def set_aside_count(self) -> int:
        """Return how many articles exceeded the limits of matching or indexing."""

    def monitors(self) -> list[SharingMonitor]:
        """Return the monitors of a store that several may share, those that are lost the last."""
