"""Tests that new articles get vectors first, then older ones; failures are skipped."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support import flow
from support.flow import HOUR, START, ManualMonitor, Press, edition
from support.word_encoder import WordEncoder

from index.analysis.text_features import names
from monitor.base.article import Timestamp
from monitor.base.errors import EncodingError, StoreError
from monitor.base.tasks import WorkerThread
from monitor.intake.similar.event_linker import BATCH, MOST_FAILURES, ONCE, SHARE, EventLinker
from monitor.intake.similar.vectors import packed, sentence, unpacked
from monitor.model.config import StoreAddress
from monitor.model.event_link import EncodedArticle, EncodedBatch, EventLink, Surety, Unencoded
from monitor.model.feed import Feed
from monitor.storage.store.sql.store import Store


def item(number: int, text: str = "Un texte.") -> str:
    return (
        f"<item><guid>g{number}</guid><link>https://a.fr/{number}</link>"
        f"<title>Titre {number}</title><description>{text}</description></item>"
    )


@dataclass
class Scripted:
    """An encoder in this process, which fails for texts with `die`."""

    batches: list[list[int]] = field(default_factory=list)
    progress: list[tuple[int, int]] = field(default_factory=list)
    closed: int = 0
    seconds: float = 0.0
    """Seconds that a batch takes."""
    elapsed: float = 0.0

    async def encode(self, articles: Sequence[Unencoded], now: Timestamp) -> EncodedBatch:
        self.elapsed += self.seconds
        self.batches.append([article.article for article in articles])
        if any("die" in article.text for article in articles):
            raise EncodingError("died")
        return EncodedBatch(
            tuple(
                EncodedArticle(
                    article.article,
                    article.version,
                    packed(WordEncoder().encode(sentence(article.title, article.text))),
                )
                for article in articles
            )
        )

    def close(self) -> None:
        self.closed += 1


@contextmanager
def store_of(folder: Path, *items: str, edits: Sequence[str] = ()) -> Iterator[Store]:
    feed = Feed(url="https://a.fr/rss", name="A")
    press = Press({feed.url: [edition(*items), edition(*edits)] if edits else [edition(*items)]})
    ManualMonitor(folder, press, [feed], []).live(range(2 if edits else 1))
    with closing(Store(StoreAddress(folder))) as store:
        yield store


def run_linker(
    store: Store,
    encoding: Scripted,
    at: float,
    *,
    naps: int = 0,
    before_nap: Callable[[EventLinker, int], None] = lambda linker, nap: None,
) -> EventLinker:
    """Encode as `run --once` does, or in the background for some naps; return the linker.

    `before_nap` is called before each nap, with its number.
    """

    class Done(BaseException):
        pass

    remaining_naps = iter(range(naps))
    linkers: list[EventLinker] = []

    async def sleep(seconds: float) -> None:
        if (nap := next(remaining_naps, None)) is None:
            raise Done
        before_nap(linkers[0], nap)

    def save(encoded_batch: EncodedBatch) -> None:
        with store.batch() as batch:
            batch.save_encoded(encoded_batch)

    async def run(thread: ThreadPoolExecutor) -> None:
        worker = WorkerThread(thread)
        linker = EventLinker(
            store, worker, encoding, save, lambda: START + at + encoding.elapsed, sleep
        )
        linkers.append(linker)
        if not naps:
            await linker.all(lambda done, total: encoding.progress.append((done, total)))
            return

        def on_refusal(error: StoreError) -> None:
            raise AssertionError(error)

        with suppress(Done):
            await linker.run_forever(on_refusal)

    with ThreadPoolExecutor(1) as thread:
        asyncio.run(run(thread))
    return linkers[0]


def encoded_ids(folder: Path) -> list[int]:
    rows = flow.rows(folder, "SELECT article FROM vectors WHERE vector <> x'' ORDER BY article")
    return [article for (article,) in rows]


def test_new_articles_get_vectors_the_newest_first(tmp_path: Path) -> None:
    with store_of(tmp_path, *map(item, range(1, BATCH + 5))) as store:
        encoding = Scripted()
        run_linker(store, encoding, HOUR)
        assert encoding.batches == [[*range(BATCH + 4, 4, -1)], [4, 3, 2, 1]]
        run_linker(store, encoding, HOUR)
        assert len(encoding.batches) == 2  # each once
    assert encoded_ids(tmp_path) == [*range(1, BATCH + 5)]


def two_feeds(folder: Path, first: range, second: range) -> None:
    """Store articles of one feed, and an hour later newer ones of another feed."""
    feeds = [Feed(url=f"https://{name}.fr/rss", name=name) for name in "ab"]
    items = dict(zip("ab", ([*map(item, r)] for r in (first, second)), strict=True))
    for feed in feeds:
        pages = [text.replace("a.fr", f"{feed.name}.fr") for text in items[feed.name]]
        ManualMonitor(folder, Press({feed.url: [edition(*pages)]}), [feed], []).live(range(1))


def test_a_feed_with_more_than_its_share_waits_until_all_others_have_vectors(
    tmp_path: Path,
) -> None:
    two_feeds(tmp_path, range(1, 5), range(10, 20 + SHARE))
    with closing(Store(StoreAddress(tmp_path))) as store:
        encoding = Scripted()
        run_linker(store, encoding, HOUR, naps=4)
    assert [id for batch in encoding.batches[:3] for id in batch] == [
        *range(SHARE + 14, 14, -1), *range(4, 0, -1)
    ]  # fmt: skip
    assert encoded_ids(tmp_path) == [*range(1, SHARE + 15)]  # the others: at a fifth of the pace


def test_each_hour_gives_a_feed_another_share(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with store_of(tmp_path, *map(item, range(1, SHARE + 4))) as store:
        run_linker(store, Scripted(), HOUR)
        assert encoded_ids(tmp_path) == [*range(4, SHARE + 4)]
        assert caplog.messages == ["3 articles wait for a vector: the next run makes them"]

    with store_of(tmp_path / "slow", *map(item, range(1, 2 * SHARE + 1))) as store:
        run_linker(store, Scripted(seconds=HOUR * BATCH / SHARE), 0, naps=8)
        assert encoded_ids(tmp_path / "slow") == [*range(1, 2 * SHARE + 1)]


def test_older_articles_get_vectors_in_the_background_only(tmp_path: Path) -> None:
    with store_of(tmp_path, item(1), item(2)) as store:
        encoding = Scripted()
        run_linker(store, encoding, 100 * HOUR)
        assert encoded_ids(tmp_path) == []
        run_linker(store, encoding, 100 * HOUR, naps=3)
    assert encoding.batches == [[2, 1]]
    assert encoded_ids(tmp_path) == [1, 2]


def test_an_article_that_was_not_matched_gets_no_vector(tmp_path: Path) -> None:
    with store_of(tmp_path, item(1), item(2)) as store:
        store._connection.execute("INSERT INTO set_aside VALUES (1, 'matching', 'slow', 0)")
        run_linker(store, Scripted(), HOUR)
        assert store.articles.unencoded(9) == []
    assert encoded_ids(tmp_path) == [2]


def test_an_edited_text_gets_a_new_vector(tmp_path: Path) -> None:
    with store_of(tmp_path, item(1)) as store:
        run_linker(store, Scripted(), HOUR)
    before = flow.rows(tmp_path, "SELECT vector FROM vectors")
    with store_of(tmp_path, item(1, "Un autre texte."), edits=[item(1, "Encore un.")]) as store:
        assert [unencoded.article for unencoded in store.articles.unencoded(9)] == [1]
        run_linker(store, Scripted(), HOUR)
    after = flow.rows(tmp_path, "SELECT vector FROM vectors")
    assert len(before) == len(after) == 1 and before != after
    assert len(unpacked([after[0][0]])[0]) * 2 == len(after[0][0])  # two bytes a number


def test_an_article_that_cannot_be_encoded_is_tried_once(tmp_path: Path) -> None:
    with store_of(tmp_path, item(1), item(2, "die"), item(3)) as store:
        encoding = Scripted()
        run_linker(store, encoding, HOUR)
        assert encoding.batches == [[3, 2, 1], [3], [2], [1]]
        assert store.articles.unencoded(9) == []
    assert encoded_ids(tmp_path) == [1, 3]


def test_if_nothing_can_be_encoded_no_article_is_given_up_for_it(tmp_path: Path) -> None:
    with store_of(tmp_path, *[item(number, "die") for number in range(1, 9)]) as store:
        linker = run_linker(store, Scripted(), HOUR)
        assert linker.trouble == "died"
        assert len(store.articles.unencoded(99)) == 8 - MOST_FAILURES
        encoding = Scripted()
        assert run_linker(store, encoding, HOUR, naps=3).trouble == "died"


def test_a_single_round_encodes_all_that_waits_and_tells_how_far_it_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with store_of(tmp_path, *map(item, range(1, 2 * BATCH + 1))) as store:
        encoding = Scripted()
        run_linker(store, encoding, HOUR)
    assert encoded_ids(tmp_path) == [*range(1, 2 * BATCH + 1)]
    assert encoding.progress == [(0, 2 * BATCH), (BATCH, 2 * BATCH)]
    assert caplog.messages == []  # nothing waits


def test_a_single_round_that_lasts_too_long_says_what_waits_and_the_next_makes_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with store_of(tmp_path, *map(item, range(1, 2 * BATCH + 4))) as store:
        run_linker(store, Scripted(seconds=ONCE / 2), HOUR)
        assert encoded_ids(tmp_path) == [*range(4, 2 * BATCH + 4)]
        assert caplog.messages == ["3 articles wait for a vector: the next run makes them"]
        run_linker(store, Scripted(), HOUR)
    assert encoded_ids(tmp_path) == [*range(1, 2 * BATCH + 4)]


def test_an_interrupted_single_round_says_what_waits(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Interrupting(Scripted):
        async def encode(self, articles: Sequence[Unencoded], now: Timestamp) -> EncodedBatch:
            raise asyncio.CancelledError

    with store_of(tmp_path, item(1)) as store, suppress(asyncio.CancelledError):
        run_linker(store, Interrupting(), HOUR)
    assert caplog.messages == ["1 article waits for a vector: the next run makes it"]


def test_a_single_round_that_cannot_encode_says_what_waits(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with store_of(tmp_path, *[item(number, "die") for number in range(1, 9)]) as store:
        run_linker(store, Scripted(), HOUR)
    waiting = 8 - MOST_FAILURES
    assert caplog.messages[-1] == f"{waiting} articles wait for a vector: the next run makes them"


def test_turned_off_it_encodes_nothing_and_stops_its_process(tmp_path: Path) -> None:
    def turn(linker: EventLinker, nap: int) -> None:
        linker.enabled = nap == 2
        if nap == 1:
            assert (encoding.batches, encoding.closed) == ([[2, 1]], 1)
            with closing(sqlite3.connect(tmp_path / "newsroom.db")) as sql, sql:
                sql.execute("DELETE FROM vectors WHERE article = 1")

    with store_of(tmp_path, item(1), item(2)) as store:
        encoding = Scripted()
        run_linker(store, encoding, 100 * HOUR, naps=3, before_nap=turn)
    assert (encoding.batches, encoding.closed) == ([[2, 1], [1]], 2)  # on again: all is looked for


def test_vectors_and_links_go_with_their_articles(tmp_path: Path) -> None:
    with store_of(tmp_path, item(1), item(2), item(3)) as store:
        run_linker(store, Scripted(), HOUR)
        links = (EventLink(2, 1, Surety.SURE), EventLink(3, 2, Surety.LIKELY))
        with store.batch() as batch:
            batch.save_encoded(EncodedBatch((), links))
            batch.drop([2])
    assert encoded_ids(tmp_path) == [1, 3]
    assert flow.rows(tmp_path, "SELECT * FROM event_links") == []


def test_vectors_replace_links_by_names(tmp_path: Path) -> None:
    with store_of(tmp_path, item(1), item(2), item(3)) as store:
        with store.batch() as batch:
            batch.save_encoded(EncodedBatch((), (EventLink(2, 1, Surety.NAMES),)))
        run_linker(store, Scripted(), HOUR)
        with store.batch() as batch:
            batch.save_encoded(EncodedBatch((), (EventLink(3, 1, Surety.LIKELY),)))
            batch.save_encoded(EncodedBatch((), (EventLink(3, 1, Surety.NAMES),)))
    assert flow.rows(tmp_path, "SELECT * FROM event_links") == [(3, 1, Surety.LIKELY)]


def test_a_vector_comes_with_the_names_of_its_article(tmp_path: Path) -> None:
    title, text = (
        "Odile Marchetti démissionne",
        "La présidente de Velcora quitte le groupe, dit-on.",
    )
    entry = item(1).replace("Titre 1", title).replace("Un texte.", text)
    with store_of(tmp_path, entry, item(2).replace("Titre", "sans nom")) as store:
        run_linker(store, Scripted(), HOUR)
        first, second = store.articles.vectors([], since=START - HOUR, limit=9)
    assert {frozenset(name) for name in json.loads(first.names)} == {*names(title, text)}
    assert json.loads(second.names) == []
