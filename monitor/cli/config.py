"""`tocsin apply` and `tocsin config`: the configuration in a store that several machines share."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import click

from monitor.base.article import Timestamp
from monitor.base.errors import ConfigError
from monitor.base.formatting import clauses, feeds, iso
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _, ngettext
from monitor.cli import CliContext, output, say
from monitor.cli.lazy_group import LazyCommand, LazyGroup
from monitor.cli.options import InputError, NumberParam, format_option
from monitor.config.checks import understand_and_test, warnings
from monitor.config.credentials import masked
from monitor.config.description import changes
from monitor.config.loading import config_views, configured_store, read, understand
from monitor.model.analyst import user
from monitor.model.config import Config, StoredConfig
from monitor.presentation.rows import Row
from monitor.storage.store import open_store
from monitor.storage.store.sql.views import ConfigViews

COLUMNS = ("version", "at", "who", "again")
COMMANDS = {
    "show": LazyCommand("config:config_show", "Print a version."),
    "history": LazyCommand("config:config_history", "List the versions."),
    "rollback": LazyCommand("config:config_rollback", "Put an earlier version in force again."),
}


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--dry-run", is_flag=True, help="Only check FILE, and show what would change.")
@click.pass_obj
def apply(cli: CliContext, file: Path, dry_run: bool) -> None:
    """Put FILE, a whole feeds.yaml, in force for all machines that share the store.

    FILE is checked, and its tests are run, with the variables and files of this machine. What
    changes is shown. Monitors whose own feeds.yaml says only `store:` take the new version within
    seconds; `tocsin config history` lists all. Exits with 2 if FILE has a mistake, or if the store
    is not shared.
    """
    versions = _versions(cli)
    content = file.read_bytes() if file != cli.config_path else _whole(read(file), file, cli)
    config = understand_and_test(content, file, data=cli.data)
    current = versions.version()
    text = content.decode("utf-8-sig")
    if current is not None and current.content == text:
        say(_("nothing to change: version {number} says the same", number=current.number))
        return
    _show_changes(cli, current, config)
    _warn_of_secrets(text)
    for warning in warnings(config):
        say(_("warning: {problem}", problem=warning))
    if dry_run:
        say(_("nothing was applied"))
        return
    _apply(cli, versions, text, current.number if current else 0)


def _whole(content: bytes, file: Path, cli: CliContext) -> bytes:
    """Return a file that is more than a pointer to the store; raises InputError."""
    if configured_store(file):
        raise InputError(
            _("{file} only says where the store is; give a whole feeds.yaml", file=file)
        )
    return content


def _versions(cli: CliContext) -> ConfigViews:
    """Return the versions in the store, which is made if there is none; raises InputError."""
    if not cli.shared:
        raise InputError(
            _(
                "the store is in the data folder, so {file} itself is the configuration: a running"
                " monitor takes an edit of it within seconds, and no versions are kept; several"
                " machines share one with `store: postgresql://…`",
                file=cli.config_path,
            )
        )

    with closing(open_store(cli.store)):
        return config_views(cli.shared)


def _apply(
    cli: CliContext, versions: ConfigViews, text: str, base: int, original: int | None = None
) -> None:
    number = versions.apply(text, user(os.environ), base, original)
    words = _("version {number} is in force; monitors take it within seconds", number=number)
    say(words)
    if cli.config_path.exists() and not configured_store(cli.config_path):
        say(
            _(
                "warning: {file} says more than `store:`, so this machine goes on with that file;"
                " leave only `store:` in it",
                file=cli.config_path,
            )
        )


def _understood(cli: CliContext, stored: StoredConfig) -> Config | None:
    """Return the configuration of a version; None where this machine lacks a variable or file."""
    try:
        return understand(stored.content.encode(), cli.config_path, data=cli.data)
    except ConfigError:
        return None


def _show_changes(cli: CliContext, before: StoredConfig | None, after: Config) -> None:
    """Print what a version changes, in words that hold no secret."""
    if before is None:
        output.echo(
            ngettext(
                "the first version: {feeds}, {count} watchlist",
                "the first version: {feeds}, {count} watchlists",
                len(after.watchlists),
                feeds=feeds(len(after.feeds)),
            )
        )
        return
    old = _understood(cli, before)
    words = changes(old, after) if old else []
    output.print_lines(map(line, words) if words else [_("only the text, not its meaning")])


def _warn_of_secrets(text: str) -> None:
    numbers = [str(number) for number in _secret_lines(text)]
    if numbers:
        say(
            _(
                "warning: line {numbers} may hold a secret, which everybody who shares the store"
                " can read; write env:NAME or file:PATH",
                numbers=", ".join(numbers[:10]),
            )
        )


def _secret_lines(text: str) -> Iterator[int]:
    lines = text.splitlines()
    return (n for n in range(1, len(lines) + 1) if masked(lines, n) != lines[n - 1])


@click.group(cls=LazyGroup, lazy=COMMANDS, default="show")
def config() -> None:
    """Show the versions of the configuration in a store that several machines share.

    `tocsin apply FILE` makes a version. Without a command: `show`. With a store in the data folder
    feeds.yaml is the configuration, and these commands exit with 2.
    """


_version = click.argument("version", type=NumberParam(min=1), required=False, metavar="[VERSION]")


def _stored(versions: ConfigViews, number: int | None) -> StoredConfig:
    """Return a version, the one in force when None; raises InputError."""
    stored = versions.version(number)
    if stored is None and number is None:
        raise InputError(_("nothing was applied yet; `tocsin apply FILE` puts a feeds.yaml there"))
    if stored is None:
        raise InputError(
            _("there is no version {number}; `tocsin config history` lists them", number=number)
        )
    return stored


@click.command("show")
@_version
@click.option("--secrets", is_flag=True, help="Print possible secrets too, as they were applied.")
@click.pass_obj
def config_show(cli: CliContext, version: int | None, secrets: bool) -> None:
    """Print a version as it was applied, the one in force without VERSION.

    Possible secrets are masked: with --secrets the output can be edited, and applied again.
    """
    stored = _stored(_versions(cli), version)
    lines = stored.content.splitlines()
    if not secrets:
        secret_lines = list(_secret_lines(stored.content))
        lines = [masked(lines, number) for number in range(1, len(lines) + 1)]
        if secret_lines:
            say(_("possible secrets are masked; --secrets prints them"))
    output.print_lines(lines)


@click.command("history")
@format_option
@click.pass_context
def config_history(context: click.Context, style: str) -> None:
    """List the versions, the newest first: who applied them, and when. Exits with 1 without any."""
    cli: CliContext = context.obj
    history = _versions(cli).history()
    output.print_listing(style, map(_row, history), COLUMNS, _history_lines(history, cli.clock()))
    if not history:
        say(_("nothing was applied yet; `tocsin apply FILE` puts a feeds.yaml there"))
        context.exit(1)


def _history_lines(history: Sequence[StoredConfig], now: Timestamp) -> Iterator[str]:
    for number, stored in enumerate(history):
        when = output.format_moment(stored.at, now)
        notes = [_("in force")] if number == 0 else []
        notes += [_("version {number} again", number=stored.again)] if stored.again else []
        person = line(stored.who) or _("somebody")
        yield f"{stored.number:>4}  {when}  {person}  {clauses(notes)}".rstrip()


def _row(stored: StoredConfig) -> Row:
    return {
        "version": stored.number,
        "at": iso(stored.at),
        "who": line(stored.who),
        "again": stored.again,
    }


@click.command("rollback")
@click.argument("version", type=NumberParam(min=1), metavar="VERSION")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.pass_obj
def config_rollback(cli: CliContext, version: int, dry_run: bool) -> None:
    """Put an earlier VERSION in force again, as a new version."""
    versions = _versions(cli)
    current, target = _stored(versions, None), _stored(versions, version)
    if target.content == current.content:
        say(_("nothing to change: version {number} says the same", number=current.number))
        return
    config = understand_and_test(target.content.encode(), cli.config_path, data=cli.data)
    _show_changes(cli, current, config)
    if dry_run:
        say(_("nothing was applied"))
        return
    _apply(cli, versions, target.content, current.number, target.number)
