"""What a reading of a feed told, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from index.text import line
from monitor.checkup import Checkup, checkup, retry
from monitor.cli import output
from monitor.durations import span
from monitor.errors import FeedError
from monitor.fetch.url import redact

if TYPE_CHECKING:
    from index.article import Timestamp
    from monitor.model import Feed
    from monitor.prospect import Prospect

_WIDTH = 10


def reading_as_mapping(feed: Feed, read: Prospect, now: Timestamp) -> dict[str, Any]:
    """Return what a reading told, for JSON: moments as text, durations in seconds."""
    found = checkup(read, now, feed)
    moments = {"oldest": output.iso(found.oldest), "newest": output.iso(found.newest)}
    seconds = {"seconds": round(found.seconds, 3)}
    about = {"url": redact(found.url), "settings": _settings(feed)}
    return {"readable": True, **asdict(found), **moments, **seconds, **about}


def failure_as_mapping(feed: Feed, error: FeedError, now: Timestamp) -> dict[str, Any]:
    """Return why a feed cannot be read, for JSON; `retry` is in seconds, None for never."""
    return {
        "readable": False,
        "url": redact(error.url),
        "reason": error.reason,
        "status": getattr(error, "status", None),
        "retry": retry(error, now, feed),
        "settings": _settings(feed),
    }


def in_words(feed: Feed, read: Prospect | FeedError, now: Timestamp) -> Iterator[str]:
    """Yield what a reading told, or why there was none, for people."""
    if isinstance(read, FeedError):
        yield f"{click.style('✗', fg='red')} {redact(read.url)}"
        yield _row("reason", read.reason)
        wait = retry(read, now, feed)
        yield _row("then", f"would try again in {span(wait)}" if wait else "would not ask again")
    else:
        yield from _found_in_words(checkup(read, now, feed), now)
    for setting in feed.settings:
        yield _row("set", f"{setting.key}: {setting.words} ({setting.whence})")
    yield ""


def _settings(feed: Feed) -> dict[str, dict[str, str]]:
    return {
        setting.key: {"value": setting.words, "from": setting.whence} for setting in feed.settings
    }


def _found_in_words(found: Checkup, now: Timestamp) -> Iterator[str]:
    yield f"{click.style('✓', fg='green')} {redact(found.url)}"
    rows = {
        "title": found.title or "none",
        "answer": _answer(found),
        "redirects": " → ".join([*found.hops, redact(found.answered_by)]) if found.hops else "",
        "format": f"{found.format or 'does not say'}; {found.content_type or 'no type'}",
        "encoding": _encoding(found),
        "entries": str(found.entries),
        "language": _languages(found),
        "dates": _dates(found, now),
        "guids": _guids(found),
        "texts": f"{found.texts}, {found.length:,} characters in the middle" if found.texts else "",
        "pages": f"not read: {found.pages}" if found.pages else "",
        "caching": _caching(found),
        "then": f"would ask every {span(found.interval)}, "
        + ("conditionally" if found.conditional else "unconditionally: it sends no validator"),
    }
    for name, words in rows.items():
        if words:
            yield _row(name, words)
    for words in found.advice:
        yield _row("advice", words)


def _row(name: str, words: str) -> str:
    return f"  {name:<{_WIDTH}} {line(words)}"


def _answer(found: Checkup) -> str:
    return f"{found.status}, {found.bytes:,} bytes in {found.seconds:.2f} s"


def _encoding(found: Checkup) -> str:
    declared = found.encoding or "not declared"
    if found.is_utf8 and found.encoding not in ("utf-8", "utf8", ""):
        return f"{declared}, but it is UTF-8"
    return declared if found.is_utf8 else f"{declared}, and it is not UTF-8"


def _languages(found: Checkup) -> str:
    seen = ", ".join(f"{code or 'und'} {count}" for code, count in found.langs.items())
    return f"{found.lang or 'not'} declared; found {seen or 'none'}"


def _dates(found: Checkup, now: Timestamp) -> str:
    if found.newest is None:
        return "none" if found.entries else ""
    newest, oldest = output.ago(found.newest, now), output.ago(found.oldest, now)
    odd = [f"{count} {what}" for count, what in ((found.undated, "undated"),
           (found.future, "in the future")) if count]  # fmt: skip
    return "; ".join([f"newest {newest}, oldest {oldest}", *odd])


def _guids(found: Checkup) -> str:
    faults = (
        (found.without_guid, "without one"),
        (found.shared_guid, "share one with others"),
        (found.without_link, "without a link"),
    )
    if not found.entries:
        return ""
    return "; ".join(f"{count} {what}" for count, what in faults if count) or "each has its own"


def _caching(found: Checkup) -> str:
    said = {
        "ETag": found.etag,
        "Last-Modified": found.last_modified,
        "fresh for": "" if found.max_age is None else span(found.max_age),
        "ttl": "" if found.ttl is None else span(found.ttl),
    }
    return ", ".join(f"{name} {value}" for name, value in said.items() if value) or "nothing said"
