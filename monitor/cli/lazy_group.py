"""A click group that imports a command when it is called, and gives each -v and -q."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click


class LazyCommand(NamedTuple):
    """A command that is not imported yet."""

    place: str
    """`module:attribute`; the attribute is the command, or a mapping of names to commands."""
    summary: str
    """The line of the command in the help of the group."""

    @property
    def package(self) -> str:
        """The top-level package of the command."""
        return self.place.partition(".")[0]


class LazyGroup(click.Group):
    """A group that lists its commands without importing them, and gives each -v and -q."""

    def __init__(
        self,
        *args: Any,
        lazy: Mapping[str, LazyCommand] | None = None,
        aliases: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        """Make a group of the commands in `lazy`, in that order; `aliases` are other names."""
        super().__init__(*args, **kwargs)
        self.lazy = lazy or {}
        self.aliases = aliases or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of their use."""
        return [*self.lazy, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; None if there is none, or its package is not installed."""
        name = self.aliases.get(cmd_name, cmd_name)
        if name not in self.lazy:
            command = super().get_command(ctx, name)
            return command and with_verbosity(command)
        place = self.lazy[name].place
        module, _, attribute = place.partition(":")
        try:
            command = getattr(import_module(module), attribute)
        except ModuleNotFoundError as error:
            if error.name != self.lazy[name].package:
                raise
            return None
        if isinstance(command, Mapping):
            command = command[name]
        assert isinstance(command, click.Command)
        return with_verbosity(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one line for each command, without importing it."""
        lines = [(name, command.summary) for name, command in self.lazy.items()]
        lines += [
            (name, command.get_short_help_str(100)) for name, command in self.commands.items()
        ]
        if lines:
            with formatter.section("Commands"):
                formatter.write_dl(lines)


def with_verbosity(command: click.Command) -> click.Command:
    """Add -v and -q to a command, so that they may follow its name."""
    if not any(option.name == "verbose" for option in command.params):
        command.params += [
            click.Option(
                ["-v", "--verbose"], count=True, expose_value=False, callback=_raise_verbosity,
                help="Log more.",
            ),
            click.Option(
                ["-q", "--quiet"], count=True, expose_value=False, callback=_lower_verbosity,
                help="Log less.",
            ),
        ]  # fmt: skip
    return command


def _raise_verbosity(context: click.Context, _: click.Parameter, times: int) -> None:
    if times:
        context.obj.verbosity += times


def _lower_verbosity(context: click.Context, _: click.Parameter, times: int) -> None:
    if times:
        context.obj.verbosity -= times
