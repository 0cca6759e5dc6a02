"""`tocsin show`: one article, its matches, its story and its edits."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from index.analysis import text_cleaning
from monitor.cli import CliContext, output
from monitor.export import serialization
from monitor.formatting import counted, iso, span

if TYPE_CHECKING:
    from index.article import Timestamp
    from monitor.model.alert import Alert, Outlet, StoryTimeline
    from monitor.model.article import ArticleDetails, Version
    from monitor.service.article_revisions import ArticleRevision, DiffPart, Term


SHOWN = 3
"""Outlets that a line names; `tocsin show` names all."""


def order(telling: StoryTimeline, shown: int = SHOWN) -> str:
    """Return who had a story first and by how long; empty when one outlet alone has it."""
    outlets = telling.outlets
    if len(outlets) < 2:
        return ""
    named = [f"{outlets[0].name} first", *(f"{o.name} {_lag(o)}" for o in outlets[1:shown])]
    more = len(outlets) - shown
    if more > 0:
        named.append(f"{more} more")
    if earlier := _published_first(outlets):
        named.append(f"published first by {earlier.name}")
    return "; ".join(named)


def elsewhere(telling: StoryTimeline, shown: int = SHOWN) -> Iterator[str]:
    """Yield who tells of the event in another language, a line for each."""
    for lang in dict.fromkeys(outlet.lang for outlet in telling.elsewhere):
        found = [outlet for outlet in telling.elsewhere if outlet.lang == lang]
        names = ", ".join(outlet.name for outlet in found[:shown])
        more = f" and {len(found) - shown} more" if len(found) > shown else ""
        yield f"also in {language(lang)}: {names}{more} · article {found[0].article}"


def story_lines(telling: StoryTimeline, now: Timestamp) -> Iterator[str]:
    """Yield every outlet of a story, and what their publishers say of the order."""
    outlets = telling.outlets
    if len(outlets) > 1:
        yield "the same story:"
        for outlet in outlets:
            way = "a copy" if outlet.copied else "a version of its own"
            told = "first" if outlet is outlets[0] else f"{_lag(outlet)}, {way}"
            dated = f" · dated {moment(outlet.published, now)}" if outlet.published else ""
            yield f"    {outlet.name}, {told}{dated} · article {outlet.article}"
        if earlier := _published_first(outlets):
            ahead = (outlets[0].published or 0.0) - (earlier.published or 0.0)
            yield f"    published first by {earlier.name}, {_span(ahead)} before {outlets[0].name}"
    yield from elsewhere(telling, shown=len(telling.elsewhere))


def language(code: str) -> str:
    """Return the name of a language."""
    return {"fr": "French", "en": "English"}.get(code, code or "another language")


def escalations(alert: Alert, now: Timestamp) -> str:
    """Say why and when an alert became louder: `5 outlets at 10:47`."""
    return ", ".join(f"{step.words} at {moment(step.at, now)}" for step in alert.escalations)


def untold(alert: Alert, now: Timestamp) -> str:
    """Say why nobody is told of an alert, and until when; empty when somebody is."""
    if alert.duplicate_of is not None:
        return f"copy: alert {alert.duplicate_of} speaks for it"
    silent = [
        f"{step.words} not told: {step.suppressed}" for step in alert.escalations if step.suppressed
    ]
    if not alert.suppressed:
        return "; ".join(silent)
    word = {"backfill": "backfill: it was there before", "no route": "no route leads anywhere"}
    until = f" until {moment(alert.suppressed_until, now)}" if alert.suppressed_until else ""
    return "; ".join([word.get(alert.suppressed, alert.suppressed) + until, *silent])


def moment(at: Timestamp, now: Timestamp) -> str:
    """Return a moment by the wall clock, with its date if that is not today's."""
    from monitor.wiring import local_zone

    zone = local_zone()
    try:
        there, here = (datetime.fromtimestamp(time, zone) for time in (at, now))
    except (OverflowError, ValueError, OSError):  # what a feed calls a date
        return "undated"
    return there.strftime("%H:%M" if there.date() == here.date() else "%Y-%m-%d %H:%M")


