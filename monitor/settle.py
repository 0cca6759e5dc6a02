"""The second half of the pipeline: what came is recognised, matched and stored.

One call is one transaction with one set of rules: identify, story, save. What needs no
store (language, match, shingles) is done for the whole batch before it begins.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from index.article import Article, Timestamp
from monitor import arrivals, identify, schedule
from monitor.drafts import Draft, draft
from monitor.errors import FeedError, FetchError
from monitor.match import Rules
from monitor.model import (
    Arrival,
    Feed,
    FeedState,
    Fetched,
    NotModified,
    Outcome,
    Page,
    ParsedFeed,
    Poll,
    Raised,
    Refresh,
    Sighting,
)
from monitor.store import Batch, Reading, Store

PAGE_TRIES = 3
PAGE_RETRY = 600.0
PRIOR_ARTICLES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A document with something new in it."""

    fetched: Fetched
    digest: bytes
    parsed: ParsedFeed


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
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
class PageAnswer:
    """What fetching one article's page came to."""

    page: Page
    attempts: int
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What one batch changed."""

    polls: tuple[tuple[Feed, Poll], ...] = ()
    raised: tuple[Raised, ...] = ()
    queued: bool = False
    """Whether anything is on its way to the index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What is in force: swapped whole, so that a batch never sees half of an edit."""

    rules: Rules
    feeds: Mapping[int, Feed] = field(default_factory=dict)
    """By number."""


@dataclass(frozen=True, slots=True)
class _Drafted:
    """The entries of a document; by key, drafts of the articles that are not as they were."""

    entries: Sequence[identify.Recognised] = ()
    drafts: Mapping[str, Draft] = field(default_factory=dict)


class Settler:
    """Turns answers into stored articles and alerts. Runs in the store's thread."""

    def __init__(
        self,
        store: Store,
        watch: Watch,
        clock: Callable[[], Timestamp],
        jitter: Callable[[], float],
    ) -> None:
        self._store = store
        self.watch = watch
        self._clock = clock
        self._jitter = jitter
        self._languages: dict[int, deque[str]] = {}

    def settle(self, answers: Sequence[Answer | PageAnswer], network_down: bool) -> Settled:
        """Store all of it, or nothing; raises StoreError.

        While the network is down its failures are not the feeds'.
        """
        watch, now = self.watch, self._clock()
        polls: list[tuple[Feed, Poll]] = []
        raised: list[Raised] = []
        queued = False
        try:
            with self._store.reading() as reading:
                drafted = [self._drafted(reading, watch, answer) for answer in answers]
            with self._store.batch() as batch:
                for answer, document in zip(answers, drafted, strict=True):
                    if isinstance(answer, PageAnswer):
                        raised += self._page(batch, watch, answer, now)
                        queued = queued or bool(answer.page.text)
                    else:
                        refresh = self._refresh(batch, watch, answer, document, now, network_down)
                        raised += batch.save(refresh)
                        polls.append((answer.feed, refresh.poll))
                        queued = queued or bool(refresh.arrivals or refresh.sightings)
        except BaseException:
            self._languages.clear()
            raise
        return Settled(polls=tuple(polls), raised=tuple(raised), queued=queued)

    def forgive(self, urls: Sequence[str]) -> None:
        """Let feeds whose failure was the network's be polled again after the outage."""
        soon = self._clock() + schedule.OUTAGE
        self._store.reschedule({url: soon + schedule.OUTAGE * self._jitter() / 2 for url in urls})

    def _drafted(self, reading: Reading, watch: Watch, answer: Answer | PageAnswer) -> _Drafted:
        if isinstance(answer, PageAnswer) or not isinstance(answer.came, Read):
            return _Drafted()
        feed, parsed = answer.feed, answer.came.parsed
        entries = identify.recognise(parsed.entries)
        before = reading.known(feed, {one.key for one in entries}, (), ()).guids
        fresh = [one for one in entries if before.get(one.key, (0, b""))[1] != one.fingerprint]
        articles = [arrivals.article(one.entry, feed) for one in fresh]
        recent = self._recent(reading, feed)
        drafts = draft(articles, feed, watch.rules, recent, parsed.lang)
        return _Drafted(entries, {one.key: made for one, made in zip(fresh, drafts, strict=True)})

    def _refresh(
        self,
        batch: Batch,
        watch: Watch,
        answer: Answer,
        document: _Drafted,
        now: Timestamp,
        network_down: bool,
    ) -> Refresh:
        feed, came = answer.feed, answer.came
        if isinstance(came, Read):
            return self._read(batch, watch, answer, came, document, now)
        poll = Poll(at=now, outcome=Outcome.UNCHANGED, seconds=answer.seconds)
        if isinstance(came, FeedError):
            poll = replace(poll, outcome=Outcome.FAILED, reason=came.reason)
            if network_down and isinstance(came, FetchError) and came.network:
                state = schedule.after_outage(answer.state, now, self._jitter())
                state = replace(state, reason=came.reason, failures=max(1, state.failures))
            else:
                state = schedule.after_failure(feed, answer.state, came, now, self._jitter())
        else:
            state = schedule.after_unchanged(feed, answer.state, came, now, self._jitter())
        return Refresh(feed=feed, state=state, poll=poll)

    def _read(
        self,
        batch: Batch,
        watch: Watch,
        answer: Answer,
        came: Read,
        document: _Drafted,
        now: Timestamp,
    ) -> Refresh:
        feed, entries = answer.feed, document.entries
        known = batch.known(
            feed,
            {one.key for one in entries},
            {one.canonical for one in entries} - {""},
            {one.fingerprint for one in entries},
        )
        backfill = answer.state.last_ok is None
        arrived: list[Arrival] = []
        sightings: list[Sighting] = []
        for decision in identify.identify(entries, known):
            brought = arrivals.brought(batch, feed, decision, now)
            if isinstance(brought, Sighting):
                sightings.append(brought)
            elif brought is not None:
                brought = replace(brought, backfill=backfill)
                made = document.drafts.get(brought.guid)
                if made is None or not made.is_of(brought.article):  # it kept its page's text
                    made = self._draft(batch, watch, feed, brought.article)
                arrived.append(arrivals.judged(batch, brought, made))
        new = sum(arrival.new for arrival in arrived)
        jitter = self._jitter()
        state = schedule.after_read(
            feed,
            answer.state,
            came.fetched,
            came.parsed,
            digest=came.digest,
            known=len(entries) - new,
            now=now,
            jitter=jitter,
        )
        poll = Poll(
            at=now,
            outcome=Outcome.READ,
            entries=len(entries),
            new=new,
            changed=len(arrived) - new,
            seconds=answer.seconds,
        )
        return Refresh(
            feed=feed,
            state=state,
            poll=poll,
            arrivals=tuple(arrived),
            sightings=tuple(sightings),
            missed=(answer.state.last_ok, now) if state.blind and answer.state.last_ok else None,
        )

    def _page(self, batch: Batch, watch: Watch, answer: PageAnswer, now: Timestamp) -> list[Raised]:
        """Store a page's text and match it; the watchlists that alerted already stay silent."""
        page = answer.page
        article = batch.article(page.article)
        feed = watch.feeds.get(article.feeds[0]) if article else None
        if article is None or feed is None or not page.text:
            again = feed is not None and answer.attempts + 1 < PAGE_TRIES and not _is_final(page)
            batch.page_failed(page.article, page.reason, now + PAGE_RETRY if again else None)
            return []
        arrival = Arrival(
            article=replace(article, body=page.text),
            new=False,
            guid="",
            fingerprint=b"",
            canonical="",
        )
        made = self._draft(batch, watch, feed, arrival.article)
        return batch.save_page(arrivals.judged(batch, arrival, made), feed, now)

    def _draft(self, reading: Reading, watch: Watch, feed: Feed, article: Article) -> Draft:
        (made,) = draft([article], feed, watch.rules, self._recent(reading, feed), "")
        return made

    def _recent(self, reading: Reading, feed: Feed) -> deque[str]:
        """Return the languages of the feed's last articles, oldest first."""
        if feed.number not in self._languages:
            known = reading.languages(feed)
            self._languages[feed.number] = deque(reversed(known), maxlen=PRIOR_ARTICLES)
        return self._languages[feed.number]


def _is_final(page: Page) -> bool:
    """Tell whether asking again is pointless: there is no text, or the server refused."""
    return not page.reason or (page.status is not None and 400 <= page.status < 500)
