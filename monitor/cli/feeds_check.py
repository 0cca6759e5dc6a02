"""`tocsin feeds check`: read feeds once, and show everything about them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import click

from monitor.base import signs
from monitor.base.article import Timestamp
from monitor.base.errors import FeedError
from monitor.base.formatting import clauses, span
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.base.translation import mark_all, ngettext, number, pgettext
from monitor.base.url import redact
from monitor.cli import CliContext, output
from monitor.cli.options import complete_feed, with_format
from monitor.config.loading import load
from monitor.intake.discovery import DiscoveredFeed, FeedDiagnostics, diagnose, retry
from monitor.model.config import Config
from monitor.model.feed import Feed
from monitor.model.shown_names import source_name
from monitor.presentation.rows.feeds import diagnostics_row, unreadable_row

_LABELS = mark_all(
    "feed", "reason", "then", "set", "title", "answer", "redirects", "format", "encoding",
    "entries", "language", "dates", "guids", "texts", "pages", "caching", "advice",
)  # fmt: skip


def report_lines(feed: Feed, result: DiscoveredFeed | FeedError, now: Timestamp) -> Iterator[str]:
    if isinstance(result, FeedError):
        yield f"{click.style(signs.FAILED, fg='red')} {redact(result.url)}"
        yield _row("reason", result.reason)
        wait = retry(result, now, feed)
        yield _row(
            "then",
            _("would poll again in {time}", time=span(wait)) if wait else _("would not poll again"),
        )
    else:
        yield from _diagnostics_lines(diagnose(result, now, feed), now)
    for setting in feed.settings:
        source = source_name(setting.source)
        yield _row("set", f"{setting.key}: {setting.value} ({source})")
    yield ""


def _diagnostics_lines(diagnostics: FeedDiagnostics, now: Timestamp) -> Iterator[str]:
    yield f"{click.style(signs.OK, fg='green')} {redact(diagnostics.url)}"
    content_type = diagnostics.content_type or _("no type")
    interval = span(diagnostics.interval)
    rows = {
        "title": diagnostics.title or pgettext("title", "none"),
        "answer": _response(diagnostics),
        "redirects": f" {signs.BECOMES} ".join([*diagnostics.hops, redact(diagnostics.answered_by)])
        if diagnostics.hops
        else "",
        "format": clauses([diagnostics.format or _("does not say"), content_type]),
        "encoding": _encoding(diagnostics),
        "entries": str(diagnostics.entries),
        "language": _languages(diagnostics),
        "dates": _dates(diagnostics, now),
        "guids": _guids(diagnostics),
        "texts": ngettext(
            "{texts}, {count} character (median)",
            "{texts}, {count} characters (median)",
            diagnostics.length,
            texts=diagnostics.texts,
        )
        if diagnostics.texts
        else "",
        "pages": _("not read: {reason}", reason=diagnostics.pages) if diagnostics.pages else "",
        "caching": _caching(diagnostics),
        "then": _("would poll every {time}, conditionally", time=interval)
        if diagnostics.conditional
        else _(
            "would poll every {time}, unconditionally: the server sends no validator",
            time=interval,
        ),
    }
    for name, words in rows.items():
        if words:
            yield _row(name, words)
    for words in diagnostics.advice:
        yield _row("advice", words)


def _row(name: str, words: str) -> str:
    labels = [pgettext("feed", label) for label in _LABELS]
    width = max(map(len, labels))
    return f"  {output.labelled(pgettext('feed', name), line(words), width, gap=2)}"


def _response(diagnostics: FeedDiagnostics) -> str:
    return ngettext(
        "{status}, {count} byte in {seconds} s",
        "{status}, {count} bytes in {seconds} s",
        diagnostics.bytes,
        status=diagnostics.status,
        seconds=number(diagnostics.seconds, 2),
    )


def _encoding(diagnostics: FeedDiagnostics) -> str:
    declared = diagnostics.encoding or pgettext("encoding", "not declared")
    if diagnostics.is_utf8 and diagnostics.encoding not in ("utf-8", "utf8", ""):
        return _("{declared}, but it is UTF-8", declared=declared)
    return (
        declared if diagnostics.is_utf8 else _("{declared}, and it is not UTF-8", declared=declared)
    )


def _languages(diagnostics: FeedDiagnostics) -> str:
    counts = ", ".join(f"{code or 'und'} {count}" for code, count in diagnostics.langs.items())
    if not diagnostics.lang:
        return (
            _("not declared; found {languages}", languages=counts)
            if counts
            else _("not declared; found none")
        )
    if not counts:
        return _("{language} declared; found none", language=diagnostics.lang)
    return _("{language} declared; found {languages}", language=diagnostics.lang, languages=counts)


def _dates(diagnostics: FeedDiagnostics, now: Timestamp) -> str:
    if diagnostics.newest is None:
        return pgettext("dates", "none") if diagnostics.entries else ""
    newest, oldest = output.ago(diagnostics.newest, now), output.ago(diagnostics.oldest, now)
    parts = [_("newest {newest}, oldest {oldest}", newest=newest, oldest=oldest)]
    if undated := diagnostics.undated:
        parts.append(ngettext("{count} undated", "{count} undated", undated))
    if future := diagnostics.future:
        parts.append(ngettext("{count} in the future", "{count} in the future", future))
    return clauses(parts)


def _guids(diagnostics: FeedDiagnostics) -> str:
    if not diagnostics.entries:
        return ""
    faults = []
    if count := diagnostics.without_guid:
        faults.append(ngettext("{count} without one", "{count} without one", count))
    if count := diagnostics.shared_guid:
        faults.append(
            ngettext("{count} share one with others", "{count} share one with others", count)
        )
    if count := diagnostics.without_link:
        faults.append(ngettext("{count} without a link", "{count} without a link", count))
    return clauses(faults) if faults else _("each has its own")


def _caching(diagnostics: FeedDiagnostics) -> str:
    headers = {
        "ETag": diagnostics.etag,
        "Last-Modified": diagnostics.last_modified,
        _("fresh for"): "" if diagnostics.max_age is None else span(diagnostics.max_age),
        "ttl": "" if diagnostics.ttl is None else span(diagnostics.ttl),
    }
    shown = [f"{name} {value}" for name, value in headers.items() if value]
    return ", ".join(shown) or _("no headers")


@click.command("check")
@click.argument("feeds", nargs=-1, metavar="[URL-OR-NAME]...", shell_complete=complete_feed)
@with_format("text", "json")
@click.pass_context
def feeds_check(context: click.Context, feeds: tuple[str, ...], style: str) -> None:
    """Read feeds once, and show everything about them, and what tocsin would do.

    For feeds of feeds.yaml it also shows their settings, and where each setting comes from.
    Without an address, it reads all feeds of feeds.yaml. It stores nothing. Exits with 1 when
    a feed cannot be read.
    """
    cli: CliContext = context.obj
    config = None
    if not feeds or cli.config_path.exists():
        config = load(cli.config_path, data=cli.data)
    targets = _feeds(feeds, config)
    results = asyncio.run(_read(targets, config))
    now = cli.clock()
    if style == "json":
        rows = [
            unreadable_row(feed, result, now)
            if isinstance(result, FeedError)
            else diagnostics_row(feed, result, now)
            for feed, result in zip(targets, results, strict=True)
        ]
        output.print_json(rows)
    else:
        for feed, result in zip(targets, results, strict=True):
            click.echo("\n".join(report_lines(feed, result, now)))
    context.exit(any(isinstance(result, FeedError) for result in results))


def _feeds(names: Sequence[str], config: Config | None) -> list[Feed]:
    """Return the feeds with these names or addresses; without any, all feeds of feeds.yaml."""
    known = config.feeds if config else ()
    if not names:
        return [feed for feed in known if feed.enabled]
    return [_feed(name, known) for name in names]


def _feed(name: str, known: Sequence[Feed]) -> Feed:
    from monitor.presentation.service.subscriptions import find_feed

    named = next((feed for feed in known if feed.name == name), None)
    if named is not None:
        return named
    if known and "://" not in name and not _is_host(name):
        return find_feed(name, known)
    url = name if "://" in name else f"https://{name}"
    # The settings of a feed may be secret: they are used only for exactly its address.
    return next((feed for feed in known if feed.url == url), Feed(url=url, name=""))


def _is_host(text: str) -> bool:
    return "." in text.partition("/")[0] and " " not in text


async def _read(feeds: Sequence[Feed], config: Config | None) -> list[DiscoveredFeed | FeedError]:
    from monitor.runtime.network import prospecting

    allow, contact = (config.allow, config.contact) if config else ((), "")
    async with prospecting(allow, contact) as prospector:

        async def read_one(feed: Feed) -> DiscoveredFeed | FeedError:
            try:
                prospect = await prospector.read(feed.url, feed.request_options)
            except FeedError as error:
                return error
            if feed.full_text:
                return await prospector.with_pages(prospect, feed.request_options)
            return prospect

        return await asyncio.gather(*map(read_one, feeds))
