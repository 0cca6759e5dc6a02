"""Tests of the ids of items and of streams, as readers write them."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from monitor.api.greader.streams import item_id, long_id, plain_stream, subscription_id


@given(st.integers(1, 2**53))
def test_an_id_is_the_same_in_each_form(number: int) -> None:
    assert item_id(long_id(number)) == number
    assert item_id(long_id(number)[-16:]) == number
    if number < 10**15:
        assert item_id(str(number)) == number


@pytest.mark.parametrize(
    "text", ["", "0", "-5", "x", "tag:google.com,2005:reader/item/", "9" * 30, long_id(0), "a5"]
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        item_id(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("user/-/state/com.google/read", "user/-/state/com.google/read"),
        ("user/1005921515/state/com.google/read", "user/-/state/com.google/read"),
        ("user/ana/label/High", "user/-/label/High"),
        ("user/-/label/user/x", "user/-/label/user/x"),
        ("feed/abc", "feed/abc"),
        ("reading-list", "user/-/state/com.google/reading-list"),
        ("starred", "user/-/state/com.google/starred"),
    ],
)
def test_any_user_is_who_asks(text: str, expected: str) -> None:
    assert plain_stream(text) == expected


def test_the_stream_of_a_watchlist_needs_no_quoting() -> None:
    ids = {subscription_id(name) for name in ("R&D / Chine ?", "R&D", "Été", "été ", "x" * 200)}
    assert len(ids) == 5
    assert all(id.removeprefix("feed/").isalnum() and id.isascii() for id in ids)
    assert subscription_id("Alibaba") == subscription_id("alibaba")
