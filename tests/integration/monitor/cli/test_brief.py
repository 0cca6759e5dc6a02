"""`tocsin brief`: what it prints for people and for programs."""

from __future__ import annotations

import json
from typing import Any

from support.newsroom import Newsroom
from support.two_feed_newsroom import FRENCH


def briefing_json(newsroom: Newsroom, *args: str) -> dict[str, Any]:
    done = newsroom.here("brief", "--since", "2000-01-01", *args, "--format", "json")
    briefing: dict[str, Any] = json.loads(done.stdout)
    return briefing


def test_a_briefing_for_people_has_watchlists_stories_and_feeds(filled: Newsroom) -> None:
    done = filled.here("brief", "--since", "2000-01-01")
    assert done.returncode == 0
    for words in ("Briefing, ", "May be missing: 1 of", "Gone: gone (410)", "== Alibaba\n  "):
        assert words in done.stdout, words
    assert FRENCH[0].title.replace("Alibaba", "«Alibaba»") in done.stdout
    assert "# Briefing" in filled.here("brief", "--format", "md").stdout


def test_a_briefing_for_programs_can_be_of_one_watchlist(filled: Newsroom) -> None:
    briefing = briefing_json(filled, "--watch", "douanes")
    assert [row["watchlist"] for row in briefing["watchlists"]] == ["Douanes"]
    assert briefing["stories"] == len(briefing["watchlists"][0]["stories"]) == 1
    assert [row["feed"] for row in briefing["troubled"]] == ["Gone"]


def test_a_briefing_links_to_pages_if_there_are_any(filled: Newsroom) -> None:
    page = "https://news.example.org/alerts/a"
    before = filled.config.read_text(encoding="utf-8")
    since = ("brief", "--since", "2000-01-01", "--format")
    assert page not in filled.here(*since, "html").stdout
    settings = {**json.loads(before), "api": {"url": "https://news.example.org"}}
    filled.config.write_text(json.dumps(settings), encoding="utf-8")
    try:
        outputs = [filled.here(*since, style).stdout for style in ("html", "md")]
    finally:
        filled.config.write_text(before, encoding="utf-8")
    assert all(page in output for output in outputs)


def test_a_watchlist_that_does_not_exist_and_a_future_are_mistakes(filled: Newsroom) -> None:
    done = filled.here("brief", "--watch", "Doauanes")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean" in done.stderr
    assert filled.here("brief", "--since", "2999-01-01").returncode == 2
