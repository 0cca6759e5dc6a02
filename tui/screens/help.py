"""The help: every key, those of the pane first, and the glyphs; and the command palette."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any, ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Input

from index.analysis.folding import fold
from monitor.base import signs
from monitor.base.translation import gettext as _, pgettext
from monitor.presentation.spans import Line, fit, width, wrap
from tui.base_app import BaseApp
from tui.key_labels import NO_KEYMAP, Command, bind, binding_help, own_bindings
from tui.screens.alert_filter import AlertFilterScreen
from tui.screens.archive import ArchiveScreen
from tui.screens.dialogs import ChoiceList, Dialog
from tui.screens.feeds import FeedsScreen
from tui.screens.main import MainScreen
from tui.screens.panes import PaneScreen
from tui.screens.status_details import DeliveriesDialog
from tui.screens.triage import TriageScreen
from tui.screens.watchlist_form import WatchlistForm
from tui.widgets.line_list import CheckList, LineList
from tui.widgets.reader import ScrollText, TextLayout
from tui.widgets.watchlist_pane import WatchlistPane

COLUMN_CELLS = 52
"""Width of a column of the help."""
KEY_CELLS = 13
"""Width of the keys."""

KeySection = tuple[str, list[tuple[str, str]]]
"""A title, and (keys, description)."""


def _bound_classes(app: type[App[Any]]) -> list[tuple[str, Sequence[type[DOMNode]]]]:
    """Return the classes that bind keys, under the title of each section of the help."""
    return [
        (pgettext("help", "Alerts"), [TriageScreen]),
        (pgettext("help", "Filter of alerts"), [AlertFilterScreen]),
        (pgettext("help", "Main screen"), [MainScreen]),
        (pgettext("help", "Watchlists"), [WatchlistPane]),
        (pgettext("help", "Form of a watchlist"), [WatchlistForm, CheckList]),
        (pgettext("help", "Articles and panes"), [PaneScreen]),
        (pgettext("help", "Lists"), [LineList]),
        (pgettext("help", "Reader and pages"), [ScrollText]),
        (pgettext("help", "Archive search"), [ArchiveScreen]),
        (pgettext("help", "Feeds"), [FeedsScreen]),
        (pgettext("help", "Deliveries"), [DeliveriesDialog]),
        (pgettext("help", "Dialogs"), [Dialog]),
        (pgettext("help", "Help"), [HelpDialog]),
        (pgettext("help", "Everywhere"), [app, BaseApp]),
    ]


def key_sections(
    app: type[App[Any]],
    keymap: Mapping[str, str] = NO_KEYMAP,
    focused: Sequence[type[DOMNode]] = (),
) -> list[KeySection]:
    """Return the keys of each screen and widget, and those of an application and its base.

    `focused` are the classes of the focused widget and of its screen, whose keys come first.
    """
    sections = sorted(_bound_classes(app), key=lambda section: _distance(section[1], focused))
    return [
        (title, [entry for node in nodes for entry in binding_help(node, keymap)])
        for title, nodes in sections
    ]


def _distance(nodes: Sequence[type[DOMNode]], focused: Sequence[type[DOMNode]]) -> int:
    """Return 0 for keys of the focused widget, 1 of its screen, 2 of every pane, 3 of others.

    In a reader the keys of every pane are those that one reads with.
    """
    bound = {node for node in nodes if any(issubclass(cls, node) for cls in focused)}
    if not bound:
        return 3
    if bound <= {PaneScreen, LineList, ScrollText}:
        return 0 if any(issubclass(cls, ScrollText) for cls in focused) else 2
    return int(all(issubclass(node, Screen) for node in bound))


def named_bindings(app: type[App[Any]]) -> list[tuple[str, list[Binding]]]:
    """Return the bindings of each section, whose ids are the names in the settings file."""
    return [
        (title, [binding for node in nodes for binding in own_bindings(node)])
        for title, nodes in _bound_classes(app)
    ]


def action_names(app: type[App[Any]]) -> set[str]:
    """Return the names of the actions that the settings file can give other keys."""
    return {binding.id or "" for _, bindings in named_bindings(app) for binding in bindings}


def help_lines(sections: Sequence[KeySection], cells: int, words: str = "") -> list[Line]:
    """Return the keys and the legend of signs in one column, or in two where they fit.

    With `words`, only entries that have them, in any case and without accents.
    """
    legend = [(sign, _(meaning)) for sign, meaning in signs.LEGEND]
    sections = [*sections, (pgettext("help", "Legend of signs"), legend)]
    matches = [(title, _with_words(title, entries, words)) for title, entries in sections]
    is_wide = cells >= 2 * COLUMN_CELLS
    column = COLUMN_CELLS if is_wide else cells
    blocks = [_section_lines(title, entries, column) for title, entries in matches if entries]
    if not blocks:
        return wrap(_("Nothing in the help has {words!r}.", words=words), cells, "quiet")
    if not is_wide:
        return [line for block in blocks for line in block]
    blank: Line = []
    return [
        [*a, (" " * (COLUMN_CELLS - width(a)), ""), *b]
        for a, b in zip_longest(*_columns(blocks), fillvalue=blank)
    ]


def _with_words(
    title: str, entries: Sequence[tuple[str, str]], words: str
) -> list[tuple[str, str]]:
    terms = fold(words).split()
    return [
        (keys, description)
        for keys, description in entries
        if words in keys.split() or all(word in fold(f"{title} {description}") for word in terms)
    ]


def _section_lines(title: str, keys: Sequence[tuple[str, str]], cells: int) -> list[Line]:
    lines: list[Line] = [[(title, "accent")]]
    for key, description in keys:
        wrapped = wrap(description, cells - KEY_CELLS - 3, "plain")
        lines.append([(fit(key, KEY_CELLS, right=True), "key"), ("  ", ""), *wrapped[0]])
        lines += [[(" " * (KEY_CELLS + 2), ""), *runs] for runs in wrapped[1:]]
    return [*lines, []]


def _columns(blocks: Sequence[list[Line]]) -> tuple[list[Line], list[Line]]:
    """Return whole blocks in two columns of about the same height."""
    half = sum(map(len, blocks)) / 2
    left: list[Line] = []
    right: list[Line] = []
    for block in blocks:
        column = left if not right and len(left) + len(block) / 2 <= half else right
        column += block
    return left, right


class HelpDialog(Dialog[None]):
    """The keys and glyphs, which can be searched.

    Textual's HelpPanel shows only the keys of the focused widget, and no glyphs.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("slash,f", "find", "Search the help", name="search-help")
    ]

    def __init__(self, sections: Sequence[KeySection]) -> None:
        self.input = Input(id="find", compact=True, placeholder=_("a key, or what it does"))
        self.input.display = False
        self._page = ScrollText(self._lay_out)
        self._sections = sections
        super().__init__(pgettext("help", "Keys"), Vertical(self.input, self._page, classes="help"))
        self._frame.border_subtitle = _("/: search  esc: close")

    def on_mount(self) -> None:
        """Put the focus on the page, which the keys scroll."""
        self._page.focus()

    def action_find(self) -> None:
        self.input.display = True
        self.input.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show only the entries with these words."""
        self._page.update(self._lay_out)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the page."""
        self._page.focus()

    def action_close_dialog(self) -> None:
        """End the search, then close."""
        if self.input.display:
            self.input.value = ""
            self.input.display = False
            self._page.focus()
        else:
            self.dismiss(None)

    def _lay_out(self, cells: int) -> list[Line]:
        return help_lines(self._sections, cells, self.input.value)


