"""Bulletins of the bundled newsroom: they arrive, differ and never end."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from hypothesis import given, settings, strategies as st
from support.demo_server import OPENED, Hands, poll
from support.properties import examples

from monitor.demo.content import load
from monitor.demo.newsroom import WINDOW, DemoNewsroom, bulletin
from monitor.demo.site import NewsroomServer

pytestmark = pytest.mark.costly

CONTENT = load()
OUTLETS = tuple(CONTENT.outlets.values())


def shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[start : start + 4]) for start in range(len(words) - 3)}


def test_news_arrives_while_one_watches(
    reader: httpx.Client, server: NewsroomServer, hands: Hands
) -> None:
    def everything() -> set[str]:
        slugs = [o.slug for o in OUTLETS if o.quirk not in {"gone", "slow"}]
        return {entry.link for slug in slugs for entry in poll(reader, server, slug).entries}

    at_opening = everything()
    hands.now += 60
    addresses = everything()
    assert 10 <= len(addresses - at_opening) <= 40
    assert reader.get(sorted(addresses - at_opening)[0]).status_code == 200


@settings(deadline=None, max_examples=examples(40))
@given(
    outlet=st.sampled_from(OUTLETS), age=st.floats(0, 40 * 86_400), wait=st.floats(0, 2 * 86_400)
)
def test_what_is_published_is_past_ordered_and_stays(outlet: Any, age: float, wait: float) -> None:
    newsroom = DemoNewsroom(CONTENT, OPENED)
    now = OPENED + age
    page = newsroom.published(outlet, now)
    assert len(page) <= WINDOW
    assert len({dispatch.slug for dispatch in page}) == len(page)
    assert [dispatch.out for dispatch in page] == sorted((d.out for d in page), reverse=True)
    for dispatch in page:
        assert dispatch.out <= now
        if not re.search(r"[a-z]$", dispatch.slug):
            assert newsroom.find(outlet, dispatch.slug, dispatch.out - 0.01) is None
        article = newsroom.find(outlet, dispatch.slug, now + wait)
        assert article
        assert (article.slug, article.out) == (dispatch.slug, dispatch.out)


@settings(deadline=None, max_examples=examples(10))
@given(st.floats(60, 1e8))
def test_the_stream_never_dries_up(age: float) -> None:
    newsroom = DemoNewsroom(CONTENT, OPENED)
    newest = max(d.out for outlet in OUTLETS for d in newsroom.published(outlet, OPENED + age))
    assert OPENED + age - newest < 20


@settings(deadline=None, max_examples=examples(300))
@given(st.integers(0, 10**8))
def test_every_bulletin_can_be_printed(number: int) -> None:
    printed = bulletin(CONTENT.patterns, number)
    assert printed.headlines
    languages = {CONTENT.outlets[slug].lang for slug in printed.headlines}
    assert len(languages) == 1
    for text in (*printed.headlines.values(), *printed.text):
        assert not re.search(r"[{}]|\w'\w|\s\s", text)
        assert text[0].isupper() or text[0] in "«“0123456789£"
        assert not re.search(r"[.!?] [a-zà-ÿ]", text)


def test_bulletins_differ() -> None:
    bulletins = [bulletin(CONTENT.patterns, number) for number in range(1_000)]
    assert len({brief.text for brief in bulletins}) == len(bulletins)
    assert len({next(iter(brief.headlines.values())) for brief in bulletins}) > 600


def test_bulletins_are_no_copies_of_each_other() -> None:
    sets = [shingles(" ".join(bulletin(CONTENT.patterns, n).text)) for n in range(250)]
    copies = [
        (first, other)
        for first in range(len(sets))
        for other in range(first)
        if len(sets[first] & sets[other]) >= min(len(sets[first]), len(sets[other])) / 2
    ]
    assert len(copies) <= 3
