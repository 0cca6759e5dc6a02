"""The spine in one process: real parsing, recognising, matching and storing; no network.

A `Press` publishes editions of feeds and pages; a `ManualMonitor` polls them all, one round at a
time. A `Fuse` kills at any step: before an SQL statement, before a row, before a request.

    python spine.py FOLDER STEP...     dies for real at each step, in FOLDER/STEP
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

from msgspec import Struct, field

from index.query.parser import parse_query as understood
from monitor.base.errors import FetchError
from monitor.intake.ingest.ingest import Ingester
from monitor.intake.ingest.poll_outcome import ActiveConfig, BatchOutcome
from monitor.intake.parse import web_page, workers
from monitor.intake.parse.web_page import Allowance, allowance
from monitor.judgement.alerts.routing import Routing
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.config import StoreAddress
from monitor.model.feed import FEED, Feed, FeedState, Source
from monitor.model.poll import Fetched, NotModified, Page, ParsedFeed
from monitor.model.watchlist import Severity, Watchlist
from monitor.runtime.pipeline import Pipeline
from monitor.storage.store.database import sqlite
from monitor.storage.store.database.opening import open_database
from monitor.storage.store.sql.store import Store

START = 1_700_000_000.0
HOUR = 3_600.0


class Killed(BaseException):
    """Raised in place of a kill: the process does nothing after it."""


def killed() -> None:
    """Raise `Killed`, in place of a kill."""
    raise Killed


class Fuse(Struct):
    """Counts steps, and kills at one of them; 0 is none."""

    at: int = 0
    kill: Callable[[], None] = killed
    steps: int = 0
    _opened: list[sqlite3.Connection] = field(default_factory=list)

    def step(self, before: str = "") -> None:
        """Count a step, or kill before it. After a kill there are no more steps."""
        if self.at and self.steps >= self.at:
            raise Killed
        self.steps += 1
        if self.steps == self.at:
            self.kill()

    def along(self, rows: Iterable[Any]) -> Iterator[Any]:
        """Yield rows, each a step."""
        for row in rows:
            self.step()
            yield row

    @contextmanager
    def fitted(self) -> Iterator[None]:
        """Put the fuse into every SQLite connection that is opened; close them at the end."""
        fuse = self

        class Fused(sqlite.SqliteConnection):
            def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
                fuse.step(sql)
                return super().execute(sql, *values)

            def executemany(self, sql: str, rows: Iterable[Any]) -> sqlite3.Cursor:
                return super().executemany(sql, fuse.along(rows))

        connect = sqlite3.connect

        def fused(*args: Any, **named: Any) -> sqlite3.Connection:
            self._opened.append(connect(*args, **named | {"factory": Fused}))
            return self._opened[-1]

        try:
            with patch("monitor.storage.store.database.sqlite.sqlite3.connect", fused):
                yield
        finally:
            while self._opened:
                self._opened.pop().close()


class Press(Struct, dict=True):
    """Publishes: the editions of each feed, one per round, the last one repeating; and pages."""

    editions: Mapping[str, Sequence[bytes | FetchError]]
    pages: Mapping[str, Sequence[bytes | FetchError]] = field(default_factory=dict)
    round: int = 0
    fuse: Fuse = field(default_factory=Fuse)
    requested_urls: list[str] = field(default_factory=list)

    def pause(self, paused: bool) -> None:
        """Do nothing: each request is answered at once."""

    def confirms(self, now: float) -> bool:
        """Return whether the servers have this time."""
        return True

    async def fetch(
        self,
        url: str,
        *,
        etag: bytes | None = None,
        last_modified: bytes | None = None,
        **_: object,
    ) -> Fetched | NotModified:
        """Answer as a server with ETags and without rules for robots does."""
        self.fuse.step()
        if url.endswith("/robots.txt"):
            raise FetchError(url, "404 Not Found", status=404)
        self.requested_urls.append(url)
        published = self.editions[url] if url in self.editions else self.pages[url]
        edition = min(self.round, len(published) - 1)
        body = published[edition]
        if isinstance(body, FetchError):
            raise body
        if etag == b'"%d"' % edition:
            return NotModified()
        kind = "application/xml" if url in self.editions else "text/html; charset=utf-8"
        return Fetched(url=url, body=body, content_type=kind, etag=b'"%d"' % edition)


class Reader:
    """Reads documents here instead of in another process."""

    async def parse(
        self,
        fetched: Fetched,
        source: Source = FEED,
        *,
        with_features: bool = False,
        is_costly: bool = True,
    ) -> ParsedFeed:
        """Return the parsed feed."""
        document = (fetched.body, fetched.url, fetched.content_type)
        return workers.parse(source, with_features, *document)

    async def robots(self, rules: Fetched, page: str) -> Allowance:
        """Return the answer of robots.txt for a page."""
        return allowance(rules.body, page)

    async def extract(self, page: Fetched) -> Page:
        """Return the headline of a page and the text of its article."""
        return web_page.extract(page.body, page.url, page.content_type)


class ManualMonitor(Struct):
    """A monitor without its clock: polls when told to."""

    folder: Path
    press: Press
    feeds: Sequence[Feed]
    watchlists: Sequence[Watchlist]
    open_store: Callable[[StoreAddress], Store] = Store
    now: float = START
    outcomes: list[BatchOutcome] = field(default_factory=list)
    routing: Routing = field(default_factory=Routing)
    stopwatch: Callable[[], float] = lambda: 0.0

    def live(self, rounds: Iterable[int]) -> None:
        """Start, poll every feed and page once in each round, end. Raises Killed."""
        with self.press.fuse.fitted(), ThreadPoolExecutor(1) as thread:
            self._live(self.open_store(StoreAddress(self.folder)), thread, rounds)

    def _live(self, store: Store, thread: ThreadPoolExecutor, rounds: Iterable[int]) -> None:
        feeds = store.subscribe(self.feeds, self.watchlists)
        rules = WatchlistMatcher(self.watchlists, feeds)
        numbered = {feed.number: feed for feed in feeds}
        watch = ActiveConfig(rules=rules, feeds=numbered, routing=self.routing)
        ingester = Ingester(store, watch, lambda: self.now, lambda: 0.0, self.stopwatch)
        pipeline = Pipeline(
            cast(Any, self.press),
            cast(Any, Reader()),
            ingester,
            thread,
            lambda: self.now,
            self.outcomes.append,
            asyncio.sleep,
        )
        asyncio.run(_with(pipeline, self._rounds(store, pipeline, feeds, rounds)))

    async def _rounds(
        self, store: Store, pipeline: Pipeline, feeds: Sequence[Feed], rounds: Iterable[int]
    ) -> None:
        for number in rounds:
            self.press.round = number
            self.now = START + number * HOUR
            await self._round(store, pipeline, feeds)

    async def _round(self, store: Store, pipeline: Pipeline, feeds: Sequence[Feed]) -> None:
        states = {row.feed.url: row.state for row in store.feeds.subscribed()}
        subscribed = [feed for feed in feeds if not states[feed.url].gone]
        await asyncio.gather(*(poll(pipeline, feed, states[feed.url]) for feed in subscribed))
        while due := store.pages_due(self.now, 8):
            await asyncio.gather(*map(pipeline.read_page, due))


async def poll(pipeline: Pipeline, feed: Feed, state: FeedState) -> None:
    """Poll a feed beside others."""
    await pipeline.poll(feed, state)


async def _with(pipeline: Pipeline, work: Awaitable[None]) -> None:
    """Do some work while the pipeline runs; raises what ends either."""
    running = [asyncio.ensure_future(work), asyncio.ensure_future(pipeline.run())]
    done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    for task in done:
        task.result()


def rows(place: StoreAddress | Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Return the rows of a query on the database of a store."""
    if isinstance(place, StoreAddress):
        with closing(open_database(place, create=False)) as database:
            return database.execute(query, values).fetchall()
    with closing(sqlite3.connect(place / "newsroom.db")) as sql:
        return sql.execute(query, values).fetchall()


