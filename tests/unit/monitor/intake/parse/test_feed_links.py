"""Tests of the links to feeds in a page."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from monitor.base.text_cleaning import safe_url
from monitor.intake.parse.web_page import feed_links

URL = "https://ex.org/monde/index.html"
RSS = "rel=alternate type=application/rss+xml"


def page(head: str) -> bytes:
    return f"<!doctype html><html><head><title>x</title>{head}</head><body>x</body></html>".encode()


@pytest.mark.parametrize(
    ("head", "urls"),
    [
        (f"<link {RSS} href=/rss.xml>", ["https://ex.org/rss.xml"]),
        (f"<link {RSS} href=feed>", ["https://ex.org/monde/feed"]),
        (f"<base href=/fr/><link {RSS} href=feed>", ["https://ex.org/fr/feed"]),
        (f"<link {RSS} href=feed><base href=https://b.org/>", ["https://b.org/feed"]),
        ("<LINK REL='home Alternate' TYPE='application/atom+xml; charset=utf-8' HREF='//a.org/b'/>",
         ["https://a.org/b"]),
        ("<link rel=alternate type=application/feed+json href=/a>"
         "<link rel=alternate type=application/json href=/b>",
         ["https://ex.org/a", "https://ex.org/b"]),
        ("<link rel=alternate type=application/json href=/wp-json/wp/v2/pages/1>", []),
        ("<link rel=alternate type=application/json+oembed href=/oembed?x>", []),
        ("<link rel=feed href=/a>", ["https://ex.org/a"]),
        ("<link rel=stylesheet type=text/css href=/a><link rel=alternate hreflang=fr href=/b>", []),
        (f"<link {RSS} href=/a><link {RSS} href=/a#x><link {RSS} href=/b>",
         ["https://ex.org/a", "https://ex.org/b"]),
        (f"<link {RSS} href='javascript:alert(1)'><link {RSS} href='file:///etc/passwd'>", []),
        (f"<link {RSS}><link {RSS} href=''>", []),
        (f"<link {RSS} href='http://[bad'><link {RSS} href='/a b'>", ["https://ex.org/a%20b"]),
        (f"<!-- <link {RSS} href=/a> --><script>'<link {RSS} href=/b>'</script>", []),
    ],
)  # fmt: skip
def test_what_a_page_names(head: str, urls: list[str]) -> None:
    assert list(feed_links(page(head), URL)) == urls


def test_what_is_no_page_names_none() -> None:
    assert [feed_links(body, URL) for body in (b"", b"\0", b"plain", b"%PDF-1.7", b"<")] == [()] * 5


def test_deep_pages_are_read() -> None:
    body = b"<div>" * 100_000 + page(f"<link {RSS} href=/a>")
    assert len(feed_links(body, URL)) <= 1


@given(st.binary(max_size=80), st.text(max_size=20))
def test_any_page_gives_safe_links(noise: bytes, href: str) -> None:
    body = page(f'<base href="{href}"><link {RSS} href="{href}x">') + noise
    for link in feed_links(noise + body, URL):
        assert safe_url(link) == link
