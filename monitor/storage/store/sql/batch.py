"""One transaction of the monitor: what it reads to recognise and judge, and what it writes."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.judgement.alerts.headlines import headline
from monitor.judgement.alerts.plan import AlertFacts, AlertPlan, Arrivals
from monitor.judgement.alerts.publishers import is_same_site
from monitor.model.event_link import EncodedBatch
from monitor.model.feed import Feed
from monitor.model.lease import SharingMonitor
from monitor.model.poll import (
    ArticleChange,
    FeedHistory,
    Known,
    KnownArticle,
    Names,
    PollOutcome,
    StoryCandidate,
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
from monitor.storage.store.sql.article_views import ArticleViews
from monitor.storage.store.sql.evidence import EvidenceLog
from monitor.storage.store.sql.volumes import VolumeViews

COUNTED = 500
"""Articles with a name that are counted at most: more of them, and it tells next to nothing."""


class StoreReads:
    """What the monitor reads to recognise articles and to decide about alerts."""

    def __init__(self, sql: Connection) -> None:
        self._sql = sql
        self.articles = ArticleViews(StoreConnection(sql))
        self.volumes = VolumeViews(sql)
        self._common_names: set[int] = set()

    # --- feeds ---

    def feed_histories(self, subjects: Iterable[Feed]) -> dict[int, FeedHistory]:
        """Return what is remembered of feeds besides their polling state, by number."""
        return feeds.read_histories(self._sql, subjects)

    def languages(self, feed: Feed) -> list[str]:
        """Return the languages of the feed's last twenty articles, newest first."""
        found = self._sql.execute(
            "SELECT a.lang FROM entries e JOIN articles a ON a.id = e.article"
            " WHERE e.feed = ? ORDER BY a.id DESC LIMIT 20",
            (feed.number,),
        )
        return [lang for (lang,) in found]

    # --- articles ---

    def known(
        self,
        feed: Feed,
        guids: Collection[str],
        canonicals: Collection[str],
        fingerprints: Collection[bytes],
    ) -> Known:
        """Return what the store knows of entries with these keys, links or contents."""
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
        named = {article.id for found in by_url.values() for article in found}
        named.update(article for found in contents.values() for _, article in found)
        guids_of = select_in(
            self._sql,
            "SELECT article, guid FROM entries WHERE feed = ? AND article IN ({0})",
            named,
            feed.number,
        )
        own: dict[int, tuple[str, ...]] = grouped(sorted(guids_of))
        return Known(
            feed=feed.number,
            guids=by_guid,
            parts=parts,
            urls={
                url: self._with_site_guids(feed, guids, found, own) for url, found in by_url.items()
            },
            contents=contents,
            own=own,
        )

    def _with_site_guids(
        self,
        feed: Feed,
        guids: Collection[str],
        articles: tuple[KnownArticle, ...],
        own: Collection[int],
    ) -> tuple[KnownArticle, ...]:
        """Add the guids under which other feeds of a feed's site published these articles."""
        if all(article.id in own for article in articles):
            return articles
        known: dict[int, set[str]] = defaultdict(set)
        for article, guid, url in select_in(
            self._sql,
            "SELECT e.article, e.guid, f.url FROM entries e JOIN feeds f ON f.number = e.feed"
            " WHERE e.article IN ({0})",
            [article.id for article in articles],
        ):
            if guid in guids and url != feed.url and is_same_site(url, feed.url):
                known[article].add(guid)
        return tuple(
            replace(article, site_guids=frozenset(known.get(article.id, ())))
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
            (canonical, KnownArticle(id=id, feed=first, title=title, fingerprint=fingerprint))
            for _, id, canonical, first, title, fingerprint in sorted(rows)
        )

    def story_candidates(
        self, wanted: Sequence[tuple[Collection[int], int]]
    ) -> list[list[StoryCandidate]]:
        """Return for each text the articles that share enough of its shingles, by id.

        Args:
            wanted: The shingles of each text, and how many of them are enough.
        """
        # In order, as names below: neighbours are on one page.
        every = sorted({shingle for shingles, _ in wanted for shingle in shingles})
        bearers = grouped(
            self._sql.execute(
                f"SELECT shingle, article FROM {self._sql.numbers}"
                " CROSS JOIN shingles WHERE shingle = value",
                (json.dumps(every),),
            )
        )
        shared = [_shared(shingles, enough, bearers) for shingles, enough in wanted]
        rows = rows_in(
            self._sql,
            "SELECT id, story, shingle_count, title, feed, outlet, url, copy_of FROM articles"
            " WHERE id IN ({0})",
            {id for found in shared for id in found},
        )
        known = {row["id"]: row for row in rows}
        return [
            [_story_candidate(known[id], found[id]) for id in sorted(known.keys() & found.keys())]
            for found in shared
        ]

    # --- names in recent articles ---

    def name_frequencies(self, words: Iterable[int]) -> dict[int, int]:
        """Return how many recent articles have each of some words in a name, 500 if more."""
        known = dict.fromkeys(words, COUNTED)
        uncounted = [word for word in known if word not in self._common_names]
        if not uncounted:
            return known
        counted = self._sql.execute(
            "SELECT value, (SELECT count(*) FROM"
            " (SELECT 1 FROM names WHERE name = value LIMIT ?) AS found)"
            f" FROM {self._sql.numbers}",
            (COUNTED, json.dumps(sorted(uncounted))),
        )
        for word, count in counted:
            known[word] = count
            if count == COUNTED:
                self._common_names.add(word)
        return known

    def names_elsewhere(self, wanted: Sequence[tuple[frozenset[int], str]]) -> list[frozenset[int]]:
        """Return which words of names recent articles in another language have.

        Args:
            wanted: For each text its words, and its language.
        """
        asked = _by_language(wanted)
        elsewhere = {lang: self._met_elsewhere(words, lang) for lang, words in asked.items()}
        return [words & elsewhere[lang] for words, lang in wanted]

    def _met_elsewhere(self, words: Collection[int], lang: str) -> set[int]:
        """Return which words are in names of another language; each is looked up twice."""
        found = self._sql.execute(
            f"SELECT value FROM {self._sql.numbers}"
            " WHERE EXISTS (SELECT 1 FROM names WHERE name = value AND lang < ?)"
            " OR EXISTS (SELECT 1 FROM names WHERE name = value AND lang > ?)",
            (json.dumps(sorted(words)), lang, lang),
        )
        return {word for (word,) in found}

    def articles_named(
        self, wanted: Sequence[tuple[Collection[int], str]], at_least: int, most: int
    ) -> tuple[list[dict[int, Names]], int]:
        """Return recent articles with some words in names, and about how many are recent.

        Args:
            wanted: For each text its words, and its language; articles in it are left out.
            at_least: How many of the words an article has.
            most: How many articles for each text, those with the most words first.
        """
        asked = _by_language(wanted)
        bearers = {lang: self._bearers(words, lang) for lang, words in asked.items() if words}
        likely = []
        for words, lang in wanted:
            shared = Counter(id for word in words for id in bearers[lang].get(word, ()))
            likely.append([id for id, count in shared.most_common(most) if count >= at_least])
        if not any(likely):
            return [{} for _ in wanted], 0
        named = {
            id: Names(tuple(frozenset(group) for group in json.loads(groups)), lang, date)
            for id, lang, date, groups in select_in(
                self._sql,
                "SELECT article, lang, date, names FROM named WHERE article IN ({0})",
                {id for found in likely for id in found},
            )
        }
        ((oldest, newest),) = self._sql.execute(
            "SELECT (SELECT min(article) FROM named), (SELECT max(article) FROM named)"
        )
        recent = 0 if oldest is None else int(newest) - int(oldest) + 1
        return [{id: named[id] for id in found if id in named} for found in likely], recent

    def _bearers(self, words: Collection[int], but: str) -> dict[int, tuple[int, ...]]:
        """Return which articles in another language have each of some words in names."""
        return grouped(
            self._sql.execute(
                f"SELECT value, article FROM {self._sql.numbers} CROSS JOIN names"
                " WHERE name = value AND lang <> ?",
                (json.dumps(sorted(words)), but),
            )
        )

    # --- alerts ---

    def alert_facts(self, arrivals: Arrivals, now: Timestamp) -> AlertFacts:
        """Return what matters for the alerts of arrivals, once their articles are stored."""
        return read_alert_facts(self._sql, arrivals, now)

    def lost_monitors(self) -> list[SharingMonitor]:
        """Return the monitors that are lost, and of which no alert tells yet."""
        return leases.lost_monitors(self._sql)

    def silence_facts(self, now: Timestamp) -> AlertFacts:
        """Return the silences that have ended and are not reported yet."""
        return read_silence_facts(self._sql, now)


