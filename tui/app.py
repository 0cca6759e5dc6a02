"""The dashboard as a Textual application: its screens, its commands, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar, Unpack

from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from monitor.base.article import Timestamp
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _, ngettext
from monitor.presentation.service.service import Service
from tui.base_app import AppSettings, BaseApp, may_write
from tui.key_labels import Command, bind, key_label, own_bindings
from tui.screens.archive import ArchiveScreen
from tui.screens.dialogs import Dialog, NewsroomScreen, show_dialog
from tui.screens.main import MainScreen
from tui.screens.panes import ArticleScreen, PaneScreen
from tui.screens.status_details import open_part
from tui.terminal import DRAIN_SECONDS
from tui.themes import THEMES, theme_label


class DashboardApp(BaseApp):
    """The dashboard; `run()` returns how the analyst left it, None after a crash."""

    ENABLE_COMMAND_PALETTE = False
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
        **settings: Unpack[AppSettings],
    ) -> None:
        super().__init__(service, clock=clock, **settings)
        self.owns_monitor = owns_monitor
        self._read_only = read_only
        self._warned = False
        self.main_screen = MainScreen(self.newsroom)

    def get_default_screen(self) -> Screen[None]:
        return self.main_screen

    def on_mount(self) -> None:
        if self.owns_monitor:
            self.main_screen.show_message(
                _("The monitor is running. q quits and stops it; Q quits and leaves it running.")
            )

    async def action_leave(self, stop: bool) -> None:
        """Quit once every triage decision and text is saved, or at the second request."""
        if isinstance(self.screen, Dialog) and self.screen.has_unsaved_text:
            self.screen.permit_loss()
            words = _("This text is not saved. Press ^c again to quit without it.")
            self.main_screen.show_message(words, error=True)
            return
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
        """Ask for a command by the words of its name, and run it."""
        from tui.screens.help import CommandPalette

        if not isinstance(self.screen, CommandPalette):
            palette = CommandPalette(list(self._commands()))
            show_dialog(self.screen, palette, lambda command: self.call_later(command.run))

    def _commands(self) -> Iterator[Command]:
        """Yield every key binding in force, the themes, and the commands of the main screen."""
        nodes: list[App[Any] | Widget] = [self.screen, self]
        if self.focused is not None:
            nodes.append(self.focused)
        for node in nodes:
            classes = [base for base in type(node).__mro__ if base.__module__.startswith("tui.")]
            for base in classes:  # the keys of Textual's classes are not in the help either
                for binding in own_bindings(base, self.keymap):
                    run = partial(node.run_action, binding.action)
                    key = key_label(binding.key.split(",")[0])
                    yield Command(_(binding.description), run, key, binding.id or "")
        for theme in THEMES:
            label = _("Theme: {theme}", theme=theme_label(theme.name))
            yield Command(label, partial(self.run_action, f"app.theme('{theme.name}')"))
        yield from self._commands_of_main()

    def _commands_of_main(self) -> Iterator[Command]:
        """Yield the commands of the main screen that have no key there."""
        main = self.main_screen
        silenced = "app.show_on_main('silenced')"
        yield Command(_("Show silenced stories"), partial(self.run_action, silenced))
        if self.screen is main:  # the screen of the feeds has a key for it
            yield Command(_("Show coverage gaps"), partial(self.run_action, "coverage_gaps", main))
        yield Command(_("Write a new watchlist"), partial(self.run_action, "watchlist_form", main))
        for count in self.newsroom.watchlists:
            name = line(count.name)
            show = partial(main.show_watchlist, count.name)
            yield Command(_("Show {watchlist}", watchlist=name), show)
            form = ("", "watchlist_form", (count.name,))
            edit = partial(self.run_action, form, main)
            yield Command(_("Edit the watchlist {watchlist}", watchlist=name), edit)

    def action_help(self) -> None:
        """Show every key, those of the pane with the focus first."""
        from tui.screens.help import HelpDialog, key_sections

        if not isinstance(self.screen, HelpDialog):
            focused = [type(node) for node in (self.focused, self.screen) if node is not None]
            self.push_screen(HelpDialog(key_sections(type(self), self.keymap, focused)))

    async def action_search(self) -> None:
        await self.push_screen(ArchiveScreen(self.newsroom))

    def on_newsroom_screen_article_opened(self, message: NewsroomScreen.ArticleOpened) -> None:
        """Open an article over the screen; over another article, in its place."""
        article = ArticleScreen(self.newsroom, message.article, message.article_ids)
        if isinstance(self.screen, ArticleScreen):
            self.switch_screen(article)
        else:
            self.push_screen(article)

    def action_open_part(self, name: str) -> None:
        if isinstance(self.screen, PaneScreen):
            open_part(self.screen, name)

    def action_show_on_main(self, part: str) -> None:
        """Go back to the main screen and show there the details of a part of the status bar."""
        while self.screen is not self.main_screen:
            self.pop_screen()
        self.main_screen.show_part(part)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the slash to the filter."""
        return action != "search" or not isinstance(self.focused, Input)

    async def run_action(self, action: Any, *args: Any, **kwargs: Any) -> bool:
        """Run the action of a key, a click or the palette; refuse it if it may write.

        It is refused only in a read-only dashboard.
        """
        if self._read_only and may_write(action):
            self.notify(_("This dashboard is read-only."), severity="warning", markup=False)
            return True
        return await super().run_action(action, *args, **kwargs)
