"""`tocsin show`: one article, its matches lit, and why it matched."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from index import text
from monitor import portable
from monitor.cli import Newsroom, output, telling
from monitor.durations import span
from monitor.plural import counted

if TYPE_CHECKING:
    from monitor.model import Alert, Reading


@click.command()
@click.argument("id", type=int)
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text",
              show_default=True, help="For people, or for programs.")  # fmt: skip
@click.option("--diff", is_flag=True, help="What edits changed, and which terms went or came.")
@click.pass_obj
def show(newsroom: Newsroom, id: int, style: str, diff: bool) -> None:
    """Show the article ID, with its matches lit and why it matched."""
    reading = newsroom.service().read(id) if 0 < id < 2**63 else None  # what the store can hold
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
        from monitor.cli.diff import edits_of, lines

        for line in lines(edits_of(newsroom, reading)):
            click.echo(line)


def _edits(newsroom: Newsroom, reading: Reading) -> dict[str, Any]:
    from monitor.cli.diff import edits_of, mapping

    versions = newsroom.service().versions(reading.article.id)
    return mapping(edits_of(newsroom, reading), versions)


def _lines(reading: Reading, now: float) -> Iterator[str]:
    article = reading.article
    yield click.style(_part(reading, "title") or "(untitled)", bold=True)
    about = [reading.feed, output.iso(article.published) or "undated", article.lang or "und"]
    yield " · ".join([*about, f"first seen {output.iso(article.seen)}"])
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
    yield from telling.lines(reading.telling, now)
    if reading.page_trouble:
        yield f"page not read: {text.line(reading.page_trouble)}{_retry(reading, now)}"
    if reading.versions > 1:
        yield f"edited {counted(reading.versions - 1, 'time')} since it was first seen"


def _alert(alert: Alert, now: float) -> Iterator[str]:
    said = [*(f"#{text.line(tag)}" for tag in alert.tags), *["★"] * alert.starred]
    words = ", ".join(str(word) for word in (alert.state, alert.verdict, *said) if word)
    yield f"{alert.watchlist} ({alert.severity}): alert {alert.id}, {words}"
    yield from (f"    ✎ {line}" for line in text.lines(alert.note).splitlines())
    if alert.escalations:
        raised = alert.escalations[0].severity
        yield f"    ↑ {telling.escalations(alert, now)}; raised as {raised}"
    if alert.held == "cooldown" and alert.held_until is not None:
        yield f"    held back until {telling.moment(alert.held_until, now)}: cooldown"
    for match in alert.matches:
        yield f"    “{match.text}” in the {match.field}, by {match.term}"
    for lost in alert.lost:
        edit = telling.moment(lost.at, now)
        yield f"    {lost.term}: no longer in the text since the edit of {edit}"


def _retry(reading: Reading, now: float) -> str:
    """Return when its page is tried again, in words."""
    if reading.page_retry is None:
        return ""
    wait = reading.page_retry - now
    return f"; tried again {f'in {span(wait)}' if wait > 0 else 'now'}"


def _part(reading: Reading, part: str) -> str:
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


def _mapping(reading: Reading) -> dict[str, Any]:
    article = reading.article
    return {
        **portable.article(article, reading.feed),
        "versions": reading.versions,
        "page_trouble": reading.page_trouble,
        "page_retry": output.iso(reading.page_retry),
        "alerts": [
            {
                "id": alert.id,
                "watchlist": alert.watchlist,
                "severity": str(alert.severity),
                "state": str(alert.state),
                "verdict": str(alert.verdict),
                "starred": alert.starred,
                "tags": list(map(text.line, alert.tags)),
                "note": text.lines(alert.note),
                "matches": portable.matches(alert),
                "escalations": portable.escalations(alert),
                "held": alert.held,
                "rule": alert.rule,
                "article_version": alert.article_version,
                "lost": [{"term": lost.term, "at": output.iso(lost.at)} for lost in alert.lost],
            }
            for alert in reading.alerts
        ],
        "outlets": portable.outlets(reading.telling.outlets),
        "elsewhere": portable.outlets(reading.telling.elsewhere),
        "others": [{"feed": outlet, "seen": output.iso(seen)} for outlet, seen in reading.others],
    }
