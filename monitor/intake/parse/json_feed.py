"""JSON Feed 1.0 and 1.1 to entries, https://www.jsonfeed.org/version/1.1/."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from monitor.base.article import Timestamp
from monitor.base.errors import ParseError
from monitor.base.text_cleaning import from_html, line, lines
from monitor.base.translation import gettext as _
from monitor.intake.parse.entry import (
    NAME_CAP,
    TEXT_CAP,
    TITLE_CAP,
    absolute,
    distinct_entries,
    entry_link,
    guid,
    iso_moment,
    language,
)
from monitor.model.poll import Entry, ParsedFeed

_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/(\d[\d.]{0,5})")
_CLAIM = re.compile(rb"jsonfeed\.org\\?/version")
_BEFORE_BRACE = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
"""Byte order marks, white space, and the zeros of UTF-16."""

Table = Mapping[str, Any]


def is_json_feed(body: bytes) -> bool:
    """Tell whether a body is an object of JSON that calls itself a JSON Feed, maybe broken."""
    if not body[:64].lstrip(_BEFORE_BRACE).startswith(b"{"):
        return False
    return _CLAIM.search(body.replace(b"\0", b"") if b"\0" in body[:8] else body) is not None


def parse(text: str, url: str) -> ParsedFeed:
    """Parse a JSON Feed; raises ParseError with a reason in words."""
    document = _object(text, url)
    version = _VERSION.match(_text(document, "version"))
    items = document.get("items")
    if version is None or not isinstance(items, list):
        missing_key = "items" if version else "version"
        raise ParseError(url, _("the answer is a JSON Feed without `{key}`", key=missing_key))
    default_author = _author(document)
    return ParsedFeed(
        title=line(_text(document, "title", TITLE_CAP)),
        link=absolute(url, _text(document, "home_page_url")),
        lang=language(_text(document, "language")),
        format=f"JSON Feed {version[1].rstrip('.')}",  # not a message
        entries=distinct_entries(
            _entry(item, url, default_author) for item in items if isinstance(item, dict)
        ),
    )


def next_page(text: str, url: str) -> str:
    """Return the address of the page with older items; empty if there is none."""
    return absolute(url, _text(_object(text, url), "next_url"))


def _object(text: str, url: str) -> Table:
    """Return the document; the reader of the standard library refuses deep nesting."""
    try:
        document: Table = json.loads(text, strict=False)  # beginning with a brace
    except json.JSONDecodeError as error:
        reason = _(
            "the answer is a JSON Feed, broken at line {line}, column {column}",
            line=error.lineno,
            column=error.colno,
        )
        raise ParseError(url, reason) from error
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits, 5,000 brackets
        raise ParseError(url, _("the answer is a JSON Feed, too broken to be read")) from error
    return document


def _entry(item: Table, base: str, author: str) -> Entry:
    summary, body = _summary_and_body(item)
    id = _id(item)
    links = (_text(item, "url"), _text(item, "external_url"), id if "://" in id else "")
    return Entry(
        guid=guid(id),
        url=entry_link(base, links),
        title=line(_text(item, "title", TITLE_CAP)),
        summary=summary,
        body=body,
        author=_author(item) or author,
        published=_moment(item, "date_published", "date_modified"),
    )


def _text(table: Table, key: str, cap: int = TEXT_CAP) -> str:
    value = table.get(key)
    return value[:cap] if isinstance(value, str) else ""


def _id(item: Table) -> str:
    """Return an item's id; the specification wants a number taken for its digits."""
    value = item.get("id")
    return str(value) if isinstance(value, int | float) else _text(item, "id")


def _summary_and_body(item: Table) -> tuple[str, str]:
    """Return the teaser and the text, the latter empty when it says nothing more."""
    summary = lines(_text(item, "summary"))
    texts = (from_html(_text(item, "content_html"), TEXT_CAP), lines(_text(item, "content_text")))
    body = max(texts, key=len)
    return summary, "" if body in summary else body


def _author(table: Table) -> str:
    """Return the names of the authors: a list of them since 1.1, one before."""
    value = table.get("authors")
    authors = value if isinstance(value, list) and value else [table.get("author")]
    names = [_text(author, "name", NAME_CAP) for author in authors if isinstance(author, dict)]
    return line(", ".join(dict.fromkeys(filter(None, names)))[:NAME_CAP])


def _moment(item: Table, *keys: str) -> Timestamp | None:
    """Return the first moment there is; without a zone it is taken as UTC."""
    for key in keys:
        try:
            stamp = iso_moment(_text(item, key, 40))
        except (ValueError, OverflowError):
            continue
        if stamp >= 0:
            return stamp
    return None