# --- a scenario with everything in it -----------------------------------------------


def _item(guid: str, link: str, title: str, text: str) -> str:
    return (
        f"<item><guid isPermaLink='false'>{guid}</guid><link>https://ex.org/{link}</link>"
        f"<title>{title}</title><description>{text}</description></item>"
    )


def edition(*items: str) -> bytes:
    """Return a feed's document."""
    return f"<rss version='2.0'><channel><title>J</title>{''.join(items)}</channel></rss>".encode()


_WIRE = (
    "La sûreté de l’État soupçonne le groupe Alibaba d’espionnage depuis son centre logistique"
    " de Liège, selon un quotidien britannique qui cite des responsables belges. Le groupe"
    " dément toute activité malveillante et rappelle que ses entrepôts sont ouverts aux douanes."
)
_A1 = _item("a1", "un", "Alibaba soupçonné", _WIRE)
_A2 = _item("a2", "deux", "Grève au port d’Anvers", "Les dockers cessent le travail.")
_A2_EDITED = _item("a2", "deux", "Grève au port", "Les dockers d’Alibaba cessent le travail.")
_A3 = _item("a3", "trois", "Un procès pour espionnage", "Le parquet requiert dix ans.")
_PAGE = "<html><body><article>{}</article></body></html>"
_PAGE_TEXT = "".join(
    f"<p>Paragraphe {n} : la filiale Cainiao gère l’entrepôt {n} du parc logistique, et les"
    f" douaniers y contrôlent {n} colis par heure, d’après un rapport de la Région.</p>"
    for n in range(6)
)
A, B, C = "https://a.test/rss", "https://b.test/rss", "https://c.test/rss"
FEEDS = (
    Feed(url=A, name="A", lang="fr"),
    Feed(url=B, name="B", lang="fr"),
    Feed(url=C, name="C", lang="fr", full_text=True),
)
WATCHLISTS = tuple(
    Watchlist(name=word, query=understood(word), severity=severity)
    for word, severity in (
        ("Alibaba", Severity.MEDIUM),
        ("espionnage", Severity.HIGH),
        ("Cainiao", Severity.LOW),
    )
)
ROUNDS = range(3)


