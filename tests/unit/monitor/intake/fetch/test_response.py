"""Tests of the headers of an answer that say when to ask again."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from monitor.intake.fetch.response import Headers, content_location

binary_junk = st.binary(max_size=40)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    b"Cache-Control",
                    b"Age",
                    b"Expires",
                    b"Date",
                    b"Retry-After",
                    b"Content-Length",
                    b"ETag",
                ]
            ),
            binary_junk
            | st.sampled_from(
                [
                    b"max-age=60",
                    b"0",
                    b"-1",
                    b"Tue, 24 Nov 2026 10:00:00 GMT",
                    b"Tue, 99 Foo 0000 99:99:99 +9999",
                ]
            ),
        )
    )
)
def test_any_headers_can_be_read(raw):
    headers = Headers(raw)
    for seconds in (headers.retry_after(), headers.hints().max_age):
        assert seconds is None or 0 <= seconds < 1e12
    assert (headers.length() or 0) >= 0


@pytest.mark.parametrize(
    ("headers", "max_age"),
    [
        ({}, None),
        ({"Cache-Control": "no-cache"}, None),
        ({"Cache-Control": "max-age=0"}, 0),
        ({"Cache-Control": "public,MAX-AGE = 60"}, 60),
        ({"Cache-Control": 'max-age="60"'}, 60),
        ({"Cache-Control": "s-maxage=900, max-age=60"}, 60),
        ({"Cache-Control": "s-maxage=900"}, None),
        ({"Cache-Control": "max-age=60", "Age": "90"}, 0),
        ({"Cache-Control": "max-age=-5"}, None),
        ({"Expires": "Tue, 24 Nov 2026 11:00:00 GMT"}, None),  # without Date it says nothing
        (
            {"Expires": "Tue, 24 Nov 2026 11:00:00 GMT", "Date": "Tue, 24 Nov 2026 10:00:00 GMT"},
            3600,
        ),
        ({"Expires": "Tue, 24 Nov 2026 09:00:00 GMT", "Date": "Tue, 24 Nov 2026 10:00:00 GMT"}, 0),
        ({"Expires": "0", "Date": "Tue, 24 Nov 2026 10:00:00 GMT"}, None),
        (
            {
                "Cache-Control": "max-age=60",
                "Expires": "Tue, 24 Nov 2026 11:00:00 GMT",
                "Date": "Tue, 24 Nov 2026 10:00:00 GMT",
            },
            3600,
        ),
    ],
)
def test_cache_hints(headers, max_age):
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert Headers(raw).hints().max_age == max_age


@pytest.mark.parametrize(
    ("header", "base"),
    [
        ("", ""),
        ("feed.xml", ""),
        ("https://ex.org/flux/feed.xml", ""),
        ("feed.fr.xml", "https://ex.org/flux/feed.fr.xml"),
        ("/2026/feed.xml", "https://ex.org/2026/feed.xml"),
        ("https://ex.org/2026/", "https://ex.org/2026/"),
        ("https://elsewhere.org/feed.xml", ""),
        ("http://10.0.0.7/feed.xml", ""),
        ("https://me:secret@ex.org/feed.xml", ""),
        ("javascript:alert(1)", ""),
        ("http://[", ""),
        ("a b", ""),
    ],
)
def test_a_content_location_on_the_same_host_is_where_links_lead_from(header, base):
    assert content_location("https://ex.org/flux/feed.xml", header) == base
