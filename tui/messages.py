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


class Wanted(Message):
    """Another outlet's article is to be read."""

    def __init__(self, article: int) -> None:
        self.article = article
        super().__init__()


class Storied(Message):
    """Who else tells the story of the row under the cursor is asked for."""

    def __init__(self, source: Widget) -> None:
        self.source = source
        super().__init__()