def scenario(fuse: Fuse | None = None) -> Press:
    """Return a press: news, copies, edits, carriers, pages, new ids for everything."""
    copied = _item("b1", "ailleurs", "Alibaba soupçonné à Liège", _WIRE + " (Agences)")
    teaser = _item("c1", "page", "Le locataire discret", "Un entrepôt sans enseigne.")
    gone_page = _item("c2", "perdue", "Une page qui n’est plus là", "On n’en saura pas plus.")
    return Press(
        {
            A: [
                edition(_A1, _A2),
                edition(_A3, _A1, _A2_EDITED),
                edition(*(item.replace(">a", ">new-a") for item in (_A3, _A1, _A2_EDITED))),
            ],
            B: [edition(copied), edition(_A2.replace(">a2", ">b2"), copied)],
            C: [edition(teaser), edition(gone_page, teaser)],
        },
        {
            "https://ex.org/page": [_PAGE.format(_PAGE_TEXT).encode()],
            "https://ex.org/perdue": [FetchError("https://ex.org/perdue", "404", status=404)],
        },
        fuse=fuse or Fuse(),
    )


def life(
    folder: Path, fuse: Fuse | None = None, store: Callable[[StoreAddress], Store] = Store
) -> ManualMonitor:
    """Return the spine of the scenario, not yet alive."""
    return ManualMonitor(folder, scenario(fuse), FEEDS, WATCHLISTS, store)


def _die(folder: Path, step: int) -> int:
    """Run until a step in a process of its own, and return its exit code."""
    child = os.fork()
    if child == 0:
        life(folder, Fuse(step, lambda: os.kill(os.getpid(), signal.SIGKILL))).live(ROUNDS)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    for step in sys.argv[2:]:
        path = Path(sys.argv[1]) / step
        path.mkdir()
        print(step, _die(path, int(step)))  # noqa: T201
