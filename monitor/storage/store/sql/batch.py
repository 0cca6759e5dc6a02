"""One transaction of the monitor: its reads, to recognise articles and plan alerts; its writes."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.base.translation import coded
from monitor.base.url import is_same_site
from monitor.judgement.alerts.alert_planning import plan_alerts
from monitor.judgement.alerts.plan import AlertFacts, AlertPlan
from monitor.judgement.alerts.routing import Routing
from monitor.model.event_link import WINDOW, EncodedBatch
from monitor.model.feed import Feed, SourceKind
from monitor.model.lease import SharingMonitor
from monitor.model.poll import (
    Arrivals,
    ArticleChange,
    FeedHistory,
    Headline,
    Known,
    KnownArticle,
    Names,
    Namesakes,
    PollOutcome,
    StoryCandidate,
    decoded_groups,
)
from monitor.storage.fencing import Lease
from monitor.storage.store.database.connection import (
    Connection,
    Row,
    StoreConnection,
    grouped,
    rows_in,
    select_in,
    upsert,
)
from monitor.storage.store.sql import articles, feeds, leases
from monitor.storage.store.sql.alerts import (
    drop_alerts_of,
    read_alert_facts,
    read_silence_facts,
    regroup_alerts,
    save_plan,
)
from monitor.storage.store.sql.article_views import DATE, ArticleViews
from monitor.storage.store.sql.evidence import EvidenceLog
from monitor.storage.store.sql.volumes import VolumeViews

MAX_COUNTED = 500
"""Most articles with a name that are counted: a more frequent name tells next to nothing."""


LEAST_NAMES = 3
"""Least rare words of names that articles in two languages share; in one language one less."""
MOST_BEARERS = 50
"""Most articles with a rare word in names: a more frequent one finds no articles."""
MOST_NAMESAKES = 3
"""Most articles with the names of a text that are compared, those with the most names first."""


class StoreReads:
    """The reads of the monitor, to recognise articles and to decide about alerts."""

    def __init__(self, sql: Connection) -> None:
        self._sql = sql
        self.articles = ArticleViews(StoreConnection(sql))
        self.volumes = VolumeViews(sql)

    # --- feeds ---

    def feed_histories(self, subjects: Iterable[Feed]) -> dict[int, FeedHistory]:
        """Return the histories of feeds, which are not in their polling state, by number."""
        return feeds.read_histories(self._sql, subjects)

    def languages(self, feed: Feed) -> list[str]:
        """Return the languages of the feed's last twenty articles, newest first."""
        rows = self._sql.execute(
            "SELECT a.lang FROM entries e JOIN articles a ON a.id = e.article"
            " WHERE e.feed = ? ORDER BY a.id DESC LIMIT 20",
            (feed.number,),
        )
        return [lang for (lang,) in rows]

    # --- articles ---

    def headlines(self, feed: Feed, since: Timestamp) -> list[tuple[str, Timestamp, int]]:
        """Return headlines, dates and ids of what the witnesses of a feed showed since then.

        Those of a sitemap are the feeds of its outlet; that of a feed is the sitemap.
        """
        sign = "<>" if feed.source.kind is SourceKind.SITEMAP else "="
        rows = self._sql.execute(
            f"SELECT a.title, {DATE}, a.id FROM feeds f JOIN entries e ON e.feed = f.number"
            " JOIN articles a ON a.id = e.article"
            f" WHERE f.outlet = ? AND f.kind {sign} 'sitemap' AND e.article >= ? ORDER BY a.id",
            (feed.outlet, self.articles.seen_since(since)),
        )
        return [(title, date, id) for title, date, id in rows]

    def known(
        self,
        feed: Feed,
        guids: Collection[str],
        canonicals: Collection[str],
        fingerprints: Collection[bytes],
    ) -> Known:
        """Return the stored articles with these keys, links or contents."""
        by_guid: dict[str, tuple[int, bytes]] = {}
        parts: dict[str, bytes] = {}
        for guid, article, fingerprint, hashes in select_in(
            self._sql,
            "SELECT guid, article, fingerprint, parts FROM entries"
            " WHERE feed = ? AND guid IN ({0})",
            guids,
            feed.number,
        ):
            by_guid[guid], parts[guid] = (article, fingerprint), hashes
        if len(by_guid) == len(guids):
            return Known(feed=feed.number, guids=by_guid, parts=parts)
        by_url = self._by_url(canonicals)
        same_content = select_in(
            self._sql,
            "SELECT fingerprint, guid, article FROM entries WHERE feed = ?"
            " AND fingerprint IN ({0})",
            fingerprints,
            feed.number,
        )
        contents = grouped((content, (*entry,)) for content, *entry in sorted(same_content))
        article_ids = {article.id for candidates in by_url.values() for article in candidates}
        article_ids.update(article for entries in contents.values() for _, article in entries)
        guids_of = select_in(
            self._sql,
            "SELECT article, guid FROM entries WHERE feed = ? AND article IN ({0})",
            article_ids,
            feed.number,
        )
        own_guids: dict[int, tuple[str, ...]] = grouped(sorted(guids_of))
        return Known(
            feed=feed.number,
            guids=by_guid,
            parts=parts,
            urls={
                url: self._with_site_guids(feed, guids, candidates, own_guids)
                for url, candidates in by_url.items()
            },
            contents=contents,
            own=own_guids,
        )

    def _with_site_guids(
        self,
        feed: Feed,
        guids: Collection[str],
        articles: tuple[KnownArticle, ...],
        own_guids: Collection[int],
    ) -> tuple[KnownArticle, ...]:
        """Add what other feeds of a feed's site call these articles: by guids, by addresses."""
        if all(article.id in own_guids for article in articles):
            return articles
        site_guids: dict[int, set[str]] = defaultdict(set)
        by_address: set[int] = set()
        for article, guid, url, kind in select_in(
            self._sql,
            "SELECT e.article, e.guid, f.url, f.kind FROM entries e"
            " JOIN feeds f ON f.number = e.feed WHERE e.article IN ({0})",
            [article.id for article in articles],
        ):
            is_address = SourceKind.SITEMAP in (kind, feed.source.kind)
            if (guid in guids or is_address) and url != feed.url and is_same_site(url, feed.url):
                site_guids[article].add(guid)
                by_address |= {article} if is_address else set()
        return tuple(
            replace(
                article,
                site_guids=frozenset(site_guids.get(article.id, ())),
                is_same_address=article.id in by_address,
            )
            for article in articles
        )

    def _by_url(self, canonicals: Collection[str]) -> dict[str, tuple[KnownArticle, ...]]:
        rows = select_in(
            self._sql,
            "SELECT 1, id, canonical, feed, title, fingerprint FROM articles"
            " WHERE canonical <> '' AND canonical IN ({0})"
            " UNION ALL SELECT 2, article, canonical, feed, '', fingerprint FROM dropped"
            " WHERE canonical <> '' AND canonical IN ({0})"
            " UNION ALL SELECT 3, a.id, l.canonical, a.feed, a.title, a.fingerprint FROM links l"
            " JOIN articles a ON a.id = l.article WHERE l.canonical IN ({0})",
            canonicals,
        )
        return grouped(
            (canonical, KnownArticle(id=id, feed=feed, title=title, fingerprint=fingerprint))
            for _, id, canonical, feed, title, fingerprint in sorted(rows)
        )

    def story_candidates(
        self, texts: Sequence[tuple[Collection[int], int]]
    ) -> list[list[StoryCandidate]]:
        """Return for each text the articles that share enough of its shingles, by id.

        Args:
            texts: The shingles of each text, and the number of them that is enough.
        """
        # Sorted, as names below: neighbours are on one page.
        all_shingles = sorted({shingle for shingles, _ in texts for shingle in shingles})
        articles_of = grouped(
            self._sql.execute(
                f"SELECT shingle, article FROM {self._sql.numbers}"
                " CROSS JOIN shingles WHERE shingle = value",
                (json.dumps(all_shingles),),
            )
        )
        shared = [_sharing(shingles, threshold, articles_of) for shingles, threshold in texts]
        candidates = self.candidates({id for common in shared for id in common})
        return [
            [
                replace(candidates[id], shared=common[id])
                for id in sorted(candidates.keys() & common.keys())
            ]
            for common in shared
        ]

    def candidates(self, articles: Collection[int]) -> dict[int, StoryCandidate]:
        """Return these articles as candidates that share no shingles, by id."""
        rows = rows_in(
            self._sql,
            f"SELECT id, story, shingle_count, title, feed, outlet, url, copy_of, {DATE} AS date,"
            " coalesce((SELECT seen FROM articles WHERE id = a.story), 0.0) AS began"
            " FROM articles a WHERE id IN ({0})",
            articles,
        )
        return {row["id"]: _story_candidate(row) for row in rows}

    # --- names in recent articles ---

    def name_frequencies(self, words: Iterable[int]) -> dict[int, int]:
        """Return the number of recent articles with each word in a name, 500 at most."""
        rows = self._sql.execute(
            "SELECT value, (SELECT count(*) FROM"
            " (SELECT 1 FROM names WHERE name = value LIMIT ?) AS counted)"
            f" FROM {self._sql.numbers}",
            (MAX_COUNTED, json.dumps(sorted(words))),
        )
        return dict(rows.fetchall())

    def namesakes(self, texts: Sequence[Names]) -> Namesakes:
        """Return recent articles near in date that have the rare names of texts, of each text."""
        likely = self._likely(texts)
        query = "SELECT article, lang, date, names FROM named WHERE article IN ({0})"
        names_of = {
            id: Names(decoded_groups(groups), lang, date)
            for id, lang, date, groups in select_in(self._sql, query, set[int]().union(*likely))
        }
        near = [
            {id: names_of[id] for id in ids if abs(names_of[id].date - text.date) <= WINDOW}
            for text, ids in zip(texts, likely, strict=True)
        ]
        pairs = [(text, others) for text, others in zip(texts, near, strict=True) if others]
        words = {w for text, others in pairs for n in (text, *others.values()) for w in n.words}
        ((recent,),) = self._sql.execute(
            "SELECT coalesce(1 + (SELECT max(article) FROM named) - min(article), 0) FROM named"
        )
        return Namesakes(tuple(near), recent, self.name_frequencies(words))

    def _likely(self, texts: Sequence[Names]) -> list[list[int]]:
        """Return for each text the articles in its language, and in others, with most names."""
        bearers: dict[int, list[tuple[str, list[str]]]] = defaultdict(list)
        for word, lang, ids in self._sql.execute(
            f"SELECT name, lang, {self._sql.joined('article')} FROM {self._sql.numbers}"
            " CROSS JOIN names WHERE name = value AND NOT EXISTS"
            " (SELECT 1 FROM names WHERE name = value LIMIT 1 OFFSET ?) GROUP BY name, lang",
            (json.dumps(sorted(frozenset().union(*(n.words for n in texts)))), MOST_BEARERS),
        ):
            bearers[word].append((lang, ids.split(",")))
        return [_with_most_names(names, bearers) for names in texts]

    # --- alerts ---

    def lost_monitors(self) -> list[SharingMonitor]:
        """Return the lost monitors about which there is no alert yet."""
        return leases.lost_monitors(self._sql)

    def silence_facts(self, now: Timestamp) -> AlertFacts:
        """Return the silences that have ended and are not reported yet."""
        return read_silence_facts(self._sql, now)


