"""Names of recent articles, and links between articles in different languages."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence

from monitor.model import Arrival, Names
from monitor.store.batch.transacted import Transacted

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

    def _name(self, arrivals: Sequence[Arrival]) -> None:
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
