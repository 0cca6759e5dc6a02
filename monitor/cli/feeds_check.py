"""`tocsin feeds check`: read feeds once, and tell everything about them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from index.analysis.text_cleaning import line
from monitor.cli import CliContext, output
from monitor.errors import FeedError
from monitor.feeds.discovery import FeedDiagnostics, diagnose, retry
from monitor.fetch.url import redact
from monitor.formatting import iso, span

if TYPE_CHECKING:
    from index.article import Timestamp
    from monitor.feeds.discovery import Prospect
    from monitor.model.config import Config
    from monitor.model.feed import Feed


_WIDTH = 10


def reading_as_mapping(feed: Feed, read: Prospect, now: Timestamp) -> dict[str, Any]:
    """Return what a reading told, for JSON: moments as text, durations in seconds."""
    found = diagnose(read, now, feed)
    moments = {"oldest": iso(found.oldest), "newest": iso(found.newest)}
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
        yield from _found_in_words(diagnose(read, now, feed), now)
    for setting in feed.settings:
        yield _row("set", f"{setting.key}: {setting.words} ({setting.whence})")
    yield ""


def _settings(feed: Feed) -> dict[str, dict[str, str]]:
    return {
        setting.key: {"value": setting.words, "from": setting.whence} for setting in feed.settings
    }


def _found_in_words(found: FeedDiagnostics, now: Timestamp) -> Iterator[str]:
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


def _answer(found: FeedDiagnostics) -> str:
    return f"{found.status}, {found.bytes:,} bytes in {found.seconds:.2f} s"


def _encoding(found: FeedDiagnostics) -> str:
    declared = found.encoding or "not declared"
    if found.is_utf8 and found.encoding not in ("utf-8", "utf8", ""):
        return f"{declared}, but it is UTF-8"
    return declared if found.is_utf8 else f"{declared}, and it is not UTF-8"


def _languages(found: FeedDiagnostics) -> str:
    seen = ", ".join(f"{code or 'und'} {count}" for code, count in found.langs.items())
    return f"{found.lang or 'not'} declared; found {seen or 'none'}"


def _dates(found: FeedDiagnostics, now: Timestamp) -> str:
    if found.newest is None:
        return "none" if found.entries else ""
    newest, oldest = output.ago(found.newest, now), output.ago(found.oldest, now)
    odd = [f"{count} {what}" for count, what in ((found.undated, "undated"),
           (found.future, "in the future")) if count]  # fmt: skip
    return "; ".join([f"newest {newest}, oldest {oldest}", *odd])


def _guids(found: FeedDiagnostics) -> str:
    faults = (
        (found.without_guid, "without one"),
        (found.shared_guid, "share one with others"),
        (found.without_link, "without a link"),
    )
    if not found.entries:
        return ""
    return "; ".join(f"{count} {what}" for count, what in faults if count) or "each has its own"


def _caching(found: FeedDiagnostics) -> str:
    said = {
        "ETag": found.etag,
        "Last-Modified": found.last_modified,
        "fresh for": "" if found.max_age is None else span(found.max_age),
        "ttl": "" if found.ttl is None else span(found.ttl),
    }
    return ", ".join(f"{name} {value}" for name, value in said.items() if value) or "nothing said"


@click.command("check")
@click.argument("feeds", nargs=-1, metavar="[URL-OR-NAME]...")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text",
              show_default=True, help="Output format.")  # fmt: skip
@click.pass_context
def feeds_check(context: click.Context, feeds: tuple[str, ...], style: str) -> None:
    """Read feeds once, and show everything about them, and what tocsin would do.

    For feeds of feeds.yaml it also shows their settings, and where each setting comes from.
    Without an address, it reads all feeds of feeds.yaml. It stores nothing. Exits with 1 when
    a feed cannot be read.
    """
    newsroom: CliContext = context.obj
    config = _config(newsroom) if not feeds or newsroom.config_path.exists() else None
    asked = _feeds(feeds, config)
    read = asyncio.run(_read(asked, config))
    now = newsroom.clock()
    if style == "json":
        import json

        rows = [
            failure_as_mapping(feed, one, now)
            if isinstance(one, FeedError)
            else reading_as_mapping(feed, one, now)
            for feed, one in zip(asked, read, strict=True)
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for feed, one in zip(asked, read, strict=True):
            click.echo("\n".join(in_words(feed, one, now)))
    context.exit(any(isinstance(one, FeedError) for one in read))


def _config(newsroom: CliContext) -> Config:
    from monitor.config import load

    return load(newsroom.config_path, data=newsroom.data)


def _feeds(asked: Sequence[str], config: Config | None) -> list[Feed]:
    """Return what was asked for: feeds of feeds.yaml by name or address, else addresses."""
    known = config.feeds if config else ()
    if not asked:
        return [feed for feed in known if feed.enabled]
    return [_feed(one, known) for one in asked]


def _feed(asked: str, known: Sequence[Feed]) -> Feed:
    from monitor.cli.feeds import meant
    from monitor.model.feed import Feed

    if known and "://" not in asked and not _is_host(asked):
        return meant(asked, known)
    url = asked if "://" in asked else f"https://{asked}"
    # What is set for a feed may be secret, and is not told to an address that is only like its.
    return next((feed for feed in known if feed.url == url), Feed(url=url, name=""))


def _is_host(text: str) -> bool:
    return "." in text.partition("/")[0] and " " not in text


async def _read(feeds: Sequence[Feed], config: Config | None) -> list[Prospect | FeedError]:
    """Read all at once; return what each is, or why it is nothing."""
    from monitor.wiring import prospecting

    allow, contact = (config.allow, config.contact) if config else ((), "")
    async with prospecting(allow, contact) as prospector:

        async def one(feed: Feed) -> Prospect | FeedError:
            try:
                found = await prospector.read(feed.url, feed.request_options)
            except FeedError as error:
                return error
            if feed.full_text:
                return await prospector.with_pages(found, feed.request_options)
            return found

        return await asyncio.gather(*map(one, feeds))
