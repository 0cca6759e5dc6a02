"""`tocsin init`, `check`, `schema` and `completion`: begin a newsroom, and check its feeds.yaml."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click
from click.shell_completion import get_completion_class
from rich.cells import cell_len

from index.archive import archive_engine
from monitor import config as config_package
from monitor.base.errors import ConfigError, MonitorError, Problem
from monitor.base.text_cleaning import clean
from monitor.base.translation import current, gettext as _, ngettext
from monitor.cli import output, say
from monitor.cli.options import with_format
from monitor.config.checks import load_and_test, warnings
from monitor.config.credentials import masked
from monitor.config.description import as_text
from monitor.config.keys import json_schema
from monitor.config.loading import read
from monitor.config.yaml_nodes import decode
from monitor.delivery.notify.desktop import desktop_trouble
from monitor.model.config import ChannelKind


@click.command()
@with_format("text", "json")
@click.pass_context
def check(context: click.Context, style: str) -> None:
    """Check feeds.yaml, and show what tocsin would do.

    Shows each mistake with its line and column. Exits with 2 if there is a mistake.
    """
    path: Path = context.obj.config_path
    try:
        config = load_and_test(path, data=context.obj.data)
    except ConfigError as error:
        if style == "json":
            problems = [problem._asdict() for problem in error.problems]
            output.print_json({"well": False, "path": str(path), "problems": problems})
        else:
            say("\n".join(describe_problems(path, error.problems)))
        context.exit(2)
    cluster, messages = archive_engine(config.store.archive).survey()
    service = context.obj.service(read_only=True)
    messages += warnings(config, *([] if messages else [service.archive.timed_count()]))
    if trouble := desktop_trouble(os.environ):
        shown = (channel for channel in config.channels if channel.kind is ChannelKind.DESKTOP)
        messages += [f"{channel.name}: {trouble}" for channel in shown]
    if style == "json":
        output.print_json({"well": True, "path": str(path), "archive": cluster or None,
                           "warnings": messages})  # fmt: skip
        return
    output.print_lines(map(clean, as_text(config)))
    if cluster:
        line = ngettext(
            "OpenSearch {version} at {address}, {count} node",
            "OpenSearch {version} at {address}, {count} nodes",
            cluster["nodes"], version=cluster["version"], address=config.cluster,
        )  # fmt: skip
        output.echo(clean(line))
    for warning in messages:
        say(_("warning: {problem}", problem=warning))


def describe_problems(
    path: Path, problems: list[Problem], content: bytes | None = None
) -> Iterator[str]:
    """Yield each problem as `feeds.yaml:12:5: message`, with its line and a caret under it.

    Possible secrets in that line are masked. Without `content` it is that of the file; one that
    cannot be read has no lines.
    """
    for file in {problem.file: None for problem in problems if problem.file}:
        others = [problem._replace(file="") for problem in problems if problem.file == file]
        yield from describe_problems(Path(file), others)
    problems = [problem for problem in problems if not problem.file]
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
"""Most cells of a source line that are shown."""


def _source_excerpt(source_line: str, column: int) -> tuple[str, str]:
    """Return a source line around a column, and the line with the caret under it."""
    first = max(0, column - 1 - WIDTH // 2) if len(source_line) > WIDTH else 0
    before, after = (
        clean(source_line[first : column - 1]),
        clean(source_line[column - 1 : first + WIDTH]),
    )
    return f"    {before}{after}", f"    {' ' * cell_len(before)}^"


@click.command()
def schema() -> None:
    """Print the JSON Schema of feeds.yaml, for editors.

    Save it beside feeds.yaml as feeds.schema.json. Editors with YAML support then complete,
    explain and check every key.
    """
    output.print_json(json_schema())


_CONFIG = Path(config_package.__file__).parent
STARTERS = {"en": _CONFIG / "starter.yaml", "fr": _CONFIG / "starter.fr.yaml"}
"""The file to start from, by the language of its explanations."""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.pass_context
def init(context: click.Context, folder: Path) -> None:
    """Write a feeds.yaml with explanations into FOLDER, or into this folder.

    With `-c`, the file has that name. An existing file is never overwritten.
    """
    config_path: Path = context.obj.config_path
    path = config_path if folder == Path() else folder / config_path.name
    starter = STARTERS[current()].read_text(encoding="utf-8")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(starter)
    except FileExistsError:
        raise _InitError(_("{path} exists already; it was not changed", path=path)) from None
    except OSError as error:
        reason = error.strerror or error
        raise _InitError(
            _("{path} cannot be written: {reason}", path=path, reason=reason)
        ) from error
    output.echo(_("Wrote {path}.", path=path))
    is_usual = path == folder / "feeds.yaml"
    change_folder = f"cd {folder} && " if is_usual and folder != Path() else ""
    tocsin = "tocsin" if is_usual else f"tocsin -c {path}"
    check_help = _("check the file, and show what tocsin would do")
    open_help = _("run the monitor and open the dashboard")
    say(_("Add your feeds and terms to it, then run:"))
    say(f"  {change_folder}{tocsin} check     {check_help}")  # not a message
    say(f"  {change_folder}{tocsin}           {open_help}")  # not a message


class _InitError(click.ClickException):
    """The file cannot be written."""

    exit_code = 2


@click.command(
    help="""Print the completion script of SHELL. For bash:

    \b
    `tocsin completion bash > ~/.local/share/bash-completion/completions/tocsin`
    """
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell."""
    root = context.find_root().command
    completer = get_completion_class(shell)
    assert completer is not None
    click.echo(completer(root, {}, "tocsin", "_TOCSIN_COMPLETE").source())
