"""The command palette: every command of the present screen, found by the words of its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct
from textual import events
from textual.containers import Vertical
from textual.widgets import Input

from index.analysis.folding import fold
from monitor.base.translation import gettext as _
from monitor.presentation.spans import Line, fit
from tui.screens.dialogs import Dialog
from tui.widgets.line_list import LineList


class Command(Struct, frozen=True):
    """What the palette offers."""

    label: str
    run: Callable[[], Any]
    """Runs it; may return an awaitable."""
    key: str = ""
    """As it is printed."""
    name: str = ""
    """In the settings file."""


def find_commands(commands: Sequence[Command], typed: str) -> list[Command]:
    """Return the commands in which each typed word begins a word, the closest first.

    The names of the settings file count as well as labels; case and accents do not. First comes
    what begins with all that was typed, then what is called so: `feeds` is the pane Feeds, and
    does not poll all feeds. `q!` quits.
    """
    wanted = fold(typed.strip().rstrip("!"))
    found = [one for one in commands if _begins_words(wanted, f"{one.label} {one.name}")]
    return sorted(found, key=lambda one: _distance(wanted, one))


def _begins_words(wanted: str, text: str) -> bool:
    words = [*re.findall(r"\w+", fold(text)), *fold(text).split()]
    return all(any(word.startswith(each) for word in words) for each in wanted.split())


def _distance(wanted: str, command: Command) -> int:
    if fold(command.label).startswith(wanted):
        return 0
    return 1 if command.name == wanted else 2


class CommandList(LineList):
    """The commands that were found."""

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__()
        self.can_focus = False
        self.commands = commands

    @property
    def row_count(self) -> int:
        return len(self.commands)

    def row_line(self, row: int, cells: int) -> Line:
        command = self.commands[row]
        return [(fit(command.label, max(8, cells - 9)), "plain"), (f" {command.key}", "key")]

    def empty_lines(self, cells: int) -> list[Line]:
        """Return what is shown when nothing was found."""
        return [[(f" {_('No command has a word that begins so.')}", "quiet")]]

    def show(self, commands: Sequence[Command]) -> None:
        """Show other commands, with the cursor on the first."""
        self.commands, self.cursor = commands, 0
        self.update_row_count()
        self.reveal()


class CommandPalette(Dialog[Command]):
    """Asks for a command; gives it, None when closed without a choice.

    Textual's palette finds scattered letters, and enter runs what it found last: perhaps before it
    has looked for what is typed.
    """

    def __init__(self, commands: Sequence[Command]) -> None:
        self._commands = commands
        self._list = CommandList(commands)
        self.input = Input(id="find", compact=True, placeholder=_("the beginnings of its words"))
        super().__init__(_("Commands"), Vertical(self.input, self._list, classes="palette"))
        self._inside.border_subtitle = _("enter: run  esc: close")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show the commands that fit."""
        self._list.show(find_commands(self._commands, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the command under the cursor of those that fit what is written now."""
        event.stop()
        self._choose(event.value)

    def _choose(self, typed: str) -> None:
        commands = find_commands(self._commands, typed)
        if commands:
            self.dismiss(commands[min(self._list.cursor, len(commands) - 1)])

    def on_line_list_selected(self, message: LineList.Selected) -> None:
        message.stop()
        self._choose(self.input.value)

    def on_key(self, event: events.Key) -> None:
        """Move the cursor, and close with esc: letters are typed."""
        steps = {"down": 1, "up": -1, "ctrl+n": 1, "ctrl+p": -1, "tab": 1, "shift+tab": -1}
        if event.key in steps:
            event.stop()
            event.prevent_default()
            self._list.action_move(steps[event.key])
