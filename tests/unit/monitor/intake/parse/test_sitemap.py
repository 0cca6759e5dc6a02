"""Tests of the parsing of sitemaps of news."""

from __future__ import annotations

import pytest

from monitor.base.errors import ParseError
from monitor.intake.parse.document_of_source import parse
from monitor.model.feed import Source, SourceKind
from monitor.model.poll import ParsedFeed

URL = "https://journal.example/sitemap-news.xml"
NEWS = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
  xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>https://journal.example/liege/entrepot.html</loc><news:news>
<news:publication><news:name>Le Journal</news:name><news:language>fr</news:language>
</news:publication>
<news:publication_date>2023-10-09T09:09:00+02:00</news:publication_date>
<news:title>L’entrepôt de Liège &amp; la sûreté</news:title>
</news:news></url>
<url><loc>https://journal.example/qui-sommes-nous.html</loc></url>
</urlset>"""


def read(document: str) -> ParsedFeed:
    source = Source(kind=SourceKind.SITEMAP)
    return parse(source, False, document.encode(), URL, "application/xml")


def test_the_news_of_a_sitemap() -> None:
    parsed = read(NEWS)
    (entry,) = parsed.entries
    assert (parsed.title, parsed.lang) == ("Le Journal", "fr")
    assert entry.title == "L’entrepôt de Liège & la sûreté"
    assert entry.url == "https://journal.example/liege/entrepot.html"
    assert entry.published == 1_696_835_340.0


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("<rss version='2.0'/>", "no sitemap"),
        (NEWS[:-30], "broken off"),
        ("<!doctype html><p>rien", "web page"),
    ],
)
def test_what_is_no_sitemap(document: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        read(document)
