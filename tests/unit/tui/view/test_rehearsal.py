"""Tests of what a rehearsal says."""

from __future__ import annotations

from datetime import UTC

import pytest
from support.fake_newsroom import NOW, FakeNewsroom, rehearsal

from monitor.base.text_cleaning import line
from monitor.model.alert import Verdict
from monitor.watchlists.rehearsal import NearMiss, Overlap
from tui.view.pages import rehearsal_lines


@pytest.mark.parametrize(
    ("matched", "expected"),
    [
        (0, "0 of 900 articles of the last 30 days match"),
        (1, "1 of 900 articles of the last 30 days"),
        (60, "60 of 900 articles of the last 30 days, about 2.0 alerts a day"),
    ],
)
def test_a_rate_that_rounds_to_nothing_is_not_said(matched: int, expected: str) -> None:
    tried = rehearsal(articles=900, matched=matched, alerts=matched)
    assert tried.texts()[0] == expected
    (first, *_) = rehearsal_lines(tried, {}, 80, NOW, UTC)
    assert "".join(text for text, _ in first) == expected


def test_a_rehearsal_says_what_is_lost_near_and_in_common_and_no_number_without_interval() -> None:
    hit = FakeNewsroom(40).search("orly").hits[0]
    tried = rehearsal(
        articles=900, matched=9, alerts=9, lost=2, examples=(hit,),
        terms=(("orly", 9), ("zinc", 0)),
        near_misses=(NearMiss("with Cai Niao", 3, hit),), overlaps=(Overlap("Port", 4, 5),),
    )  # fmt: skip
    head, *texts = tried.texts({}, "judge")
    assert head == "9 of 900 articles of the last 30 days, about 0.3 alerts a day"
    title = line(hit.article.title)
    near = f"near miss: 3 more with Cai Niao, as “{title}”"
    lost = "2 articles with an alert would not match any more"
    assert texts == ["orly 9, zinc 0", lost, "judge", "also found by Port: 4 of its 5", near]
    judged = {hit.article.id: Verdict.RELEVANT}
    assert tried.texts(judged)[3] == "precision: 100% (21%–100%) of 1, too few"