# --- the command palette --------------------------------------------------------------


def find_commands(commands: Sequence[Command], text: str) -> list[Command]:
    """Return the commands in which each typed word begins a word, the closest first.

    The names of the settings file count as well as labels; case and accents do not. Labels that
    begin with the whole text come first, then names that equal it: `feeds` is the pane Feeds,
    and does not poll all feeds. `q!` quits.
    """
    query = fold(text.strip().rstrip("!"))
    matches = [c for c in commands if _begins_words(query, f"{c.label} {c.name}")]
    return sorted(matches, key=lambda command: _closeness(query, command))


def _begins_words(query: str, text: str) -> bool:
    words = [*re.findall(r"\w+", fold(text)), *fold(text).split()]
    return all(any(word.startswith(term) for word in words) for term in query.split())


def _closeness(query: str, command: Command) -> int:
    if fold(command.label).startswith(query):
        return 0
    return 1 if command.name == query else 2


def command_line(command: Command, cells: int) -> Line:
    """Return a command on one line, with its key."""
    return [(fit(command.label, max(8, cells - 9)), "plain"), (f" {command.key}", "key")]


class CommandPalette(Dialog[Command]):
    """Asks for a command; gives it, None when closed without a choice.

    Textual's palette finds scattered letters, and enter runs what it found last: perhaps before it
    has looked for what is typed.
    """

    def __init__(self, commands: Sequence[Command]) -> None:
        self._commands = commands
        empty = _("No command has a word that begins so.")
        self._list = ChoiceList(self._layout_found(""), empty=empty)
        self._list.can_focus = False
        self.input = Input(id="find", compact=True, placeholder=_("the beginnings of its words"))
        super().__init__(_("Commands"), Vertical(self.input, self._list, classes="palette"))
        self._frame.border_subtitle = _("enter: run  esc: close")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show the commands that fit."""
        self._list.cursor = 0
        self._list.show(self._layout_found(event.value))

    def _layout_found(self, text: str) -> TextLayout:
        commands = find_commands(self._commands, text)
        return lambda cells: [command_line(command, cells) for command in commands]

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the command under the cursor of those that fit what is written now."""
        event.stop()
        self._choose(event.value)

    def _choose(self, text: str) -> None:
        commands = find_commands(self._commands, text)
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
