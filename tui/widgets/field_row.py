"""A row of a form."""

from __future__ import annotations

from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from monitor.base import signs
from monitor.base.text_cleaning import line
from monitor.presentation.spans import wrap
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