def _published_first(outlets: tuple[Outlet, ...]) -> Outlet | None:
    from monitor.ingest.stories import published_first

    return published_first(outlets)


def _lag(outlet: Outlet) -> str:
    return f"+{_span(outlet.lag)}" if outlet.lag >= 1 else "at once"


def _span(seconds: float) -> str:
    from monitor.formatting import span

    return span(seconds)


CONTEXT = 12
"""Words shown on either side of a change."""


def edits_of(newsroom: CliContext, reading: ArticleDetails) -> list[ArticleRevision]:
    """Return the edits of an article, with the terms of the watchlists as they are now."""
    from monitor.service import article_revisions

    return article_revisions.revisions_of(
        newsroom.service().views, reading, newsroom.config_path, newsroom.data
    )


def lines(edits: Iterable[ArticleRevision]) -> Iterator[str]:
    """Yield edits for people: coloured on a terminal, else as [-gone-] and {+come+}."""
    found = list(edits)
    from monitor.service.article_revisions import with_context

    if not found:
        yield ""
        yield "not edited since it was first seen"
    for edit in found:
        yield ""
        yield click.style(f"edit {edit.version - 1}, {iso(edit.at)}", bold=True)
        for part, pieces in edit.parts.items():
            shown = "".join(_shown(piece) for piece in with_context(pieces, CONTEXT))
            yield from (f"    {part}: {shown}".rstrip()).splitlines()
        if edit.went:
            yield f"    no longer there: {_terms(edit.went)}"
        if edit.came:
            yield f"    new: {_terms(edit.came)}"


def mapping(edits: Iterable[ArticleRevision], versions: Iterable[Version]) -> dict[str, Any]:
    """Return the texts of an article and its edits for programs."""
    return {
        "texts": [
            {
                "version": version.number,
                "until": iso(version.until),
                "title": version.title,
                "summary": version.summary,
                "body": version.body,
            }
            for version in versions
        ],
        "edits": [
            {
                "version": edit.version,
                "at": iso(edit.at),
                "parts": {part: list(map(list, pieces)) for part, pieces in edit.parts.items()},
                "went": [{"watchlist": name, "term": term} for name, term in edit.went],
                "came": [{"watchlist": name, "term": term} for name, term in edit.came],
            }
            for edit in edits
        ],
    }


def _shown(piece: DiffPart) -> str:
    from monitor.service.article_revisions import ADDED, REMOVED

    colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    if piece.kind == REMOVED:
        if colours:
            return click.style(piece.text, fg="red", strikethrough=True)
        return f"[-{piece.text}-]"
    if piece.kind == ADDED:
        return click.style(piece.text, fg="green") if colours else f"{{+{piece.text}+}}"
    return piece.text


def _terms(terms: Iterable[Term]) -> str:
    return ", ".join(f"{term} ({name})" for name, term in terms)


@click.command()
@click.argument("id", type=int)
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text",
              show_default=True, help="Output format.")  # fmt: skip
@click.option(
    "--diff",
    is_flag=True,
    help="Show what edits of the publisher changed, and which watched terms were removed or added.",
)
@click.pass_obj
def show(newsroom: CliContext, id: int, style: str, diff: bool) -> None:
    """Show the article ID, with its matches highlighted, and why it matched."""
    stored = 0 < id < 2**63  # what the store can hold
    reading = newsroom.service().views.articles.details(id) if stored else None
    if reading is None:
        raise click.ClickException(f"there is no article {id}; `tocsin search` shows their ids")
    if style == "json":
        import json

        said = _mapping(reading) | (_edits(newsroom, reading) if diff else {})
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    for line in _lines(reading, newsroom.clock()):
        click.echo(line)
    if diff:
        for line in lines(edits_of(newsroom, reading)):
            click.echo(line)


