"""A newsroom with a given number of alerts, in which articles keep arriving."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from monitor.model.config import StoreAddress
from monitor.model.status import MonitorPresence
from monitor.storage.monitor_lock import Heartbeat, MonitorLock
from monitor.storage.store.sql.store import Store

FEEDS, LISTS = 300, 25
SEVERITIES = ("high", "medium", "low")
TITLES = (
    "Alibaba dans le collimateur de la sûreté belge",
    "Espionnage : deux suspects arrêtés à Liège",
    "Grève des contrôleurs aériens : un vol sur deux annulé à Orly",
    "US widens export curbs on advanced chips to five more countries",
    "Ransomware shuts gates at the Antwerp box terminal for a second day",
)
EVERY = 30.0
"""Seconds between two alerts of the past."""
_ARTICLE = (
    "INSERT INTO articles (id, feed, url, canonical, fingerprint, title, summary, body, author,"
    " lang, published, seen, story) VALUES (?, ?, ?, '', x'', ?, '', ?, '', ?, ?, ?, ?)"
)
_ALERT = (
    "INSERT INTO alerts (id, watchlist, article, severity, state, raised_at)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)


class AlertRoom:
    """The data folder of a newsroom with alerts."""

    def __init__(self, folder: Path, alerts: int) -> None:
        self.folder = folder
        self.alerts = alerts
        Store(StoreAddress(folder)).close()
        with closing(self._open()) as sql:
            sql.execute("PRAGMA synchronous = OFF")
            sql.execute("BEGIN")
            now = time.time()
            sql.executemany(
                "INSERT INTO feeds (number, url, name, last_poll, last_ok, next_due, articles)"
                " VALUES (?, ?, ?, ?, ?, ?, 300)",
                [
                    (n, f"https://{n}.example/rss", f"Outlet {n}", now, now, now + 900)
                    for n in range(1, FEEDS + 1)
                ],
            )
            sql.executemany(
                "INSERT INTO watchlists (name, place, severity) VALUES (?, ?, ?)",
                [(f"List {n}", n, SEVERITIES[n % 3]) for n in range(LISTS)],
            )
            start = now - EVERY * alerts
            for first in range(1, alerts + 1, 10_000):
                last = min(first + 10_000, alerts + 1)
                _insert(sql, first, last, start, EVERY)
            sql.execute("COMMIT")
            sql.execute("ANALYZE")

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.folder / "newsroom.db", isolation_level=None, timeout=30)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Act as its monitor for viewers, while the block runs."""
        done = threading.Event()
        me = MonitorPresence(pid=os.getpid(), since=time.time(), config="feeds.yaml", log="")

        def beat() -> None:
            with MonitorLock(self.folder) as lock:
                while not done.is_set():
                    lock.beat(Heartbeat(me, time.time()))
                    done.wait(2)

        thread = threading.Thread(target=beat)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    @contextmanager
    def arriving(self, rate: float) -> Iterator[None]:
        """Raise `rate` alerts a second while the block runs, each in a commit of its own."""
        done = threading.Event()

        def bring() -> None:
            with closing(self._open()) as sql:
                while not done.wait(1 / rate):
                    self.alerts += 1
                    sql.execute("BEGIN IMMEDIATE")
                    _insert(sql, self.alerts, self.alerts + 1, time.time(), 0)
                    sql.execute("COMMIT")

        thread = threading.Thread(target=bring)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the database against other writers while the block runs."""
        with closing(self._open()) as sql:
            sql.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                sql.execute("ROLLBACK")


def _insert(sql: sqlite3.Connection, first: int, last: int, start: float, interval: float) -> None:
    """Write the articles and alerts of some ids."""
    body = "Le mouvement touche un vol sur deux au départ d'Orly, selon la direction. " * 8
    span = range(first, last)
    at = {n: start + interval * n for n in span}
    sql.executemany(
        _ARTICLE,
        [
            (
                n, 1 + n % FEEDS, f"https://x.example/{n}", f"{TITLES[n % 5]} ({n})", body,
                "fr" if n % 5 < 3 else "en", at[n], at[n], n - n % 4 if n % 4 < 2 and n > 4 else n,
            )
            for n in span
        ],
    )  # fmt: skip
    sql.executemany(
        _ALERT,
        [
            (
                n, f"List {n % LISTS}", n, SEVERITIES[n % LISTS % 3],
                "new" if n % 50 == 0 else "acknowledged", at[n],
            )
            for n in span
        ],
    )  # fmt: skip
