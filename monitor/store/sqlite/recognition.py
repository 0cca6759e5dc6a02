"""What recognising, judging and grouping read, within the transaction."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from index.article import Article
from monitor.model.alert import AlertKind, Episode
from monitor.model.feed import Feed, Habit
from monitor.model.poll import ArticleChange, Known, KnownArticle, Names
from monitor.store.sqlite import rows
from monitor.store.sqlite.connection import CHUNK, marks


class Transacted:
    """What the parts of a batch have in common."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        self._sql = sql

    def _select(
        self, query: str, values: Collection[Any], *before: Any
    ) -> Iterable[tuple[Any, ...]]:
        """Run a query once per chunk of the values of its IN ({})."""
        ordered = list(values)
        for at in range(0, len(ordered), CHUNK):
            chunk = ordered[at : at + CHUNK]
            yield from self._sql.execute(query.format(marks(len(chunk))), (*before, *chunk))


class Recognising(Transacted):
    """See `Reading`."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        super().__init__(sql)
        (last,) = sql.execute(
            "SELECT max((SELECT coalesce(max(id), 0) FROM articles),"
            " (SELECT coalesce(max(article), 0) FROM dropped))"
        ).fetchone()
        self._last_article = int(last)

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
        for table in (
            "SELECT canonical, id, feed, title, fingerprint FROM articles",
            "SELECT canonical, article, feed, '', fingerprint FROM dropped",
        ):
            for canonical, id, first, title, fingerprint in self._select(
                f"{table} WHERE canonical <> '' AND canonical IN ({{}})", canonicals
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

    def habit(self, feed: Feed) -> Habit | None:
        """Return how a feed publishes, as far as that is known."""
        (text,) = self._sql.execute(
            "SELECT habit FROM feeds WHERE number = ?", (feed.number,)
        ).fetchone()
        return rows.habit(text)

    def episodes(self, feed: Feed) -> dict[AlertKind, Episode]:
        """Return the last episode of each kind that a feed has had."""
        return {
            AlertKind(kind): Episode(started_at=started, ended_at=ended)
            for kind, started, ended in self._sql.execute(
                "SELECT kind, max(started_at), ended_at FROM episodes WHERE feed = ? GROUP BY kind",
                (feed.number,),
            )
        }

    def candidates(self, shingles: Collection[int]) -> dict[int, int]:
        """Return articles that share any of these shingles, with how many they share."""
        shared: Counter[int] = Counter()
        for (article,) in self._select(
            "SELECT article FROM shingles WHERE shingle IN ({})", shingles
        ):
            shared[article] += 1
        return dict(shared)

    def tellers(self, articles: Collection[int]) -> dict[int, tuple[int, int, int]]:
        """Return the story, the number of shingles and the first feed of each of these articles."""
        return {
            id: (story, size, feed)
            for id, story, size, feed in self._select(
                "SELECT id, story, shingle_count, feed FROM articles WHERE id IN ({})", articles
            )
        }

    def original(self, article: int) -> int:
        """Return the article of which this one is a copy, itself if it is none."""
        row = self._sql.execute(
            "SELECT coalesce(copy_of, id) FROM articles WHERE id = ?", (article,)
        ).fetchone()
        return int(row[0]) if row else article


COUNTED = 500
"""Articles with a name that are counted at most: more of them, and it tells next to nothing."""


class Crossing(Transacted):
    """Who has which names, and who told in another language what others had told."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        super().__init__(sql)
        self._common: set[int] = set()

    def frequency(self, word: int) -> int:
        """Return how many recent articles have a word in a name, 500 if more."""
        if word in self._common:
            return COUNTED
        ((count,),) = self._sql.execute(
            "SELECT count(*) FROM (SELECT 1 FROM names WHERE name = ? LIMIT ?)", (word, COUNTED)
        )
        if count == COUNTED:
            self._common.add(word)
        return int(count)

    def bearers(self, word: int, but: str) -> list[int]:
        """Return the recent articles with a word in a name, but those in one language."""
        found = self._sql.execute(
            "SELECT article FROM names WHERE name = ? AND lang <> ?", (word, but)
        )
        return [article for (article,) in found]

    def named(self, articles: Collection[int]) -> dict[int, Names]:
        """Return the names of recent articles; those without any are left out."""
        return {
            id: Names(tuple(frozenset(group) for group in json.loads(groups)), lang, date)
            for id, lang, date, groups in self._select(
                "SELECT article, lang, date, names FROM named WHERE article IN ({})", articles
            )
        }

    def recent_articles(self) -> int:
        """Return about how many articles the names are of."""
        ((oldest, newest),) = self._sql.execute(
            "SELECT (SELECT min(article) FROM named), (SELECT max(article) FROM named)"
        )
        return 0 if oldest is None else int(newest) - int(oldest) + 1

    def _name(self, arrivals: Sequence[ArticleChange]) -> None:
        named = [(a.article.id, a.names) for a in arrivals if a.names.groups]
        self._sql.executemany(
            "INSERT OR REPLACE INTO named VALUES (?, ?, ?, ?)",
            [
                (id, names.lang, names.date, json.dumps([sorted(g) for g in names.groups]))
                for id, names in named
            ],
        )
        self._sql.executemany(
            "INSERT OR IGNORE INTO names VALUES (?, ?, ?)",
            [(word, id, names.lang) for id, names in named for word in names.words],
        )
        self._sql.executemany(
            "INSERT OR IGNORE INTO crossings VALUES (?, ?)",
            [(a.article.id, a.crosses) for a in arrivals if a.crosses is not None],
        )
