"""`tocsin check` and `tocsin schema`: check feeds.yaml, print its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.cells import cell_len

from monitor.base.errors import ConfigError, MonitorError, Problem
from monitor.base.text_cleaning import clean
from monitor.base.translation import gettext as _
from monitor.cli import say
from monitor.cli.options import with_format
from monitor.config.checks import load_and_test, warnings
from monitor.config.credentials import masked
from monitor.config.keys import json_schema
from monitor.config.loading import read
from monitor.config.summary import as_mapping, as_text
from monitor.config.yaml_nodes import decode


@click.command()
@with_format("text", "json")
@click.pass_context
def check(context: click.Context, style: str) -> None:
    """Check feeds.yaml, and show what tocsin would do.

    Shows each mistake with its line and column. Exits with 2 if there is a mistake.
    """
    context.exit(run_check(context.obj.config_path, context.obj.data, as_json=style == "json"))


def run_check(path: Path, data: Path | None, *, as_json: bool) -> int:
    """Check a feeds.yaml, print its summary or its mistakes, return the exit code."""
    try:
        config = load_and_test(path, data=data)
    except ConfigError as error:
        if as_json:
            problems = [problem._asdict() for problem in error.problems]
            _print_json({"well": False, "path": str(path), "problems": problems})
        else:
            say("\n".join(describe_problems(path, error.problems)))
        return 2
    messages = warnings(config)
    if as_json:
        _print_json({"well": True, "warnings": messages, **as_mapping(config)})
    else:
        click.echo(clean("\n".join(as_text(config)), keep_newlines=True))
        for warning in messages:
            say(_("warning: {problem}", problem=warning))
    return 0


def describe_problems(
    path: Path, problems: list[Problem], content: bytes | None = None
) -> Iterator[str]:
    """Yield each problem as `feeds.yaml:12:5: message`, with its line and a caret under it.

    Possible secrets in that line are masked. Without `content` it is that of the file; one that
    cannot be read has no lines.
    """
    try:
        source, _encoding = decode(read(path) if content is None else content)
    except (MonitorError, OSError):
        yield from (f"{path}: {problem.message}" for problem in problems)
        return
    for problem in problems:
        yield f"{path}:{problem.line}:{problem.column}: {problem.message}"
        if source.line(problem.line).strip():
            yield from _source_excerpt(masked(source.lines, problem.line), problem.column)


WIDTH = 100
"""Cells of a source line that are shown."""


def _source_excerpt(source_line: str, column: int) -> tuple[str, str]:
    """Return a source line around a column, and the line with the caret under it."""
    first = max(0, column - 1 - WIDTH // 2) if len(source_line) > WIDTH else 0
    before, after = (
        clean(source_line[first : column - 1]),
        clean(source_line[column - 1 : first + WIDTH]),
    )
    return f"    {before}{after}", f"    {' ' * cell_len(before)}^"


def _print_json(value: dict[str, Any]) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


@click.command()
def schema() -> None:
    """Print the JSON Schema of feeds.yaml, for editors.

    Save it beside feeds.yaml as feeds.schema.json. Editors with YAML support then complete,
    explain and check every key.
    """
    click.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))
