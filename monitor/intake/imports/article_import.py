"""Taking in articles from elsewhere: recognised, matched, stored, on their way to the index.

Each batch is one transaction, beside a running monitor too. What is there already is not
added, so that an import that was cut short is simply run again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.intake.imports.json_articles import ImportedArticle, tells_one_article
from monitor.intake.ingest import article_changes
from monitor.intake.ingest.enrichment import enrich
from monitor.intake.parse.entry_keys import keyed_entries
from monitor.judgement.alerts.alert_planning import plan_alerts
from monitor.judgement.alerts.facts import Arrivals
from monitor.judgement.alerts.routing import Routing
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.evidence import Via
from monitor.model.feed import Feed
from monitor.model.poll import ArticleChange, Entry, Known
from monitor.model.watchlist import Watchlist
from monitor.storage.store.sql.batch import Batch
from monitor.storage.store.sql.store import Store

BATCH = 200
"""Articles of one transaction: a monitor waits a tenth of a second for it."""
UNNAMED = "imported"
"""Feed of articles that name none."""


class ArticleImport:
    """One import. `watchlists` and `routing` return the active ones, in each transaction."""

    def __init__(
        self,
        store: Store,
        watchlists: Callable[[], tuple[Watchlist, ...]],
        clock: Callable[[], Timestamp],
        feed: str = UNNAMED,
        routing: Callable[[], Routing] = Routing,
    ) -> None:
        self._store = store
        self._watchlists = watchlists
        self._clock = clock
        self._feed = feed
        self._routing = routing
        self._rules = WatchlistMatcher(())
        self.new = self.known = self.alerts = 0
        """Articles taken in, articles that were there, alerts raised so far."""

    def take(self, articles: Iterable[ImportedArticle]) -> None:
        """Take in a batch, whole or not at all. Raises StoreError."""
        named = sorted(articles, key=lambda one: one.feed or self._feed)
        new = known = alerts = 0
        with self._store.batch() as batch:
            watchlists = self._watchlists()  # inside: the monitor looks through what is older
            if watchlists != self._rules.watchlists:
                self._rules = WatchlistMatcher(watchlists)
            for name, group in groupby(named, key=lambda one: one.feed or self._feed):
                feed = batch.feed_named(name)
                given = list(group)
                fresh = _fresh(batch, feed, given)
                arrived = [self._arrival(batch, feed, *one) for one in fresh]
                now = self._clock()
                batch.save_imported(feed, arrived)
                arrivals = Arrivals(feed=feed, via=Via.IMPORT, changes=tuple(arrived))
                plan = plan_alerts(arrivals, batch.alert_facts(arrivals, now), self._routing(), now)
                batch.save_alerts(plan)
                alerts += len(plan.raised)
                new += len(arrived)
                known += len(given) - len(arrived)
        self.new += new
        self.known += known
        self.alerts += alerts

    def _arrival(
        self, batch: Batch, feed: Feed, given: ImportedArticle, one: Entry
    ) -> ArticleChange:
        article = article_changes.article(one, feed, batch.next_article(), given.seen)
        declared = replace(feed, lang=given.lang or feed.lang)
        (made,) = enrich([article], declared, self._rules, deque(), "")
        return ArticleChange(
            article=replace(made.article, story=article.id),
            new=True,
            guid=one.key,
            fingerprint=one.fingerprint,
            parts=one.parts,
            canonical=one.canonical,
            hits=made.hits,
            backfill=True,
        )


def _fresh(
    batch: Batch, feed: Feed, given: Sequence[ImportedArticle]
) -> list[tuple[ImportedArticle, Entry]]:
    """Return what is not there yet, each once."""
    entries = keyed_entries([one.entry for one in given])
    known = batch.known(
        feed,
        {one.key for one in entries},
        {one.canonical for one in entries} - {""},
        {one.fingerprint for one in entries},
    )
    found: list[tuple[ImportedArticle, Entry]] = []
    imported: set[str | bytes] = set()
    for article, one in zip(given, entries, strict=True):
        names = {one.key, one.canonical if tells_one_article(one.canonical) else one.key}
        if not is_known(one, known) and not names & imported:
            found.append((article, one))
        imported |= names
    return found


def is_known(one: Entry, known: Known) -> bool:
    """Tell whether an article is there: by its name, its link, or its very words.

    Whatever its text: an older one than ours is no news of it. Words alone say nothing
    where links differ, nor does the link of a home page.
    """
    if one.key in known.guids:
        return True
    linked = known.urls.get(one.canonical, ()) if one.canonical else ()
    if linked and tells_one_article(one.canonical):
        return True
    if any(other.fingerprint == one.fingerprint for other in linked):
        return True
    return not one.canonical and one.fingerprint in known.contents
