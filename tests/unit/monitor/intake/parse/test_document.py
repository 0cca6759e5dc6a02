"""Tests of addresses in documents."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.text_cleaning import safe_url
from monitor.intake.parse import document
from monitor.intake.parse.document import absolute

BASE = "https://feeds.example/a/feed.xml"


@given(st.from_regex(document._ABSOLUTE, fullmatch=True))
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
