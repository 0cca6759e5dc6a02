"""What the dashboard and the wall have in common: themes, memory, signals, and how they end."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import Callable, Mapping
from datetime import tzinfo
from threading import Event, Thread
from typing import TYPE_CHECKING, ClassVar, Literal, TypedDict

from textual.actions import ActionError, parse
from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import Monochrome, NoColor
from textual.notifications import SeverityLevel

from index.article import Timestamp
from monitor.errors import MonitorError
from tui.bell import Bell, ringing
from tui.bell import in_words as loud_in_words
from tui.data.newsroom import NewsroomModel
from tui.data.ui_state import UiStateFile
from tui.themes import THEMES, choice, in_words

if TYPE_CHECKING:
    from monitor.service.service import Service


LOOKING = frozenset({
    "back", "bottom", "choose_filter", "clear_filter", "close", "command_palette", "copy_link",
    "dismiss", "edit", "edits", "facets", "feeds", "filter", "help", "history", "item", "leave",
    "mark", "match", "missed", "move", "newest", "next_pane", "next_theme", "open", "open_link",
    "open_part", "outlets", "page", "pane", "parts", "pause", "scroll", "search", "sort", "states",
    "theme", "toggle_bell", "top", "untriaged", "why", "zoom",
})  # fmt: skip
"""What is not here is refused: an action that is new must first be known as harmless."""


def changes_something(action: object) -> bool:
    """Return whether an action, as a binding writes it, may write to the newsroom."""
    if isinstance(action, tuple):
        return str(action[-2]) not in LOOKING
    try:
        _, name, _ = parse(str(action))
    except ActionError:
        return True
    return name not in LOOKING


Ending = Literal["quit", "leave"]
"""`quit`: the caller stops the monitor it started; `leave`: it goes on watching."""

DRAIN = 5.0
"""Seconds that ending waits for verdicts still on their way to the store."""
_FEW = (None, "standard")
"""Colours that a terminal has, as Rich calls them, where ours would be mapped to what is near."""


class AppSettings(TypedDict, total=False):
    """Around a newsroom: what the command line and the tests may choose."""

    theme: str | None
    feeds_hint: str
    """How to add feeds, for a newsroom that has none."""
    zone: tzinfo | None
    environ: Mapping[str, str] | None
    memory: UiStateFile | None
    bell: bool
    """Ring for loud alerts, whatever is remembered."""


class BaseApp(App[Ending], inherit_bindings=False):
    """Shows a newsroom; `run()` returns how it ended, None after a crash."""

    TITLE = "tocsin"
    CSS_PATH = "app.tcss"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("T", "app.next_theme", "Next theme: dark, light, contrast, the terminal's"),
        Binding("B", "app.toggle_bell", "Switch the bell for high alerts on or off"),
        Binding("q,ctrl+c", "app.leave(True)", "Quit, and stop the monitor if it was started here"),
        Binding("Q", "app.leave(False)", "Quit, and leave the monitor running"),
    ]

    def __init__(
        self,
        service: Service,
        *,
        clock: Callable[[], Timestamp],
        theme: str | None = None,
        feeds_hint: str = "",
        zone: tzinfo | None = None,
        environ: Mapping[str, str] | None = None,
        memory: UiStateFile | None = None,
        bell: bool = False,
    ) -> None:
        super().__init__()
        for known in list(self.available_themes):
            if known not in {own.name for own in THEMES}:
                self._registered_themes.pop(known)
        for own in THEMES:
            self.register_theme(own)
        environ = os.environ if environ is None else environ
        memory = memory or UiStateFile()
        few = self._few_colours(environ)
        self.theme = choice(theme, memory.now.theme, few_colours=few)
        self._variables = self.get_css_variables()
        self.stylesheet.set_variables(self._variables)
        if self.no_color:  # greys are colours too
            kept = [each for each in self._filters if not isinstance(each, Monochrome)]
            self._filters = [*kept, NoColor()]
        self.newsroom = NewsroomModel(
            service,
            clock=clock,
            zone=zone,
            environ=environ,
            hint=feeds_hint,
            memory=memory,
        )
        self.rings = bell or memory.now.bell
        """Whether loud alerts ring."""
        self._bell = Bell(self.newsroom)
        self._said: set[tuple[str, str]] = set()
        """What is being said in the corner, and how loud."""
        self._server = os.getppid()

    def on_mount(self) -> None:
        """Listen for loud alerts; let signals end it as a key would, the terminal restored."""
        self.call_after_refresh(_settle)
        self._listening = self.set_interval(1.0, self._listen, pause=not self.rings)
        if self.is_web:
            Thread(target=_end_with, args=(self._server,), daemon=True).start()
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
        """End; esc never does this."""
        self.exit("quit" if stop else "leave")

    async def _listen(self) -> None:
        """Ring once for all that is loud and has come since the last look."""
        try:
            loud = await self._bell.listen()
        except MonitorError:
            return  # whoever looks at the alerts says why
        if loud:
            self.ring(loud_in_words(loud))

    def ring(self, text: str) -> None:
        """Let the terminal ring, and the desktop say why where the terminal can tell it."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(ringing(text, self.newsroom.environ))

    def action_toggle_bell(self) -> None:
        """Let loud alerts ring, or not; remembered."""
        self.rings = not self.rings
        self._bell = Bell(self.newsroom)
        (self._listening.resume if self.rings else self._listening.pause)()
        self.newsroom.memory.keep(bell=self.rings)
        said = "Loud alerts ring." if self.rings else "The bell is off."
        self.notify(said, timeout=2, markup=False)

    def action_next_theme(self) -> None:
        """Take the next theme, and say which one it is."""
        names = [own.name for own in THEMES]
        self.action_theme(names[(names.index(self.theme) + 1) % len(names)])

    def action_theme(self, name: str) -> None:
        """Take a theme by its name."""
        self.theme = name
        self.newsroom.memory.keep(theme=name)
        self.notify(f"Theme: {in_words(name)}", timeout=2, markup=False)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Say something in a corner, unless that is being said there.

        Each thing that comes and goes there has all panes laid out anew, twice: 20 ms for which
        a key may have to wait.
        """
        said = message, severity
        if said in self._said:
            return
        seconds = timeout or self.NOTIFICATION_TIMEOUT
        self._said.add(said)
        self.set_timer(seconds, lambda: self._said.discard(said))
        super().notify(message, title=title, severity=severity, timeout=seconds, markup=markup)

    def refresh_css(self, animate: bool = True) -> None:
        """Parse the style sheets anew if a colour has changed.

        When it starts Textual does so twice, which takes 30 ms.
        """
        variables = self.get_css_variables()
        if variables != self._variables:
            self._variables = variables
            super().refresh_css(animate)

    def watch_theme(self, name: str) -> None:
        """Let focus show in the shape of frames where the theme has no colours of its own."""
        self.set_class(self.current_theme.ansi, "-plain")

    def _few_colours(self, environ: Mapping[str, str]) -> bool:
        """Return whether the terminal has at most 16 colours, or the analyst wants none."""
        return self.no_color or ("TERM" in environ and self.console.color_system in _FEW)


def _settle() -> None:
    """Count what is here once as here to stay: looking through it takes longer than a key may."""
    gc.freeze()
    gc.enable()


def _end_with(server: int) -> None:
    """End when the server that draws this for a browser has been killed: nobody sees it.

    Textual, which writes to a closed pipe then, would wait for ever.
    """
    while os.getppid() == server:
        Event().wait(1.0)
    Event().wait(DRAIN)
    os._exit(1)


_SIGNALS: dict[int, Ending] = {signal.SIGTERM: "quit"}
if hasattr(signal, "SIGHUP"):
    _SIGNALS[signal.SIGHUP] = "leave"  # a lost connection must not stop the watch
