"""The base of the dashboard and the wall: themes, the bell, signals, remembered state."""

from __future__ import annotations

import asyncio
import gc
import math
import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from functools import partial
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypedDict, Unpack

from rich.cells import cell_len
from textual.actions import ActionError, parse
from textual.binding import BindingType
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import AppFocus
from textual.filter import LineFilter, Monochrome, NoColor
from textual.notifications import SeverityLevel
from textual.timer import Timer

from monitor.base.article import Timestamp
from monitor.base.errors import MissingExtraError, MonitorError, requires_extra
from monitor.base.garbage import exempt_all
from monitor.base.translation import gettext as _
from monitor.model.status import MonitorPresence, Status
from monitor.presentation import times
from tui.bell import Bell, bell_sequence, bell_text
from tui.data.newsroom import NewsroomModel
from tui.data.settings import UiStateFile
from tui.key_labels import NO_KEYMAP, bind
from tui.terminal import (
    END_SECONDS,
    QuietDriver,
    cancel_hanging,
    exit_with_server,
    exit_with_terminal,
)
from tui.themes import THEMES, initial_theme, theme_label
from tui.type_ahead import TypeAheadApp
from tui.widgets.status_bar import KeyBar

if TYPE_CHECKING:
    from monitor.presentation.service.service import Service

READ_ONLY_ACTIONS = frozenset({
    "articles", "back", "back_or_quit", "back_to_list", "bottom", "briefing", "choose_filter",
    "clear_filter", "close_dialog", "columns", "command_palette", "copy_link", "coverage_gaps",
    "dismiss", "edit", "facets", "feed_articles", "feeds", "filter", "find", "help", "history",
    "item", "leave", "mark", "match", "move", "newest", "next_pane", "next_theme", "open",
    "open_link", "open_part", "outlets", "page", "pane", "parts", "pause", "repaint", "revisions",
    "save_picture", "scroll", "search", "show_on_main", "similar", "sort", "sort_by", "states",
    "suspend_process", "theme", "toggle_bell", "top", "untriaged", "why", "zoom",
})  # fmt: skip
"""Actions that never write. A read-only dashboard refuses every other action, new ones too."""


def may_write(action: object) -> bool:
    """Return whether an action may write to the store or to feeds.yaml.

    Args:
        action: As a binding writes it (`mark`, `app.theme('x')`), or as Textual parses it.
    """
    if isinstance(action, tuple):
        return str(action[-2]) not in READ_ONLY_ACTIONS
    try:
        _namespace, name, _arguments = parse(str(action))
    except ActionError:
        return True
    return name not in READ_ONLY_ACTIONS


ExitMode = Literal["quit", "leave"]
"""`quit`: the caller stops the monitor that it started; `leave`: the monitor goes on."""

RESTART_APART = 600.0
"""Seconds between two restarts of a monitor by the dashboard itself: one that dies at once is not
started for ever."""
Message = tuple[str, SeverityLevel, float]
"""A notification: its text, its severity, and the seconds for which it stays."""
SEPARATOR = " · "
TOAST_FRAME = 4
"""Cells of a notification beside its text."""
TOGETHER_SECONDS = 1.0
"""Notifications that come within that time are shown together."""
TURN_SECONDS = 3.0
"""Seconds after which those that have no room beside the first ones take their place."""
_FEW_COLOURS = (None, "standard")
"""Rich's names of colour systems too small for our themes: it would take similar colours."""


class AppSettings(TypedDict, total=False):
    """The settings that the command line and the tests may choose."""

    theme: str | None
    feeds_hint: str
    """A hint how to add feeds; an empty stream shows it when there are none."""
    zone: tzinfo | None
    environ: Mapping[str, str] | None
    ui_state: UiStateFile | None
    keymap: Mapping[str, str]
    """Other keys of some actions, by the names of the actions."""
    bell: bool
    """Ring for alerts of high severity, whatever the remembered state says."""
    start_monitor: Callable[[], bool] | None
    """Starts a monitor unless one runs, and returns whether it did; None if it may not."""


