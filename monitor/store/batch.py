"""One transaction of the monitor: recognise, then store what a poll brought."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from index.article import Article, Timestamp
from monitor.model import Arrival, Feed, Hit, Known, KnownArticle, Match, Raised, Refresh, Sighting
from monitor.store import rows

POLLS_KEPT = 30
CHUNK = 500
"""Values in one IN (…): SQLite's own limit was 999 for a long time."""


class SqliteBatch:
    """See `Batch`."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        self._sql = sql
        (last,) = sql.execute("SELECT coalesce(max(id), 0) FROM articles").fetchone()
        self._last_article = int(last)

    # --- recognising ---

    def known(
        self,
        feed: Feed,
        guids: Collection[str],
        canonicals: Collection[str],
        fingerprints: Collection[bytes],
    ) -> Known:
        """Return what the store knows of entries with these keys, links or contents."""
        by_guid = {
            guid: (article, fingerprint)
            for guid, article, fingerprint in self._select(
                "SELECT guid, article, fingerprint FROM entries WHERE feed = ? AND guid IN ({})",
                guids,
                feed.number,
            )
        }
        if len(by_guid) == len(guids):
            return Known(feed=feed.number, guids=by_guid)
        by_url: dict[str, list[KnownArticle]] = defaultdict(list)
        for canonical, id, first, title, fingerprint in self._select(
            "SELECT canonical, id, feed, title, fingerprint FROM articles"
            " WHERE canonical <> '' AND canonical IN ({})",
            canonicals,
        ):
            by_url[canonical].append(
                KnownArticle(id=id, feed=first, title=title, fingerprint=fingerprint)
            )
        by_content: dict[bytes, list[tuple[str, int]]] = defaultdict(list)
        for fingerprint, guid, article in self._select(
            "SELECT fingerprint, guid, article FROM entries WHERE feed = ? AND fingerprint IN ({})",
            fingerprints,
            feed.number,
        ):
            by_content[fingerprint].append((guid, article))
        named = {a.id for found in by_url.values() for a in found}
        named.update(article for found in by_content.values() for _, article in found)
        own: dict[int, list[str]] = defaultdict(list)
        for article, guid in self._select(
            "SELECT article, guid FROM entries WHERE feed = ? AND article IN ({})",
            named,
            feed.number,
        ):
            own[article].append(guid)
        return Known(
            feed=feed.number,
            guids=by_guid,
            urls={url: tuple(found) for url, found in by_url.items()},
            contents={content: tuple(found) for content, found in by_content.items()},
            own={article: tuple(found) for article, found in own.items()},
        )

    def next_article(self) -> int:
        """Return a new article id."""
        self._last_article += 1
        return self._last_article

    def article(self, id: int) -> Article | None:
        """Return an article."""
        row = self._sql.execute(
            f"SELECT {rows.ARTICLE} FROM articles a WHERE a.id = ?", (id,)
        ).fetchone()
        return row and rows.article(row)

    def languages(self, feed: Feed) -> list[str]:
        """Return the languages of the feed's last twenty articles, newest first."""
        return [
            lang
            for (lang,) in self._sql.execute(
                "SELECT a.lang FROM entries e JOIN articles a ON a.id = e.article"
                " WHERE e.feed = ? ORDER BY a.id DESC LIMIT 20",
                (feed.number,),
            )
        ]

    # --- stories ---

    def candidates(self, shingles: Collection[int]) -> dict[int, int]:
        """Return articles that share any of these shingles, with how many they share."""
        shared: Counter[int] = Counter()
        for (article,) in self._select(
            "SELECT article FROM shingles WHERE shingle IN ({})", shingles
        ):
            shared[article] += 1
        return dict(shared)

    def tellers(self, articles: Collection[int]) -> dict[int, tuple[int, int]]:
        """Return the story and the number of shingles of each of these articles."""
        return {
            id: (story, size)
            for id, story, size in self._select(
                "SELECT id, story, shingle_count FROM articles WHERE id IN ({})", articles
            )
        }

    def original(self, article: int) -> int:
        """Return the article of which this one is a copy, itself if it is none."""
        row = self._sql.execute(
            "SELECT coalesce(copy_of, id) FROM articles WHERE id = ?", (article,)
        ).fetchone()
        return int(row[0]) if row else article

    # --- storing ---

    def save(self, refresh: Refresh) -> list[Raised]:
        """Store everything one poll changed; returns the alerts raised."""
        number, now = refresh.feed.number, refresh.poll.at
        new = [a for a in refresh.arrivals if a.new]
        self._save_state(refresh, len(new))
        self._insert(number, new)
        for edited in refresh.arrivals:
            if not edited.new:
                self._replace_text(edited.article, now)
        self._want_pages([a.article.id for a in refresh.arrivals if a.wants_page], now)
        self._enter(number, [(a.guid, a.article.id, a.fingerprint) for a in refresh.arrivals])
        for sighting in refresh.sightings:
            self._sight(number, sighting, now)
        return [raised for a in refresh.arrivals for raised in self._raise(a, refresh.feed, now)]

    def save_page(self, arrival: Arrival, feed: Feed, now: Timestamp) -> list[Raised]:
        """Store an article that got its page's text; returns the alerts raised."""
        article = arrival.article
        self._sql.execute(
            "UPDATE articles SET body = ?, lang = ?, story = ?, copy_of = ? WHERE id = ?",
            (article.body, article.lang, article.story, arrival.copy_of, article.id),
        )
        self._sql.execute("DELETE FROM pages WHERE article = ?", (article.id,))
        self._shingle([arrival])
        self._queue([article.id])
        return self._raise(arrival, feed, now)

    def page_failed(self, article: int, reason: str, retry: Timestamp | None) -> None:
        """Note why an article's page could not be read, and when to try again (None: never)."""
        if retry is None:
            self._sql.execute("DELETE FROM pages WHERE article = ?", (article,))
        else:
            self._sql.execute(
                "UPDATE pages SET attempts = attempts + 1, due = ?, reason = ? WHERE article = ?",
                (retry, reason, article),
            )

    def raise_late(self, arrival: Arrival, feed: Feed, now: Timestamp) -> list[Raised]:
        """Raise alerts for an article that is stored already; returns them."""
        return self._raise(arrival, feed, now)

    def backfilled(self, watchlists: Collection[str], upto: int) -> None:
        """Note that these rules have been matched with the articles up to that id."""
        self._sql.executemany(
            "UPDATE backfills SET upto = ? WHERE watchlist = ?",
            [(upto, watchlist) for watchlist in watchlists],
        )

    def _save_state(self, refresh: Refresh, new: int) -> None:
        poll, number = refresh.poll, refresh.feed.number
        (polls,) = self._sql.execute(
            f"UPDATE feeds SET ({rows.STATE}) = ({_marks(13)}), polls = polls + 1,"
            " articles = articles + ? WHERE number = ? RETURNING polls",
            (*rows.state_values(refresh.state), new, number),
        ).fetchone()
        self._sql.execute(
            f"INSERT OR REPLACE INTO polls VALUES ({_marks(9)})",
            (
                number,
                polls % POLLS_KEPT,
                poll.at,
                poll.outcome,
                poll.entries,
                poll.new,
                poll.changed,
                poll.reason,
                poll.seconds,
            ),
        )

    def _insert(self, number: int, arrivals: Sequence[Arrival]) -> None:
        self._sql.executemany(
            "INSERT INTO articles (id, feed, url, canonical, fingerprint, title, summary, body,"
            " author, lang, published, seen, story, copy_of, shingle_count)"
            f" VALUES ({_marks(15)})",
            [
                (
                    a.article.id,
                    number,
                    a.article.url,
                    a.canonical,
                    a.fingerprint,
                    a.article.title,
                    a.article.summary,
                    a.article.body,
                    a.article.author,
                    a.article.lang,
                    a.article.published,
                    a.article.seen,
                    a.article.story,
                    a.copy_of,
                    len(a.shingles),
                )
                for a in arrivals
            ],
        )
        self._sql.executemany(
            "INSERT OR IGNORE INTO shingles VALUES (?, ?)",
            [(shingle, a.article.id) for a in arrivals for shingle in a.shingles],
        )
        self._queue([a.article.id for a in arrivals])

    def _want_pages(self, articles: Iterable[int], now: Timestamp) -> None:
        self._sql.executemany(
            "INSERT OR REPLACE INTO pages (article, due) VALUES (?, ?)",
            [(article, now) for article in articles],
        )

    def _replace_text(self, article: Article, now: Timestamp) -> None:
        """Store an edited text; matches in the earlier one say nothing of it."""
        self._sql.execute(
            "DELETE FROM matches WHERE alert IN (SELECT id FROM alerts WHERE article = ?)",
            (article.id,),
        )
        self._sql.execute(
            "INSERT INTO versions SELECT id, version, title, summary, body, ? FROM articles"
            " WHERE id = ?",
            (now, article.id),
        )
        self._sql.execute(
            "UPDATE articles SET title = ?, summary = ?, body = ?, author = ?, lang = ?,"
            " version = version + 1 WHERE id = ?",
            (
                article.title,
                article.summary,
                article.body,
                article.author,
                article.lang,
                article.id,
            ),
        )
        self._queue([article.id])

    def _shingle(self, arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            id = arrival.article.id
            self._sql.executemany(
                "INSERT OR IGNORE INTO shingles VALUES (?, ?)",
                [(shingle, id) for shingle in arrival.shingles],
            )
            self._sql.execute(
                "UPDATE articles SET shingle_count = max(shingle_count, ?) WHERE id = ?",
                (len(arrival.shingles), id),
            )

    def _enter(self, number: int, entries: list[tuple[str, int, bytes]]) -> None:
        self._sql.executemany(
            "INSERT INTO entries VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET article = excluded.article,"
            " fingerprint = excluded.fingerprint",
            [(number, *entry) for entry in entries],
        )

    def _sight(self, number: int, sighting: Sighting, now: Timestamp) -> None:
        if sighting.reissued:
            self._sql.execute(
                "DELETE FROM entries WHERE feed = ? AND article = ?", (number, sighting.article)
            )
        self._enter(number, [(sighting.guid, sighting.article, sighting.fingerprint)])
        carried = self._sql.execute(
            "INSERT OR IGNORE INTO carriers"
            " SELECT id, ?, ? FROM articles WHERE id = ? AND feed <> ?",
            (number, now, sighting.article, number),
        )
        if carried.rowcount:
            self._queue([sighting.article])

    def _queue(self, articles: Iterable[int]) -> None:
        self._sql.executemany(
            "INSERT INTO outbox (article) VALUES (?)", [(article,) for article in articles]
        )

    def _raise(self, arrival: Arrival, feed: Feed, now: Timestamp) -> list[Raised]:
        """Raise at most one alert per watchlist and article; returns those not merged.

        An alert that was raised before stays as it is, and gets the matches of today.
        """
        raised = []
        for hit in arrival.hits:
            leader = self._leader(hit, arrival)
            fresh = self._sql.execute(
                "INSERT OR IGNORE INTO alerts"
                " (watchlist, article, severity, backfill, raised_at, merged_into)"
                f" VALUES ({_marks(6)}) RETURNING id",
                (
                    hit.watchlist.name,
                    arrival.article.id,
                    hit.watchlist.severity,
                    arrival.backfill,
                    now,
                    leader,
                ),
            ).fetchone()
            id = int(fresh[0]) if fresh else self._alert(hit, arrival.article.id)
            self._match(id, hit.matches)
            if fresh and leader is None:
                raised.append(
                    Raised(
                        id=id,
                        watchlist=hit.watchlist.name,
                        severity=hit.watchlist.severity,
                        title=arrival.article.title,
                        feed=feed.name,
                        backfill=arrival.backfill,
                    )
                )
        return raised

    def _alert(self, hit: Hit, article: int) -> int:
        (id,) = self._sql.execute(
            "SELECT id FROM alerts WHERE watchlist = ? AND article = ?",
            (hit.watchlist.name, article),
        ).fetchone()
        return int(id)

    def _match(self, alert: int, matches: Sequence[Match]) -> None:
        self._sql.execute("DELETE FROM matches WHERE alert = ?", (alert,))
        self._sql.executemany(
            f"INSERT INTO matches VALUES ({_marks(7)})",
            [
                (alert, place, m.field, m.start, m.end, m.text, m.term)
                for place, m in enumerate(matches)
            ],
        )

    def _leader(self, hit: Hit, arrival: Arrival) -> int | None:
        """Return the alert of this watchlist that already speaks for this text, if any."""
        if arrival.copy_of is None:
            return None
        row = self._sql.execute(
            "SELECT coalesce(merged_into, id) FROM alerts WHERE watchlist = ?1 AND article IN"
            " (SELECT ?2 UNION SELECT id FROM articles WHERE copy_of = ?2)"
            " AND article <> ?3 ORDER BY id LIMIT 1",
            (hit.watchlist.name, arrival.copy_of, arrival.article.id),
        ).fetchone()
        return row and int(row[0])

    def _select(
        self, query: str, values: Collection[Any], *before: Any
    ) -> Iterable[tuple[Any, ...]]:
        """Run a query once per chunk of the values of its IN ({})."""
        ordered = list(values)
        for at in range(0, len(ordered), CHUNK):
            chunk = ordered[at : at + CHUNK]
            yield from self._sql.execute(query.format(_marks(len(chunk))), (*before, *chunk))


def _marks(count: int) -> str:
    return ", ".join("?" * count)
