"""Dialogs: a page to read, a list to choose from, a line to write."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input

from monitor.base import text_cleaning as safe
from monitor.base.translation import gettext as _
from monitor.presentation.spans import Line, fit_line, wrap
from tui.key_labels import bind
from tui.widgets.line_list import LineList
from tui.widgets.scroll_text import ScrollText, TextLayout

T = TypeVar("T")


class Dialog(ModalScreen[T]):
    """One framed widget with a title."""

    @property
    def has_unsaved_text(self) -> bool:
        """Return whether closing would lose a text without a question."""
        return False

    def let_go(self) -> None:
        """Lose the text as it is now at the next request."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape,q", "close_dialog", "Close", name="close-dialog")
    ]

    def __init__(self, title: str, inside: Widget) -> None:
        super().__init__()
        self._inside = inside
        inside.add_class("inside")
        inside.border_title = Content(safe.line(title))
        inside.border_subtitle = Content(_("esc: close"))

    def compose(self) -> ComposeResult:
        yield self._inside

    def action_close_dialog(self) -> None:
        """Close without a result."""
        self.dismiss(None)


class PageDialog(Dialog[None]):
    """A text to scroll through."""

    def __init__(self, title: str, layout: TextLayout) -> None:
        super().__init__(title, ScrollText(layout))


class ChoiceList(LineList):
    """Fixed lines with a cursor."""

    def __init__(self, rows: Sequence[Line], *, cursor: int = 0) -> None:
        super().__init__()
        self._rows = rows
        self.cursor = cursor

    @property
    def row_count(self) -> int:
        return len(self._rows)

    def row_line(self, row: int, cells: int) -> Line:
        return fit_line([(" ", ""), *self._rows[row]], cells)


class ChoiceDialog(Dialog[int]):
    """Asks for one of some lines; gives its number, None when closed without a choice."""

    def __init__(self, title: str, rows: Sequence[Line], *, cursor: int = 0) -> None:
        self._rows = ChoiceList(rows, cursor=cursor)
        super().__init__(title, self._rows)

    def on_line_list_selected(self, message: LineList.Selected) -> None:
        message.stop()
        self.dismiss(self._rows.cursor)


class WordSuggester(Suggester):
    """Completes the last word to one of some words."""

    def __init__(self, words: Collection[str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._words = sorted(words)

    async def get_suggestion(self, value: str) -> str | None:
        """Return the whole line with its last word completed."""
        last = value.rpartition(" ")[2]
        fitting = (word for word in self._words if last and word.startswith(last.casefold()))
        return next((value + word[len(last) :] for word in fitting if len(word) > len(last)), None)


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
        select_value: bool = True,
        words: Collection[str] = (),
        ask_before_loss: bool = False,
    ) -> None:
        """Set the dialog up.

        Args:
            title: What the line is for.
            attempt: What to do with the line.
            hint: Shown below the line until there is an error.
            value: The line to begin with.
            allow_empty: Whether an empty line is attempted too.
            select_value: Whether typing replaces the value.
            words: Words to complete.
            ask_before_loss: Whether to close only at the second request once something is written.
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
            select_on_focus=select_value,
            suggester=WordSuggester(words) if words else None,
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
        written = event.value.strip()
        if written or self._allow_empty:
            self.run_worker(self._try(written), group="try", exclusive=True)

    async def _try(self, written: str) -> None:
        self._show_note("…", "quiet")
        error = await self._attempt(written)
        if not self.is_attached:
            return
        if error:
            self._show_note(error, "bad")
        else:
            self.dismiss(written)

    def _show_note(self, text: str, style: str) -> None:
        self.note.update(lambda cells: wrap(safe.line(text), cells, style))

    @property
    def has_unsaved_text(self) -> bool:
        """Return whether closing would lose a text without a question."""
        return self._may_lose is not None and self.input.value not in self._may_lose

    def let_go(self) -> None:
        """Lose the text as it is now at the next request."""
        if self._may_lose is not None:
            self._may_lose.add(self.input.value)

    def action_close_dialog(self) -> None:
        """Close, and cancel the attempt that is running; ask before a text is lost."""
        if self.has_unsaved_text:
            self.let_go()
            self._show_note(_("Not saved: enter saves it, esc again closes without it."), "bad")
            return
        self.workers.cancel_node(self)
        self.dismiss(None)