class BaseApp(TypeAheadApp[ExitMode], inherit_bindings=False):
    """An application that shows a newsroom; `run()` returns an exit mode, None after a crash."""

    TITLE = "tocsin"
    CSS_PATH = "app.tcss"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("T", "app.next_theme", "Next theme: dark, light, contrast, the terminal's"),
        bind("ctrl+l", "app.repaint", "Paint the screen anew"),
        bind("Y", "app.save_picture", "Save the screen as a picture (PNG and SVG)"),
        bind("B", "app.toggle_bell", "Switch the bell for high alerts on or off"),
        bind(
            "ctrl+c",
            "app.leave(True)",
            "Quit, and stop the monitor if it was started here",
            name="quit",
            priority=True,  # an input would copy with it
        ),
        bind("exclamation_mark", "app.start_monitor", "Start the monitor, if none is running"),
        bind("Q", "app.leave(False)", "Quit, and leave the monitor running", name="leave-running"),
        bind(
            "ctrl+z", "app.suspend_process", "Suspend; `fg` in the shell continues", name="suspend"
        ),
    ]

    def __init__(
        self, service: Service, *, clock: Callable[[], Timestamp], **settings: Unpack[AppSettings]
    ) -> None:
        super().__init__()
        self.keymap = settings.get("keymap", NO_KEYMAP)
        self.set_keymap(dict(self.keymap))
        for name in list(self.available_themes):
            if name not in {theme.name for theme in THEMES}:
                self.unregister_theme(name)
        for theme in THEMES:
            self.register_theme(theme)
        environ = settings.get("environ")
        environ = os.environ if environ is None else environ
        ui_state = settings.get("ui_state") or UiStateFile()
        few_colours = self._few_colours(environ)
        requested = settings.get("theme")
        self.theme = initial_theme(requested, ui_state.state.theme, few_colours=few_colours)
        self._variables = self.get_css_variables()
        self.stylesheet.set_variables(self._variables)
        self.newsroom = NewsroomModel(
            service,
            clock=clock,
            zone=settings.get("zone"),
            environ=environ,
            feeds_hint=settings.get("feeds_hint", ""),
            ui_state=ui_state,
        )
        self.bell_enabled = settings.get("bell", False) or ui_state.state.bell
        self._bell = Bell(self.newsroom)
        self.owns_monitor = False
        """Whether the monitor that runs was started for this dashboard, which stops it."""
        self._start_monitor = settings.get("start_monitor")
        self._died: MonitorPresence | None = None
        """The last monitor of which was told that it died."""
        self._restarted_at = -math.inf
        self._notified: Sequence[Message] = ()
        """The notifications that are shown together or wait for their turn."""
        self._turn: Timer | None = None
        """Runs while some of them wait."""
        self._notified_at = 0.0
        """Time at which the last one was shown, by the clock of the loop."""
        self._handled_before: dict[int, Any] = {}
        """The earlier handlers of signals."""
        self._ended = Event()
        """Set once the application has ended."""

    def get_driver_class(self) -> type[Driver]:
        driver = super().get_driver_class()
        return QuietDriver if driver is LinuxDriver else driver

    def get_line_filters(self) -> Sequence[LineFilter]:
        """With NO_COLOR, leave no greys: they are colours too."""
        filters = super().get_line_filters()
        if not self.no_color:
            return filters
        return [*(f for f in filters if not isinstance(f, Monochrome)), NoColor()]

    def watch_app_focus(self, focus: bool) -> None:
        """Focus the pane that a screen begins with, which it may do without in a browser."""
        if focus and self.screen.focused is None and self.screen.AUTO_FOCUS:
            self.screen.focus_next(self.screen.AUTO_FOCUS)

    def on_mount(self) -> None:
        """Start the bell; let signals end the application as `q` does, the terminal restored."""
        self.call_after_refresh(_freeze_startup_objects)
        self.app_resume_signal.subscribe(self, lambda _app: self.action_repaint())
        self._bell_timer = self.set_interval(1.0, self._check_bell, pause=not self.bell_enabled)
        if self.is_web:  # Textual waits for a page to get the focus, which it may have already
            self.call_later(self.post_message, AppFocus())
            Thread(target=exit_with_server, args=(os.getppid(),), daemon=True).start()
        if threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            for number, mode in _SIGNALS.items():
                end = partial(self._end, loop, mode)
                self._handled_before[number] = signal.signal(number, end)

    async def run_async(self, **options: Any) -> ExitMode | None:
        """Run the application; return its exit mode."""
        try:
            return await super().run_async(**options)
        finally:
            self._ended.set()

    def _end(
        self,
        loop: asyncio.AbstractEventLoop,
        mode: ExitMode,
        _number: int,
        _frame: FrameType | None,
    ) -> None:
        """End at a signal, though writing to the terminal may hold the dashboard up.

        A terminal that hangs up sends SIGCONT too, at which Textual would start another thread that
        writes to it, and wait for that one at the end.
        """
        if hasattr(signal, "SIGCONT"):
            signal.signal(signal.SIGCONT, signal.SIG_IGN)
        loop.call_soon_threadsafe(self.exit, mode)
        if not (self.is_web or self.is_headless):
            Thread(target=exit_with_terminal, args=(self._ended,), daemon=True).start()

    def exit(
        self, result: ExitMode | None = None, return_code: int = 0, message: Any = None
    ) -> None:
        """End the application; cancel widgets that hang."""
        if self.is_running:
            nodes = [node for screen in self.screen_stack for node in screen.walk_children()]
            loop = asyncio.get_running_loop()
            loop.call_later(END_SECONDS, cancel_hanging, [*self.screen_stack, *nodes])
        super().exit(result, return_code, message)

    def action_repaint(self) -> None:
        """Paint the whole terminal, on which something else has written."""
        self.screen.refresh(layout=True)

    def action_save_picture(self) -> None:
        """Save the screen in the present folder; in a browser, offer it for download as SVG."""
        if self.is_web:
            self.deliver_screenshot()
            return
        moment = times.local(self.newsroom.clock(), self.newsroom.zone)
        path = Path(f"tocsin-{moment:%Y%m%d-%H%M%S}.svg").absolute()
        self.run_worker(self._save_picture(path, self.export_screenshot()), group="picture")

    async def _save_picture(self, path: Path, svg: str) -> None:
        try:
            messages = await self.newsroom.ask(save_picture, path, svg)
        except OSError as error:
            messages = [_("{file} cannot be saved: {reason}", file=path, reason=error.strerror)]
        for text in messages:
            self.notify(text, markup=False)

    def on_unmount(self) -> None:
        """Stop the threads, and restore the earlier handlers of signals."""
        for number, handler in self._handled_before.items():
            signal.signal(number, handler)
        self.newsroom.close()

    async def action_leave(self, stop: bool) -> None:
        """Quit. `esc` never does."""
        self.exit("quit" if stop else "leave")

    def mourn(self, status: Status) -> None:
        """Tell once that the monitor died; start one again if a dashboard had started it.

        One in the foreground is left to what started it, as systemd.
        """
        dead, now = status.died, self.newsroom.clock()
        if dead is None or dead == self._died:
            return
        self._died = dead
        text = _(
            "The monitor (pid {pid}) died at {time}; {log} may say why.",
            pid=dead.pid,
            time=times.clock(status.died_at or now, self.newsroom.zone),
            log=dead.log or _("its terminal"),
        )
        restarts = self._start_monitor and dead.log and now - self._restarted_at > RESTART_APART
        self.notify(text, severity="error", timeout=30, markup=False)
        if restarts:
            self._restarted_at = now
            self.run_worker(self.action_start_monitor(), group="monitor")

    async def action_start_monitor(self) -> None:
        """Start the monitor, and say so."""
        if self._start_monitor is None:
            text = _("This dashboard may not start a monitor; `tocsin run` does.")
            self.notify(text, severity="error", markup=False)
            return
        try:
            was_started = await self.newsroom.ask(self._start_monitor)
        except MonitorError as error:
            text = _("The monitor does not start: {reason}", reason=error)
            self.notify(text, severity="error", timeout=30, markup=False)
        else:
            self.owns_monitor |= was_started
            text = _("The monitor was started again.")
            text = text if was_started else _("A monitor runs already.")
            self.notify(text, timeout=30, markup=False)

    async def _check_bell(self) -> None:
        """Ring once for all new alerts of high severity."""
        try:
            alerts = await self._bell.new_alerts()
        except MonitorError:
            return  # the screen that reads the alerts reports the error
        if alerts:
            self.ring(bell_text(alerts))

    def ring(self, text: str) -> None:
        """Ring the terminal's bell, with a desktop notification where the terminal can.

        `_driver` is a private name of Textual, whose public `bell` can only ring.
        """
        if self._driver is not None and not self.is_headless:
            self._driver.write(bell_sequence(text, self.newsroom.environ))

    def action_toggle_bell(self) -> None:
        """Turn the bell on or off, and remember it."""
        self.bell_enabled = not self.bell_enabled
        self._bell = Bell(self.newsroom)
        (self._bell_timer.resume if self.bell_enabled else self._bell_timer.pause)()
        self.newsroom.ui_state.update(bell=self.bell_enabled)
        on, off = _("The bell is on: high-severity alerts ring."), _("The bell is off.")
        self.notify(on if self.bell_enabled else off, timeout=2, markup=False)

    def action_next_theme(self) -> None:
        names = [theme.name for theme in THEMES]
        self.action_theme(names[(names.index(self.theme) + 1) % len(names)])

    def action_theme(self, name: str) -> None:
        """Change the theme, show its name, and remember it."""
        self.theme = name
        self.newsroom.ui_state.update(theme=name)
        self.notify(_("Theme: {theme}", theme=theme_label(name)), timeout=2, markup=False)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a notification beside the keys of the key bar, in place of the one before.

        Those of one second share the line, or take it in turn. Each one that appears or
        disappears makes Textual lay all panes out twice: 20 ms that a key may have to wait.
        """
        now = asyncio.get_running_loop().time()
        if now - self._notified_at > TOGETHER_SECONDS and self._turn is None:
            self._notified = ()
        self._notified_at = now
        if all(message != other for other, *_ in self._notified):
            seconds = timeout or self.NOTIFICATION_TIMEOUT
            self._notified = (*self._notified, (message, severity, seconds))
            self.call_later(self._show_together, self._notified)

    def _show_together(self, messages: Sequence[Message]) -> None:
        """Show messages as one notification, those without room beside the first in their turn.

        Nothing is done if another has come meanwhile, or if some wait for their turn.
        """
        if messages is not self._notified or self._turn is not None or not messages:
            return
        shown = messages
        while len(shown) > 1 and _cells(shown) > self.size.width:
            shown = shown[:-1]
        _text, severity, seconds = shown[-1]
        if len(shown) < len(messages):
            seconds = TURN_SECONDS
            self._turn = self.set_timer(seconds, partial(self._show_next, len(shown)))
        super().clear_notifications()
        text = SEPARATOR.join(text for text, *_ in shown)
        super().notify(text, severity=severity, timeout=seconds, markup=False)
        self._leave_room(messages, _cells(shown))
        self.set_timer(seconds, partial(self._leave_room, messages, 0))

    def _show_next(self, count: int) -> None:
        """Show the messages that had no room beside the first `count`."""
        self._turn, self._notified = None, self._notified[count:]
        self._show_together(self._notified)

    def _leave_room(self, messages: Sequence[Message], cells: int) -> None:
        """Leave so many cells at the end of the key bars, if these messages are the last ones."""
        for screen in self.screen_stack if messages is self._notified else ():
            for bar in screen.query(KeyBar):
                bar.leave(cells)

    def clear_notifications(self) -> None:
        """Take all notifications away, so that each can be shown again."""
        super().clear_notifications()
        if self._turn is not None:
            self._turn.stop()
        self._turn, self._notified = None, ()
        self._leave_room(self._notified, 0)

    def refresh_css(self, animate: bool = True) -> None:
        """Parse the style sheets again only if a colour has changed.

        Textual would parse them twice at start-up, which takes 30 ms.
        """
        variables = self.get_css_variables()
        if variables != self._variables:
            self._variables = variables
            super().refresh_css(animate)

    def watch_theme(self, name: str) -> None:
        """Show the focus by the shape of frames where the theme has no colours of its own."""
        self.set_class(self.current_theme.ansi, "-plain")

    def _few_colours(self, environ: Mapping[str, str]) -> bool:
        """Return whether the terminal has at most 16 colours, or NO_COLOR is set."""
        return self.no_color or ("TERM" in environ and self.console.color_system in _FEW_COLOURS)


def _cells(messages: Sequence[Message]) -> int:
    """Return the width of messages that share a notification."""
    return cell_len(SEPARATOR.join(text for text, *_ in messages)) + TOAST_FRAME


def _freeze_startup_objects() -> None:
    """Exempt what start-up created from garbage collection: a full pass would delay a key."""
    exempt_all()
    gc.enable()


_SIGNALS: dict[int, ExitMode] = {signal.SIGTERM: "quit"}
if hasattr(signal, "SIGHUP"):
    _SIGNALS[signal.SIGHUP] = "leave"  # a lost connection must not stop the monitor


FONTS = "Fira Code, DejaVu Sans Mono, Menlo, Consolas, monospace"  # not a message
"""Fonts of equal width that have the signs of the dashboard; a reader has one of them."""


def save_picture(path: Path, svg: str) -> list[str]:
    """Write a picture as SVG, and beside it as PNG; return what is to be said of it.

    A PNG takes a second.

    Raises:
        OSError: A file cannot be written.
    """
    svg = svg.replace("Fira Code, monospace", FONTS)  # not a message
    path.write_text(svg, encoding="utf-8")
    try:
        with requires_extra("pictures", _("A picture as PNG")):
            from resvg_py import svg_to_bytes
    except MissingExtraError as error:
        return [_("Saved as {file}", file=path), str(error)]
    path.with_suffix(".png").write_bytes(svg_to_bytes(svg_string=svg))
    return [_("Saved as {file} and .svg", file=path.with_suffix(".png"))]
