"""The promises of a newsroom and its channels, wherever it was interrupted."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from monitor.model.config import ARCHIVE_FOLDER, STORE_FILE, StoreAddress
from monitor.storage.maintenance import indexer
from monitor.storage.maintenance.verification import verify
from monitor.storage.store.sql.evidence import EvidenceReader
from monitor.storage.store.sql.store import Store
from support.article_archive import searchable_ids
from support.feeds_and_webhook import Accepted, keys


class Promised(Struct, frozen=True):
    """The articles, alerts and deliveries that must exist, no more and no less."""

    titles: Mapping[str, str]
    """The title of every article in its last version, by link."""
    alerts: frozenset[tuple[str, str]]
    """Watchlist and link of every alert."""
    deliveries: frozenset[tuple[str, str, str]]
    """Channel, watchlist and link of every delivery."""


def broken_promises(data: Path, promised: Promised, accepted: Sequence[Accepted]) -> list[str]:
    """Return the broken promises as texts; none if all is well."""
    with closing(sqlite3.connect(data / STORE_FILE)) as sql:
        problems = [*_whole(sql), *store_problems(sql, promised)]
    return [*problems, *message_problems(promised, accepted), *_searchable(data), *_proven(data)]


def duplicates(values: Iterable[Any]) -> list[Any]:
    """Return the values that occur more than once."""
    seen: set[Any] = set()
    return [value for value in values if value in seen or seen.add(value)]  # type: ignore[func-returns-value]


def _whole(sql: sqlite3.Connection) -> Iterator[str]:
    if (report := sql.execute("PRAGMA integrity_check").fetchall()) != [("ok",)]:
        yield f"the store is damaged: {report[:3]}"


class Database(Protocol):
    """A connection to the database of a store."""

    def execute(self, query: str, /) -> Any:
        """Run a statement."""


def store_problems(sql: Database, promised: Promised) -> Iterator[str]:
    """Compare the store with the published items."""
    titles = sql.execute("SELECT url, title FROM articles").fetchall()
    yield from _differ("article", [url for url, _ in titles], promised.titles)
    outdated = [url for url, title in titles if promised.titles.get(url, title) != title]
    yield from (f"not the last version: {url}" for url in outdated)
    alerts = sql.execute(
        "SELECT al.watchlist, a.url FROM alerts al JOIN articles a ON a.id = al.article"
    ).fetchall()
    yield from _differ("alert", alerts, promised.alerts)
    (unsent,) = sql.execute("SELECT count(*) FROM deliveries WHERE state <> 'sent'").fetchone()
    if unsent:
        yield f"{unsent} deliveries are not sent"


def _differ(noun: str, values: Sequence[Any], expected: Iterable[Any]) -> Iterator[str]:
    yield from (f"doubled {noun}: {value}" for value in duplicates(values))
    yield from (f"lost {noun}: {value}" for value in sorted(set(expected) - set(values)))
    yield from (f"uncalled-for {noun}: {value}" for value in sorted(set(values) - set(expected)))


def message_problems(promised: Promised, accepted: Sequence[Accepted]) -> Iterator[str]:
    """Compare the messages that channels accepted with the promised deliveries."""
    accepted_keys = {message: ids for message, ids in keys(accepted).items() if message[2]}
    messages = [(channel, watchlist, url) for channel, watchlist, url, _ in accepted_keys]
    yield from _differ("message", messages, promised.deliveries)
    for message, ids in accepted_keys.items():
        if len(ids) > 1:
            yield f"told under {len(ids)} keys: {message}"


def _searchable(data: Path) -> Iterator[str]:
    """Let the index catch up, and compare it with the store."""
    with closing(Store(StoreAddress(data))) as store:
        indexer.catch_up(store)
        stored_ids = set(store.article_ids())
    indexed = searchable_ids(data / ARCHIVE_FOLDER)
    yield from (f"not searchable: article {id}" for id in sorted(stored_ids - indexed))
    yield from (f"searchable and not stored: article {id}" for id in sorted(indexed - stored_ids))


def _proven(data: Path) -> Iterator[str]:
    """Compare the alerts with their evidence."""
    for fault in verify(EvidenceReader(StoreAddress(data)), lambda *_: None, now=math.inf).faults:
        yield f"the evidence has a fault: {fault}"
