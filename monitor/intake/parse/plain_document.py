"""RSS and Atom of common elements only, read as feedparser reads them, at a quarter of its cost.

feedparser understands far more, and decides: whatever is not certain to mean the same to it is
left to it. Tests compare both on documents of every kind.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from time import struct_time
from typing import Any, ClassVar
from xml.etree.ElementTree import Element, ParseError, XMLParser

_ATOM = "http://www.w3.org/2005/atom"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_LANGUAGE = f"{_XML}lang"
_MEANINGLESS = frozenset((_LANGUAGE, f"{_XML}space"))
"""Attributes from which nothing is drawn."""
_REPEATED = frozenset(("link", "author", "dc_creator", "itunes_author"))
_XHTML = ("xhtml", "application/xhtml+xml")
_DEFAULT_TYPES = {"self": "application/atom+xml"}

_UNUSED = frozenset(
    """
    category comments enclosure rights copyright contributor dc_subject dc_publisher dc_rights
    dc_identifier dc_format dc_type dc_source dc_coverage itunes_duration itunes_explicit
    itunes_episodetype itunes_image itunes_keywords itunes_block itunes_episode itunes_season
    media_content media_thumbnail media_credit media_category slash_comments slash_section
    slash_department slash_hit_parade wfw_comment wfw_commentrss expirationdate dc_language
    cc_license creativecommons_license
    """.split()  # noqa: SIM905 (a list of names)  # not a message
)
"""Elements of which nothing is used, by feedparser's names."""
_UNUSED_OF_FEED = _UNUSED | frozenset(
    """
    author cloud docs generator icon logo managingeditor pubdate published rating skipdays
    skiphours subtitle updated lastbuilddate webmaster description image itunes_author
    itunes_owner itunes_subtitle itunes_type sy_updatebase feedburner_info dc_date textinput
    feedburner_emailserviceid feedburner_feedburnerhostname feedburner_feedflare
    """.split()  # noqa: SIM905 (a list of names)  # not a message
)
_PERSON = frozenset(("name", "uri", "url", "email", "itunes_name", "itunes_email"))
_CONTENTS = {
    "author": _PERSON,
    "contributor": _PERSON,
    "itunes_owner": _PERSON,
    "image": frozenset(("url", "title", "link", "description", "width", "height")),
    "textinput": frozenset(("title", "description", "name", "link")),
    "skipdays": frozenset(("day",)),
    "skiphours": frozenset(("hour",)),
}
"""What may be in elements of which nothing is used, where they are not empty or text."""
_TYPES = {
    "text": "text/plain",
    "plain": "text/plain",
    "text/plain": "text/plain",
    "html": "text/html",
    "text/html": "text/html",
}
_DATES = {
    "pubdate": "published",
    "published": "published",
    "updated": "updated",
    "dc_date": "updated",
    "created": "created",
}
_RSS_VERSIONS = {"0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}
_FOREIGN = "?"
"""Stands for an element in a namespace that feedparser does not know."""

_DECLARATION = re.compile(rb"xmlns(?::([\w.-]+))?\s*=\s*[\"']([^\"']*)[\"']")
_MEANINGFUL = frozenset(
    """
    admin cc content creativecommons dc dcterms feedburner geo georss gml itunes media news psc sy
    xhtml
    """.split()  # noqa: SIM905 (a list of names)  # not a message
)
"""Prefixes that say something to feedparser, whichever address they stand for."""
_USERLAND = "backend.userland.com/rss"
_CONTROL = re.compile("[\x80-\x9f]")
_REFERENCE = re.compile(r"&(\w+);", re.ASCII)
_TIME = r"[0-9]{2}:[0-9]{2}:[0-9]{2}"
_RFC_822 = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{1,2}"
    r" (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4}"
    rf" {_TIME} (?:GMT|UTC|Z|[+-][0-9]{{4}})"
)
_RFC_3339 = re.compile(
    rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_TIME}(?:\.[0-9]+)?(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})"
)
_ADDRESS_AND_NAME = re.compile(
    r"[A-Za-z0-9_.+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,4}"
    r" \(([^\s()@<>&](?:[^()@<>&]*[^\s()@<>&])?)\)"
)

Fields = dict[str, Any]


class _UnusualError(Exception):
    """The document has what feedparser may understand otherwise."""


def plain_document(source: bytes) -> Mapping[str, Any] | None:
    """Return what feedparser makes of a document in UTF-8; None if feedparser is to be asked.

    It has `version`, `feed` and `entries`, and in these the keys that are used.
    """
    try:
        _require_usual_namespaces(source)
        parser = XMLParser(encoding="utf-8")
        parser.feed(source)
        root = parser.close()
        match _name(root):
            case "rss":
                return _rss(root)
            case "feed" if root.tag.startswith("{"):
                return _document(root, root, "atom10")
    except (_UnusualError, ParseError):
        pass
    return None


