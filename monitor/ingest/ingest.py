"""The second half of the pipeline: what came is recognised, matched and stored.

One call is one transaction with one set of rules: identify, story, save. What needs no
store (language, match, shingles) is done for the whole batch before it begins.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from index.article import Article, Timestamp
from monitor.alerts.notification_planning import end_mutes, plan
from monitor.errors import FeedError
from monitor.ingest import article_changes, identify, poll_outcome, schedule
from monitor.ingest.enrichment import Enrichment, enrich
from monitor.ingest.poll_outcome import Drafted
from monitor.ingest.poll_result import BatchOutcome, PageResult, PollResult, Read, Watch
from monitor.model.feed import Feed, Poll
from monitor.model.poll import ArticleChange, PollOutcome, RaisedAlert
from monitor.store.protocol import Batch, Store, StoreReads

log = logging.getLogger("tocsin")

PAGE_TRIES = 3
PAGE_RETRY = 600.0
PRIOR_ARTICLES = 20


class Ingester:
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

    def settle(
        self, answers: Sequence[PollResult | PageResult], network_down: bool
    ) -> BatchOutcome:
        """Store all of it, or nothing; raises StoreError.

        While the network is down its failures are not the feeds'.
        """
        watch, now = self.watch, self._clock()
        answers = [_as_asked_now(answer, watch) for answer in answers]
        polls: list[tuple[Feed, Poll]] = []
        raised: list[RaisedAlert] = []
        queued = False
        try:
            with self._store.reading() as reading:
                drafted = [self._drafted(reading, watch, answer) for answer in answers]
            with self._store.batch() as batch:
                for answer, document in zip(answers, drafted, strict=True):
                    if isinstance(answer, PageResult):
                        raised += self._page(batch, watch, answer, now)
                        queued = queued or bool(answer.page.text)
                    else:
                        refresh = self._refresh(batch, watch, answer, document, now, network_down)
                        raised += batch.save(refresh)
                        polls.append((answer.feed, refresh.poll))
                        queued = queued or bool(refresh.arrivals or refresh.sightings)
                raised, planned = plan(batch, watch.routing, raised, now)
        except BaseException:
            self._languages.clear()
            raise
        return BatchOutcome(
            polls=tuple(polls), raised=tuple(raised), queued=queued, planned=planned
        )

    def end_mutes(self) -> int:
        """Tell what mutes held back that have ended; return how many deliveries that makes.

        Cheap enough for every second. Raises StoreError.
        """
        now = self._clock()
        if not self._store.mutes_over(now):
            return 0
        with self._store.batch() as batch:
            said, planned = end_mutes(batch, self.watch.routing, now)
        for words in said:
            log.info("%s", words)
        return planned

    def forgive(self, urls: Sequence[str]) -> None:
        """Let feeds whose failure was the network's be polled again after the outage."""
        soon = self._clock() + schedule.OUTAGE
        self._store.reschedule({url: soon + schedule.OUTAGE * self._jitter() / 2 for url in urls})

    def _drafted(
        self, reading: StoreReads, watch: Watch, answer: PollResult | PageResult
    ) -> Drafted:
        if isinstance(answer, PageResult) or not isinstance(answer.came, Read):
            return Drafted()
        feed, parsed = answer.feed, answer.came.parsed
        entries = identify.recognise(parsed.entries)
        before = reading.known(feed, {one.key for one in entries}, (), ()).guids
        fresh = [one for one in entries if before.get(one.key, (0, b""))[1] != one.fingerprint]
        articles = [article_changes.article(one.entry, feed) for one in fresh]
        recent = self._recent(reading, feed)
        drafts = enrich(articles, feed, watch.rules, recent, parsed.lang)
        return Drafted(entries, {one.key: made for one, made in zip(fresh, drafts, strict=True)})

    def _refresh(
        self,
        batch: Batch,
        watch: Watch,
        answer: PollResult,
        document: Drafted,
        now: Timestamp,
        network_down: bool,
    ) -> PollOutcome:
        came, jitter = answer.came, self._jitter()
        if isinstance(came, FeedError):
            return poll_outcome.failed(batch, answer, came, now, jitter, outage=network_down)
        if not isinstance(came, Read):
            return poll_outcome.unchanged(batch, answer, now, jitter)
        redraft = partial(self._draft, batch, watch, answer.feed)
        return poll_outcome.read(batch, answer, came, document, redraft, now, jitter)

    def _page(
        self, batch: Batch, watch: Watch, answer: PageResult, now: Timestamp
    ) -> list[RaisedAlert]:
        """Store a page's text and match it; the watchlists that alerted already stay silent."""
        page = answer.page
        article = batch.article(page.article)
        feed = watch.feeds.get(article.feeds[0]) if article else None
        if page.later:
            batch.page_later(page.article, page.reason, now + page.later)
            return []
        if article is None or feed is None or not page.text:
            final = page.final or not page.reason or answer.attempts + 1 >= PAGE_TRIES
            again = feed is not None and not final
            why = page.reason or "no article is found in it"
            batch.page_failed(page.article, why, now + PAGE_RETRY if again else None)
            return []
        arrival = ArticleChange(
            article=replace(article, body=page.text),
            new=False,
            guid="",
            fingerprint=b"",
            canonical="",
            backfill=batch.page_is_backfill(article.id),
        )
        made = self._draft(batch, watch, feed, arrival.article)
        return batch.save_page(article_changes.judged(batch, arrival, made), feed, now)

    def _draft(self, reading: StoreReads, watch: Watch, feed: Feed, article: Article) -> Enrichment:
        (made,) = enrich([article], feed, watch.rules, self._recent(reading, feed), "")
        return made

    def _recent(self, reading: StoreReads, feed: Feed) -> deque[str]:
        """Return the languages of the feed's last articles, oldest first."""
        if feed.number not in self._languages:
            known = reading.languages(feed)
            self._languages[feed.number] = deque(reversed(known), maxlen=PRIOR_ARTICLES)
        return self._languages[feed.number]


def _as_asked_now(answer: PollResult | PageResult, watch: Watch) -> PollResult | PageResult:
    """Return an answer with its feed as `feeds.yaml` has it now: it may have been edited since."""
    if isinstance(answer, PageResult):
        return answer
    return replace(answer, feed=watch.feeds.get(answer.feed.number, answer.feed))
