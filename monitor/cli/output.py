"""Output of results: rows, marked text, pager, progress bar."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

import click
from rich.cells import cell_len

from monitor.base.article import Timestamp
from monitor.base.formatting import iso, moment, span
from monitor.base.translation import gettext as _, mark_all, pgettext
from monitor.cli import on_terminal
from monitor.presentation import times
from monitor.presentation.severity import SEVERITY_COLOURS
from monitor.presentation.spans import Line, fit, line_breaks, wrap_line
from monitor.runtime.machine import local_zone

if TYPE_CHECKING:
    from monitor.model.status import Progress
    from monitor.presentation.rows import Row

STYLES: Mapping[str, Mapping[str, Any]] = {
    **{
        severity: {} if colours.terminal == "default" else {"fg": colours.terminal, "bold": True}
        for severity, colours in SEVERITY_COLOURS.items()
    },
    "title": {"bold": True},
    "list": {"bold": True},
    "accent": {"bold": True},
    "quiet": {"dim": True},
    "note": {"dim": True},
    "hit": {"bold": True, "fg": "yellow"},
    "removed": {"fg": "red", "strikethrough": True},
    "added": {"fg": "green"},
}
"""The style of each role of a text on the terminal, in its own colours."""


def draw(line: Line, indent: str = "") -> str:
    """Return marked text in the styles of the terminal; `print_lines` removes them elsewhere."""
    styles = ((text, STYLES.get(role)) for text, role in line)
    return indent + "".join(click.style(text, **style) if style else text for text, style in styles)


def draw_lines(line: Line, cells: int, indent: str = "", *, intact: bool = False) -> Iterator[str]:
    """Yield marked text on lines of at most so many cells; with `intact`, no address breaks."""
    return (draw(part, indent) for part in wrap_line(line, cells - len(indent), intact=intact))


_CHARACTER = re.compile(r"\x1b\[[\d;]*m|(.)")
_COLUMN = re.compile(r"^ *|  +")


def folded(lines: Iterable[str], cells: int) -> Iterator[str]:
    """Yield lines of at most so many cells, also styled ones; no word and no address is broken.

    What is longer goes on below the last column that begins in the left 60 %.
    """
    for line in lines:
        plain, parts = click.unstyle(line), line
        if cell_len(plain) > cells:
            ends = (gap.end() for gap in _COLUMN.finditer(plain) if gap.end() <= 0.6 * cells)
            column = max(ends, default=0)
            margin = cell_len(plain[:column])
            places = [place.end() - 1 for place in _CHARACTER.finditer(line) if place[1]]
            breaks = line_breaks(plain[column:], cells - margin, intact=True)[1:]
            for start, _end in reversed(breaks):
                place = places[column + start]
                parts = f"{parts[:place].rstrip()}\n{' ' * margin}{parts[place:]}"
        yield from parts.split("\n")


def print_lines(lines: Iterable[str], *, paged: bool = False) -> None:
    """Print lines; with `paged`, by $PAGER or `less -R` if they do not fit on the terminal.

    A terminal gets them folded, and in colours unless NO_COLOR, TERM=dumb or --no-color is set.
    """
    if sys.stdout.isatty():
        lines = folded(lines, width())
    if paged and on_terminal():
        lines = list(lines)
        if len(lines) >= shutil.get_terminal_size((100, 24)).lines:
            click.echo_via_pager(f"{line}\n" for line in lines)
            return
    for line in lines:
        click.echo(line)


def echo(line: str) -> None:
    """Print a line as `print_lines` does."""
    print_lines([line])


@contextmanager
def progress_bar(enabled: bool = True) -> Iterator[Progress]:
    """Yield a function that takes (task, done, total), and shows it if stderr is a terminal.

    Tasks are messages that were marked (`PROGRESS`); others are shown as they are.
    """
    if not enabled or not sys.stderr.isatty():
        yield lambda _label, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress as Bar, TextColumn

    label = TextColumn("{task.description:>9}")  # not a message
    columns = label, BarColumn(), MofNCompleteColumn()
    with Bar(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)

        def update(label: str, done: int, total: int) -> None:
            progress.update(
                task, description=pgettext("progress", label), completed=done, total=total
            )

        yield update


PROGRESS = mark_all(
    "progress", "alerts", "checking", "compacting", "comparing", "copying", "deleting", "encoding",
    "exporting", "importing", "indexing", "matching", "merging", "packing", "polling", "records",
    "store", "unpacking",
)  # fmt: skip
"""The tasks that a progress bar may show."""


def labelled(label: str, text: str, width: int, gap: int = 1) -> str:
    """Return a line that begins with a label, padded to as many cells as the widest one has."""
    return f"{label}{' ' * max(1, width - cell_len(label) + gap)}{text}"


NARROW = 12
"""Fewest cells of the first column of a table."""
EMPTY_CELL = "-"
"""The cell of a table without a value."""


def table_lines(heads: Sequence[str], rows: Iterable[Sequence[str]], align: str) -> Iterator[str]:
    """Yield a table: the heads, then the rows. Columns without content are left out.

    What is wider than the terminal has a heading of several lines, then a shorter first column,
    then lines of its own for the first column. `align` has `<` or `>` for each column.
    """
    columns = [
        (cells, side)
        for *cells, side in zip(heads, *rows, align, strict=True)
        if not {EMPTY_CELL, ""}.issuperset(cells[1:])
    ]
    if not columns:
        return
    head_lines = [tuple(cells[0] for cells, _side in columns)]
    bodies = [*zip(*(cells[1:] for cells, _side in columns), strict=True)]
    room = width() - 2 * (len(columns) - 1)
    widths = _widths([*head_lines, *bodies])
    if sum(widths) > room:
        words = ([columns[0][0][0]], *(cells[0].split(" ") for cells, _side in columns[1:]))
        head_lines = [*zip_longest(*words, fillvalue="")]
        widths = _widths([*head_lines, *bodies])
    first = min(widths[0], room - sum(widths[1:]))

    def texts(row: Sequence[str]) -> list[str]:
        sizes = zip(row[1:], widths[1:], columns[1:], strict=True)
        others = [fit(cell, cells, right=side == ">") for cell, cells, (_cells, side) in sizes]
        if first < min(widths[0], NARROW):
            return [*filter(None, row[:1]), " " + "  ".join(others).rstrip()]
        return ["  ".join([fit(row[0], first, right=columns[0][1] == ">"), *others]).rstrip()]

    yield from (click.style(line, dim=True) for row in head_lines for line in texts(row))
    yield from (line for row in bodies for line in texts(row))


def _widths(rows: Iterable[Sequence[str]]) -> list[int]:
    return [max(map(cell_len, column)) for column in zip(*rows, strict=True)]


FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\n")
"""First characters that make a spreadsheet read a cell as a formula, also if they are wide."""


def print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_listing(
    style: str, rows: Iterable[Row], columns: Sequence[str], lines: Iterable[str]
) -> None:
    """Print rows for programs, or as a `table` lines for people; only what is printed is made."""
    if style != "table":
        print_rows(rows, style, columns)
    else:
        print_lines(lines)


def print_rows(
    rows: Iterable[Row], style: str, columns: Sequence[str], *, header: bool = True
) -> None:
    if style == "json":
        print_json(list(rows))
    elif style == "jsonl":
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
    else:
        print_lines(islice(_csv(rows, columns), not header, None))


def width() -> int:
    """Return the width of the terminal in cells."""
    return max(40, shutil.get_terminal_size((100, 24)).columns)


LONGEST_LINE = 120
"""Most cells of a line of text; longer lines are hard to read."""


def text_width() -> int:
    return min(width(), LONGEST_LINE)


def ago(moment: Timestamp | None, now: Timestamp) -> str:
    """Return the age of a moment: 5 min, 3 h, 2 d; its date after 30 days."""
    if moment is None:
        return _("undated")
    if moment > now + 60:
        return _("future")
    if now - moment < 30 * 86_400:
        return span(now - moment)
    date = iso(moment)
    return date[:10] if date else _("undated")


def _csv(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[str]:
    yield ",".join(columns)
    for row in rows:
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow([_cell(row.get(name)) for name in columns])
        yield line.getvalue().removesuffix("\n")


NAMES = ("name", "term", "text", "words", "feed", "title")
"""Fields that tell a row apart from others; in a cell of CSV the first of them stands for it."""


def _cell(value: Any) -> Any:
    """Return the cell of a value; a list is one text, in which each item is named once."""
    if isinstance(value, dict):
        value = [f"{name}: {_cell(item)}" for name, item in value.items()]
    if isinstance(value, list):
        texts = [
            next((item[name] for name in NAMES if item.get(name)), "")
            if isinstance(item, dict)
            else str(_cell(item))
            for item in value
        ]
        value = "; ".join(dict.fromkeys(texts))
    if isinstance(value, str):
        value = re.sub("\r\n?", "\n", value)  # Python quotes no bare \r, and it ends a row
        if normalize("NFKC", value[:1]).startswith(FORMULA_STARTS):
            return "'" + value
    return value


def format_moment(at: Timestamp, now: Timestamp) -> str:
    """Return a local time, with its date unless it is today."""
    return moment(at, now, local_zone())


def full_moment(at: Timestamp) -> str:
    """Return a local time with its date and zone."""
    return times.full(at, local_zone())
