"""OPML: lists of subscriptions, from other readers and for them. Folders are tags.

http://opml.org/spec2.opml
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from html.entities import html5
from typing import TYPE_CHECKING

from monitor.base.errors import ParseError
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.intake.parse.document import in_utf8, root_only
from monitor.intake.parse.entry import language
from monitor.model.feed import Feed

if TYPE_CHECKING:
    from lxml.etree import _Element

_TAG_CAP = 60
"""Most characters of a tag; some readers name folders with whole sentences."""
_BARE = re.compile(rb"&(?!#?\w{1,40};)")
_OUTLINE = re.compile(rb"^([ \t]*<outline[ \t]+)([^\r\n]*?)(/?>[ \t\r]*)$", re.MULTILINE)
"""An outline on a line of its own."""
_ATTRIBUTE_START = re.compile(rb'(?:^|"[ \t]{1,20})([\w:.-]{1,40})="')
"""The start of an attribute, behind the end of another one."""
_NAMED_ENTITY = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)(\w{1,40});")


def read(body: bytes, source: str) -> list[Feed]:
    """Return the subscriptions of an OPML document, in its order, named as it names them.

    An address is as it is written, and one feed may be there twice. Raises ParseError, with
    `source` as its subject, when the document is broken, no OPML, or names no feed.
    """
    root = _root(body, source)
    if _local(root.tag) not in ("opml", "outlinedocument"):
        tag = line(_local(root.tag))[:40]
        raise ParseError(source, _("not OPML: it begins with <{tag}>", tag=tag))
    feeds = [feed for part in root if _local(part.tag) == "body" for feed in _feeds(part, ())]
    if not feeds:
        raise ParseError(source, _("it names no feed: no outline in it has an xmlUrl"))
    return feeds


def write(feeds: Iterable[Feed], title: str) -> bytes:
    """Return an OPML 2.0 document: feeds in a folder of their first tag, all tags as categories."""
    from lxml import etree

    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = line(title)
    body = etree.SubElement(root, "body")
    folders: dict[str, _Element] = {}
    for feed in feeds:
        folder = body
        if feed.tags:
            first = feed.tags[0]
            if first not in folders:
                folders[first] = etree.SubElement(body, "outline", text=first, title=first)
            folder = folders[first]
        etree.SubElement(folder, "outline", _attributes(feed))
    output: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return output


def _root(body: bytes, source: str) -> _Element:
    """Return the root of a document, which may be in any encoding but is whole."""
    from lxml import etree

    if not body.strip():
        raise ParseError(source, _("it is empty"))
    body, charset = in_utf8(body, "")
    # Without a DOCTYPE no entity is ever expanded.
    # A third of real lists have `R&D` or `&eacute;`, which are no XML.
    markup = _NAMED_ENTITY.sub(_by_number, _BARE.sub(b"&amp;", root_only(body)))
    if not markup:
        raise ParseError(
            source,
            _("it is no list of feeds: no OPML, as readers export, and no `urls` of newsboat"),
        )
    parser = etree.XMLParser(
        encoding="utf-8" if charset else None,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(markup, parser)
    except etree.XMLSyntaxError as error:
        quoted = _quoted(markup)
        if quoted != markup:
            with suppress(etree.XMLSyntaxError):
                return etree.fromstring(quoted, parser)
        dropped_lines = body.count(b"\n") - markup.count(b"\n")
        reason = _(
            "broken XML: {why} (line {line})",
            why=line((error.msg or "").partition(", line")[0]),
            line=(error.lineno or 1) + dropped_lines,
        )
        raise ParseError(source, reason) from error


def _quoted(markup: bytes) -> bytes:
    """Return markup with `"` and `<` inside attribute values made valid: some lists have them."""
    return _OUTLINE.sub(lambda outline: outline[1] + _requoted(outline[2]) + outline[3], markup)


def _requoted(attributes: bytes) -> bytes:
    """Quote attributes again: one value reaches from the start of one to that of the next."""
    starts = [*_ATTRIBUTE_START.finditer(attributes)]
    last = attributes.rfind(b'"')
    if not starts or starts[0].start() or attributes[last + 1 :].strip():
        return attributes  # it is another kind of mistake
    ends = [*(start.start() for start in starts[1:]), last]
    requoted = []
    for start, end in zip(starts, ends, strict=True):
        value = attributes[start.end() : end].replace(b"<", b"&lt;").replace(b'"', b"&quot;")
        requoted.append(b'%b="%b"' % (start[1], value))
    return b" ".join(requoted)


def _by_number(entity: re.Match[bytes]) -> bytes:
    character = html5.get(entity[1].decode("ascii", "replace") + ";", "")
    return f"&#{ord(character)};".encode() if len(character) == 1 else entity.group()


def _feeds(parent: _Element, folders: tuple[str, ...]) -> Iterator[Feed]:
    """Yield the feeds below an element, with the folders they are in as tags."""
    for outline in parent:
        if _local(outline.tag) != "outline":
            continue
        attributes = {_local(name): value for name, value in outline.attrib.items()}
        name = line(attributes.get("text", "")) or line(attributes.get("title", ""))
        url = "".join(line(attributes.get("xmlurl", "")).split())
        if url:
            categories = re.split("[,/]", attributes.get("category", ""))
            yield Feed(
                url=url,
                name="" if name == url else name,
                tags=tuple(dict.fromkeys(filter(None, map(tag, (*folders, *categories))))),
                lang=language(attributes.get("language", "")),
            )
        yield from _feeds(outline, folders if url else (*folders, name))


def tag(text: str) -> str:
    """Return the name of a folder as a tag: `World news` is world-news."""
    return re.sub(r"[^\w-]+", "-", line(text).lower())[:_TAG_CAP].strip("-")


def _attributes(feed: Feed) -> dict[str, str]:
    attributes = {
        "type": "rss",
        "text": feed.name,
        "title": feed.name,
        "xmlUrl": feed.url,
        "category": ",".join(feed.tags),
        "language": feed.lang,
    }
    return {name: line(value) for name, value in attributes.items() if value}


def _local(name: str | bytes | object) -> str:
    """Return a name in lower case and without its namespace; '' for what is no element."""
    return name.rpartition("}")[2].lower() if isinstance(name, str) else ""
