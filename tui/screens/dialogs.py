"""The base of the screens that ask the newsroom, and dialogs: a page, a choice, a line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from typing import Any, ClassVar, Literal, ParamSpec, TypeVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.notifications import SeverityLevel
from textual.screen import ModalScreen, Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from index.errors import ArchiveError, QueryError
from monitor.base import text_cleaning as safe
from monitor.base.errors import MonitorError
from monitor.base.translation import gettext as _
from monitor.presentation.spans import Line, fit_line, wrap
from tui.data.newsroom import NewsroomModel
from tui.key_labels import bind
from tui.widgets.fields import LineSuggester
from tui.widgets.line_list import LineList
from tui.widgets.reader import ScrollText, TextLayout

P = ParamSpec("P")
T = TypeVar("T")
ConfigPlace = tuple[Literal["feeds", "watchlists"], str]
"""A place in feeds.yaml: a section, and the name or address of an entry."""


class NewsroomScreen(Screen[None]):
    """A screen that reads the newsroom in threads, and shows the errors."""

    class ArticleOpened(Message):
        """The analyst opened an article; the application shows it over the screen."""

        def __init__(self, article: int, article_ids: Sequence[int]) -> None:
            self.article = article
            self.article_ids = article_ids
            """Ids of the articles that the analyst may go through."""
            super().__init__()

    def __init__(self, newsroom: NewsroomModel) -> None:
        super().__init__()
        self.newsroom = newsroom
        self._pauses: dict[str, Timer] = {}

    async def ask(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return what a call of the service returns, run in a thread.

        Returns None after an error, which is shown, and when the screen is closed.
        """
        try:
            result = await self.newsroom.ask(call, *args, **kwargs)
        except (QueryError, ArchiveError, MonitorError) as error:
            self.show_message(str(error), error=True)
            return None
        return result if self.is_attached else None

    def show_message(self, text: str, *, error: bool = False) -> None:
        """Show a notification for a moment; never markup."""
        severity: SeverityLevel = "warning" if error else "information"
        self.app.notify(safe.line(text), severity=severity, timeout=4 if error else 3, markup=False)

    def after_pause(self, name: str, seconds: float, call: Callable[[], object]) -> None:
        """Call once so much time has passed without another such call of that name."""
        self.end_pause(name)
        self._pauses[name] = self.set_timer(seconds, call)

    def end_pause(self, name: str) -> None:
        """Do not call what waits for a pause of that name."""
        if name in self._pauses:
            self._pauses.pop(name).stop()


