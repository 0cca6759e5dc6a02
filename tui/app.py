"""The dashboard as a Textual application: themes, signals, and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, ClassVar, Literal

from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import Monochrome, NoColor
from textual.screen import Screen

from index.article import Timestamp
from tui.newsroom import Newsroom
from tui.palette import Commands
from tui.remembered import Memory
from tui.screens.desk import Desk
from tui.screens.feeds import Feeds
from tui.theme import THEMES, choice, in_words

if TYPE_CHECKING:
    from monitor.service import Service

Ending = Literal["quit", "leave"]
"""`quit`: the caller stops the monitor it started; `leave`: it goes on watching."""

_FEW = (None, "standard")
"""Colours that a terminal has, as Rich calls them, where ours would be mapped to what is near."""
DRAIN = 5.0
"""Seconds that quitting waits for verdicts still on their way to the store."""


class Tocsin(App[Ending], inherit_bindings=False):
    """Shows a newsroom; `run()` returns how it ended, None after a crash."""

    TITLE = "tocsin"
    CSS_PATH = "app.tcss"
    ALLOW_SELECT = False
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar = {Commands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1", "app.help", "Help"),
        # Priority: letters that come in the same packet as the slash belong to the query.
        Binding("slash", "app.search", "Search the archive", priority=True),
        Binding("colon,ctrl+p", "app.command_palette", "Commands by name"),
        Binding("T", "app.next_theme", "Next theme: dark, light, contrast, the terminal's"),
        Binding("q,ctrl+c", "app.leave(True)", "Quit, with the monitor it started"),
        Binding("Q", "app.leave(False)", "Leave it watching in the background"),
    ]

    def __init__(
        self,
        service: Service,
        *,
        clock: Callable[[], Timestamp],
        owns_monitor: bool = False,
        theme: str | None = None,
        feeds_hint: str = "",
        zone: tzinfo | None = None,
        environ: Mapping[str, str] | None = None,
        memory: Memory | None = None,
    ) -> None:
        super().__init__()
        for known in list(self.available_themes):
            if known not in {own.name for own in THEMES}:
                self._registered_themes.pop(known)
        for own in THEMES:
            self.register_theme(own)
        environ = os.environ if environ is None else environ
        memory = memory or Memory()
        few = self._few_colours(environ)
        self.theme = choice(theme, memory.now.theme, few_colours=few)
        if self.no_color:  # greys are colours too
            self._filters = [f for f in self._filters if not isinstance(f, Monochrome)] + [
                NoColor()
            ]
        self._owns_monitor = owns_monitor
        self._warned = False
        self.newsroom = Newsroom(
            service,
            clock=clock,
            zone=zone,
            environ=environ,
            hint=feeds_hint,
            memory=memory,
        )
        self.desk = Desk(self.newsroom)

    def get_default_screen(self) -> Screen[None]:
        """Return the desk."""
        return self.desk

    def on_mount(self) -> None:
        """Let signals end it as a key would, the terminal restored."""
        if self._owns_monitor:
            self.desk.tell("The monitor runs. q stops it too, Q leaves it watching.")
        loop = asyncio.get_running_loop()
        for number, ending in _SIGNALS.items():
            try:
                loop.add_signal_handler(number, self.exit, ending)
            except (NotImplementedError, RuntimeError, ValueError):
                return

    def on_unmount(self) -> None:
        """Let go of threads."""
        self.newsroom.close()

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
        from tui.screens.search import Search

        await self.push_screen(Search(self.newsroom))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the slash to the query, the palette and dialogs."""
        return action != "search" or isinstance(self.screen, Desk | Feeds)

    def action_next_theme(self) -> None:
        """Take the next theme, and say which one it is."""
        names = [own.name for own in THEMES]
        self.action_theme(names[(names.index(self.theme) + 1) % len(names)])

    def action_theme(self, name: str) -> None:
        """Take a theme by its name."""
        self.theme = name
        self.newsroom.memory.keep(theme=name)
        self.notify(f"Theme: {in_words(name)}", timeout=2, markup=False)

    def watch_theme(self, name: str) -> None:
        """Let focus show in the shape of frames where the theme has no colours of its own."""
        self.set_class(self.current_theme.ansi, "-plain")

    def _few_colours(self, environ: Mapping[str, str]) -> bool:
        """Return whether the terminal has at most 16 colours, or the analyst wants none."""
        return self.no_color or ("TERM" in environ and self.console.color_system in _FEW)


_SIGNALS: dict[int, Ending] = {signal.SIGTERM: "quit"}
if hasattr(signal, "SIGHUP"):
    _SIGNALS[signal.SIGHUP] = "leave"  # a lost connection must not stop the watch
