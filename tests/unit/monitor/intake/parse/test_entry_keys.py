"""Tests of the keys that identify entries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.intake.parse.document import canonical, key
from monitor.model.poll import Entry


def entry(guid: str = "", url: str = "", title: str = "", summary: str = "") -> Entry:
    return Entry(guid=guid, url=url, title=title, summary=summary)


@pytest.mark.parametrize(
    ("new_entry", "name"),
    [
        (entry("g", "https://ex.org/a", "T"), "g"),
        (entry("", "https://ex.org/a#1", "T"), "https://ex.org/a#1"),
    ],
)
def test_an_entry_is_named_by_the_best_it_has(new_entry: Entry, name: str) -> None:
    assert key(new_entry) == name


def test_an_entry_without_names_is_named_by_its_words() -> None:
    assert key(entry(title="T", summary="x")) == key(entry(title=" t ", summary="y"))
    assert key(entry(summary="x")) != key(entry(summary="y"))


@pytest.mark.parametrize(
    ("first_url", "other_url"),
    [
        ("http://Ex.org/a", "https://ex.org/a"),
        ("https://ex.org:443/a/", "https://ex.org/a"),
        ("http://ex.org:80/a#top", "https://ex.org/a"),
        ("https://ex.org/a?utm_source=rss&utm_medium=x", "https://ex.org/a"),
        ("https://ex.org/a?xtor=RSS-1&id=3", "https://ex.org/a?id=3"),
        ("https://ex.org/a?at_campaign=x&fbclid=y&gclid=z", "https://ex.org/a"),
        ("https://ex.org/li%c3%a8ge", "https://ex.org/liège"),
        ("https://ex.org", "https://ex.org/"),
        ("https://ex.org./a", "https://ex.org/a"),
    ],
)
def test_spellings_of_one_link(first_url: str, other_url: str) -> None:
    assert canonical(first_url) == canonical(other_url) != ""


@pytest.mark.parametrize(
    ("first_url", "other_url"),
    [
        ("https://ex.org/a", "https://ex.org/A"),
        ("https://ex.org/a?id=1", "https://ex.org/a?id=2"),
        ("https://ex.org/a", "https://www.ex.org/a"),
        ("https://ex.org/a", "https://ex.org:8443/a"),
        ("https://ex.org/#!/a", "https://ex.org/#!/b"),
        ("https://ex.org/a%2Fb", "https://ex.org/a/b"),
        ("https://ex.org/?cat=1", "https://ex.org/?at=1"),
        ("https://ex.org/a?p=1&q=2", "https://ex.org/a?p=12"),
    ],
)
def test_links_of_two_articles(first_url: str, other_url: str) -> None:
    assert canonical(first_url) != canonical(other_url)


@pytest.mark.parametrize("url", ["", "mailto:a@b", "ftp://a/b", "http://", "http://a:x/", "a"])
def test_no_link(url: str) -> None:
    assert canonical(url) == ""


urls = st.from_regex(
    r"https?://[a-z]{1,3}(:80|:443)?(/[a-z%]{0,2}){0,2}/?(\?[a-z]=1)?", fullmatch=True
)


@given(urls)
def test_a_canonical_link_is_its_own(url: str) -> None:
    assert canonical(canonical(url)) == canonical(url)
