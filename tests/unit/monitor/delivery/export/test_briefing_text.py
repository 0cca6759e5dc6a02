"""Tests of a briefing as plain text and as Markdown: complete, without markup of feeds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from markdown_it import MarkdownIt
from support.briefings import (
    BRUSSELS,
    SEVEN,
    alert,
    facts,
    feed,
    hostile_facts,
    outlet,
    story,
    told_by,
)

from monitor.delivery.export.briefing import MESSAGE_BREAK, document, markdown, plain_text
from monitor.model.alert import AlertState
from monitor.model.briefing import Briefing
from monitor.model.feed import Health
from monitor.model.watchlist import Baseline
from monitor.presentation.rows.newsroom import briefing_row
from monitor.presentation.service.briefing import compose_briefing


def briefing() -> Briefing:
    news = facts(
        story(
            alert(
                1, note="À suivre\nde près", state=AlertState.CLOSED, starred=True,
                timeline=told_by("AFP", "Le Soir"),
            )
        ),
        watchlists=("Alibaba", "Ports"),
        baselines={"Alibaba": Baseline(today=4, usual=1.0, weeks=3, surprise=True)},
        charts={"Alibaba": (0,) * 23 + (1,)},
    )  # fmt: skip
    return compose_briefing(news, BRUSSELS)


def test_the_text_says_everything() -> None:
    text = plain_text(briefing(), BRUSSELS)
    assert text.startswith("Briefing, 2026-11-26 07:00 to 2026-11-27 07:00\n")
    for words in (
        "1 story in 1 of 2 watchlists.",
        "Unusual: Alibaba has 4 stories, usually 1.",
        "● «Grève» numéro 1 au port",
        "AFP · fr · 05:00 · ★ · closed",
        "≡ Le Soir +10 min",
        "✎ À suivre\n  ✎ de près",
        "https://ex.org/1",
        "Nothing new: Ports.",
        "·······················█",
    ):
        assert words in text, words


def test_languages_have_their_names() -> None:
    foreign_outlets = (outlet("Le Fil", perhaps=True, lang="fr"), outlet("Reuters", lang="en"))
    news = facts(story(alert(1, timeline=told_by("AFP", elsewhere=foreign_outlets))))
    lines = plain_text(compose_briefing(news, BRUSSELS), BRUSSELS).splitlines()
    assert [line.strip() for line in lines if "⇄" in line] == [
        "⇄ also in English: Reuters",
        "⇄ perhaps also in French: Le Fil",
    ]


def test_a_late_briefing_says_so() -> None:
    from msgspec.structs import replace

    late_briefing = replace(briefing(), due=SEVEN - 7200.0, name="Desk")
    assert "Late: this was due at 2026-11-27 05:00" in plain_text(late_briefing, BRUSSELS)
    assert plain_text(late_briefing, BRUSSELS).startswith("Desk, ")


def test_markdown_links_the_headline() -> None:
    html = MarkdownIt().render(markdown(briefing(), BRUSSELS))
    assert '<a href="https://ex.org/1"><strong>Grève</strong> numéro 1 au port</a>' in html
    assert html.count("<h1>") == html.count("<h2>") == html.count("<ul>") == 1


def test_hostile_texts_are_texts_in_markdown() -> None:
    text = markdown(compose_briefing(hostile_facts(), BRUSSELS), BRUSSELS)
    assert "\x1b" not in text
    tokens = [
        child for token in MarkdownIt().parse(text) for child in [token, *(token.children or ())]
    ]
    kinds = {token.type for token in tokens}
    assert not kinds & {"html_inline", "html_block", "image"}
    links = [token.attrGet("href") for token in tokens if token.type == "link_open"]
    assert len(links) == 1
    assert str(links[0]).startswith("https://ex.org/")
    assert "@everyone" not in text


def test_hostile_texts_have_no_effect_on_a_terminal() -> None:
    text = plain_text(compose_briefing(hostile_facts(), BRUSSELS), BRUSSELS)
    assert "\x1b" not in text
    assert "\N{ZERO WIDTH SPACE}" not in text


def test_addresses_are_whole_on_a_terminal_and_broken_in_a_message() -> None:
    hostile = compose_briefing(hostile_facts(), BRUSSELS)
    assert "@everyone" in plain_text(hostile, BRUSSELS)
    message = plain_text(hostile, BRUSSELS, broken_by=MESSAGE_BREAK)
    assert "@everyone" not in message
    assert "\N{ZERO WIDTH SPACE}" not in message


@pytest.mark.parametrize("start", ["- a", "+ a", "1. a", "2) a", "= a", "# a", "> a"])
def test_a_line_of_markdown_begins_no_block(start: str) -> None:
    news = facts(story(alert(1, title=start, matches=(), note=start, feed=start)))
    html = MarkdownIt().render(markdown(compose_briefing(news, BRUSSELS), BRUSSELS))
    assert html.count("<ul>") == html.count("<h2>") == 1
    assert not html.count("<ol") + html.count("<blockquote>")


def test_programs_get_all_fields() -> None:
    row = briefing_row(briefing())
    assert row["unusual"] == ["Alibaba"]
    (story_row,) = row["watchlists"][0]["stories"]
    assert story_row["alert_ids"] == ["a1"]
    assert story_row["headline"] == {"text": "Grève numéro 1 au port", "spans": [[0, 5]]}
    assert [other["name"] for other in story_row["others"]] == ["Le Soir"]
    assert row["watchlists"][0]["usual"] == 1.0


@pytest.mark.parametrize("write", [plain_text, markdown, document])
def test_the_news_comes_before_the_feeds_in_trouble(write: Callable[..., str]) -> None:
    failing = feed("Le Soir", 1, Health.FAILING, "failing: 503")
    text = write(compose_briefing(facts(story(alert(1)), feeds=(failing,)), BRUSSELS), BRUSSELS)
    positions = [
        text.index(words)
        for words in ("May be missing: 1 of 1 feed, named at the end.", "numéro 1", "failing: 503")
    ]
    assert positions == sorted(positions)


@pytest.mark.parametrize(("write", "mark"), [(plain_text, "== "), (markdown, "## "),
                                             (document, "<h2>")])  # fmt: skip
def test_top_stories_come_first_and_once_and_their_watchlists_count_them(
    write: Callable[..., str], mark: str
) -> None:
    small = [story(alert(id, "Ports")) for id in range(10, 16)]
    big = alert(1, "Alibaba", timeline=told_by("AFP", "Le Soir"), title="La une du jour")
    text = write(compose_briefing(facts(*small, story(big)), BRUSSELS), BRUSSELS)
    words = (f"{mark}Top stories", "du jour", f"{mark}Ports", "numéro 10", f"{mark}Alibaba",
             "1 story · 1 at the top")  # fmt: skip
    positions = [text.index(each) for each in words]
    assert positions == sorted(positions)
    assert text.count("du jour") == 1
    about, _, _ = text[text.index("du jour") :].partition(f"{mark}Ports")
    assert "fr · 05:00 · Alibaba" in about
