"""Tests of the page of a briefing: every line fits, and matches are highlighted."""

from __future__ import annotations

import pytest
from support.briefings import BRUSSELS, alert, facts, feed, hostile_facts, story, told_by

from monitor.model.feed import Health
from monitor.presentation.service.briefing import compose_briefing
from monitor.presentation.spans import width
from tui.view.pages import briefing_page


@pytest.mark.parametrize("cells", [1, 20, 38, 78, 200])
def test_every_line_fits(cells: int) -> None:
    page = briefing_page(compose_briefing(hostile_facts(), BRUSSELS), cells, BRUSSELS)
    assert page
    if cells > 3:
        assert max(map(width, page)) <= cells
    assert not any("\x1b" in text or "\n" in text for line in page for text, _ in line)


def test_matches_are_lit_and_outlets_and_notes_are_there() -> None:
    noted_alert = alert(1, note="À suivre", timeline=told_by("AFP", "Le Soir"))
    page = briefing_page(compose_briefing(facts(story(noted_alert)), BRUSSELS), 80, BRUSSELS)
    assert ("Grève", "hit") in [run for line in page for run in line]
    text = "\n".join("".join(piece for piece, _ in line) for line in page)
    for words in ("AFP · fr · 05:00", "≡ Le Soir +10 min", "✎ À suivre", "https://ex.org/1"):
        assert words in text, words


def test_the_news_comes_first_then_what_has_none_then_what_is_missing() -> None:
    failing_feed = feed("Le Soir", 1, Health.FAILING, "failing: 503")
    news = facts(story(alert(1)), feeds=(failing_feed,), watchlists=("Alibaba", "Ports"))
    page = briefing_page(compose_briefing(news, BRUSSELS), 80, BRUSSELS)
    text = "\n".join("".join(run for run, _ in line) for line in page)
    positions = [text.index(words) for words in ("numéro 1", "Nothing new: Ports.", "failing: 503")]
    assert positions == sorted(positions)