class Dialog(ModalScreen[T]):
    """One framed widget with a title."""

    @property
    def has_unsaved_text(self) -> bool:
        """Return whether closing would lose a text without a question."""
        return False

    def permit_loss(self) -> None:
        """Lose the text as it is now at the next request."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape,q", "close_dialog", "Close", name="close-dialog")
    ]

    def __init__(self, title: str, frame: Widget) -> None:
        super().__init__()
        self._frame = frame
        frame.add_class("inside")
        frame.border_title = Content(safe.line(title))
        frame.border_subtitle = Content(_("esc: close"))

    def compose(self) -> ComposeResult:
        yield self._frame

    def action_close_dialog(self) -> None:
        """Close without a result."""
        self.dismiss(None)


class PageDialog(Dialog[None]):
    """A text to scroll through."""

    def __init__(self, title: str, layout: TextLayout) -> None:
        super().__init__(title, ScrollText(layout))


class ChoiceList(LineList):
    """Lines with a cursor, laid out for their width."""

    def __init__(self, layout: TextLayout, *, cursor: int = 0, empty: str = "") -> None:
        """Set the list up.

        Args:
            layout: Lays the lines out.
            cursor: The line to begin on.
            empty: The text without lines.
        """
        super().__init__()
        self._empty = empty
        self.cursor = cursor
        self._set(layout)

    def _set(self, layout: TextLayout) -> None:
        self.layout_rows = layout
        cells = self.scrollable_content_region.width - 1
        self._rows = layout(cells if cells > 0 else 80)

    def show(self, layout: TextLayout) -> None:
        """Show other lines; the cursor stays where it is."""
        self._set(layout)
        self.update_row_count()
        self.reveal()
        self.refresh(layout=True)

    @property
    def row_count(self) -> int:
        return len(self._rows)

    def row_line(self, row: int, cells: int) -> Line:
        return fit_line(self._rows[row], cells)

    def on_resize(self) -> None:
        self._set(self.layout_rows)
        super().on_resize()

    def empty_lines(self, cells: int) -> list[Line]:
        return [[(f" {self._empty}", "quiet")]] if self._empty else []


class ChoiceDialog(Dialog[T]):
    """Asks for one of some lines; gives its value, None when closed without a choice."""

    def __init__(
        self,
        title: str,
        rows: Sequence[Line] | TextLayout,
        values: Sequence[T | None],
        *,
        cursor: int = 0,
        classes: str = "",
    ) -> None:
        """Set the dialog up.

        Args:
            title: The question.
            rows: The lines, or a function that lays them out for so many cells.
            values: The value of each line; None for a heading.
            cursor: The line to begin on.
            classes: CSS classes of the dialog.
        """
        self._values = values
        layout = rows if callable(rows) else lambda cells: [[(" ", ""), *row] for row in rows]
        self._choices = ChoiceList(layout, cursor=cursor)
        super().__init__(title, self._choices)
        self.add_class(*classes.split())

    def on_line_list_selected(self, message: LineList.Selected) -> None:
        message.stop()
        value = self._values[self._choices.cursor]
        if value is not None:
            self.dismiss(value)


def show_dialog(screen: Screen[Any], dialog: Dialog[T], act: Callable[[T], object]) -> None:
    """Show a dialog over a screen, and act on its result, if there is one."""

    def on_result(result: T | None) -> None:
        if result is not None:
            act(result)

    screen.app.push_screen(dialog, on_result)


def choose(
    screen: Screen[Any],
    title: str,
    rows: Sequence[Line] | TextLayout,
    values: Sequence[T | None],
    act: Callable[[T], object],
    *,
    cursor: int = 0,
    classes: str = "",
) -> None:
    """Ask for one of some lines over a screen, and act on the value of the chosen one."""
    dialog = ChoiceDialog(title, rows, values, cursor=cursor, classes=classes)
    show_dialog(screen, dialog, act)


def choose_words(
    screen: Screen[Any], title: str, words: Sequence[str], act: Callable[[int], object]
) -> None:
    """Ask for one of some words over a screen, and act on the number of the chosen one."""
    rows: list[Line] = [[(word, "plain")] for word in words]
    choose(screen, title, rows, range(len(words)), act)


Attempt = Callable[[str], Awaitable[str]]
"""Does something with the written line; returns an error message, empty after success."""


def checked(parse: Callable[[str], object]) -> Attempt:
    """Return an attempt that only checks the line with a function that raises ValueError."""

    async def attempt(text: str) -> str:
        try:
            parse(text)
        except ValueError as error:
            return str(error)
        return ""

    return attempt


class LineDialog(Dialog[str]):
    """Asks for a line, and closes when an attempt with it succeeds; None when closed without."""

    def __init__(
        self,
        title: str,
        attempt: Attempt,
        *,
        hint: Line,
        value: str = "",
        allow_empty: bool = False,
        words: Collection[str] = (),
        ask_before_loss: bool = False,
    ) -> None:
        """Set the dialog up.

        Args:
            title: The purpose of the line.
            attempt: Called with the line.
            hint: Shown below the line until there is an error.
            value: The line to begin with.
            allow_empty: Whether an empty line is attempted too.
            words: Words to complete.
            ask_before_loss: Whether to close only at the second request once something is written,
                and not to replace the value by what is typed.
        """
        self._attempt = attempt
        self._may_lose = {safe.line(value)} if ask_before_loss else None
        """Texts that may be lost without a question; None for all."""
        self._hint = hint
        self._allow_empty = allow_empty
        self.input = Input(
            safe.line(value),
            id="line",
            compact=True,
            select_on_focus=not ask_before_loss,
            suggester=LineSuggester(partial(_completed, sorted(words))) if words else None,
        )
        self.note = ScrollText(lambda cells: [hint], id="line-note")
        self.note.can_focus = False
        frame = Vertical(self.input, self.note, classes="line")
        super().__init__(title, frame)
        frame.border_subtitle = Content(_("enter: ok  esc: close"))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Replace the error of an earlier line by the hint."""
        self.note.update(lambda cells: [self._hint])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Attempt it."""
        event.stop()
        text = event.value.strip()
        if text or self._allow_empty:
            self.run_worker(self._try(text), group="try", exclusive=True)

    async def _try(self, text: str) -> None:
        self._show_note("…", "quiet")
        error = await self._attempt(text)
        if not self.is_attached:
            return
        if error:
            self._show_note(error, "bad")
        else:
            self.dismiss(text)

    def _show_note(self, text: str, style: str) -> None:
        self.note.update(lambda cells: wrap(safe.line(text), cells, style))

    @property
    def has_unsaved_text(self) -> bool:
        """Return whether closing would lose a text without a question."""
        return self._may_lose is not None and self.input.value not in self._may_lose

    def permit_loss(self) -> None:
        """Lose the text as it is now at the next request."""
        if self._may_lose is not None:
            self._may_lose.add(self.input.value)

    def action_close_dialog(self) -> None:
        """Close, and cancel the attempt that is running; ask before a text is lost."""
        if self.has_unsaved_text:
            self.permit_loss()
            self._show_note(_("Not saved: enter saves it, esc again closes without it."), "bad")
            return
        self.workers.cancel_node(self)
        self.dismiss(None)


def _completed(words: Sequence[str], text: str) -> list[str]:
    """Return a line with its last word completed to each of some words that it begins."""
    last = text.rpartition(" ")[2]
    start = last.casefold()
    return [text + word[len(last) :] for word in words if last and word.startswith(start)]
