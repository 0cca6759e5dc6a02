"""What widgets tell their screen."""

from __future__ import annotations

from textual.message import Message
from textual.widget import Widget


class Moved(Message):
    """The cursor of a list is on another row, or on a row that shows something else.

    `by_itself` if nobody moved it: something came on top.
    """

    def __init__(self, source: Widget, *, by_itself: bool = False) -> None:
        self.source = source
        self.by_itself = by_itself
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


class NearEnd(Message):
    """The last rows of a list that goes on are near."""

    def __init__(self, source: Widget) -> None:
        self.source = source
        super().__init__()


class Narrowed(Message):
    """What was found is to be narrowed by more of a query: `since:2026-10 until:2026-11`."""

    def __init__(self, by: str) -> None:
        self.by = by
        super().__init__()
