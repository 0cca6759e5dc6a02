"""The second half of the pipeline: what came is recognised, matched and stored.

One call is one transaction with one set of rules: identify, language, match, story, save.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from index.article import Article, Timestamp
from index.language import detect, prior
from monitor import identify, schedule, stories
from monitor.errors import FeedError
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
from monitor.store import Batch, Store

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
            with self._store.batch() as batch:
                for answer in answers:
                    if isinstance(answer, PageAnswer):
                        raised += self._page(batch, watch, answer, now)
                        queued = queued or bool(answer.page.text)
                    else:
                        refresh = self._refresh(batch, watch, answer, now, network_down)
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

    def _refresh(
        self, batch: Batch, watch: Watch, answer: Answer, now: Timestamp, network_down: bool
    ) -> Refresh:
        feed, came = answer.feed, answer.came
        if isinstance(came, Read):
            return self._read(batch, watch, answer, came, now)
        poll = Poll(at=now, outcome=Outcome.UNCHANGED, seconds=answer.seconds)
        if isinstance(came, FeedError):
            poll = replace(poll, outcome=Outcome.FAILED, reason=came.reason)
            if network_down and getattr(came, "network", False):
                state = schedule.after_outage(answer.state, now, self._jitter())
                state = replace(state, reason=came.reason, failures=max(1, state.failures))
            else:
                state = schedule.after_failure(feed, answer.state, came, now, self._jitter())
        else:
            state = schedule.after_unchanged(feed, answer.state, came, now, self._jitter())
        return Refresh(feed=feed, state=state, poll=poll)

    def _read(
        self, batch: Batch, watch: Watch, answer: Answer, came: Read, now: Timestamp
    ) -> Refresh:
        feed, entries = answer.feed, came.parsed.entries
        known = batch.known(
            feed,
            {identify.key(entry) for entry in entries},
            {identify.canonical(entry.url) for entry in entries} - {""},
            {identify.fingerprint(entry) for entry in entries},
        )
        backfill = answer.state.last_ok is None
        arrivals: list[Arrival] = []
        sightings: list[Sighting] = []
        for decision in identify.identify(entries, known):
            brought = _brought(batch, feed, decision, now)
            if isinstance(brought, Sighting):
                sightings.append(brought)
            elif brought is not None:
                brought = replace(brought, backfill=backfill)
                arrivals.append(self._judge(batch, watch, feed, brought, came.parsed.lang))
        new = sum(arrival.new for arrival in arrivals)
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
            changed=len(arrivals) - new,
            seconds=answer.seconds,
        )
        return Refresh(
            feed=feed,
            state=state,
            poll=poll,
            arrivals=tuple(arrivals),
            sightings=tuple(sightings),
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
        return batch.save_page(self._judge(batch, watch, feed, arrival, ""), feed, now)

    def _judge(
        self, batch: Batch, watch: Watch, feed: Feed, arrival: Arrival, declared: str
    ) -> Arrival:
        """Give an arrival its language, its matches and its story."""
        article = arrival.article
        recent = self._recent(batch, feed)
        headline = f"{article.title}\n{article.summary}" if article.summary else article.title
        lang = feed.lang or detect(headline, prior(recent, declared)).code
        recent.append(lang)
        article = replace(article, lang=lang)
        shingles = stories.shingles(article)
        told = stories.judge(article.id, shingles, _candidates(batch, article.id, shingles))
        return replace(
            arrival,
            article=replace(article, story=told.story),
            copy_of=told.copy_of and batch.original(told.copy_of),
            shingles=shingles,
            hits=watch.rules.match(article, feed),
        )

    def _recent(self, batch: Batch, feed: Feed) -> deque[str]:
        """Return the languages of the feed's last articles, oldest first."""
        if feed.number not in self._languages:
            known = batch.languages(feed)
            self._languages[feed.number] = deque(reversed(known), maxlen=PRIOR_ARTICLES)
        return self._languages[feed.number]


def _brought(
    batch: Batch, feed: Feed, decision: identify.Decision, now: Timestamp
) -> Arrival | Sighting | None:
    """Return what an entry brings: an article to judge, another place of a known one, nothing."""
    entry = decision.entry
    if isinstance(decision, identify.Seen):
        return None
    if isinstance(decision, identify.New):
        article = Article(
            id=batch.next_article(),
            feeds=(feed.number,),
            url=entry.url,
            title=entry.title,
            summary=entry.summary,
            body=entry.body,
            author=entry.author,
            published=entry.published,
            seen=now,
        )
    else:
        old = batch.article(decision.article)
        changed = isinstance(decision, identify.Changed)
        if old is None or not changed or old.feeds[0] != feed.number:
            return Sighting(
                article=decision.article,
                guid=decision.key,
                fingerprint=decision.fingerprint,
                reissued=isinstance(decision, identify.Reissued),
            )
        article = replace(
            old,
            title=entry.title,
            summary=entry.summary,
            body=entry.body or (old.body if feed.full_text else ""),
            author=entry.author,
        )
    return Arrival(
        article=article,
        new=isinstance(decision, identify.New),
        guid=decision.key,
        fingerprint=decision.fingerprint,
        canonical=decision.canonical,
        wants_page=feed.full_text and bool(article.url) and not entry.body,
    )


def _candidates(
    batch: Batch, article: int, shingles: frozenset[int]
) -> Iterator[stories.Candidate]:
    """Yield the articles that share shingles with one."""
    shared = batch.candidates(shingles)
    shared.pop(article, None)
    likely = [id for id, count in shared.items() if count >= stories.LEAST_SHARED]
    for id, (story, size) in batch.tellers(likely).items():
        yield stories.Candidate(article=id, story=story, shared=shared[id], size=size)


def _is_final(page: Page) -> bool:
    """Tell whether asking again is pointless: there is no text, or the server refused."""
    return not page.reason or (page.status is not None and 400 <= page.status < 500)
