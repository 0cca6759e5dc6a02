"""Tests of the addresses to listen at."""

from __future__ import annotations

import pytest

from monitor.base.url import is_loopback
from monitor.model.config import Listening


@pytest.mark.parametrize(
    ("text", "expected", "private"),
    [
        ("127.0.0.1:9464", Listening("127.0.0.1", 9464), True),
        (" localhost:80 ", Listening("localhost", 80), True),
        ("[::1]:9464", Listening("::1", 9464), True),
        ("0.0.0.0:9464", Listening("0.0.0.0", 9464), False),
        ("[::]:1", Listening("::", 1), False),
        ("news.example.org:9464", Listening("news.example.org", 9464), False),
    ],
)
def test_addresses_to_listen_at(text: str, expected: Listening, private: bool) -> None:
    assert Listening.parse(text) == expected
    assert Listening.parse(str(expected)) == expected
    assert is_loopback(expected.host) is private


@pytest.mark.parametrize("text", ["", "9464", ":9464", "::1:9464", "a b:1", "a:0", "a:65536", "a:"])
def test_what_is_no_address_to_listen_at(text: str) -> None:
    with pytest.raises(ValueError, match=r"127\.0\.0\.1:9464"):
        Listening.parse(text)
