"""Lines in which people write: the rows of a form, and the line of a query."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from inspect import isawaitable

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.expand_tabs import expand_tabs_inline
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input

from index.errors import QueryError
from monitor.base import signs
from monitor.base.text_cleaning import line
from monitor.presentation.spans import Line, fit, wrap
from tui.widgets.reader import ScrollText
from tui.widgets.styled_widget import TextBlock


class FieldRow(Horizontal):
    """A field with its label before it and its mistake below it."""

    def __init__(self, name: str, label: str, field: Widget) -> None:
        self.field = field
        self.field_name = name
        field.add_class("field")
        self._note = ScrollText()
        self._note.can_focus = self._note.display = False
        self._label = label
        self._heading = TextBlock([(f" {label}", "quiet")])
        self._heading.add_class("label")
        super().__init__(self._heading, Vertical(field, self._note), classes="field-row")

    def on_descendant_focus(self) -> None:
        """Mark the row by its shape too: some fields look the same with the focus."""
        self._heading.update([(signs.CURSOR, "bar"), (self._label, "key")])

    def on_descendant_blur(self) -> None:
        self._heading.update([(f" {self._label}", "quiet")])

    def show_problem(self, text: str, kind: str = "bad") -> None:
        """Show a mistake or a warning, or none."""
        self._note.display = bool(text)
        self._note.update(lambda cells: wrap(line(text), cells, kind))


INPUT_TAB = 4
"""Cells of a tab in Textual's Input."""

Complete = Callable[[str], Iterable[str] | Awaitable[Iterable[str]]]
"""Returns a line with its last word completed in each way."""


class LineSuggester(Suggester):
    """Offers the first completion of a line that only adds to it."""

    def __init__(self, complete: Complete) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        """Return the whole line with its last word completed."""
        result = self._complete(value)
        lines = await result if isawaitable(result) else result
        start = value.casefold()
        longer = (line for line in lines if len(line) > len(value) and line.isprintable())
        return next((line for line in longer if line.casefold().startswith(start)), None)


def error_pointer(
    error: QueryError, text: str, cells: int, *, indent: int, scrolled: int = 0
) -> Line:
    """Return a caret under the mistake in a written line, with its message beside it.

    Args:
        error: The error.
        text: The line as its input shows it.
        cells: Width of the screen.
        indent: Cells before the written line.
        scrolled: Cells of the line that are scrolled out at the left.
    """
    offset = cell_len(expand_tabs_inline(text[: error.position], INPUT_TAB))
    column = max(indent, min(indent + offset - scrolled, cells - 1))
    message = line(error.message + (f" ({error.hint})" if error.hint else ""))
    if column + 2 + cell_len(message) <= cells or column <= cell_len(message):
        return [(" " * column + "^ ", "bad"), (message, "bad")]
    return [(fit(message, column - 1, right=True), "bad"), (" ^", "bad")]


class QueryLine(Container):
    """A prompt, an input that completes the last word, and a note below them."""

    def __init__(self, prompt: str, complete: Complete, *, id: str) -> None:
        """Set the line up."""
        super().__init__(classes="query-line")
        self._prompt = prompt
        suggester = LineSuggester(complete)
        self.input = Input(id=id, compact=True, select_on_focus=False, suggester=suggester)
        self.note = TextBlock()

    def compose(self) -> ComposeResult:
        with Container(classes="ask"):
            yield TextBlock([(self._prompt, "accent")])
            yield self.input
        yield self.note

    def write(self, text: str) -> None:
        """Write a text, with the cursor behind it."""
        self.input.value = text
        self.input.action_end()

    def show_note(self, text: str, style: str = "quiet") -> None:
        self.note.update([(f"   {text}", style)])

    def show_error(self, error: QueryError, *, stripped: bool = False) -> None:
        """Show a caret under a mistake, which may have been found without spaces at the start."""
        text = self.input.value.lstrip() if stripped else self.input.value
        scrolled = round(self.input.scroll_offset.x) - (len(self.input.value) - len(text))
        cells, indent = self.size.width, len(self._prompt)
        self.note.update(error_pointer(error, text, cells, indent=indent, scrolled=scrolled))