class Batch(StoreReads):
    """One transaction: its reads see its writes.

    Its beginning raises LeaseLostError if another monitor holds the lease by now.
    """

    def __init__(self, sql: Connection, bucket_of: Callable[[str], int]) -> None:
        super().__init__(sql)
        self._bucket_of = bucket_of
        self._without_arrivals: list[PollOutcome] = []
        self._log = EvidenceLog(sql)
        (stored, dropped) = sql.execute(
            "SELECT (SELECT max(id) FROM articles), (SELECT max(article) FROM dropped)"
        ).fetchone()
        self._last_article = max(stored or 0, dropped or 0)

    def held(self, expected: Collection[Lease]) -> frozenset[Lease]:
        """Return the leases that keep their holders until the transaction ends."""
        return leases.held(self._sql, expected)

    def note_lost(self, alerts: Mapping[int, int]) -> None:
        """Store the alert about each lost monitor, by the number of the monitor."""
        leases.note_lost(self._sql, alerts)

    def next_article(self) -> int:
        """Return a new article id."""
        self._last_article += 1
        return self._last_article

    def feed_named(self, name: str) -> Feed:
        """Return the feed with a name, a subscribed one first; make it if there is none."""
        feed = feeds.feed_named(self._sql, name)
        self._log.add_feeds([(feed.number, feed.name, feed.url)])
        return feed

    def save_poll(self, outcome: PollOutcome) -> None:
        """Store all that a poll changed, except alerts."""
        feeds.save_poll(self._sql, outcome)
        if outcome.changes:
            feeds.save_states(self._sql, [outcome])
            self._save_arrivals(outcome)
        else:
            self._without_arrivals.append(outcome)
        for sighting in outcome.sightings:
            articles.insert_sighting(self._sql, outcome.feed.number, sighting, outcome.poll.at)

    def finish(self) -> None:
        """Store the polls without articles together: they are many, and each costs round trips."""
        feeds.save_states(self._sql, self._without_arrivals)
        self._without_arrivals.clear()

    def _save_arrivals(self, outcome: PollOutcome) -> None:
        sql, number, now = self._sql, outcome.feed.number, outcome.poll.at
        articles.insert(sql, number, [change for change in outcome.changes if change.new])
        for change in outcome.changes:
            if not change.new:
                articles.replace_text(sql, change.article, now)
                articles.insert_link(sql, change.article.id, change.entry.canonical)
                if change.article.feeds[0] != number:
                    articles.insert_carrier(sql, number, change.article.id, now)
        articles.set_aside(sql, outcome.changes, now)
        articles.queue_pages(sql, outcome.changes, now, self._bucket_of)
        articles.insert_entries(sql, number, [(c.article.id, c.entry) for c in outcome.changes])

    def save_page(self, change: ArticleChange) -> None:
        """Store an article with the text of its page."""
        articles.save_page_text(self._sql, change)
        articles.set_aside(self._sql, [change], change.article.seen)
        regroup_alerts(self._sql, change.article.id)

    def postpone_page(
        self, article: int, reason: str, due: Timestamp | None, *, failed: bool
    ) -> None:
        """Store the reason why the page of an article was not read.

        Args:
            article: The article.
            reason: The reason.
            due: The time of the next attempt; None gives the page up.
            failed: Whether an attempt failed; else it was not tried yet.
        """
        if due is None:
            self._sql.execute("DELETE FROM pages WHERE article = ?", (article,))
            self._sql.execute(
                upsert("unread_pages", "article, reason", "article"), (article, coded(reason))
            )
        else:
            self._sql.execute(
                "UPDATE pages SET attempts = attempts + ?, due = ?, reason = ? WHERE article = ?",
                (int(failed), due, coded(reason), article),
            )

    def note_barrier(self, feed: int, reason: str) -> None:
        """Store why a page of a feed was not shown to us; an empty reason: one was shown."""
        self._sql.execute(
            "UPDATE feeds SET barrier = ?, barred = CASE WHEN ? THEN barred + 1 ELSE 0 END"
            " WHERE number = ? AND (barred > 0 OR ?)",
            (coded(reason), bool(reason), feed, bool(reason)),
        )

    def save_imported(self, feed: Feed, changes: Sequence[ArticleChange]) -> None:
        """Store new articles that no poll brought."""
        articles.insert(self._sql, feed.number, changes)
        articles.insert_entries(self._sql, feed.number, [(c.article.id, c.entry) for c in changes])
        articles.count(self._sql, feed.number, len(changes))

    def save_encoded(self, batch: EncodedBatch) -> None:
        """Store vectors and links of articles that still exist."""
        articles.save_encoded(self._sql, batch)

    def raise_alerts(self, arrivals: Arrivals, routing: Routing, now: Timestamp) -> AlertPlan:
        """Raise and escalate the alerts of arrivals whose articles are stored by now."""
        plan = plan_alerts(arrivals, read_alert_facts(self._sql, arrivals, now), routing, now)
        self.save_alerts(plan)
        return plan

    def save_alerts(self, plan: AlertPlan) -> None:
        """Store a plan of alerts."""
        save_plan(self._sql, self._log, plan)

    def drop(self, ids: Collection[int]) -> None:
        """Drop articles, with their alerts; their keys are kept, and the index is updated later."""
        drop_alerts_of(self._sql, self._log, ids)
        articles.drop(self._sql, ids)

    def set_aside(self, change: ArticleChange, now: Timestamp) -> None:
        """Store that an article of the archive was not matched, with the reason."""
        articles.set_aside(self._sql, [change], now)

    def backfilled(self, watchlists: Collection[str], last_id: int) -> None:
        """Store that these watchlists were matched with the articles up to an id."""
        self._sql.executemany(
            "UPDATE backfills SET upto = ? WHERE watchlist = ?",
            [(last_id, watchlist) for watchlist in watchlists],
        )


