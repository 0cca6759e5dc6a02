"""Dialogs: a page, a list of which one is chosen, a line to write."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input

from index.analysis.text_cleaning import line
from index.analysis.text_cleaning import line as on_one_line
from tui.messages import Opened
from tui.view.styled_text import Line, wrap
from tui.widgets.line_list import LineList
from tui.widgets.message_line import MessageLine
from tui.widgets.scroll_text import ScrollText

T = TypeVar("T")


class Dialog(ModalScreen[T]):
    """One framed widget with a title."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "close", "Close")]

    def __init__(self, title: str, inside: Widget) -> None:
        super().__init__()
        self._inside = inside
        inside.add_class("inside")
        inside.border_title = Content(line(title))
        inside.border_subtitle = Content("esc closes")

    def compose(self) -> ComposeResult:
        """Put the widget in the middle."""
        yield self._inside

    def action_close(self) -> None:
        """Close without a choice."""
        self.dismiss(None)


class Rows(LineList):
    """Lines that were made before; `None` among them cannot be chosen."""

    def __init__(self, rows: Sequence[Line], *, cursor: int = 0) -> None:
        super().__init__()
        self._rows = rows
        self.cursor = cursor

    @property
    def row_count(self) -> int:
        """Return how many lines there are."""
        return len(self._rows)

    def row_line(self, row: int, cells: int) -> Line:
        """Return a line."""
        return [(" ", ""), *self._rows[row]]


class Choice(Dialog[int]):
    """Asks for one of some lines; its number, None when closed without."""

    def __init__(self, title: str, rows: Sequence[Line], *, cursor: int = 0) -> None:
        self._rows = Rows(rows, cursor=cursor)
        super().__init__(title, self._rows)

    def on_opened(self, message: Opened) -> None:
        """Take the line."""
        message.stop()
        self.dismiss(self._rows.cursor)


def question(words: str, yes: str, no: str) -> tuple[str, list[Line]]:
    """Return the title and rows of a question, what changes nothing first."""
    return words, [*wrap(no, 200, "plain"), *wrap(yes, 200, "plain")]


class _Words(Suggester):
    """Proposes how the last word goes on."""

    def __init__(self, words: Collection[str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._words = sorted(words)

    async def get_suggestion(self, value: str) -> str | None:
        """Return the whole line as it might go on."""
        last = value.rpartition(" ")[2]
        found = (word for word in self._words if last and word.startswith(last.casefold()))
        return next((value + word[len(last) :] for word in found if len(word) > len(last)), None)


class OneLine(Dialog[str]):
    """Asks for a line; None when closed without. `check` raises ValueError with words."""

    def __init__(
        self,
        title: str,
        value: str = "",
        hint: str = "",
        *,
        check: Callable[[str], object] = str,
        propose: Collection[str] = (),
    ) -> None:
        self._check = check
        self.input = Input(
            value, id="line", compact=True, select_on_focus=False, suggester=_Words(propose)
        )
        self.note = MessageLine([(f" {line(hint)}", "quiet")], id="line-note")
        super().__init__(title, Container(self.input, self.note))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the line, if it will do."""
        try:
            self._check(event.value)
        except ValueError as error:
            self.note.say([(f" {line(str(error))}", "bad")])
            return
        self.dismiss(event.value)


Try = Callable[[str], Awaitable[str]]
"""Does something with what was written; returns why it cannot, empty when it is done."""


class Naming(Dialog[str]):
    """Asks for a line and tries to do something with it; closed without, it gives None."""

    def __init__(self, title: str, hint: Line, act: Try, written: str = "") -> None:
        self._act = act
        self._hint = hint
        self.written = Input(on_one_line(written), compact=True, id="written")
        self.note = ScrollText(lambda cells: [hint], id="said")
        self.note.can_focus = False
        frame = Vertical(self.written, self.note, classes="naming")
        super().__init__(title, frame)
        frame.border_subtitle = Content("enter does it, esc closes")

    def say(self, words: str, ink: str) -> None:
        """Say something below the line."""
        self.note.show(lambda cells: wrap(on_one_line(words), cells, ink))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Take back what was said of an earlier line."""
        self.note.show(lambda cells: [self._hint])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Try it."""
        event.stop()
        written = event.value.strip()
        if written:
            self.run_worker(self._try(written), group="try", exclusive=True)

    async def _try(self, written: str) -> None:
        self.say("…", "quiet")
        trouble = await self._act(written)
        if not self.is_attached:
            return
        if trouble:
            self.say(trouble, "bad")
        else:
            self.dismiss(written)

    def action_close(self) -> None:
        """Close; what is under way is let go."""
        self.workers.cancel_node(self)
        self.dismiss(None)