def _edits(newsroom: CliContext, reading: ArticleDetails) -> dict[str, Any]:

    versions = newsroom.service().views.articles.revisions(reading.article.id)
    return mapping(edits_of(newsroom, reading), versions)


def _lines(reading: ArticleDetails, now: float) -> Iterator[str]:
    article = reading.article
    yield click.style(_part(reading, "title") or "(untitled)", bold=True)
    about = [reading.feed, iso(article.published) or "undated", article.lang or "und"]
    yield " · ".join([*about, f"first seen {iso(article.seen)}"])
    yield article.url
    if article.author:
        yield f"by {_part(reading, 'author')}"
    for part in ("summary", "body"):
        if article.part(part):
            yield ""
            yield _wrapped(_part(reading, part))
    yield ""
    for alert in reading.alerts:
        yield from _alert(alert, now)
    if not reading.alerts:
        yield "no watchlist matched"
    yield from story_lines(reading.telling, now)
    if reading.page_trouble:
        yield f"page not read: {text_cleaning.line(reading.page_trouble)}{_retry(reading, now)}"
    if reading.versions > 1:
        yield f"edited {counted(reading.versions - 1, 'time')} since it was first seen"


def _alert(alert: Alert, now: float) -> Iterator[str]:
    said = [*(f"#{text_cleaning.line(tag)}" for tag in alert.tags), *["★"] * alert.starred]
    words = ", ".join(str(word) for word in (alert.state, alert.verdict, *said) if word)
    yield f"{alert.watchlist} ({alert.severity}): alert {alert.id}, {words}"
    yield from (f"    ✎ {line}" for line in text_cleaning.lines(alert.note).splitlines())
    if alert.escalations:
        raised = alert.escalations[0].severity
        yield f"    ↑ {escalations(alert, now)}; raised as {raised}"
    if alert.suppressed == "cooldown" and alert.suppressed_until is not None:
        yield f"    held back until {moment(alert.suppressed_until, now)}: cooldown"
    for match in alert.matches:
        yield f"    “{match.text}” in the {match.field}, by {match.term}"
    for lost in alert.lost:
        edit = moment(lost.at, now)
        yield f"    {lost.term}: no longer in the text since the edit of {edit}"


def _retry(reading: ArticleDetails, now: float) -> str:
    """Return when its page is tried again, in words."""
    if reading.page_retry is None:
        return ""
    wait = reading.page_retry - now
    return f"; tried again {f'in {span(wait)}' if wait > 0 else 'now'}"


def _part(reading: ArticleDetails, part: str) -> str:
    places = [
        (match.start, match.end)
        for alert in reading.alerts
        for match in alert.matches
        if match.field == part
    ]
    return output.lit(reading.article.part(part), places)


def _wrapped(text: str) -> str:
    return "\n".join(
        textwrap.fill(line, min(output.width(), 88), break_long_words=False)
        for line in text.splitlines()
    )


def _mapping(reading: ArticleDetails) -> dict[str, Any]:
    article = reading.article
    return {
        **serialization.article(article, reading.feed),
        "versions": reading.versions,
        "page_trouble": reading.page_trouble,
        "page_retry": iso(reading.page_retry),
        "alerts": [
            {
                "id": alert.id,
                "watchlist": alert.watchlist,
                "severity": str(alert.severity),
                "state": str(alert.state),
                "verdict": str(alert.verdict),
                "starred": alert.starred,
                "tags": list(map(text_cleaning.line, alert.tags)),
                "note": text_cleaning.lines(alert.note),
                "matches": serialization.matches(alert),
                "escalations": serialization.escalations(alert),
                "held": alert.suppressed,
                "rule": alert.rule,
                "article_version": alert.article_version,
                "lost": [{"term": lost.term, "at": iso(lost.at)} for lost in alert.lost],
            }
            for alert in reading.alerts
        ],
        "outlets": serialization.outlets(reading.telling.outlets),
        "elsewhere": serialization.outlets(reading.telling.elsewhere),
        "others": [{"feed": outlet, "seen": iso(seen)} for outlet, seen in reading.others],
    }
