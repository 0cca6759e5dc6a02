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
from monitor.base.translation import gettext as _, ngettext
from monitor.intake.ingest import article_changes, schedule
from monitor.intake.ingest.article_changes import enrich
from monitor.intake.ingest.poll_outcome import (
    ActiveConfig,
    BatchOutcome,
    PageResult,
    PollResult,
    PollStep,
)
from monitor.intake.parse.entry import title_of_address
from monitor.judgement.alerts.routing import plan_ended_silences
from monitor.judgement.match.matcher import TimedMatcher
from monitor.model.cost import ARTICLE, QUICK
from monitor.model.event_link import EncodedBatch, EventLink, Surety
from monitor.model.feed import Feed, Poll
from monitor.model.poll import Arrivals, ArticleChange, PollOutcome, RaisedAlert, Via
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
        self._costs: dict[int, tuple[Timestamp, float]] = {}
        """The beginning of an hour of a feed, and the seconds of its costly documents since."""

    def ingest(
        self, answers: Sequence[PollResult | PageResult], network_down: bool
    ) -> BatchOutcome:
        """Store the results of a batch in one transaction, but for documents that are costly.

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
            drafted = [self._drafted(answer) for answer in answers]
            answers = [answer for answer in drafted if not isinstance(answer, Feed)]
            with self._store.batch() as batch:
                leases = batch.held({answer.lease for answer in answers})
                feeds = [answer.feed for answer in answers if isinstance(answer, PollResult)]
                histories = batch.feed_histories(feeds)
                for answer in answers:
                    if answer.lease not in leases:
                        continue
                    arrivals: Arrivals | None
                    if isinstance(answer, PageResult):
                        arrivals = self._page(batch, watch, answer, now)
                        queued = queued or bool(answer.page.text)
                    else:
                        feed = answer.feed
                        history = histories.pop(feed.number, None)  # None: polled twice
                        history = history or batch.feed_histories([feed])[feed.number]
                        outcome = PollStep(
                            batch=batch,
                            history=history,
                            answer=answer,
                            redraft=partial(self._draft, batch, watch, feed, answer.matcher),
                            hourly=self._hourly_cost(answer, now),
                            now=now,
                            jitter=self._jitter(),
                            network_down=network_down,
                        ).outcome()
                        batch.save_poll(outcome)
                        polls.append((feed, outcome.poll))
                        queued = queued or bool(outcome.changes or outcome.sightings)
                        carried = self._carried(batch, watch, answer, outcome)
                        arrivals = replace(outcome, changes=(*outcome.changes, *carried))
                    if arrivals is not None and (arrivals.changes or arrivals.notices):
                        plan = batch.raise_alerts(arrivals, watch.routing, now)
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
            costly=frozenset(feed.url for feed in drafted if isinstance(feed, Feed)),
        )

    def drafting(
        self, answer: PollResult, *, is_costly: bool = True
    ) -> Iterator[PollResult | None]:
        """Draft the new and changed entries of a document, in slices of `QUICK` seconds.

        Yields:
            None after a slice, and where an article shows that the document is costly; the result
            with the drafts.
        """
        watch = self.watch
        matcher = TimedMatcher(self._stopwatch, ARTICLE if is_costly else QUICK)
        changes: dict[str, ArticleChange] = {}
        if answer.parsed is not None:
            feed, parsed = answer.feed, answer.parsed
            with self._store.reading() as reading:
                stored = reading.known(feed, {entry.key for entry in parsed.entries}, (), ()).guids
                recent = self._recent(reading, feed)
            current = [e for e in parsed.entries if e.key in stored or not answer.is_of_the_past(e)]
            answer = replace(answer, parsed=replace(parsed, entries=tuple(current)))
            fresh = [e for e in current if stored.get(e.key, (0, b""))[1] != e.fingerprint]
            articles = [article_changes.article(entry, feed) for entry in fresh]
            features = [unpacked(e.features) if e.features else None for e in fresh]
            drafts = enrich(
                articles, feed, watch.rules, recent, parsed.lang, matcher, features=features
            )
            slice_end = QUICK
            for entry, draft in zip(fresh, drafts, strict=True):
                changes[entry.key] = draft
                if matcher.spent > slice_end or (draft.unmatched and not is_costly):
                    slice_end = matcher.spent + QUICK
                    yield None
        matcher.limit = ARTICLE  # for the articles that turn out to have other texts
        yield replace(answer, drafts=changes, watch=watch, matcher=matcher)

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
                plan = batch.raise_alerts(arrivals, self.watch.routing, now)
                raised += plan.raised
                planned += plan.deliveries
        return BatchOutcome(raised=tuple(raised), planned=planned)

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

    def _drafted(self, answer: PollResult | PageResult) -> PollResult | PageResult | Feed:
        """Return a result with its drafts; the feed if its document turns out to be costly."""
        if isinstance(answer, PageResult):
            return answer
        is_costly = answer.watch is not None
        if answer.watch is self.watch:
            return answer
        for drafted in self.drafting(answer, is_costly=is_costly):
            if drafted is not None:
                return drafted
            if not is_costly:
                self._languages.pop(answer.feed.number, None)
                break
        return answer.feed

    def _hourly_cost(self, answer: PollResult, now: Timestamp) -> float:
        """Return the seconds of a feed in this hour, if the document is costly; else 0."""
        if answer.spent <= QUICK:
            return 0.0
        since, spent = self._costs.get(answer.feed.number, (now, 0.0))
        if not 0.0 <= now - since < schedule.HOUR:
            since, spent = now, 0.0
        self._costs[answer.feed.number] = since, spent + answer.spent
        return spent + answer.spent

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
        if feed is not None and (page.text or page.is_barred):
            batch.note_barrier(feed.number, page.reason)
        if article is None or feed is None or not page.text:
            final = page.final or not page.reason or answer.pending.attempts + 1 >= PAGE_TRIES
            retries = feed is not None and not final
            reason = page.reason or _("no article is found in it")
            due = now + PAGE_RETRY if retries else None
            batch.postpone_page(id, reason, due, failed=True)
            return None
        is_unnamed = page.title and article.title == title_of_address(article.url)
        title = page.title if is_unnamed else article.title
        arrival = ArticleChange(
            article=replace(article, title=title, body=page.text, lang=""),
            backfill=answer.pending.backfill,
        )
        matcher = TimedMatcher(self._stopwatch)
        draft = self._draft(batch, watch, feed, matcher, arrival.article)
        (change,) = article_changes.with_enrichments(batch, feed, [(arrival, draft)])
        batch.save_page(change)
        return Arrivals(feed=feed, via=Via.PAGE, changes=(change,))

    def _draft(
        self,
        reading: StoreReads,
        watch: ActiveConfig,
        feed: Feed,
        matcher: TimedMatcher,
        article: Article,
    ) -> ArticleChange:
        """Enrich an article of a feed, with the matches for each other feed that carries it.

        Its language is that of the feed that had it first, if that one declares one.
        """
        first = watch.feeds.get(article.feeds[0], feed)
        recent = self._recent(reading, first)
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
        matcher = answer.matcher
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
                    article=article, carried=True, hits=new, backfill=answer.state.last_ok is None
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
