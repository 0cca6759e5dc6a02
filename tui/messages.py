"""What widgets tell their screen."""

from __future__ import annotations

from textual.message import Message
from textual.widget import Widget


class Moved(Message):
    """The cursor of a list is on another row, or on a row that shows something else."""

    def __init__(self, source: Widget) -> None:
        self.source = source
        super().__init__()


class Opened(Message):
    """A row was chosen."""

    def __init__(self, source: Widget) -> None:
        self.source = source
        super().__init__()
