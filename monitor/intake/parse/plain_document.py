"""RSS 2.0 and Atom of the commonest elements, read as feedparser reads them at a quarter the cost.

feedparser understands far more, and decides: a document with anything else is left to it. Tests
compare both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from time import struct_time
from typing import Any
from xml.etree.ElementTree import Element, ParseError, XMLParser

_ATOM = "http://www.w3.org/2005/Atom"
_PREFIXES = {
    _ATOM: "",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://purl.org/rss/1.0/modules/slash/": "slash:",
    "http://purl.org/rss/1.0/modules/syndication/": "sy:",
    "http://purl.org/syndication/thread/1.0": "thr:",
    "http://search.yahoo.com/mrss/": "media:",
    "http://wellformedweb.org/CommentAPI/": "wfw:",
    "http://www.georss.org/georss": "georss:",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
}
"""The namespaces that a document may declare, and the prefixes of their elements here."""
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_REPEATED = ("item", "entry", "link", "author", "dc:creator")
_UNUSED = frozenset(
    """
    category comments contributor copyright dc:publisher dc:rights dc:subject enclosure
    media:category media:content media:credit media:thumbnail rights slash:comments wfw:commentRss
    """.split()  # noqa: SIM905 (a list of names)  # not a message
)
"""Elements that are not used."""
_UNUSED_OF_FEED = _UNUSED | frozenset(
    """
    author cloud description docs generator icon image lastBuildDate logo managingEditor pubDate
    subtitle sy:updateBase updated webMaster
    """.split()  # noqa: SIM905 (a list of names)  # not a message
)
_PARTS = {
    "author": ("name", "uri", "email"),
    "image": ("url", "title", "link", "description", "width", "height"),
}
"""The children of elements that are neither empty nor text."""
_TYPES = {"text": "text/plain", "html": "text/html"}
_DATES = {
    "pubDate": "published_parsed",
    "published": "published_parsed",
    "updated": "updated_parsed",
    "dc:date": "updated_parsed",
}
_DECLARATION = re.compile(r"xmlns(?::([\w.-]+))?\s*=\s*[\"']([^\"']*)[\"']")
_CONTROL = re.compile("[\x80-\x9f]")
_MARKUP = re.compile(r"</|&#?\w+;")
_TIME = r"[0-9]{2}:[0-9]{2}:[0-9]{2}"
_RFC_822 = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{1,2}"
    r" (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4}"
    rf" {_TIME} (?:GMT|UTC|Z|[+-][0-9]{{4}})"
)
_RFC_3339 = re.compile(
    rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_TIME}(?:\.[0-9]+)?(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})"
)

Fields = dict[str, Any]


class _UnusualError(Exception):
    """The document has something that feedparser may understand otherwise."""


def plain_document(source: bytes) -> Mapping[str, Any] | None:
    """Return feedparser's reading of a document in UTF-8; None if feedparser is to read it.

    It has `version`, `feed` and `entries`, and in these the keys that are used.
    """
    try:
        for prefix, uri in _DECLARATION.findall(source.decode(errors="replace")):
            _require(uri in _PREFIXES and (prefix or uri == _ATOM))
        parser = XMLParser(encoding="utf-8")
        parser.feed(source)
        root = parser.close()
        if root.tag == f"{{{_ATOM}}}feed":
            _require(source.count(b"xmlns=") == 1)
            return _document(root, root, "atom10")
        _require(root.tag == "rss" and root.get("version") == "2.0" and len(root) == 1)
        _require(b"xmlns=" not in source and root[0].tag == "channel" and not root[0].attrib)
        return _document(root, root[0], "rss20")
    except (_UnusualError, ParseError):
        return None


def _require(is_usual: object) -> None:
    if not is_usual:
        raise _UnusualError


def _document(root: Element, channel: Element, version: str) -> Fields:
    _attributes(root, "version", _LANGUAGE)
    feed: Fields = {}
    entries: list[Fields] = []
    if language := root.get(_LANGUAGE):
        feed["language"] = language
    is_atom = channel is root
    for name, element in _children(channel):
        if name == ("entry" if is_atom else "item"):
            _attributes(element)
            entries.append(_entry(element, is_atom=is_atom))
        elif name in ("language", "ttl", "sy:updatePeriod", "sy:updateFrequency"):
            _attributes(element)
            feed[name.replace(":", "_").lower()] = _text(element)
        elif not _read_common(name, element, feed, is_atom=is_atom):
            _require_unused(name, element, _UNUSED_OF_FEED)
    return {"version": version, "feed": feed, "entries": entries}


def _children(parent: Element) -> Iterator[tuple[str, Element]]:
    """Yield elements with their names; those that are used occur once, or are few."""
    names: set[str] = set()
    for child in parent:
        uri, _, name = child.tag.rpartition("}")
        if uri:
            name = _PREFIXES[uri[1:]] + name
        _require(name not in names or name in _REPEATED or name in _UNUSED)
        names.add(name)
        yield name, child


def _entry(element: Element, *, is_atom: bool) -> Fields:
    entry: Fields = {}
    for name, child in _children(element):
        if name in ("description", "summary"):
            _require("summary" not in entry)
            _keep(entry, "summary", _content(child, is_atom=is_atom, is_html=name == "description"))
        elif name in ("content", "content:encoded"):
            content = _content(child, is_atom=is_atom, is_html=name == "content:encoded")
            entry.setdefault("content", []).append(content)
        elif name in _DATES:
            entry[_DATES[name]] = _usual_date(_text(child))
        elif name in ("author", "dc:creator"):
            _read_author(child, entry)
        elif not _read_common(name, child, entry, is_atom=is_atom):
            _require_unused(name, child, _UNUSED)
    return entry


def _read_common(name: str, element: Element, fields: Fields, *, is_atom: bool) -> bool:
    """Read an element that feeds and entries share; return whether it is one."""
    if name == "title":
        _keep(fields, "title", _content(element, is_atom=is_atom))
    elif name == "link":
        _read_link(element, fields)
    elif name in ("guid", "id"):
        attributes = _attributes(element, "isPermaLink")
        fields["id"] = value = _text(element)
        if attributes.get("isPermaLink", "true") == "true":
            fields.setdefault("link", _address(value))
    else:
        return False
    return True


def _keep(fields: Fields, key: str, content: Fields) -> None:
    fields |= {key: content["value"], f"{key}_detail": content}


def _content(element: Element, *, is_atom: bool, is_html: bool = False) -> Fields:
    """Return a text with its type; where RSS has plain text, feedparser guesses."""
    kind = _attributes(element, "type", _LANGUAGE).get("type", "html" if is_html else "text")
    value = _text(element)
    _require(kind in _TYPES and (is_atom or kind == "html" or not _MARKUP.search(value)))
    return {"type": _TYPES[kind], "value": value}


def _read_link(element: Element, fields: Fields) -> None:
    attributes = _attributes(element, "href", "rel", "type", "title", "hreflang", "length")
    link = {"rel": attributes.get("rel", "alternate").lower()}
    fields.setdefault("links", []).append(link)
    if href := attributes.get("href"):
        _require(not len(element))
        link["href"] = _address(href)
        is_page = attributes.get("type", "text/html") in ("text/html", "application/xhtml+xml")
        if link["rel"] == "alternate" and is_page:
            fields["link"] = href
        return
    text = fields["link"] = _address(_text(element))
    _require(not _MARKUP.search(text))
    if text:
        link["href"] = text


def _read_author(element: Element, fields: Fields) -> None:
    """Read an author with a name; feedparser also takes an address or an earlier author."""
    authors = fields.setdefault("authors", [])
    _attributes(element)
    if not len(element):
        text = fields["author"] = _text(element)
        _require("@" not in text)
        authors.append({"name": text} if text else {})
        return
    _require_unused("author", element, frozenset(("author",)))
    names = [(child.text or "").strip() for child in element if child.tag.endswith("name")]
    _require(len(names) == 1 and names[0])
    authors.append({"name": names[0]})


def _require_unused(name: str, element: Element, unused: frozenset[str]) -> None:
    """Require that neither an element nor its children are used."""
    _require(name in unused)
    for part, child in _children(element):
        _require(part in _PARTS.get(name, ()) and not len(child))


def _text(element: Element) -> str:
    """Return the text of an element as feedparser cleans it."""
    _require(not len(element))
    text = (element.text or "").strip()
    if not text.isascii():
        with suppress(UnicodeEncodeError, UnicodeDecodeError):
            text = text.encode("iso-8859-1").decode("utf-8")
        _require(not _CONTROL.search(text))
    return text


def _attributes(element: Element, *usual: str) -> Mapping[str, str]:
    _require(element.attrib.keys() <= {*usual})
    return element.attrib


def _address(text: str) -> str:
    _require(":///" not in text)
    return text


def _usual_date(text: str) -> struct_time | None:
    """Return a date in UTC, None for no text; feedparser reads dates of other forms."""
    if not text:
        return None
    with suppress(ValueError, OverflowError):
        if _RFC_822.fullmatch(text):
            return parsedate_to_datetime(text).utctimetuple()
        if _RFC_3339.fullmatch(text):
            return datetime.fromisoformat(text).utctimetuple()
    raise _UnusualError