def _sharing(
    shingles: Collection[int], threshold: int, articles_of: Mapping[int, Sequence[int]]
) -> dict[int, frozenset[int]]:
    """Return the articles with enough of the shingles, each with the shingles that it shares."""
    shared: dict[int, set[int]] = defaultdict(set)
    for shingle in articles_of.keys() & shingles:
        for article in articles_of[shingle]:
            shared[article].add(shingle)
    return {id: frozenset(common) for id, common in shared.items() if len(common) >= threshold}


def _with_most_names(
    names: Names, bearers: Mapping[int, Sequence[tuple[str, Sequence[str]]]]
) -> list[int]:
    """Return those that share most names with a text: in its language, then in others.

    `bearers` are the languages and ids of the articles with a word.
    """
    shared: tuple[Counter[str], Counter[str]] = Counter(), Counter()
    for word in bearers.keys() & names.words:
        for lang, ids in bearers[word]:
            shared[lang != names.lang].update(ids)
    likely = []
    for counts, least in zip(shared, (LEAST_NAMES - 1, LEAST_NAMES), strict=True):
        alike = [(-count, int(id)) for id, count in counts.items() if count >= least]
        likely += [id for _, id in sorted(alike)[:MOST_NAMESAKES]]
    return likely


def _story_candidate(row: Row) -> StoryCandidate:
    headline = Headline(*(row[name] for name in ("title", "feed", "outlet", "url", "date")))
    size, copy_of, began = row["shingle_count"], row["copy_of"], row["began"]
    return StoryCandidate(row["id"], row["story"], frozenset(), size, headline, copy_of, began)
