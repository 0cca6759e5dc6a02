"""The outcome of a poll: the changes of the feed, its log, its articles and its incidents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from monitor.base.article import Article, Timestamp
from monitor.base.errors import FeedError, FetchError
from monitor.base.translation import gettext as _, ngettext
from monitor.base.url import is_aggregator, redact
from monitor.intake.ingest import article_changes, feed_health, schedule
from monitor.intake.ingest.witness import waits, with_twins, witnessed_entries
from monitor.judgement.alerts.routing import Routing
from monitor.judgement.match.matcher import TimedMatcher, WatchlistMatcher
from monitor.model.cost import HOURLY
from monitor.model.feed import Feed, FeedState, Outcome, Poll, SourceKind
from monitor.model.poll import (
    EDITION,
    ArticleChange,
    Entry,
    FeedHistory,
    Fetched,
    NotModified,
    Page,
    ParsedFeed,
    PendingPage,
    PollOutcome,
    RaisedAlert,
    ResponseEvidence,
    Sighting,
)
from monitor.storage.fencing import Lease, lease_in_hand
from monitor.storage.store.sql.batch import Batch

LATE = 2 * schedule.DAY
"""Seconds after its date within which an article may be new in a sitemap."""


class PollResult(Struct, frozen=True, kw_only=True):
    """The result of polling one feed."""

    feed: Feed
    state: FeedState
    response: Fetched | NotModified | FeedError
    """The answer of the server, without its body, or the error."""
    parsed: ParsedFeed | None = None
    """The new document; None where the body is that of the last poll, or was not read."""
    seconds: float
    drafts: Mapping[str, ArticleChange] = field(default_factory=dict)
    """The enrichment of the new and changed entries of its document, by key: made before its batch
    if it is costly, else with the batch."""
    watch: ActiveConfig | None = None
    """The configuration under which they were enriched; None before."""
    matcher: TimedMatcher = field(default_factory=TimedMatcher)
    """Matches what is left to match, in what is left of the time of the document."""
    lease: Lease = field(default_factory=lease_in_hand)
    """The lease under which the feed was polled; the result is not stored under another."""

    @property
    def weight(self) -> int:
        """The number of entries in a new document, else 1."""
        return len(self.parsed.entries) if self.parsed else 1

    def is_of_the_past(self, entry: Entry) -> bool:
        """Tell whether an entry that is new in a sitemap, which lists archives too, is old."""
        last_ok, published = self.state.last_ok, entry.published
        if last_ok is None or published is None or self.feed.source.kind is not SourceKind.SITEMAP:
            return False
        return published < last_ok - LATE

    @property
    def spent(self) -> float:
        """The seconds of processor time that the document took until now."""
        return (self.parsed.seconds if self.parsed else 0.0) + self.matcher.spent


class PageResult(Struct, frozen=True, kw_only=True):
    """The result of fetching the page of one article."""

    page: Page
    pending: PendingPage
    weight: int = 1
    lease: Lease = field(default_factory=lease_in_hand)
    """The lease under which the page was fetched."""


class BatchOutcome(Struct, frozen=True, kw_only=True):
    """The changes by one batch."""

    polls: tuple[tuple[Feed, Poll], ...] = ()
    raised: tuple[RaisedAlert, ...] = ()
    queued: bool = False
    """Whether articles were added to the outbox of the index."""
    planned: int = 0
    """Number of new deliveries."""
    unreached: frozenset[str] = frozenset()
    """Addresses of the feeds whose hosts could not be reached."""
    outage: bool = False
    """Whether the network, rather than these hosts, seems to be down."""
    costly: frozenset[str] = frozenset()
    """Addresses of the feeds whose documents turned out to be costly, and are not stored."""


class ActiveConfig(Struct, frozen=True, kw_only=True):
    """The configuration that a batch works with; replaced as a whole after an edit."""

    rules: WatchlistMatcher
    feeds: Mapping[int, Feed] = field(default_factory=dict)
    """Feeds by number."""
    routing: Routing = field(default_factory=Routing)


_NEW_TO_FEED = article_changes.New | article_changes.Duplicate | article_changes.Variant
"""Decisions about entries that the feed has not had before."""


class PollStep(Struct, frozen=True, kw_only=True):
    """A poll, with the facts that decide its outcome."""

    batch: Batch
    history: FeedHistory
    answer: PollResult
    hourly: float
    """Seconds of processor time that the costly documents of the feed took in this hour."""
    redraft: Callable[[Article], ArticleChange]
    """Enriches an article whose text is not that of its entry."""
    now: Timestamp
    jitter: float
    """A random number from 0 to 1."""
    network_down: bool

    def outcome(self) -> PollOutcome:
        """Return the outcome of the poll."""
        response, parsed = self.answer.response, self.answer.parsed
        if isinstance(response, FeedError):
            return self._failed(response)
        if parsed is None or isinstance(response, NotModified):
            return self._unchanged(response)
        return self._read(response, parsed)

    def _failed(self, error: FeedError) -> PollOutcome:
        """Return the outcome of a failure; an outage is not counted against the feed."""
        feed, old_state = self.answer.feed, self.answer.state
        status = error.status if isinstance(error, FetchError) else None
        poll = self._poll(Outcome.FAILED, reason=error.reason, status=status)
        if self.network_down and isinstance(error, FetchError) and error.network:
            state = schedule.after_outage(old_state, self.now, self.jitter)
            state = replace(state, reason=error.reason, failures=max(1, state.failures))
            return PollOutcome(feed=feed, state=state, poll=poll)
        state = schedule.after_failure(feed, old_state, error, self.now, self.jitter)
        return self._with_incidents(PollOutcome(feed=feed, state=state, poll=poll))

    def _unchanged(self, response: Fetched | NotModified) -> PollOutcome:
        """Return the outcome of a 304, or of the body of the last poll."""
        feed = self.answer.feed
        poll = self._poll(
            Outcome.UNCHANGED,
            status=response.status if isinstance(response, Fetched) else 304,
            moved=_answered_by(feed, response),
        )
        state = schedule.after_unchanged(feed, self.answer.state, response, self.now, self.jitter)
        move = feed_health.updated_redirect(self.history.move, response.moved_to, self.now)
        return self._with_incidents(PollOutcome(feed=feed, state=state, poll=poll, move=move))

    def _read(self, fetched: Fetched, parsed: ParsedFeed) -> PollOutcome:
        """Return the outcome of a new document."""
        feed, old_state = self.answer.feed, self.answer.state
        known_entries = article_changes.known_entries(self.batch, feed, parsed.entries)
        decisions = article_changes.identify(parsed.entries, known_entries)
        if feed.outlet and any(isinstance(d, article_changes.New) for d in decisions):
            headlines = self.batch.headlines(feed, self.now - 2 * EDITION)
            decisions = with_twins(decisions, headlines, self.now)
        if feed.is_found:
            decisions = witnessed_entries(decisions, self.now)
        changes, sightings = self._changes(decisions)
        new_entries = [d.entry for d in decisions if isinstance(d, _NEW_TO_FEED)]
        known_ids = [d.article for d in decisions if not isinstance(d, _NEW_TO_FEED)]
        known, new = len(known_ids), sum(arrival.new for arrival in changes)
        # Of several documents, those that did not change have entries that are not among these.
        last_articles = frozenset() if parsed.children else self.history.last_articles
        overlap = len(last_articles.intersection(known_ids)) if last_articles else known
        ids = {d.article for d in decisions if not isinstance(d, article_changes.New)}
        breach = _breach(changes, self.hourly)
        state = schedule.after_read(
            feed,
            schedule.after_breach(old_state, breach, self.now) if breach else old_state,
            fetched,
            replace(parsed, entries=tuple(decision.entry for decision in decisions)),
            known=known,
            overlap=overlap + parsed.is_continued,
            is_older=not (new_entries or parsed.children or self.history.last_arrivals <= ids),
            now=self.now,
            jitter=self.jitter,
        )
        if feed.is_found and waits(parsed.entries, self.now):  # they must be read again
            state = replace(state, etag=None, last_modified=None, body_hash=None, children=None)
        ids.update(change.article.id for change in changes)
        compared_at = old_state.compared_at
        outcome = PollOutcome(
            feed=feed,
            state=state,
            poll=self._poll(
                Outcome.READ,
                entries=len(decisions),
                new=new,
                changed=len(changes) - new,
                known=known,
                blind=state.blind,
                status=fetched.status,
                moved=_answered_by(feed, fetched),
            ),
            changes=tuple(changes),
            sightings=tuple(sightings),
            move=feed_health.updated_redirect(self.history.move, fetched.moved_to, self.now),
            missed=(compared_at, self.now) if state.blind and compared_at else None,
            articles=frozenset(ids if new_entries else ()),
            new_articles=frozenset(ids.difference(known_ids)),
            response=answer_evidence(fetched, self.now),
        )
        outcome = self._with_publication_rate(outcome, [entry.published for entry in new_entries])
        reissued = sum(isinstance(d, article_changes.Reissued) for d in decisions)
        return self._with_incidents(outcome, feed_health.Reissue(reissued, known - reissued))

    def _poll(self, outcome: Outcome, **details: Any) -> Poll:
        return Poll(at=self.now, outcome=outcome, seconds=self.answer.seconds, **details)

    def _changes(
        self, decisions: Sequence[article_changes.Decision]
    ) -> tuple[list[ArticleChange], list[Sighting]]:
        """Return the changed articles of a document, enriched, and sightings of known ones."""
        batch, feed = self.batch, self.answer.feed
        drafted: list[tuple[ArticleChange, ArticleChange]] = []
        sightings: list[Sighting] = []
        changed = [
            decision.article
            for decision in decisions
            if isinstance(decision, article_changes.Changed)
        ]
        stored = {article.id: article for article in batch.articles.get(changed)}
        aggregated = feed.source.kind is SourceKind.MAILBOX or is_aggregator(
            feed.url, (d.entry.source_url for d in decisions)
        )
        for decision in decisions:
            change = article_changes.entry_change(
                batch, feed, decision, stored, self.now, aggregated=aggregated
            )
            if isinstance(change, Sighting):
                sightings.append(change)
            elif change is not None:
                change = replace(change, backfill=self._is_earlier(change.article))
                draft = self.answer.drafts.get(change.entry.key)
                article = change.article
                if draft is None or len(article.feeds) > 1 or draft.article.texts != article.texts:
                    draft = self.redraft(article)  # with its page, or what its other feeds say
                drafted.append((change, draft))
        return article_changes.with_enrichments(batch, feed, drafted), sightings

    def _is_earlier(self, article: Article) -> bool:
        """Tell whether an article was published before its feed was watched.

        The first document of a feed has all of these; the past of a mailbox is read in parts.
        """
        first_ok, is_first = self.answer.state.first_ok, self.answer.state.last_ok is None
        is_mailbox = self.answer.feed.source.kind is SourceKind.MAILBOX
        return is_first or bool(
            is_mailbox and first_ok and (article.published or first_ok) < first_ok
        )

    def _with_publication_rate(
        self, outcome: PollOutcome, dates: Sequence[Timestamp | None]
    ) -> PollOutcome:
        """Add the publication rate, updated with the entries that are new to the feed."""
        if not dates:
            return outcome
        moments = feed_health.entry_times(dates, self.answer.state.compared_at, self.now)
        habit = feed_health.updated_rate(self.history.habit, moments)
        state = replace(
            outcome.state,
            published=max(*moments, outcome.state.published or moments[0]),
            usual=feed_health.typical_interval(habit),
            silent_after=feed_health.longest_silence(habit),
        )
        return replace(outcome, state=state, habit=habit)

    def _with_incidents(
        self, outcome: PollOutcome, reissue: feed_health.Reissue | None = None
    ) -> PollOutcome:
        """Add the incidents that begin and end with the poll."""
        if outcome.feed.is_found:  # nobody has asked for it
            return outcome
        latest, first = self.history.incidents, self.answer.state.last_ok is None
        begun = feed_health.begun_incidents(
            outcome.feed, outcome.state, latest, self.now, first=first, reissue=reissue
        )
        ended = feed_health.ended_incidents(outcome.state, latest, reissue=reissue)
        return replace(outcome, notices=tuple(begun), ended=tuple(ended))


def _breach(changes: Sequence[ArticleChange], hourly: float) -> str:
    """Describe how a document, or those of an hour, exceed the limits; empty if they do not."""
    unmatched = [change for change in changes if change.unmatched]
    if not unmatched and hourly > HOURLY:
        taken, allowed = f"{hourly:.1f}", f"{HOURLY:g}"
        return _(
            "its documents took {taken} s of processor time in an hour, not at most {allowed} s",
            taken=taken, allowed=allowed,
        )  # fmt: skip
    if not unmatched:
        return ""
    return ngettext(
        "{count} article was not matched: {reason}",
        "{count} articles were not matched: {reason}",
        len(unmatched),
        reason=unmatched[0].unmatched,
    )


def answer_evidence(fetched: Fetched, now: Timestamp) -> ResponseEvidence:
    return ResponseEvidence(
        url=redact(fetched.url),
        status=fetched.status,
        headers=fetched.headers,
        body=fetched.digest.hex(),
        received=now if fetched.received is None else min(fetched.received, now),
    )


def _answered_by(feed: Feed, response: Fetched | NotModified) -> str:
    """Return the address that answered, without secrets; empty if it is the feed's own."""
    url = response.url if isinstance(response, Fetched) else response.moved_to
    return redact(url) if url and url != feed.url else ""
