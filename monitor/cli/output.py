"""Rows for programs: json, jsonl, csv and md; text with matches lit for people."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import click

from index.article import Timestamp
from monitor.portable import Row, iso

__all__ = ["Row", "ago", "coloured", "iso", "lit", "print_rows", "width"]

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet run a cell."""


def print_rows(
    rows: Iterable[Row], style: str, columns: Sequence[str], *, header: bool = True
) -> None:
    """Print rows as json, jsonl, csv or md, in UTF-8 whatever the terminal says."""
    if style == "json":
        click.echo(json.dumps(list(rows), ensure_ascii=False, indent=2))
    elif style == "jsonl":
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
    elif style == "csv":
        for line in islice(_csv(rows, columns), not header, None):
            click.echo(line)
    else:
        for line in _markdown(rows):
            click.echo(line)


def width() -> int:
    """Return the cells of a line."""
    return max(40, shutil.get_terminal_size((100, 24)).columns)


def coloured() -> bool:
    """Tell whether results go to a terminal that wants colour."""
    import os

    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def lit(text: str, places: Iterable[tuple[int, int]]) -> str:
    """Return a text with its matches lit, if it goes to a terminal that wants colour."""
    if not coloured():
        return text
    shown, at = "", 0
    for start, end in sorted(places):
        if end > at:
            start_here = max(start, at)
            shown += text[at:start_here] + click.style(text[start_here:end], bold=True, fg="yellow")
            at = end
    return shown + text[at:]


def ago(moment: Timestamp | None, now: Timestamp) -> str:
    """Return how long ago a moment was: 5 min, 3 h, 2 d; a date when longer."""
    from monitor.durations import span

    if moment is None:
        return "undated"
    if moment > now + 60:
        return "future"
    if now - moment < 30 * 86_400:
        return span(now - moment)
    return (iso(moment) or "undated")[:10]


def _csv(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[str]:
    yield ",".join(columns)
    for row in rows:
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow([_cell(row.get(name)) for name in columns])
        yield line.getvalue().removesuffix("\n")


def _cell(value: Any) -> Any:
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA):
        return "'" + value
    return value


def _markdown(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        title = _escaped(row["title"]) or "(untitled)"
        link = f"[{title}](<{row['url']}>)" if row.get("url") else title
        when = (row.get("published") or row.get("seen") or row.get("raised_at") or "")[:10]
        about = " · ".join(
            _escaped(part) for part in (row.get("watchlist"), row["feed"], when) if part
        )
        yield f"- {link} — {about}"
        if row.get("snippet"):
            yield f"  > {_escaped(row['snippet'])}"
        for paragraph in (row.get("note") or "").splitlines():
            yield f"  > ✎ {_escaped(paragraph)}"


def _escaped(text: str) -> str:
    return "".join("\\" + c if c in "\\`*_[]<>#|" else c for c in text)