class Batch(StoreReads):
    """One transaction: what is read in it includes what was written in it.

    LeaseLostError at its beginning: it is done under a lease that is in other hands by now.
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

    def held(self, found: Collection[Lease]) -> frozenset[Lease]:
        """Return which of these leases are in the same hands until the transaction ends."""
        return leases.held(self._sql, found)

    def note_lost(self, alerts: Mapping[int, int]) -> None:
        """Store which alert tells of which monitor."""
        leases.note_lost(self._sql, alerts)

    def next_article(self) -> int:
        """Return a new article id."""
        self._last_article += 1
        return self._last_article

    def feed_named(self, name: str) -> Feed:
        """Return the feed of a name, a subscribed one first; it is made if there is none."""
        return feeds.feed_named(self._sql, name)

    def save_poll(self, outcome: PollOutcome) -> None:
        """Store everything that a poll changed, but for alerts."""
        feeds.save_poll(self._sql, outcome)
        if outcome.arrivals:
            feeds.save_states(self._sql, [outcome])
            self._save_arrivals(outcome)
        else:
            self._without_arrivals.append(outcome)
        for sighting in outcome.sightings:
            articles.insert_sighting(self._sql, outcome.feed.number, sighting, outcome.poll.at)

    def finish(self) -> None:
        """Store the polls without articles: they are many, and each would take round trips."""
        feeds.save_states(self._sql, self._without_arrivals)
        self._without_arrivals.clear()

    def _save_arrivals(self, outcome: PollOutcome) -> None:
        sql, number, now = self._sql, outcome.feed.number, outcome.poll.at
        articles.insert(sql, number, [change for change in outcome.arrivals if change.new])
        for change in outcome.arrivals:
            if not change.new:
                articles.replace_text(sql, change.article, now)
                articles.insert_link(sql, change.article.id, change.canonical)
                if change.article.feeds[0] != number:
                    articles.insert_carrier(sql, number, change.article.id, now)
        articles.set_aside(sql, outcome.arrivals, now)
        articles.queue_pages(sql, outcome.arrivals, now, self._bucket_of)
        articles.insert_entries(sql, number, map(_entry, outcome.arrivals))

    def save_page(self, change: ArticleChange) -> None:
        """Store an article that got its page's text."""
        articles.save_page_text(self._sql, change)
        articles.set_aside(self._sql, [change], change.article.seen)
        regroup_alerts(self._sql, change.article.id)

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
        if due is None:
            self._sql.execute("DELETE FROM pages WHERE article = ?", (article,))
            self._sql.execute(
                upsert("unread_pages", "article, reason", "article"), (article, reason)
            )
        else:
            self._sql.execute(
                "UPDATE pages SET attempts = attempts + ?, due = ?, reason = ? WHERE article = ?",
                (int(failed), due, reason, article),
            )

    def save_imported(self, feed: Feed, changes: Sequence[ArticleChange]) -> None:
        """Store new articles that no poll brought."""
        articles.insert(self._sql, feed.number, changes)
        articles.insert_entries(self._sql, feed.number, map(_entry, changes))
        articles.count(self._sql, feed.number, len(changes))

    def save_encoded(self, batch: EncodedBatch) -> None:
        """Store vectors and links of articles that are still there."""
        articles.save_encoded(self._sql, batch)

    def save_alerts(self, plan: AlertPlan) -> None:
        """Store everything that a plan says."""
        save_plan(self._sql, self._log, plan)

    def drop(self, ids: Collection[int]) -> None:
        """Drop articles, with their alerts; their keys are kept, and the index is updated later."""
        drop_alerts_of(self._sql, self._log, ids)
        articles.drop(self._sql, ids)

    def set_aside(self, change: ArticleChange, now: Timestamp) -> None:
        """Store that an article of the archive was not matched, and why."""
        articles.set_aside(self._sql, [change], now)

    def backfilled(self, watchlists: Collection[str], upto: int) -> None:
        """Store that these watchlists have been matched with the articles up to that id."""
        self._sql.executemany(
            "UPDATE backfills SET upto = ? WHERE watchlist = ?",
            [(upto, watchlist) for watchlist in watchlists],
        )


def _entry(change: ArticleChange) -> tuple[str, int, bytes, bytes]:
    return change.guid, change.article.id, change.fingerprint, change.parts


def _by_language(wanted: Iterable[tuple[Collection[int], str]]) -> dict[str, set[int]]:
    asked: dict[str, set[int]] = defaultdict(set)
    for words, lang in wanted:
        asked[lang].update(words)
    return asked


def _shared(
    shingles: Collection[int], enough: int, bearers: Mapping[int, Sequence[int]]
) -> dict[int, frozenset[int]]:
    """Return the articles that have enough of some shingles, and which."""
    found: dict[int, set[int]] = defaultdict(set)
    for shingle in bearers.keys() & shingles:
        for article in bearers[shingle]:
            found[article].add(shingle)
    return {id: frozenset(its) for id, its in found.items() if len(its) >= enough}


def _story_candidate(row: Row, shared: frozenset[int]) -> StoryCandidate:
    about = headline(row["title"], feed=row["feed"], outlet=row["outlet"], url=row["url"])
    size, copy_of = row["shingle_count"], row["copy_of"]
    return StoryCandidate(row["id"], row["story"], shared, size, about, copy_of)
