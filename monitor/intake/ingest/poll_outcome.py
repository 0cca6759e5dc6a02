"""The result of a poll and what it changes: the feed, its log, its articles, its incidents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from monitor.base.article import Article, Timestamp
from monitor.base.errors import FeedError, FetchError
from monitor.base.translation import ngettext
from monitor.base.url import redact
from monitor.intake.ingest import (
    article_changes,
    feed_health,
    identify,
    publication_rate,
    schedule,
)
from monitor.intake.ingest.article_changes import Enrichment
from monitor.judgement.alerts.publishers import is_aggregator
from monitor.judgement.alerts.routing import Routing
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.feed import Feed, FeedState, Outcome, Poll
from monitor.model.poll import (
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


class PollResult(Struct, frozen=True, kw_only=True):
    """The result of polling one feed."""

    feed: Feed
    state: FeedState
    response: Fetched | NotModified | FeedError
    """What the server answered, without its body, or why nothing was read."""
    parsed: ParsedFeed | None = None
    """What a new document says; None where the body is that of the last poll, or was not read."""
    seconds: float
    lease: Lease = field(default_factory=lease_in_hand)
    """Under which the feed was polled; it is not stored under another."""

    @property
    def weight(self) -> int:
        """The number of entries in a new document, else 1."""
        return len(self.parsed.entries) if self.parsed else 1


class PageResult(Struct, frozen=True, kw_only=True):
    """The result of fetching the page of one article."""

    page: Page
    pending: PendingPage
    weight: int = 1
    lease: Lease = field(default_factory=lease_in_hand)
    """Under which the page was fetched."""


class BatchOutcome(Struct, frozen=True, kw_only=True):
    """What one batch changed."""

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
    dropped: int = 0
    """Polls and pages that were not stored: another monitor does them by now."""


class ActiveConfig(Struct, frozen=True, kw_only=True):
    """The configuration that a batch works with; replaced as a whole after an edit."""

    rules: WatchlistMatcher
    feeds: Mapping[int, Feed] = field(default_factory=dict)
    """By number."""
    routing: Routing = field(default_factory=Routing)


_UNMET = identify.New | identify.Duplicate | identify.Variant
"""Decisions about entries that the feed has not had before."""

Reenrich = Callable[[Article], Enrichment]


def after_failure(
    history: FeedHistory,
    answer: PollResult,
    error: FeedError,
    now: Timestamp,
    jitter: float,
    *,
    outage: bool,
) -> PollOutcome:
    """Return the outcome of a poll that failed; an outage is not counted against the feed."""
    status = error.status if isinstance(error, FetchError) else None
    poll = Poll(
        at=now, outcome=Outcome.FAILED, reason=error.reason, seconds=answer.seconds, status=status
    )
    if outage and isinstance(error, FetchError) and error.network:
        state = schedule.after_outage(answer.state, now, jitter)
        state = replace(state, reason=error.reason, failures=max(1, state.failures))
        return PollOutcome(feed=answer.feed, state=state, poll=poll)
    state = schedule.after_failure(answer.feed, answer.state, error, now, jitter)
    refresh = PollOutcome(feed=answer.feed, state=state, poll=poll)
    return _with_incidents(history, answer, refresh)


def after_unchanged(
    history: FeedHistory, answer: PollResult, now: Timestamp, jitter: float
) -> PollOutcome:
    """Return the outcome of a poll that brought a 304 or the body of the last poll."""
    response = answer.response
    assert not isinstance(response, FeedError)
    poll = Poll(
        at=now,
        outcome=Outcome.UNCHANGED,
        seconds=answer.seconds,
        status=response.status if isinstance(response, Fetched) else 304,
        moved=_answered_by(answer.feed, response),
    )
    state = schedule.after_unchanged(answer.feed, answer.state, response, now, jitter)
    move = feed_health.updated_redirect(history.move, response.moved_to, now)
    refresh = PollOutcome(feed=answer.feed, state=state, poll=poll, move=move)
    return _with_incidents(history, answer, refresh)


def after_read(
    batch: Batch,
    history: FeedHistory,
    answer: PollResult,
    fetched: Fetched,
    parsed: ParsedFeed,
    drafts: Mapping[str, Enrichment],
    redraft: Reenrich,
    now: Timestamp,
    jitter: float,
) -> PollOutcome:
    """Return the outcome of a poll that brought a new document.

    Args:
        batch: What is stored.
        history: What is known of the feed.
        answer: The poll.
        fetched: Where the document was.
        parsed: What it says.
        drafts: The enrichment of each entry that is new or changed, by key.
        redraft: Enriches an article whose text is not that of its entry.
        now: The time.
        jitter: A random number from 0 to 1.
    """
    decisions = _decisions(batch, answer.feed, parsed.entries)
    arrived, sightings = _changes(batch, answer, decisions, drafts, redraft, now)
    unmet = [d.entry for d in decisions if isinstance(d, _UNMET)]
    known, new = len(decisions) - len(unmet), sum(arrival.new for arrival in arrived)
    known_ids = [d.article for d in decisions if not isinstance(d, _UNMET)]
    before = answer.state
    if breach := _breach(arrived):
        before = schedule.after_breach(before, breach, now)
    state = schedule.after_read(
        answer.feed,
        before,
        fetched,
        parsed,
        digest=fetched.digest,
        known=known,
        kept=len(history.last_articles.intersection(known_ids)) if history.last_articles else None,
        now=now,
        jitter=jitter,
    )
    poll = Poll(
        at=now,
        outcome=Outcome.READ,
        entries=len(decisions),
        new=new,
        changed=len(arrived) - new,
        seconds=answer.seconds,
        known=known,
        blind=state.blind,
        status=fetched.status,
        moved=_answered_by(answer.feed, fetched),
    )
    refresh = PollOutcome(
        feed=answer.feed,
        state=state,
        poll=poll,
        arrivals=tuple(arrived),
        sightings=tuple(sightings),
        move=feed_health.updated_redirect(history.move, fetched.moved_to, now),
        missed=(answer.state.last_ok, now) if state.blind and answer.state.last_ok else None,
        articles=_document_articles(decisions, arrived) if unmet else frozenset(),
        answered=_answer_evidence(fetched, now),
    )
    refresh = _with_publication_rate(history, answer, refresh, [entry.published for entry in unmet])
    reissued = sum(isinstance(d, identify.Reissued) for d in decisions)
    return _with_incidents(
        history, answer, refresh, feed_health.Reissue(reissued, known - reissued)
    )


def _breach(arrived: Sequence[ArticleChange]) -> str:
    """Return which articles of a document were set aside, and why; empty for none."""
    aside = [change for change in arrived if change.unmatched]
    if not aside:
        return ""
    return ngettext(
        "{count} article was not matched: {reason}",
        "{count} articles were not matched: {reason}",
        len(aside),
        reason=aside[0].unmatched,
    )


def _decisions(batch: Batch, feed: Feed, entries: Sequence[Entry]) -> list[identify.Decision]:
    known = batch.known(
        feed,
        {one.key for one in entries},
        {one.canonical for one in entries} - {""},
        {one.fingerprint for one in entries},
    )
    return identify.identify(entries, known)


def _changes(
    batch: Batch,
    answer: PollResult,
    decisions: Sequence[identify.Decision],
    drafts: Mapping[str, Enrichment],
    redraft: Reenrich,
    now: Timestamp,
) -> tuple[list[ArticleChange], list[Sighting]]:
    """Return the changed articles of a document, enriched, and the sightings of known ones."""
    arrived: list[tuple[ArticleChange, Enrichment]] = []
    sightings: list[Sighting] = []
    changed = [one.article for one in decisions if isinstance(one, identify.Changed)]
    stored = {article.id: article for article in batch.articles.get(changed)}
    aggregated = is_aggregator(answer.feed.url, (d.entry.source_url for d in decisions))
    for decision in decisions:
        brought = article_changes.entry_change(
            batch, answer.feed, decision, stored, now, aggregated=aggregated
        )
        if isinstance(brought, Sighting):
            sightings.append(brought)
        elif brought is not None:
            brought = replace(brought, backfill=answer.state.last_ok is None)
            made = drafts.get(brought.guid)
            if made is None or len(brought.article.feeds) > 1 or not made.is_of(brought.article):
                made = redraft(brought.article)  # with its page, or what its other feeds say
            arrived.append((brought, made))
    return article_changes.with_enrichments(batch, answer.feed, arrived), sightings


def _document_articles(
    decisions: Sequence[identify.Decision], arrived: Sequence[ArticleChange]
) -> frozenset[int]:
    known = {one.article for one in decisions if not isinstance(one, identify.New)}
    return frozenset(known.union(change.article.id for change in arrived))


def _with_publication_rate(
    history: FeedHistory,
    answer: PollResult,
    refresh: PollOutcome,
    dates: Sequence[Timestamp | None],
) -> PollOutcome:
    """Add the publication rate, updated with the entries that are new to the feed."""
    if not dates:
        return refresh
    moments = publication_rate.entry_times(dates, answer.state.last_ok, refresh.poll.at)
    habit = publication_rate.updated_rate(history.habit, moments)
    state = replace(
        refresh.state,
        published=max(*moments, refresh.state.published or moments[0]),
        usual=publication_rate.typical_interval(habit),
        silent_after=publication_rate.longest_silence(habit),
    )
    return replace(refresh, state=state, habit=habit)


def _with_incidents(
    history: FeedHistory,
    answer: PollResult,
    refresh: PollOutcome,
    reissue: feed_health.Reissue | None = None,
) -> PollOutcome:
    """Add the incidents that begin and end with a poll."""
    latest = history.incidents
    first = answer.state.last_ok is None
    began = feed_health.begun_incidents(
        answer.feed, refresh.state, latest, refresh.poll.at, first=first, reissue=reissue
    )
    over = feed_health.ended_incidents(refresh.state, latest, reissue=reissue)
    return replace(refresh, begun=tuple(began), ended=tuple(over))


def _answer_evidence(fetched: Fetched, now: Timestamp) -> ResponseEvidence:
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
