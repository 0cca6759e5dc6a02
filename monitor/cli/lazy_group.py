"""A click group that imports a command when it is called, and gives each the common options."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import click

from monitor.base.translation import gettext as _, pgettext
from monitor.cli.translated_command import translated


class LazyCommand(NamedTuple):
    """A command that is not imported yet."""

    place: str
    """`module:attribute`, in `monitor.cli`: the command, or a mapping of names to commands."""
    summary: str
    """The line of the command in the help of the group."""
    section: str = "Commands"
    """The heading above this line."""
    is_listed: Callable[[], bool] = lambda: True
    """Whether the help of the group has this line; the command works in any case."""


class LazyGroup(click.Group):
    """A group that lists its commands without importing them, and may have a default command."""

    def __init__(
        self,
        *args: Any,
        lazy: Mapping[str, LazyCommand] | None = None,
        default: str = "",
        **kwargs: Any,
    ) -> None:
        """Make a group of the commands in `lazy`, in that order.

        `default` runs when no command is named; empty for the help.
        """
        super().__init__(*args, **kwargs)
        self.lazy = lazy or {}
        self.default = default

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.lazy, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; None if there is none of this name."""
        if cmd_name not in self.lazy:
            command = super().get_command(ctx, cmd_name)
            return command and translated(with_common_options(command))
        module, _sep, attribute = self.lazy[cmd_name].place.partition(":")
        command = getattr(import_module(f"monitor.cli.{module}"), attribute)
        if isinstance(command, Mapping):
            command = command[cmd_name]
        assert isinstance(command, click.Command)
        return translated(with_common_options(command))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; those that begin with an option are for the default command."""
        if self.default and not (ctx.resilient_parsing and not args):
            first = args[0] if args else "-"
            if first.startswith("-") and first not in ctx.help_option_names:
                args = [self.default, *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is named, and the rest of the arguments; raises NoSuchCommand."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise click.exceptions.NoSuchCommand(
                error.command_name, possibilities=self.list_commands(ctx), ctx=ctx
            ) from None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Complete a command, or an option of the group or of its default command."""
        items = super().shell_complete(ctx, incomplete)
        if self.default and incomplete.startswith("-"):
            command = self.get_command(ctx, self.default)
            assert command is not None
            names = {item.value for item in items}
            candidates = command.shell_complete(click.Context(command, parent=ctx), incomplete)
            items += [item for item in candidates if item.value not in names]
        return items

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, those of the default command too, and the commands."""
        if not self.default:
            super().format_options(ctx, formatter)
            return
        command = self.get_command(ctx, self.default)
        assert command is not None
        default_context = click.Context(command, parent=ctx, info_name=self.default)
        params = command.get_params(default_context)
        options = [param for param in params if isinstance(param, click.Option)]
        records = [option.get_help_record(default_context) for option in options]
        title = _("Options of `{command}`, which runs without a command", command=self.default)
        with formatter.section(title):
            formatter.write_dl([record for record in records if record is not None])
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one line for each command below the heading of its section, without imports."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, lazy in self.lazy.items():
            if lazy.is_listed():
                sections.setdefault(lazy.section, []).append((name, lazy.summary))
        for name, command in self.commands.items():
            lines = sections.setdefault("Commands", [])
            lines.append((name, translated(command).get_short_help_str(100)))
        widest = max((len(name) for lines in sections.values() for name, _ in lines), default=0)
        for section, lines in sections.items():
            with formatter.section(pgettext("section", section)):
                formatter.write_dl([(name.ljust(widest), _(summary)) for name, summary in lines])


EPILOG = (
    "Takes -c, --data, -v, -q and --no-color too; `tocsin -h` explains them, and the exit codes."
)
"""The end of the help of every command."""


class GlobalOption(click.Option):
    """An option of `tocsin` that may follow the name of a command; the help of `tocsin` has it."""

    def get_help_record(self, ctx: click.Context) -> None:
        """Return no line: the help of a command is about the command."""


def with_common_options(command: click.Command) -> click.Command:
    """Add the options of `tocsin` to a command, and --json to one that has --format json."""
    if any(isinstance(option, GlobalOption) for option in command.params):
        return command
    command.params += [*_json_option(command), *_global_options()]
    command.epilog = command.epilog or EPILOG
    return command


def _json_option(command: click.Command) -> Iterator[click.Option]:
    spellings = {spelling for option in command.params for spelling in option.opts}
    for option in command.params:
        offers_json = isinstance(option.type, click.Choice) and "json" in option.type.choices
        if "--format" in option.opts and offers_json and "--json" not in spellings:
            yield click.Option(
                ["--json", option.name or ""], flag_value="json", help="The same as --format json."
            )


def _global_options() -> list[GlobalOption]:
    file = click.Path(path_type=Path, dir_okay=False)
    folder = click.Path(path_type=Path, file_okay=False)
    return [
        GlobalOption(["-c", "--config", "config_path"], type=file, callback=_set_path,
                     expose_value=False, help="The configuration."),
        GlobalOption(["--data", "data"], type=folder, callback=_set_path,
                     expose_value=False, help="Data folder."),
        GlobalOption(["-v", "--verbose"], count=True, callback=_set_verbosity,
                     expose_value=False, help="Log more."),
        GlobalOption(["-q", "--quiet"], count=True, callback=_set_verbosity,
                     expose_value=False, help="Log less."),
        GlobalOption(["--no-color"], is_flag=True, callback=choose_colours,
                     expose_value=False, help=NO_COLOUR_HELP),
    ]  # fmt: skip


NO_COLOUR_HELP = "Print no colours, as with NO_COLOR=1 or TERM=dumb."


def choose_colours(context: click.Context, _option: click.Parameter, no_colour: bool) -> None:
    """Print no colours if the option, NO_COLOR or TERM=dumb asks for none."""
    if no_colour:
        os.environ["NO_COLOR"] = "1"  # for the dashboard, progress bars and pagers too
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        context.color = False


def _set_path(context: click.Context, option: click.Parameter, path: Path | None) -> None:
    if path is None or option.name is None:
        return
    context.find_root().params[option.name] = path  # shell completion runs no command
    if context.obj is not None:
        setattr(context.obj, option.name, path)
        context.obj.named |= option.name == "config_path"


def _set_verbosity(context: click.Context, option: click.Parameter, count: int) -> None:
    if count and context.obj is not None:
        context.obj.verbosity += count if option.name == "verbose" else -count
