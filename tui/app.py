"""The dashboard as a Textual application: its screens, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input

from index.article import Timestamp
from tui.base_app import DRAIN, AppSettings, BaseApp, changes_something
from tui.command_palette import PaletteCommands
from tui.screens.main import MainScreen

if TYPE_CHECKING:
    from monitor.service.service import Service


class Tocsin(BaseApp):
    """Shows a newsroom to work with; `run()` returns how it ended, None after a crash."""

    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar = {PaletteCommands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1", "app.help", "Help"),
        # Priority: letters that come in the same packet as the slash belong to the query.
        Binding("slash", "app.search", "Search the archive", priority=True),
        Binding("colon,ctrl+p", "app.command_palette", "Find a command by its name"),
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
        self.desk = MainScreen(self.newsroom)

    def get_default_screen(self) -> Screen[None]:
        """Return the desk."""
        return self.desk

    def on_mount(self) -> None:
        """Say how the monitor ends."""
        if self._owns_monitor:
            self.desk.tell("The monitor runs. q stops it too, Q leaves it watching.")

    async def action_leave(self, stop: bool) -> None:
        """End, once every verdict is stored; esc never does this."""
        if not self._warned and not await self.desk.triage.drain(DRAIN):
            self._warned = True
            self.desk.tell("Verdicts are not stored yet; again ends without them.", trouble=True)
            return
        self.exit("quit" if stop else "leave")

    def action_help(self) -> None:
        """Show the keys."""
        from tui.screens.help import Help

        if not isinstance(self.screen, Help):
            self.push_screen(Help())

    async def action_search(self) -> None:
        """Search the archive."""
        from tui.screens.archive import ArchiveScreen

        await self.push_screen(ArchiveScreen(self.newsroom))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the slash to the query, the filter, the palette and dialogs."""
        if action != "search":
            return True
        from tui.screens.feeds import FeedsScreen

        return isinstance(self.screen, MainScreen | FeedsScreen) and not isinstance(
            self.focused, Input
        )

    async def run_action(self, action: Any, *args: Any, **more: Any) -> bool:
        """Do what a key, a click or the palette asks for, unless it writes and nobody may."""
        if self._read_only and changes_something(action):
            self.notify("This dashboard only looks.", severity="warning", markup=False)
            return True
        return await super().run_action(action, *args, **more)