def _require_usual_namespaces(source: bytes) -> None:
    """Make sure that each prefix stands for what feedparser takes it for, and for one thing."""
    prefixes = _prefixes()
    uris: dict[str, str] = {}
    for written, address in _DECLARATION.findall(source):
        prefix, uri = written.decode("latin-1").lower(), address.decode("latin-1").lower()
        known = prefixes.get(uri, _FOREIGN)
        is_usual = known not in ("", _FOREIGN) or (
            uri == _ATOM if known == "" else prefix and prefix not in _MEANINGFUL
        )
        if not is_usual or _USERLAND in uri or uris.setdefault(prefix, uri) != uri:
            raise _UnusualError
    if "" in uris and source.count(b"xmlns=") != 1:
        raise _UnusualError


@functools.cache
def _feedparser() -> Any:
    """Return the parser of feedparser, whose tables are used; the import takes 0.1 s."""
    from feedparser.api import StrictFeedParser

    return StrictFeedParser


@functools.cache
def _prefixes() -> Mapping[str, str]:
    """Return the prefixes by which feedparser knows namespaces, by their addresses."""
    return {uri.lower(): prefix.lower() for uri, prefix in _feedparser().namespaces.items()}


def _name(element: Element) -> str:
    """Return the name that feedparser gives an element: `title`, `dc_creator`."""
    return _known_name(element.tag)


@functools.lru_cache(1_024)
def _known_name(tag: str) -> str:
    uri, _, name = tag.rpartition("}")
    prefix = _prefixes().get(uri[1:].lower(), _FOREIGN)
    return name.lower() if not prefix else f"{prefix}_{name}".lower()


def _rss(root: Element) -> Fields:
    if len(root) != 1 or _name(root[0]) != "channel" or not root[0].attrib.keys() <= _MEANINGLESS:
        raise _UnusualError
    written = root.get("version", "")
    version = "rss20" if written.startswith("2.") else _RSS_VERSIONS.get(written, "rss")
    return _document(root, root[0], version)


def _document(root: Element, channel: Element, version: str) -> Fields:
    if not root.attrib.keys() <= {"version", *_MEANINGLESS}:
        raise _UnusualError
    is_atom = channel is root
    item = "entry" if is_atom else "item"
    feed, entries = _Feed(is_atom=is_atom), []
    if language := root.get(_LANGUAGE):
        feed.fields["language"] = language
    for child in channel:
        if _name(child) == item:
            entries.append(_entry(child, is_atom=is_atom))
        else:
            feed.read(child)
    return {"version": version, "feed": feed.fields, "entries": entries}


def _entry(element: Element, *, is_atom: bool) -> Fields:
    if not element.attrib.keys() <= _MEANINGLESS:
        raise _UnusualError
    entry = _Entry(is_atom=is_atom)
    for child in element:
        entry.read(child)
    return entry.fields


