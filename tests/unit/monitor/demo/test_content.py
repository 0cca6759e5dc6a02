"""Tests of the content of the bundled newsroom."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from monitor.demo.content import NARROW, NBSP, load, typeset

CONTENT = load()
OUTLETS = tuple(CONTENT.outlets.values())


def test_there_is_a_newsroom_worth_watching() -> None:
    readable = [o for o in OUTLETS if o.quirk not in {"gone", "hopeless"}]
    languages = [CONTENT.outlets[article.outlet].lang for article in CONTENT.articles]
    assert len(readable) >= 12
    assert {outlet.format for outlet in readable} == {"rss", "atom"}
    assert min(languages.count("fr"), languages.count("en")) >= 30
    assert len({(item.outlet, item.slug) for item in CONTENT.articles}) == len(CONTENT.articles)


def test_the_day_before_is_covered() -> None:
    hours = {int(article.minutes_ago // 60) for article in CONTENT.articles}
    assert min(hours) == 0
    assert max(hours) < 24
    assert len(hours) >= 16


def test_wire_stories_are_carried_with_small_edits_and_other_headlines() -> None:
    copies = defaultdict(list)
    for article in CONTENT.articles:
        copies[article.slug].append(article)
    wire_stories = {slug: versions for slug, versions in copies.items() if len(versions) > 2}
    assert len(wire_stories) == 2
    for versions in wire_stories.values():
        assert len(versions) >= 5
        assert len({article.title for article in versions}) == len(versions)
        assert len({article.text for article in versions}) >= 5
        assert min(len(article.text) for article in versions) < len(versions[0].text)
        original = shingles(" ".join(versions[0].text))
        for copy in versions[1:]:
            copy_shingles = shingles(" ".join(copy.text))
            assert len(copy_shingles & original) / len(copy_shingles) > 0.7


def shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[start : start + 4]) for start in range(len(words) - 3)}


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        ("fr", "l'État : « oui » !", f"l’État{NBSP}: «{NBSP}oui{NBSP}»{NARROW}!"),
        ("fr", "14 000 colis, 8 %", f"14{NARROW}000 colis, 8{NBSP}%"),
        ("fr", "1,200 colis à 20:30", f"1{NARROW}200 colis à 20:30"),
        ("en", 'the port\'s "very" late', "the port’s “very” late"),
        ("en", "hauliers' lorries...", "hauliers’ lorries…"),
        ("en", "[@click=app.quit] 1,200", "[@click=app.quit] 1,200"),
    ],
)
def test_typography(lang: str, text: str, expected: str) -> None:
    assert typeset(text, lang) == expected


def test_french_is_printed_as_the_french_print_it() -> None:
    for article in CONTENT.articles:
        if CONTENT.outlets[article.outlet].lang == "fr":
            assert not re.search(r"\w'\w| [:;!?»%]|« ", " ".join((article.title, *article.text)))
