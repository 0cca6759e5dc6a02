"""The hits of a search as an Atom feed, for a feed reader."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from index.analysis.text_cleaning import clean
from index.article import Timestamp
from monitor.formatting import iso

if TYPE_CHECKING:
    from monitor.model.search_results import Found

_ATOM = "http://www.w3.org/2005/Atom"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_EPOCH = "1970-01-01T00:00:00Z"


def search_atom(query: str, found: Iterable[Found], now: Timestamp) -> str:
    """Return the feed of a search made `now`. Its id depends on the query alone."""
    ET.register_namespace("", _ATOM)
    listed = list(found)
    newest = max((one.article.date for one in listed), default=now)
    query = clean(query)
    root = ET.Element(_name("feed"))
    _add(root, "id", _urn(f"tocsin search {query}"))
    _add(root, "title", f"tocsin: {query}")
    _add(root, "updated", iso(newest) or _EPOCH)
    _add(root, "generator", "tocsin")
    for one in listed:
        root.append(_entry(one))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False)


def _entry(found: Found) -> ET.Element:
    article = found.article
    entry = ET.Element(_name("entry"), {_LANG: article.lang} if article.lang else {})
    _add(entry, "id", _urn(f"tocsin article {article.id} {article.url}"))
    _add(entry, "title", article.title or "(untitled)")
    _add(entry, "updated", iso(article.date) or _EPOCH)
    if published := iso(article.published):
        _add(entry, "published", published)
    author = ET.SubElement(entry, _name("author"))
    _add(author, "name", article.author or found.feed)
    if article.url:
        ET.SubElement(entry, _name("link"), rel="alternate", href=article.url)
        _add(entry, "summary", found.snippet)
    else:  # an entry without a link must have a content
        _add(entry, "content", article.body or article.summary or article.title)
    source = ET.SubElement(entry, _name("source"))
    _add(source, "title", found.feed)
    return entry


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, _name(name)).text = text


def _name(local: str) -> str:
    return f"{{{_ATOM}}}{local}"


def _urn(of: str) -> str:
    """Return a name that is always the same for the same thing."""
    return uuid.uuid5(uuid.NAMESPACE_URL, of).urn
