"""Which hosts and origins a server accepts."""

from __future__ import annotations

import pytest

from monitor.api.origin import AcceptedHosts, is_same_origin


@pytest.mark.parametrize(
    ("host", "here", "elsewhere"),
    [
        ("localhost:8735", True, True),
        ("127.0.0.1", True, True),
        ("[::1]:80", True, True),
        ("news.example.org", True, True),
        ("NEWS.example.org.:8735", True, True),
        ("192.0.2.7", False, True),
        ("evil.example", False, False),
        ("localhost.evil.example", False, False),
        ("", False, False),
        (None, False, False),
        ("[::1", False, False),
    ],
)
def test_a_host_is_a_name_of_this_server(host: str | None, here: bool, elsewhere: bool) -> None:
    names = frozenset({"news.example.org"})
    assert AcceptedHosts(local=True, names=names).accepts_host(host) is here
    assert AcceptedHosts(local=False, names=names).accepts_host(host) is elsewhere


@pytest.mark.parametrize(
    ("origin", "same"),
    [
        ("http://localhost:8735", True),
        ("https://localhost:8735", True),
        ("http://localhost", False),
        ("http://evil.example", False),
        ("null", False),
        ("ftp://localhost:8735", False),
        ("http://[", False),
    ],
)
def test_a_page_is_of_this_server(origin: str, same: bool) -> None:
    assert is_same_origin(origin, "localhost:8735") is same
