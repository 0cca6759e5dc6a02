"""Tests of URLs as they are stored and shown."""

from __future__ import annotations

import pytest

from monitor.base.url import redact


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://lemonde.example/rss", "https://lemonde.example/rss"),
        ("https://a:b@x.example/", "https://…@x.example/"),
        ("https://a:b@c@x.example/", "https://…@x.example/"),
        ("https://a:b/c?d@x.example/", "https://…@x.example/"),
        ("https://medium.example/@jean/feed", "https://medium.example/@jean/feed"),
        ("https://medium.example:80/@jean", "https://medium.example:80/@jean"),
        ("https://[::1]/@jean", "https://[::1]/@jean"),
        (
            "http://x.example/?id=1&Access_Token=abc&p=2",
            "http://x.example/?id=1&Access_Token=…&p=2",
        ),
        ("http://x.example/\x1b[31m\n", "http://x.example/\ufffd[31m\ufffd"),
        ("http://x.example/" + "a" * 900, "http://x.example/" + "a" * 482 + "…"),
    ],
)
def test_a_url_as_it_may_be_shown(url, expected):
    assert redact(url) == expected
