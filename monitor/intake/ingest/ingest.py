"""The second half of the pipeline: poll results become stored articles and alerts.

One call is one transaction under one configuration: identify, assign stories, plan alerts,
save. Work that needs no store (language, matching, shingles) is done before the transaction.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from msgspec.structs import replace

from index.analysis.text_features import unpacked
from monitor.base.article import Article, Timestamp
from monitor.base.errors import FetchError
from monitor.base.translation import gettext as _
from monitor.base.translation import ngettext
from monitor.intake.ingest import article_changes, schedule
from monitor.intake.ingest.article_changes import enrich
from monitor.intake.ingest.poll_outcome import (
    ActiveConfig,
    BatchOutcome,
    PageResult,
    PollResult,
    PollStep,
)
from monitor.judgement.alerts.alert_planning import plan_alerts
from monitor.judgement.alerts.plan import AlertPlan, Arrivals
from monitor.judgement.alerts.routing import plan_ended_silences
from monitor.judgement.match.matcher import TimedMatcher
from monitor.model.event_link import EncodedBatch, EventLink, Surety
from monitor.model.evidence import Via
from monitor.model.feed import Feed, Poll
from monitor.model.poll import ArticleChange, PollOutcome, RaisedAlert
from monitor.storage.store.sql.batch import Batch, StoreReads
from monitor.storage.store.sql.store import Store

log = logging.getLogger("tocsin")

PAGE_TRIES = 3
PAGE_RETRY = 600.0
PRIOR_ARTICLES = 20
STALE = 6 * 3600.0
"""Age in seconds from which a linked article is no news: nobody is notified."""


class Ingester:
    """Turns poll and page results into stored articles and alerts. Runs in the store's thread."""

    def __init__(
        self,
        store: Store,
        watch: ActiveConfig,
        clock: Callable[[], Timestamp],
        jitter: Callable[[], float],
        stopwatch: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._store = store
        self.watch = watch
        self._clock = clock
        self._jitter = jitter
        self._stopwatch = stopwatch
        self._languages: dict[int, deque[str]] = {}

    def ingest(
        self, answers: Sequence[PollResult | PageResult], network_down: bool
    ) -> BatchOutcome:
        """Store the results of a batch in one transaction.

        While the network is down, failures are not counted against the feeds.

        Raises:
            StoreError: Nothing of the batch is stored.
        """
        watch, now = self.watch, self._clock()
        answers = [_with_current_feed(answer, watch) for answer in answers]
        polls: list[tuple[Feed, Poll]] = []
        raised: list[RaisedAlert] = []
        planned, queued = 0, False
        try:
            with self._store.reading() as reading:
                all_drafts = [self._drafted(reading, watch, answer) for answer in answers]
            with self._store.batch() as batch:
                leases = batch.held({answer.lease for answer in answers})
                feeds = [answer.feed for answer in answers if isinstance(answer, PollResult)]
                histories = batch.feed_histories(feeds)
                for answer, drafts in zip(answers, all_drafts, strict=True):
                    if answer.lease not in leases:
                        continue
                    if isinstance(answer, PageResult):
                        arrivals = self._page(batch, watch, answer, now)
                        queued = queued or bool(answer.page.text)
                    else:
                        feed = answer.feed
                        history = histories.pop(feed.number, None)
                        if history is None:  # polled twice in this batch
                            history = batch.feed_histories([feed])[feed.number]
                        outcome = PollStep(
                            batch=batch,
                            history=history,
                            answer=answer,
                            drafts=drafts,
                            redraft=partial(self._draft, batch, watch, feed),
                            now=now,
                            jitter=self._jitter(),
                            network_down=network_down,
                        ).outcome()
                        batch.save_poll(outcome)
                        carried = self._carried(batch, watch, answer, outcome)
                        arrivals = Arrivals(
                            feed=outcome.feed,
                            via=Via.POLL,
                            changes=(*outcome.arrivals, *carried),
                            response=outcome.response,
                            notices=outcome.begun,
                        )
                        polls.append((feed, outcome.poll))
                        queued = queued or bool(outcome.arrivals or outcome.sightings)
                    if arrivals is not None and (arrivals.changes or arrivals.notices):
                        plan = self._alerted(batch, arrivals, now)
                        raised += plan.raised
                        planned += plan.deliveries
        except BaseException:
            self._languages.clear()
            raise
        if dropped := sum(answer.lease not in leases for answer in answers):
            _log_dropped(dropped)
            self._languages.clear()
        return BatchOutcome(
            polls=tuple(polls),
            raised=tuple(raised),
            queued=queued,
            planned=planned,
            unreached=frozenset(
                answer.feed.url
                for answer in answers
                if isinstance(answer, PollResult)
                and isinstance(answer.response, FetchError)
                and answer.response.network
            ),
        )

    def end_silences(self) -> int:
        """Report the silences that have ended; return the number of new deliveries.

        Cheap enough for every second.

        Raises:
            StoreError: The store refuses; nothing was changed.
        """
        now = self._clock()
        with self._store.reading() as reading:
            if not reading.silence_facts(now).ended_silences:
                return 0
        with self._store.batch() as batch:
            plan = plan_ended_silences(batch.silence_facts(now), self.watch.routing, now)
            batch.save_alerts(plan)
        for message in plan.messages:
            log.info("%s", message)
        return plan.deliveries

    def save_encoded(self, encoded: EncodedBatch) -> BatchOutcome:
        """Store vectors and links of articles; sure links escalate the alerts of their stories.

        Raises:
            StoreError: Nothing of this is stored.
        """
        now = self._clock()
        raised: list[RaisedAlert] = []
        planned = 0
        with self._store.batch() as batch:
            batch.save_encoded(encoded)
            for arrivals in self._linked(batch, encoded.links, now):
                plan = self._alerted(batch, arrivals, now)
                raised += plan.raised
                planned += plan.deliveries
        return BatchOutcome(raised=tuple(raised), planned=planned)

    def _alerted(self, batch: Batch, arrivals: Arrivals, now: Timestamp) -> AlertPlan:
        """Raise and escalate the alerts that articles and incidents call for."""
        plan = plan_alerts(arrivals, batch.alert_facts(arrivals, now), self.watch.routing, now)
        batch.save_alerts(plan)
        return plan

    def _linked(
        self, batch: Batch, links: Sequence[EventLink], now: Timestamp
    ) -> Iterator[Arrivals]:
        """Yield the stories that sure links spread, one link at a time."""
        sure_links = [link for link in links if link.surety is Surety.SURE]
        ids = {id for link in sure_links for id in (link.later, link.earlier)}
        articles = {article.id: article for article in batch.articles.get(sorted(ids))}
        for link in sure_links:
            if (later := articles.get(link.later)) and (earlier := articles.get(link.earlier)):
                feed = self.watch.feeds.get(later.feeds[0])
                if feed is not None:
                    is_stale = now - max(later.seen, earlier.seen) > STALE
                    yield Arrivals(feed=feed, via=Via.LINK, linked={earlier.story: is_stale})

    def forgive(self, urls: Sequence[str]) -> None:
        """Schedule feeds that failed because of an outage to be polled again soon."""
        soon = self._clock() + schedule.OUTAGE
        self._store.reschedule({url: soon + schedule.OUTAGE * self._jitter() / 2 for url in urls})

    def _drafted(
        self, reading: StoreReads, watch: ActiveConfig, answer: PollResult | PageResult
    ) -> dict[str, ArticleChange]:
        """Return the enrichment of each entry that is new or changed, by key."""
        if isinstance(answer, PageResult) or answer.parsed is None:
            return {}
        feed, parsed = answer.feed, answer.parsed
        entries = parsed.entries
        stored = reading.known(feed, {entry.key for entry in entries}, (), ()).guids
        fresh = [
            entry for entry in entries if stored.get(entry.key, (0, b""))[1] != entry.fingerprint
        ]
        articles = [article_changes.article(entry, feed) for entry in fresh]
        recent = self._recent(reading, feed)
        features = [unpacked(e.features) if e.features else None for e in fresh]
        matcher = TimedMatcher(self._stopwatch)
        drafts = enrich(
            articles, feed, watch.rules, recent, parsed.lang, matcher, features=features
        )
        return {entry.key: draft for entry, draft in zip(fresh, drafts, strict=True)}

    def _page(
        self, batch: Batch, watch: ActiveConfig, answer: PageResult, now: Timestamp
    ) -> Arrivals | None:
        """Store the text of an article's page; return the article, None if there is no text."""
        page, id = answer.page, answer.pending.article.id
        article = next(iter(batch.articles.get([id])), None)
        feed = watch.feeds.get(article.feeds[0]) if article else None
        if page.later:
            batch.postpone_page(id, page.reason, now + page.later, failed=False)
            return None
        if article is None or feed is None or not page.text:
            final = page.final or not page.reason or answer.pending.attempts + 1 >= PAGE_TRIES
            retries = feed is not None and not final
            reason = page.reason or _("no article is found in it")
            due = now + PAGE_RETRY if retries else None
            batch.postpone_page(id, reason, due, failed=True)
            return None
        arrival = ArticleChange(
            article=replace(article, body=page.text), backfill=answer.pending.backfill
        )
        draft = self._draft(batch, watch, feed, arrival.article)
        (change,) = article_changes.with_enrichments(batch, feed, [(arrival, draft)])
        batch.save_page(change)
        return Arrivals(feed=feed, via=Via.PAGE, changes=(change,))

    def _draft(
        self, reading: StoreReads, watch: ActiveConfig, feed: Feed, article: Article
    ) -> ArticleChange:
        """Enrich an article of a feed, with the matches for each other feed that carries it.

        Its language is that of the feed that had it first, if that one declares one.
        """
        first = watch.feeds.get(article.feeds[0], feed)
        matcher, recent = TimedMatcher(self._stopwatch), self._recent(reading, first)
        (draft,) = enrich([article], first, watch.rules, recent, "", matcher)
        if article.feeds == (feed.number,) or draft.unmatched:
            return draft
        matching = matcher.match(watch.rules, draft.article, *_feeds_of(article, feed, watch))
        return replace(draft, hits=matching.hits, unmatched=matching.unmatched)

    def _carried(
        self, batch: Batch, watch: ActiveConfig, answer: PollResult, outcome: PollOutcome
    ) -> Iterator[ArticleChange]:
        """Yield the known articles that match because this feed now carries them too."""
        if not (outcome.sightings and watch.rules.by_feed):
            return
        feed, ids = outcome.feed, [sighting.article for sighting in outcome.sightings]
        matcher = TimedMatcher(self._stopwatch)
        for article in batch.articles.get(list(dict.fromkeys(ids))):
            if len(article.feeds) < 2:
                continue
            feeds = _feeds_of(article, feed, watch)
            others = (other for other in feeds if other is not feed)
            earlier_hits = matcher.match(watch.rules, article, *others).hits
            earlier = {hit.watchlist.name for hit in earlier_hits}
            hits = matcher.match(watch.rules, article, *feeds).hits
            if new := tuple(hit for hit in hits if hit.watchlist.name not in earlier):
                yield ArticleChange(
                    article=article,
                    carried=True,
                    hits=new,
                    backfill=answer.state.last_ok is None,
                )

    def _recent(self, reading: StoreReads, feed: Feed) -> deque[str]:
        """Return the languages of the feed's last articles, oldest first."""
        if feed.number not in self._languages:
            languages = reading.languages(feed)
            self._languages[feed.number] = deque(reversed(languages), maxlen=PRIOR_ARTICLES)
        return self._languages[feed.number]


def _feeds_of(article: Article, feed: Feed, watch: ActiveConfig) -> list[Feed]:
    carriers = (watch.feeds.get(number) for number in article.feeds if number != feed.number)
    return [feed, *(other for other in carriers if other is not None)]


def _with_current_feed(
    answer: PollResult | PageResult, watch: ActiveConfig
) -> PollResult | PageResult:
    """Return a poll result with the feed of the active configuration, edited since the poll."""
    if isinstance(answer, PageResult):
        return answer
    feed = watch.feeds.get(answer.feed.number, answer.feed)
    return answer if feed is answer.feed else replace(answer, feed=feed)


def _log_dropped(count: int) -> None:
    log.warning(
        ngettext(
            "{count} poll was dropped: another monitor watches its feed by now",
            "{count} polls were dropped: another monitor watches their feeds by now",
            count,
        )
    )
