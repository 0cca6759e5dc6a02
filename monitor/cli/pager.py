"""Long results a screen at a time, on a terminal."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

import click

from monitor.cli import on_terminal


def show(lines: Sequence[str], *, paged: bool) -> None:
    """Print lines; through $PAGER, `less -R` without one, if they do not fit on the terminal."""
    rows = shutil.get_terminal_size((100, 24)).lines
    if paged and on_terminal() and len(lines) >= rows:
        click.echo_via_pager(f"{line}\n" for line in lines)
        return
    for line in lines:
        click.echo(line)
