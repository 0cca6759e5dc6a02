"""Tests of search cursors, which are written as text and read again."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, strategies as st

from index.search import CollectionStats
from monitor.base.errors import CursorError
from monitor.model.search import Filter
from monitor.storage.search.search import Cursor, fingerprint, parse_cursor

NUMBER = st.floats(allow_nan=False, allow_infinity=False)
ID = st.integers(0, (1 << 63) - 1)
CURSOR = st.fixed_dictionaries(
    {
        "search": st.just("abc"),
        "now": NUMBER,
        "since": st.none() | NUMBER,
        "until": st.none() | NUMBER,
        "max_id": ID,
        "shown": ID,
        "last": st.none() | st.tuples(NUMBER, ID, NUMBER),
        "stats": st.none()
        | st.builds(CollectionStats, NUMBER, st.lists(NUMBER, max_size=4).map(tuple)),
    }
).map(lambda values: Cursor(**values))


@given(CURSOR)
def test_a_cursor_comes_back_as_it_was(cursor: Cursor) -> None:
    text = cursor.encoded()
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert parse_cursor(f" {text}\n", "abc") == cursor


@given(CURSOR)
def test_a_cursor_of_another_search_is_refused(cursor: Cursor) -> None:
    with pytest.raises(CursorError, match="another search"):
        parse_cursor(cursor.encoded(), "abd")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=15,
)
PACKED = JSON.map(
    lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
)


@given(st.text() | PACKED | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_whatever_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(CursorError):
        parse_cursor(text, "abc")


@given(CURSOR, st.data())
def test_a_cursor_with_a_wrong_letter_is_refused_or_another_place(
    cursor: Cursor, data: st.DataObject
) -> None:
    cursor_text = cursor.encoded()
    at = data.draw(st.integers(0, len(cursor_text) - 1))
    try:
        parsed = parse_cursor(
            cursor_text[:at] + data.draw(st.sampled_from("AZaz09-_")) + cursor_text[at + 1 :], "abc"
        )
    except CursorError:
        return
    assert parsed.max_id >= 0


def test_what_makes_another_search() -> None:
    empty_filter = Filter()
    kinds = {
        fingerprint("port", empty_filter, "date"),
        fingerprint("port", empty_filter, "score"),
        fingerprint("ports", empty_filter, "date"),
        fingerprint("port", Filter(lang=("fr",)), "date"),
        fingerprint("port", Filter(feeds=("fr",)), "date"),
        fingerprint("port", Filter(watchlists=("fr",)), "date"),
        fingerprint("port", Filter(since=1.0), "date"),
        fingerprint("port", Filter(until=1.0), "date"),
    }
    assert len(kinds) == 8
    again = fingerprint("port", Filter(lang=("fr", "en"), since=5.0), "date")
    assert again == fingerprint("port", Filter(lang=("en", "fr"), since=9.0), "date")
