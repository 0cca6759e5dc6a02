"""Tests of briefings as channels get them: whole by mail and for programs, short in chats."""

from __future__ import annotations

import json

from msgspec.structs import replace
from support.briefings import BRUSSELS, SEVEN, alert, facts, story, told_by

from monitor.delivery.notify.briefing_schedule import stored_briefing
from monitor.model.watchlist import Severity
from monitor.presentation.service.briefing import compose_briefing


def test_chats_get_three_stories_of_each_watchlist_and_mail_all() -> None:
    alerts = [alert(n, name) for name, first in (("Alibaba", 1), ("Ports", 11)) for n in
              range(first, first + 5)]  # fmt: skip
    briefing = compose_briefing(facts(*map(story, alerts)), BRUSSELS)
    saved = stored_briefing(replace(briefing, name="Morning"), SEVEN, SEVEN, BRUSSELS)
    assert saved.subject == "Morning: 10 stories"
    assert saved.markdown.count("https://ex.org/") == saved.plain.count("https://ex.org/") == 6
    assert saved.plain.count("2 not listed") == 2
    assert saved.html.count("https://ex.org/") == 10
    assert json.loads(saved.json)["stories"] == 10


def test_stories_link_to_their_pages() -> None:
    briefing = compose_briefing(facts(story(alert(1, "Alibaba"))), BRUSSELS)
    page = "https://news.example.org/alerts/a1"
    linked = stored_briefing(briefing, SEVEN, SEVEN, BRUSSELS, "https://news.example.org")
    assert f"alert a1: {page}" in linked.plain
    assert f"[alert a1](<{page}>)" in linked.markdown
    assert f'<a href="{page}">alert a1</a>' in linked.html
    unlinked = stored_briefing(briefing, SEVEN, SEVEN, BRUSSELS)
    assert "/alerts/" not in unlinked.plain + unlinked.markdown + unlinked.html


def test_chats_get_the_top_stories_besides() -> None:
    small = [alert(n, "Ports", severity=Severity.HIGH) for n in range(1, 6)]
    big = [alert(n, name, timeline=told_by("A", "B")) for n, name in ((11, "Ports"), (12, "Liège"))]
    briefing = compose_briefing(facts(*map(story, [*small, *big])), BRUSSELS)
    saved = stored_briefing(replace(briefing, name="Morning"), SEVEN, SEVEN, BRUSSELS)
    for text in (saved.plain, saved.markdown):
        places = [text.index(f"https://ex.org/{n}") for n in (12, 11, 5, 4, 3)]
        assert places == sorted(places)
        assert text.count("https://ex.org/") == 5
        assert "2 not listed" in text
    top = json.loads(saved.json)["top"]
    assert [story["alert_ids"] for story in top] == [["a12"], ["a11"]]
