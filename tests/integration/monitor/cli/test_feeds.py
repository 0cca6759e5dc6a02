"""Subscriptions: added, removed, checked, listed, imported and exported."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from support.feeds_commands import run
from support.newsroom import Newsroom
from support.scripted_server import Web

pytestmark = pytest.mark.costly


# --- remove --------------------------------------------------------------------------------


def test_an_edit_that_would_be_a_mistake_shows_what_it_would_have_written(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    text = (
        "feeds:\n- {url: https://a.example/rss, name: A}\n"
        "- {url: https://b.example/rss, name: B, tags: [presse]}\n"
        "watchlists:\n- {terms: [a], feeds: tag:presse}\n"
    )
    room.config.write_text(text, encoding="utf-8")
    _, err = run(room, "remove", "B", code=2)
    place, line, caret, end = err.splitlines()
    assert place.startswith("feeds.yaml:4:23: no feed has the tag `presse`")
    assert line.strip() == "- {terms: [a], feeds: tag:presse}"
    assert caret.index("^") == line.index("tag:presse")
    assert end == "feeds.yaml was not changed; it would have had these lines"
    assert room.config.read_text(encoding="utf-8") == text


def test_feeds_are_removed_by_name_or_address(newsroom: Newsroom, publisher: Web) -> None:
    before = newsroom.config.read_text()
    run(newsroom, "add", publisher.url("/wire"), publisher.url("/fil"))
    out, _ = run(newsroom, "remove", "the wire", publisher.url("/fil/"))
    assert out.splitlines()[0] == f"removed The Wire: {publisher.url('/wire')}"
    assert newsroom.config.read_text() == before


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("Keptt", 2, "did you mean `Kept`"),
        ("https://x.org/", 2, "no feed"),
        ("Kept", 1, "no feed would be left to poll"),
    ],
)
def test_what_is_not_removed(newsroom: Newsroom, name: str, code: int, words: str) -> None:
    before = newsroom.config.read_text()
    _, err = run(newsroom, "remove", name, code=code)
    assert words in err
    assert newsroom.config.read_text() == before


def test_a_host_of_two_feeds_is_not_enough(newsroom: Newsroom, publisher: Web) -> None:
    run(newsroom, "add", publisher.url("/wire"))
    _, err = run(newsroom, "remove", "127.0.0.1", code=2)
    assert "is ambiguous" in err


# --- log -----------------------------------------------------------------------------------


def test_the_log_of_a_feed(newsroom: Newsroom, publisher: Web) -> None:
    run(newsroom, "add", publisher.url("/fil"))
    newsroom.once()
    newsroom.once("--now")
    polls = json.loads(run(newsroom, "log", "le fil : l'info", "--format", "json")[0])
    assert [(poll["outcome"], poll["new"]) for poll in polls] == [("unchanged", 0), ("read", 2)]
    out, _ = run(newsroom, "log", publisher.url("/fil"))
    assert re.search(r"= \d+: unchanged.*\n.*✓ 200: 2 entries, 0 known, 2 new", out)
    assert "✗ 404 Not Found" in run(newsroom, "log", "Kept")[0]
    assert run(newsroom, "log", "-v", "Kept")[0] == run(newsroom, "log", "Kept", "-q")[0]
    _, err = run(newsroom, "log", "Kepd", code=2)
    assert "did you mean `Kept`" in err
