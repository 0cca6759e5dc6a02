"""Alerts as lines for people, and as rows for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from index import text
from monitor import portable
from monitor.cli import output, telling

if TYPE_CHECKING:
    from monitor.model import Alert

COLUMNS = (
    "id", "kind", "watchlist", "article", "title", "url", "feed", "severity", "state", "verdict",
    "starred", "tags", "note", "raised_at",
    "matches", "copies", "outlets", "elsewhere", "escalations", "held", "held_until", "merged_into",
    "backfill", "rule", "article_version", "lost",
)  # fmt: skip
_MARKS = {"high": "▲", "medium": "●", "low": "·"}
_COLOURS = {"high": "red", "medium": "yellow", "low": None}


def show(found: Iterable[Alert], style: str, now: float, *, header: bool = True) -> None:
    """Print alerts."""
    if style == "table":
        for alert in found:
            click.echo(_line(alert, now))
    else:
        output.print_rows(map(portable.alert, found), style, COLUMNS, header=header)
    sys.stdout.flush()


def _line(alert: Alert, now: float) -> str:
    mark = click.style(_MARKS[alert.severity], fg=_COLOURS[alert.severity])
    title = output.lit(
        alert.title or "(untitled)",
        [(m.start, m.end) for m in alert.matches if m.field == "title"],
    )
    copies = f" +{alert.copies}" if alert.copies else ""
    forms = ", ".join(dict.fromkeys(match.text for match in alert.matches))
    about = f"{alert.feed}{copies} · {output.ago(alert.raised_at, now)}"
    if alert.article is not None:
        about += f" · article {alert.article}"
        forms = forms or "no longer in the text"
    lines = [
        f"{alert.id:>6} {mark} {click.style(alert.watchlist, bold=True)}  {title}",
        f"         {click.style(about, dim=True)} · {forms or alert.kind}",
        *(f"         {said}" for said in [*remarks(alert), *map(_noted, clean_lines(alert.note))]),
        *(f"         {line}" for line in _spread(alert, now)),
    ]
    return "\n".join(lines)


def remarks(alert: Alert) -> list[str]:
    """Return what the analyst says of an alert, in a line if anything."""
    said = ["★"] if alert.starred else []
    said += [str(word) for word in (alert.state, alert.verdict) if word and word != "new"]
    said += [f"#{text.line(tag)}" for tag in alert.tags]
    return [" ".join(said)] if said else []


def clean_lines(note: str) -> list[str]:
    """Return the lines of a note, with nothing in them that could act on a terminal."""
    return [text.line(paragraph) for paragraph in text.clean(note, keep_newlines=True).splitlines()]


def _noted(paragraph: str) -> str:
    return click.style(f"✎ {paragraph}", dim=True)


def _spread(alert: Alert, now: float) -> Iterator[str]:
    """Yield what others did with the story of an alert."""
    if alert.escalations:
        yield click.style(f"↑ {telling.escalations(alert, now)}", bold=True)
    if why := telling.untold(alert, now):
        yield click.style(f"✕ {why}", dim=True)
    if order := telling.order(alert.telling):
        yield click.style(order, dim=True)
    for line in telling.elsewhere(alert.telling):
        yield click.style(line, dim=True)
