"""Tests of the text of an empty stream of alerts."""

from __future__ import annotations

from msgspec.structs import replace
from support.fake_newsroom import FakeNewsroom, feed_health

from monitor.model.feed import Health
from tui.view.status import empty_state


def text_of(newsroom: FakeNewsroom, filter_text: str = "", hint: str = "") -> str:
    head, paragraphs = empty_state(
        newsroom.status(), newsroom.feeds(), newsroom.watchlists(), filter_text, hint
    )
    return "\n".join([head, *paragraphs])


def test_empty_states_teach() -> None:
    newsroom = FakeNewsroom(0)
    assert "No alerts yet" in text_of(newsroom)
    assert "F shows all" in text_of(newsroom, "watch:chips")
    newsroom.watching = False
    assert "monitor is not running" in text_of(newsroom)
    newsroom.lists = ()
    assert "No watchlists yet" in text_of(newsroom)
    newsroom.feed_health = [feed_health(n, f"f{n}", Health.FAILING, "no route") for n in range(3)]
    empty_text = text_of(newsroom)
    assert "No feed can be reached" in empty_text
    assert "no route (3 feeds)" in empty_text
    waiting = [replace(f, words=f"{f.words}, retry in {f.feed.number} s") for f in newsroom.feeds()]
    newsroom.feed_health = [replace(feed, trouble="no route") for feed in waiting]
    assert "no route (3 feeds)" in text_of(newsroom), "a countdown would stand still"
    assert "tocsin demo" in empty_text
    newsroom.feed_health = []
    assert "tocsin demo" in text_of(newsroom, hint="add feeds so")
    assert "add feeds so" in text_of(newsroom, hint="add feeds so")


def test_an_archive_that_cannot_be_read_is_told_with_the_reason() -> None:
    opening_text, _nothing = empty_state(None, (), (), "", "")
    head, paragraphs = empty_state(None, (), (), "", "", "the store is locked")
    assert opening_text == "Opening the archive…"
    assert (head, paragraphs[0]) == ("The archive cannot be read.", "the store is locked")
