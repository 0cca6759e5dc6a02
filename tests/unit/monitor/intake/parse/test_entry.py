"""Tests of the addresses of entries, and of the keys that identify them."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
from hypothesis import given, strategies as st

from monitor.base.text_cleaning import safe_url
from monitor.intake.parse.entry import _ABSOLUTE, absolute, canonical, key
from monitor.model.poll import Entry

BASE = "https://feeds.example/a/feed.xml"


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


@given(st.from_regex(_ABSOLUTE, fullmatch=True))
def test_an_address_that_is_taken_as_it_is_would_be_the_same_if_it_were_read(url: str) -> None:
    assert absolute(BASE, url) == safe_url(urljoin(BASE, url)) == url


@pytest.mark.parametrize(
    "url",
    [
        f"https://{'a' * 2_000}.example/",
        f"https://a.example/{'a' * 2_000}",
        f"https://a.example/a?{'a' * 2_000}",
    ],
)
def test_an_address_that_is_too_long_is_none(url: str) -> None:
    assert absolute(BASE, url) == ""
