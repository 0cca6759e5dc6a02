"""Sitemaps as publishers write them: of news, of pages, and indices of sitemaps."""

from __future__ import annotations

from typing import NamedTuple
from xml.sax.saxutils import escape

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


class News(NamedTuple):
    """An article in a sitemap of news."""

    loc: str
    title: str
    date: str
    lang: str = "fr"
    keywords: str = ""

    def xml(self) -> str:
        """Return its element."""
        keywords = f"<news:keywords>{escape(self.keywords)}</news:keywords>"
        return (
            f"<url><loc>{escape(self.loc)}</loc><news:news><news:publication>"
            f"<news:name>Le Journal</news:name><news:language>{self.lang}</news:language>"
            f"</news:publication><news:publication_date>{self.date}</news:publication_date>"
            f"<news:title>{escape(self.title)}</news:title>{keywords if self.keywords else ''}"
            "</news:news></url>\n"
        )


def news_sitemap(*news: News, extra: str = "") -> str:
    """Return a sitemap of news, and with other elements behind them."""
    elements = "".join(item.xml() for item in news)
    return f"{_HEAD}<urlset {_NAMESPACE} {_NEWS}>\n{elements}{extra}</urlset>\n"


def sitemap(*pages: tuple[str, str]) -> str:
    """Return a sitemap of pages: their addresses with the dates of their changes."""
    return f"{_HEAD}<urlset {_NAMESPACE}>{''.join(_dated('url', *p) for p in pages)}</urlset>"


def index(*sitemaps: tuple[str, str]) -> str:
    """Return an index of sitemaps: their addresses with the dates of their changes, or ''."""
    elements = "".join(_dated("sitemap", *child) for child in sitemaps)
    return f"{_HEAD}<sitemapindex {_NAMESPACE}>{elements}</sitemapindex>"


def _dated(tag: str, loc: str, date: str) -> str:
    modified = f"<lastmod>{date}</lastmod>" if date else ""
    return f"<{tag}><loc>{escape(loc)}</loc>{modified}</{tag}>"
