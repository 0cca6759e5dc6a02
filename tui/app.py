"""The dashboard as a Textual application: its screens, its command palette, and how it ends."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

from textual.app import App
from textual.binding import Binding, BindingType
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.fuzzy import Matcher
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from index.analysis.folding import fold
from index.analysis.text_cleaning import line
from index.article import Timestamp
from index.translation import gettext as _
from index.translation import ngettext
from tui.base_app import DRAIN_SECONDS, AppSettings, BaseApp, may_write
from tui.key_labels import NO_KEYMAP, bind, key_label, own_bindings
from tui.screens.main import MainScreen
from tui.themes import THEMES, theme_label

if TYPE_CHECKING:
    from monitor.service.service import Service


class PaletteCommands(Provider):
    """The commands of the palette: every key binding in force, the themes, the watchlists."""

    @property
    def keymap(self) -> Mapping[str, str]:
        """Other keys of some actions."""
        return self.app.keymap if isinstance(self.app, BaseApp) else NO_KEYMAP

    def _commands(self) -> Iterator[tuple[str, Any, str]]:
        """Return the label, the action and the name in the settings file of each command."""
        nodes: list[App[Any] | Widget] = [self.screen, self.app]
        if self.screen.focused is not None:
            nodes.append(self.screen.focused)
        for node in nodes:
            for base in filter(_is_ours, type(node).__mro__):
                for binding in own_bindings(base, self.keymap):
                    run = partial(node.run_action, binding.action)
                    yield _command_label(binding), run, binding.id or ""
        for theme in THEMES:
            action = partial(self.app.run_action, f"app.theme('{theme.name}')")
            yield _("Theme: {theme}", theme=theme_label(theme.name)), action, ""
        if isinstance(self.app, DashboardApp):
            app, main = self.app, self.app.main_screen
            trends = partial(app.run_action, "trends", main)
            yield _("Show the trends of the watchlists"), trends, ""
            if self.screen is main:  # the screen of the feeds has a key for it
                gaps = partial(app.run_action, "coverage_gaps", main)
                yield _("Show coverage gaps"), gaps, ""
            form = partial(app.run_action, "watchlist_form", main)
            yield _("Write a new watchlist"), form, ""
            for count in self.app.newsroom.watchlists:
                name = line(count.name)
                show = partial(main.show_watchlist, count.name)
                yield _("Show {watchlist}", watchlist=name), show, ""
                edit = partial(app.run_action, ("", "watchlist_form", (count.name,)), main)
                yield _("Edit the watchlist {watchlist}", watchlist=name), edit, ""

    async def discover(self) -> Hits:
        """Offer every command before a letter is typed."""
        for label, run, _name in self._commands():
            yield DiscoveryHit(Content(label), run, label)

    async def search(self, query: str) -> Hits:
        """Offer the commands with the typed words; where there are none, what the letters shorten.

        First comes what begins with them: `feeds` is the pane Feeds, and does not poll all feeds.
        The names of the settings file count too, and `q!` quits.
        """
        typed = query.rstrip("!").casefold()
        matcher, commands = self.matcher(typed), list(self._commands())
        found = [one for one in commands if _has_words(typed, f"{one[0]} {one[2]}")]
        letters = [one for one in commands if _spells(typed, one[0])]
        for label, run, name in found or letters:
            rank = 2 if label.casefold().startswith(typed) else name == typed
            score = 1 + 100 * rank + matcher.match(label)
            yield Hit(score, _lit(label, matcher), run, label)
        if not found and not letters:  # Textual says so in English only
            yield Hit(0.0, Content(_("No command has this in its name.")), _do_nothing)


def _has_words(typed: str, text: str) -> bool:
    """Return whether each typed word is in a text, if need be without the s of a plural."""
    inside = fold(text)
    return all(word in inside or word.removesuffix("s") in inside for word in fold(typed).split())


def _spells(typed: str, text: str) -> bool:
    """Return whether letters shorten words of a text: `shwchips` is `Show chips`."""
    left = {"".join(fold(typed).split())}
    for word in re.findall(r"\w+", fold(text)):
        left |= {rest for letters in left for rest in _after_word(letters, word)}
    return "" in left


def _after_word(letters: str, word: str) -> Iterator[str]:
    """Yield what is left of letters that a word takes, from its first letter on."""
    at = 0
    for count, letter in enumerate(letters, 1):
        at = word.find(letter, at) + 1
        if not at or (count == 1 and at > 1):
            return
        yield letters[count:]


def _lit(label: str, matcher: Matcher) -> Content:
    """Return a label with what was typed lit; `Matcher.highlight` reads markup in it."""
    content = Content(label)
    for at in matcher.fuzzy_search.match(matcher.query, label)[1]:
        if not label[at].isspace():
            content = content.stylize(matcher.match_style, at, at + 1)
    return content


def _do_nothing() -> None:
    """Close the palette, and do nothing more."""


def _is_ours(node: type[object]) -> bool:
    """Tell a class of the dashboard from one of Textual, whose keys are not in the help."""
    return node.__module__.startswith("tui.")


def _command_label(binding: Binding) -> str:
    return f"{_(binding.description)} ({key_label(binding.key.split(',')[0])})"


class DashboardApp(BaseApp):
    """The dashboard; `run()` returns how the analyst left it, None after a crash."""

    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar = {PaletteCommands}
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("question_mark,f1", "app.help", "Help"),
        bind("colon,ctrl+p", "app.command_palette", "Find a command by its name"),
    ]

    def __init__(
        self,
        service: Service,
        *,
        clock: Callable[[], Timestamp],
        owns_monitor: bool = False,
        read_only: bool = False,
        **setting: Unpack[AppSettings],
    ) -> None:
        super().__init__(service, clock=clock, **setting)
        self._owns_monitor = owns_monitor
        self._read_only = read_only
        self._warned = False
        self.main_screen = MainScreen(self.newsroom)

    def get_default_screen(self) -> Screen[None]:
        """Return the main screen."""
        return self.main_screen

    def on_mount(self) -> None:
        """Tell the analyst whether quitting stops the monitor."""
        if self._owns_monitor:
            self.main_screen.show_message(
                _("The monitor is running. q quits and stops it; Q quits and leaves it running.")
            )

    async def action_leave(self, stop: bool) -> None:
        """Quit once every triage decision is saved, or at the second request."""
        queue = self.main_screen.triage
        if not self._warned and not await queue.drain(DRAIN_SECONDS):
            self._warned = True
            key = "q" if stop else "Q"
            words = ngettext(
                "{count} verdict is not saved yet. Press {key} again to quit without saving it.",
                "{count} verdicts are not saved yet."
                " Press {key} again to quit without saving them.",
                queue.unsaved, key=key,
            )  # fmt: skip
            self.main_screen.show_message(words, error=True)
            return
        self.exit("quit" if stop else "leave")

    def action_command_palette(self) -> None:
        """Open the palette, which says how it is left: into it every other key is typed."""
        if not isinstance(self.screen, CommandPalette):
            hint = _("a part of its name  esc: close")
            self.push_screen(CommandPalette(placeholder=hint, id="--command-palette"))

    def action_help(self) -> None:
        """Show every key, those of the pane with the focus first."""
        from tui.screens.help import HelpDialog

        if not isinstance(self.screen, HelpDialog):
            here = [type(node) for node in (self.focused, self.screen) if node is not None]
            self.push_screen(HelpDialog(type(self), self.keymap, here))

    async def action_search(self) -> None:
        """Open the archive screen."""
        from tui.screens.archive import ArchiveScreen

        await self.push_screen(ArchiveScreen(self.newsroom))

    def action_show_on_main(self, part: str) -> None:
        """Go back to the main screen and show there what a part of the status bar is about."""
        while self.screen is not self.main_screen:
            self.pop_screen()
        self.main_screen.show_part(part)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the slash to the filter."""
        return action != "search" or not isinstance(self.focused, Input)

    async def run_action(self, action: Any, *args: Any, **more: Any) -> bool:
        """Run the action of a key, a click or the palette; refuse it if it may write.

        It is refused only in a read-only dashboard.
        """
        if self._read_only and may_write(action):
            self.notify(_("This dashboard is read-only."), severity="warning", markup=False)
            return True
        return await super().run_action(action, *args, **more)
