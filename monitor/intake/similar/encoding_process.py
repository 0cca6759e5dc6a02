"""The process that turns texts into vectors and compares them: killed when slow, limited in memory.

It reads the store and writes nothing: the monitor stores its results.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, wait
from concurrent.futures.process import BrokenProcessPool
from functools import cache, partial
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from index import interruption
from monitor.base import translation
from monitor.base.article import Timestamp
from monitor.base.errors import EncodingError, MonitorError
from monitor.base.fork_server import confine, forking
from monitor.base.translation import gettext as _
from monitor.model.config import StoreAddress
from monitor.model.event_link import (
    WINDOW,
    EncodedArticle,
    EncodedBatch,
    EventLink,
    Similar,
    Unencoded,
)
from monitor.storage.store import open_views
from monitor.storage.store.sql.views import Views

if TYPE_CHECKING:  # numpy is for the process: 17 MB that the monitor need not hold
    from monitor.intake.similar.vectors import Encoder

T = TypeVar("T")

SECONDS = 60.0
"""Seconds after which a task is killed."""
MEMORY = 700 * 2**20
"""Bytes that the process may take beyond its own size: 90 MB for the model, and 230 MB for a
window of 60,000 articles, each number in four bytes and two."""
MOST = 60_000
"""Newest articles of a window: 20,000 a day."""
LOOK = 0.2
"""Seconds between two questions whether a comparison is still wanted."""
CHUNK = 8192
"""Vectors that are read at once to rank them."""
NICENESS = 5
"""Niceness: an alert comes before its escalation."""


class EncodingProcess:
    """The process of a store: it starts with the first task, and again after its death."""

    def __init__(
        self,
        store: StoreAddress,
        encoder: Callable[[], Encoder] | None = None,
        *,
        seconds: float = SECONDS,
        memory: int = MEMORY,
    ) -> None:
        """Start nothing yet.

        Args:
            store: The store.
            encoder: Loads the model, in the process: a function of a module. None is `Encoder`.
            seconds: Seconds after which a task is killed.
            memory: Bytes that the process may take beyond its own size.
        """
        self._store = store
        self._encoder = encoder
        self._seconds = seconds
        self._memory = memory
        self._pool: ProcessPool | None = None
        self._task: Any = None
        self._starting = Lock()

    async def encode(self, articles: Sequence[Unencoded], now: Timestamp) -> EncodedBatch:
        """Return the vectors of articles, and the links of those of the last three days.

        Raises:
            EncodingError: The process was killed or died.
        """
        task = await asyncio.to_thread(self._scheduled, _encode, tuple(articles), now)
        batch: EncodedBatch = await asyncio.to_thread(self._finished, task.result)
        return batch

    def similar(self, article: int, limit: int) -> tuple[Similar, ...]:
        """Return the articles that are most similar to an article, the nearest first.

        Raises:
            EncodingError: The process was killed or died.
            Interrupted: The result is unwanted.
        """
        task = self._scheduled(_similar, article, limit)
        while not wait([task], LOOK).done:
            interruption.check()
        similar: tuple[Similar, ...] = self._finished(task.result)
        return similar

    def close(self) -> None:
        with self._starting:
            if self._pool is not None:
                if self._task is not None:  # the pool would leave its caller waiting for ever
                    self._task.cancel()
                self._pool.stop()  # type: ignore[no-untyped-call]
                self._pool.join()
                self._pool = None

    def _scheduled(self, task: Callable[..., T], *args: Any) -> Any:
        arguments = (translation.choice(), task, self._store, self._encoder, *args)
        with self._starting:
            if self._pool is None or not self._pool.active:
                self._pool = ProcessPool(
                    max_workers=1, initializer=partial(_prepare, self._memory), context=forking()
                )
            self._task = self._pool.schedule(_attempt, arguments, timeout=self._seconds)
            return self._task

    def _finished(self, result: Callable[[], Any]) -> Any:
        try:
            outcome = result()
        except TimeoutError:
            seconds = f"{self._seconds:g}"
            words = _("encoding takes longer than {seconds} s", seconds=seconds)
            raise EncodingError(words) from None
        except CancelledError:
            raise EncodingError(_("encoding was stopped")) from None
        except (ProcessExpired, BrokenProcessPool, RuntimeError) as error:
            words = _("the process that encodes articles died: {error}", error=error)
            raise EncodingError(words) from None
        if isinstance(outcome, str):
            raise EncodingError(outcome)
        return outcome


def _attempt(
    language: translation.Choice,
    task: Callable[..., T],
    store: StoreAddress,
    encoder: Callable[[], Encoder] | None,
    *args: Any,
) -> Any:
    """Return the result of a task, or its error in words: no exception crosses processes whole."""
    translation.use(*language)
    try:
        return task(_views(store), _model(encoder), *args)
    except MemoryError:
        return _("encoding articles needs too much memory")
    except MonitorError as error:
        return str(error)
    except Exception as error:  # a library that fails, or has no memory left to load
        return _("encoding articles fails: {error}", error=f"{type(error).__name__}: {error}")


def _encode(
    views: Views, encoder: Encoder, articles: Sequence[Unencoded], now: Timestamp
) -> EncodedBatch:
    from monitor.intake.similar.vectors import LEAST_WORDS, packed, sentence

    texts = {a.article: sentence(a.title, a.text) for a in articles}
    vectors = {
        id: packed(encoder.encode(text)) if len(text.split()) >= LEAST_WORDS else b""
        for id, text in texts.items()
    }
    encoded = tuple(EncodedArticle(a.article, a.version, vectors[a.article]) for a in articles)
    return EncodedBatch(encoded, tuple(_links(views, vectors, now)))


def _links(views: Views, vectors: dict[int, bytes], now: Timestamp) -> list[EventLink]:
    """Return the links of the new vectors whose articles are of the last three days."""
    from monitor.intake.similar.vectors import VectorWindow, event_links, unpacked

    stored = views.articles.vectors(vectors, since=now - WINDOW, limit=MOST)
    rows = [row for row in stored if vectors.get(row.article, row.vector)]
    matrix = unpacked([vectors.get(row.article, row.vector) for row in rows])
    fresh = [number for number, row in enumerate(rows) if row.article in vectors]
    return event_links(VectorWindow(rows, matrix), fresh)


def _similar(views: Views, encoder: Encoder, article: int, limit: int) -> tuple[Similar, ...]:
    import numpy as np

    from monitor.intake.similar.vectors import most_similar, sentence, unpacked

    (original,) = views.articles.get([article])
    vector = encoder.encode(sentence(original.title, original.summary or original.body))
    nearest: list[tuple[int, float]] = []
    last_id = 0
    while chunk := views.articles.every_vector(last_id, CHUNK):
        last_id = chunk[-1][0]
        chunk = [(id, data) for id, data in chunk if data and id != article]
        if chunk:
            ids = np.array([id for id, _ in chunk], np.int64)
            neighbours = most_similar(unpacked([data for _, data in chunk]), ids, vector, limit)
            nearest = sorted([*nearest, *neighbours], key=lambda pair: (-pair[1], pair[0]))[:limit]
    return tuple(Similar(id, cosine) for id, cosine in nearest)


@cache
def _model(encoder: Callable[[], Encoder] | None) -> Encoder:
    from monitor.intake.similar import vectors

    return (encoder or vectors.Encoder)()


@cache
def _views(store: StoreAddress) -> Views:
    return open_views(store, read_only=True)


def _prepare(memory: int) -> None:
    """Make this process give way, and leave the signals of the terminal to the monitor."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends SIGINT to the whole group
    os.nice(NICENESS)
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
    confine(memory)
