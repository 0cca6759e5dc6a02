"""The same news as many outlets publish it: in each format and in common encodings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from email.utils import formatdate
from html import escape
from typing import TypeAlias

News: TypeAlias = Sequence[tuple[str, str]]
"""Titles and leads."""

_FIRST = 1_772_700_000
"""When the first piece was published, in seconds since 1970; the others follow by the hour."""


def feeds(news: Mapping[str, News]) -> Iterator[tuple[str, str, bytes]]:
    """Yield names, languages and documents."""
    forms: tuple[tuple[str, Callable[[str, News], str], str, str, str], ...] = (
        ("rss20-utf8", _rss, "fr", "utf-8", "utf-8"),
        ("rss20-latin1", _rss, "fr", "iso-8859-1", "cp1252"),  # often mislabelled so
        ("rss20-ascii", _rss, "fr", "us-ascii", "ascii"),
        ("rss20-undeclared", _rss, "fr", "", "cp1252"),
        ("rss20-mislabelled", _rss, "fr", "iso-8859-1", "utf-8"),
        ("rdf-cp1252", _rdf, "fr", "windows-1252", "cp1252"),
        ("rdf-utf8", _rdf, "en", "utf-8", "utf-8-sig"),
        ("atom-utf16", _atom, "en", "utf-16", "utf-16"),
        ("atom-utf8", _atom, "fr", "UTF-8", "utf-8"),
        ("atom-latin9", _atom, "fr", "iso-8859-15", "iso-8859-15"),
        ("json-utf8", _json, "en", "", "utf-8"),
        ("json-bom", _json, "fr", "", "utf-8-sig"),
    )
    for name, form, lang, declared_encoding, encoding in forms:
        text = form(lang, news[lang])
        if form is not _json:
            declaration = f" encoding='{declared_encoding}'" if declared_encoding else ""
            text = f"<?xml version='1.0'{declaration}?>\n{text}"
        handler = "strict" if form is _json else "xmlcharrefreplace"
        yield f"{name}-{lang}", lang, text.encode(encoding, handler)


def _moment(number: int) -> int:
    return _FIRST - 3_600 * number


def _rss(lang: str, news: News) -> str:
    items = "\n".join(
        f"<item><title>{escape(title)}</title><link>https://fil.example/{lang}/{number}</link>"
        f"<description>{escape(f'<p>{lead}</p>')}</description>"
        f"<pubDate>{formatdate(_moment(number))}</pubDate></item>"
        for number, (title, lead) in enumerate(news)
    )
    return (
        f"<rss version='2.0'><channel><title>Fil</title><language>{lang}</language>\n"
        f"{items}\n</channel></rss>"
    )


def _atom(lang: str, news: News) -> str:
    entries = "\n".join(
        f"<entry><id>tag:fil.example,2026:{number}</id><title>{escape(title)}</title>"
        f"<link href='{number}'/><updated>{_iso(number)}</updated><summary>{escape(lead)}</summary>"
        f"<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>{escape(lead)}</p>"
        f"<p>{number}.</p></div></content></entry>"
        for number, (title, lead) in enumerate(news)
    )
    return (
        f"<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='{lang}'"
        f" xml:base='https://fil.example/'><title>Fil</title>\n{entries}\n</feed>"
    )


def _rdf(lang: str, news: News) -> str:
    items = "\n".join(
        f"<item rdf:about='urn:fil:{number}'><title>{escape(title)}</title>"
        f"<link>https://fil.example/{number}</link><dc:date>{_iso(number)}</dc:date>"
        f"<content:encoded><![CDATA[<p>{lead}</p>]]></content:encoded></item>"
        for number, (title, lead) in enumerate(news)
    )
    return (
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'"
        " xmlns='http://purl.org/rss/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/'"
        " xmlns:content='http://purl.org/rss/1.0/modules/content/'>"
        f"<channel rdf:about='urn:fil'><title>Fil</title><dc:language>{lang}</dc:language>"
        f"</channel>\n{items}\n</rdf:RDF>"
    )


def _json(lang: str, news: News) -> str:
    items = [
        {
            "id": str(number),
            "url": f"https://fil.example/{number}",
            "title": title,
            "content_html": f"<p>{escape(lead)}</p>",
            "date_published": _iso(number),
        }
        for number, (title, lead) in enumerate(news)
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Fil", "language": lang}
    return json.dumps({**feed, "items": items}, ensure_ascii=False)


def _iso(number: int) -> str:
    day, hour = divmod(number, 24)
    return f"2026-03-{28 - day:02}T{23 - hour:02}:00:00Z"
