"""A page or a list in a frame over the screen; esc closes it."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget

from index.text import line

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
