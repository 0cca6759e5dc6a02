"""Tests of pages without a feed: what selectors find, and which ones are proposed."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

import pytest
from hypothesis import given, settings, strategies as st
from support.listings import TITLES, URL, Item, Listing, listings
from support.properties import examples

from monitor.base.errors import ParseError
from monitor.intake.parse.selector_proposal import propose
from monitor.intake.parse.workers import parse
from monitor.model.feed import Selectors, Source, SourceKind
from monitor.model.poll import ParsedFeed


def read(html: str, selectors: Selectors) -> ParsedFeed:
    source = Source(kind=SourceKind.PAGE, selectors=selectors)
    return parse(source, False, html.encode(), URL, "text/html; charset=utf-8")


def found(page: Listing, headline: str) -> list[Item]:
    """Return title, path and day of what the proposed selectors find."""
    selectors = propose(page.html.encode(), URL, "text/html", headline)
    if selectors is None:
        return []
    return [
        Item(
            entry.title,
            entry.url.removeprefix("https://journal.example"),
            "" if entry.published is None else f"{datetime.fromtimestamp(entry.published):%F}",
        )
        for entry in read(page.html, selectors).entries
    ]


def test_proposed_selectors_find_the_whole_list_on_most_pages() -> None:
    wrong = [page.name for page in listings() if found(page, TITLES[1]) != page.items]
    assert len(wrong) <= 1, wrong


@pytest.mark.parametrize(
    "headline", ["LE PORT D'ANVERS ferme  ses bassins", "le port d’Anvers ferme", TITLES[2]]
)
def test_a_headline_is_found_with_other_quotes_blanks_and_case(headline: str) -> None:
    page = next(listings())
    assert found(page, headline) == page.items


@pytest.mark.parametrize("headline", ["Rien de tel ici", "Accueil du public", "  "])
def test_a_headline_that_is_in_no_list(headline: str) -> None:
    assert found(next(listings()), headline) == []


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("Publié le 9 octobre 2023 à 14h05", "2023-10-09T14:05"),
        ("lundi 9 oct. 2023", "2023-10-09T00:00"),
        ("09.10.2023", "2023-10-09T00:00"),
        ("9/10/2023", "2023-10-09T00:00"),
        ("October 9, 2023", "2023-10-09T00:00"),
        ("Mis à jour le 09.10.2023", "2023-10-09T00:00"),
        ("2023", ""),
        ("Photo 3 sur 12", ""),
    ],
)
def test_dates_as_people_write_them(words: str, moment: str) -> None:
    html = f'<ul><li><a href="/a">Titre</a><i>{words}</i></li></ul>'
    (entry,) = read(html, Selectors(item="li", date="i")).entries
    published = entry.published
    assert moment == ("" if published is None else f"{datetime.fromtimestamp(published):%FT%H:%M}")


def test_a_page_that_changed() -> None:
    with pytest.raises(ParseError, match=r"no `li\.news` with a headline"):
        read("<ul><li class=old><a href='/a'>Titre</a></li></ul>", Selectors(item="li.news"))


@settings(max_examples=examples(20), deadline=None)
@given(st.data())
def test_no_mutant_of_a_page_crashes(data: st.DataObject) -> None:
    page = data.draw(st.sampled_from(list(listings())))
    start = data.draw(st.integers(0, len(page.html)))
    cut = data.draw(st.integers(0, 400))
    filling = data.draw(st.sampled_from(["", "<", "\0", "<div>" * 90, "&#x110000;", "</article>"]))
    html = page.html[:start] + filling + page.html[start + cut :]
    propose(html.encode(), URL, "text/html", TITLES[1])
    with suppress(ParseError):
        read(html, Selectors(item="article, li", title="h3, a"))
