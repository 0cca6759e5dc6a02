"""Articles as other programs hand them over, in JSON: read, cleaned, or refused in words. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from index.analysis.text_cleaning import clean, line, safe_url
from index.article import Timestamp
from monitor.ingest.identify import canonical, fingerprint
from monitor.model.poll import Entry
from monitor.parse.document import NAME_CAP, TITLE_CAP, language

TEXTS = ("title", "url", "summary", "body", "author", "lang", "feed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An article to take in."""

    entry: Entry
    """Its guid names it among those of its feed, however often it is handed over."""
    feed: str
    """Name of the feed it is of; empty when not said."""
    lang: str
    """Two letters; empty when not said."""
    seen: Timestamp
    """When it was first had."""


def understood(said: Any, now: Timestamp) -> Given:
    """Return an article of what JSON says; raises ValueError with what is wrong with it."""
    if not isinstance(said, Mapping):
        raise ValueError("is no object with title, url, summary, body, …")
    texts = {key: _text(said, key) for key in TEXTS}
    title = line(texts["title"])[:TITLE_CAP]
    summary, body = (clean(texts[key], keep_newlines=True) for key in ("summary", "body"))
    if not (title or summary or body):
        raise ValueError("has neither a title nor a text")
    url = safe_url(texts["url"].strip())
    if texts["url"].strip() and not url:
        raise ValueError(f"`url` is no http or https address: {line(texts['url'])[:80]}")
    published = _moment(said, "published")
    first = _moment(said, "seen")
    seen = first if first is not None else now if published is None else published
    entry = Entry(
        guid="",
        url=url,
        title=title,
        summary=summary,
        body=body,
        author=line(texts["author"])[:NAME_CAP],
        published=published,
    )
    return Given(
        entry=_named(entry),
        feed=line(texts["feed"])[:NAME_CAP],
        lang=_lang(texts["lang"]),
        seen=min(seen, now),
    )


def _named(entry: Entry) -> Entry:
    """Name an entry after its link; after its words and its date where that tells nothing."""
    if tells_one_article(canonical(entry.url)):
        return replace(entry, guid=entry.url)
    day = "" if entry.published is None else f"{entry.published:.0f}"
    named = blake2b(day.encode() + fingerprint(entry), digest_size=16).hexdigest()
    return replace(entry, guid=f"text:{named}")


def tells_one_article(link: str) -> bool:
    """Tell whether a canonical link is that of one article, and not a home page's."""
    parts = urlsplit(link)
    return bool(link) and (parts.path not in ("", "/") or bool(parts.query))


def _text(said: Mapping[str, Any], key: str) -> str:
    value = said.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"`{key}` must be text, not {type(value).__name__}")
    return value


def _lang(written: str) -> str:
    if written.strip().lower() in ("", "und"):
        return ""
    code = language(written)
    if not code:
        raise ValueError(f"`lang` is no language of two letters: {line(written)[:20]}")
    return code


def _moment(said: Mapping[str, Any], key: str) -> Timestamp | None:
    """Return a moment as 2023-10-09T07:09:00Z, as 2023-10-09, or in seconds since 1970."""
    value = said.get(key)
    if value is None or value == "":
        return None
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            moment = float(value)
        else:
            found = datetime.fromisoformat(value.strip())
            moment = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
        if not math.isfinite(moment) or abs(moment) > 1e11:
            raise ValueError
    except (TypeError, ValueError, AttributeError, OverflowError):
        raise ValueError(
            f"`{key}` is no date, as 2023-10-09T07:09:00Z: {line(str(value))[:40]}"
        ) from None
    return moment
