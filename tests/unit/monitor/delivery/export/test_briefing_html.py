"""Tests of a briefing as HTML: one complete file, without elements from the texts of feeds."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

from support.briefings import BRUSSELS, HOSTILE, alert, facts, hostile_facts, story, told_by

from monitor.delivery.export.briefing import document
from monitor.model.alert import AlertState
from monitor.model.watchlist import Baseline
from monitor.presentation.service.briefing import BriefingFacts, compose_briefing

OURS = {
    "html", "head", "meta", "title", "style", "body", "div", "h1", "h2", "h3", "p", "b", "ul",
    "li", "a", "mark", "span", "table", "tr", "td", "br",
}  # fmt: skip


class Page(HTMLParser):
    """The elements, attributes and text of a page; an unclosed element is an error."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, Any]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data


def page(news: BriefingFacts) -> tuple[str, Page]:
    source = document(compose_briefing(news, BRUSSELS), BRUSSELS)
    return source, Page(source)


def test_a_page_has_headline_match_note_outlets_and_link() -> None:
    closed = alert(1, note="À suivre", state=AlertState.CLOSED, timeline=told_by("AFP", "Le Soir"))
    _, parsed_page = page(facts(story(closed), watchlists=("Alibaba", "Ports")))
    for words in ("Grève numéro 1 au port", "AFP · fr · 05:00 · closed", "Le Soir +10 min"):
        assert words in parsed_page.text, words
    assert "À suivre" in parsed_page.text
    kinds = Counter(tag for tag, _ in parsed_page.elements)
    assert kinds["mark"] == 1
    assert [a["href"] for tag, a in parsed_page.elements if tag == "a"] == ["https://ex.org/1"]
    assert "Nothing new" in parsed_page.text


def test_a_chart_has_a_bar_for_each_part_of_the_time() -> None:
    news = facts(
        story(alert(1)),
        charts={"Alibaba": (0, 4, *([0] * 21), 2)},
        baselines={"Alibaba": Baseline(today=4, usual=1.0, weeks=3, surprise=True)},
    )
    _, parsed = page(news)
    (bars,) = [attributes for _, attributes in parsed.elements if attributes.get("class") == "bars"]
    assert bars["aria-label"] == "6 stories, at most 4 in one bar"
    assert f"·█{'·' * 21}▄" in parsed.text
    assert "Unusual: Alibaba" in parsed.text


def test_a_page_is_self_contained_and_has_no_script() -> None:
    source, parsed_page = page(hostile_facts())
    for tag, attributes in parsed_page.elements:
        assert tag in OURS, tag
        assert not {name for name in attributes if name.startswith("on")}
        assert not {"src", "srcset", "background"} & attributes.keys()
    assert not re.search(r"url\(|@import", source)
    assert "prefers-color-scheme: dark" in source


def test_hostile_texts_are_texts() -> None:
    source, parsed_page = page(hostile_facts())
    assert {tag for tag, _ in parsed_page.elements} <= OURS
    assert "<script>alert(1)<" in parsed_page.text
    assert source.count("<script") == 0
    links = [attributes["href"] for tag, attributes in parsed_page.elements if tag == "a"]
    assert len(links) == 1
    assert links[0].startswith("https://ex.org/")
    assert not set(links[0]) & set("<>\"'()[]")
    assert "@everyone" not in source
    assert HOSTILE not in source