def _text(element: Element) -> str:
    """Return the text of an element as feedparser cleans it."""
    if len(element):
        raise _UnusualError
    text = (element.text or "").strip()
    if text.isascii():
        return text
    with suppress(UnicodeEncodeError, UnicodeDecodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    if _CONTROL.search(text):
        raise _UnusualError
    return text


def _attributes(element: Element, *, is_address: bool = True) -> dict[str, str]:
    """Return the attributes of an element, in lower case as feedparser has them.

    To what the addresses in a text are relative is not used.
    """
    attributes = {name.lower(): value for name, value in element.attrib.items()}
    if is_address and "base" in attributes:
        raise _UnusualError
    unused = _MEANINGLESS if is_address else _MEANINGLESS | {f"{_XML}base"}
    if any(name.startswith("{") for name in attributes.keys() - unused):
        raise _UnusualError
    return attributes


def _as_address(text: str) -> str:
    if ":///" in text:
        raise _UnusualError
    return text


class _Fields:
    """The elements of a feed or an entry, under feedparser's keys."""

    unused: ClassVar[frozenset[str]]
    readers: ClassVar[Mapping[str, Callable[[Any, Element], None]]]

    def __init__(self, *, is_atom: bool) -> None:
        self._is_atom = is_atom
        self._met: set[str] = set()
        self.fields: Fields = {}

    def read(self, element: Element) -> None:
        name = _name(element)
        if reader := self.readers.get(name):
            if name in self._met and name not in _REPEATED:
                raise _UnusualError
            self._met.add(name)
            reader(self, element)
        elif name not in self.unused and not name.startswith(_FOREIGN):
            raise _UnusualError
        elif len(element):
            _require_usual_contents(element, _CONTENTS.get(name, frozenset()))

    def _title(self, element: Element) -> None:
        self._keep("title", element, "text/plain")

    def _keep(self, key: str, element: Element, usual: str) -> None:
        detail = self._content(element, usual)
        self.fields |= {key: detail["value"], f"{key}_detail": detail}

    def _content(self, element: Element, usual: str) -> Fields:
        """Return a text with its type, which feedparser guesses where RSS has plain text."""
        attributes = _attributes(element, is_address=False) if element.attrib else {}
        if "mode" in attributes or "src" in attributes:
            raise _UnusualError
        kind = _TYPES.get(attributes.get("type", usual).lower())
        if kind is None:
            raise _UnusualError
        value = _text(element)
        if kind == "text/plain" and not self._is_atom and _looks_like_html(value):
            kind = "text/html"
        return {"type": kind, "value": value}

    def _link(self, element: Element) -> None:
        attributes = _attributes(element)
        link = {"rel": attributes.get("rel", "alternate").lower()}
        self.fields.setdefault("links", []).append(link)
        if href := attributes.get("url", attributes.get("uri", attributes.get("href"))):
            link["href"] = _as_address(href)
            kind = attributes.get("type", _DEFAULT_TYPES.get(link["rel"], "text/html")).lower()
            if link["rel"] == "alternate" and kind in ("html", "text/html", *_XHTML):
                self.fields["link"] = link["href"]
            if len(element):
                raise _UnusualError
            return
        text = _as_address(_text(element))
        if "&" in text:
            if "&amp;" in text:
                raise _UnusualError
            text = _REFERENCE.sub(r"&\g<1>", text)
        self.fields["link"] = text
        if text:
            link["href"] = text

    def _id(self, element: Element) -> None:
        attributes = _attributes(element)
        value = self.fields["id"] = _text(element)
        if attributes.get("ispermalink", "true") == "true":
            self.fields.setdefault("link", _as_address(value))

    def _language(self, element: Element) -> None:
        self.fields["language"] = _text(element)

    def _as_it_is(self, element: Element) -> None:
        if element.attrib:
            raise _UnusualError
        self.fields[_name(element)] = _text(element)


class _Feed(_Fields):
    unused = _UNUSED_OF_FEED

    readers: ClassVar = {
        "title": _Fields._title,
        "link": _Fields._link,
        "id": _Fields._id,
        "language": _Fields._language,
        "dc_language": _Fields._language,
        "ttl": _Fields._as_it_is,
        "sy_updateperiod": _Fields._as_it_is,
        "sy_updatefrequency": _Fields._as_it_is,
    }


class _Entry(_Fields):
    unused = _UNUSED

    def __init__(self, *, is_atom: bool) -> None:
        super().__init__(is_atom=is_atom)
        self._has_content = False

    def _summary(self, element: Element, usual: str = "text/plain") -> None:
        if "summary" in self.fields and not self._has_content:
            raise _UnusualError
        self._keep("summary", element, usual)

    def _description(self, element: Element) -> None:
        self._summary(element, "text/html")

    def _atom_content(self, element: Element, usual: str = "text/plain") -> None:
        self._has_content = True
        self.fields.setdefault("content", []).append(self._content(element, usual))

    def _encoded(self, element: Element) -> None:
        self._atom_content(element, "text/html")

    def _date(self, element: Element) -> None:
        self.fields[f"{_DATES[_name(element)]}_parsed"] = _usual_date(_text(element))

    def _author(self, element: Element) -> None:
        authors = self.fields.setdefault("authors", [])
        if len(element):
            authors.append(_person(element))
            return
        self.fields["author"] = text = _text(element)
        authors.append(_named(text) if text else {})

    def _source(self, element: Element) -> None:
        source = self.fields["source"] = {}
        if href := _attributes(element).get("url"):
            source["href"] = href
        if title := _text(element):
            source["title"] = title

    readers: ClassVar = {
        "title": _Fields._title,
        "link": _Fields._link,
        "guid": _Fields._id,
        "id": _Fields._id,
        "description": _description,
        "summary": _summary,
        "content": _atom_content,
        "content_encoded": _encoded,
        **dict.fromkeys(_DATES, _date),
        "author": _author,
        "dc_creator": _author,
        "itunes_author": _author,
        "itunes_title": _Fields._as_it_is,
        "feedburner_origlink": _Fields._as_it_is,
        "source": _source,
    }


def _looks_like_html(text: str) -> bool:
    if "<" not in text and "&" not in text:
        return False
    is_html: bool = _feedparser().looks_like_html(text)
    return is_html


def _usual_date(text: str) -> struct_time | None:
    """Return a date in UTC, None for no text; feedparser reads dates of other forms."""
    if not text:
        return None
    try:
        if _RFC_822.fullmatch(text):
            return parsedate_to_datetime(text).utctimetuple()
        if _RFC_3339.fullmatch(text):
            return datetime.fromisoformat(text).utctimetuple()
    except (ValueError, OverflowError):
        pass
    raise _UnusualError


def _named(text: str) -> Fields:
    """Return the name of an author, who may be written as `desk@example.org (Marie Dupont)`."""
    if "@" not in text:
        return {"name": text}
    written = _ADDRESS_AND_NAME.fullmatch(text)
    if written is None:
        raise _UnusualError
    return {"name": written[1]}


def _person(element: Element) -> Fields:
    """Return an author with a name; feedparser makes others of the address or of who is before."""
    _require_usual_contents(element, _PERSON)
    names = [(child.text or "").strip() for child in element if _name(child) == "name"]
    if len(names) != 1 or not names[0]:
        raise _UnusualError
    return {"name": names[0]}


def _require_usual_contents(element: Element, usual: frozenset[str]) -> None:
    for child in element:
        name = _name(child)
        if len(child) or (name not in usual and not name.startswith(_FOREIGN)):
            raise _UnusualError
