"""Which alerts the stream shows, for who chooses rather than types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from monitor.model import WatchlistCount
from tui import clauses
from tui.ink import Line, fit
from tui.messages import Opened
from tui.rows import watchlist_row
from tui.screens.dialog import Dialog
from tui.sieve import Sieve
from tui.widgets.line_list import LineList


class _Choice(NamedTuple):
    """A filter in words."""

    words: str
    name: str = ""
    value: str = ""


_FIXED = (
    _Choice("All alerts"),
    _Choice("Untriaged only", "state", "new"),
    _Choice("Closed ones", "state", "closed"),
    _Choice("Loud ones", "severity", "high"),
    _Choice("Starred", "is", "starred"),
    _Choice("Became louder", "is", "louder"),
    _Choice("Relevant", "is", "relevant"),
    _Choice("Noise", "is", "noise"),
    _Choice("In French", "lang", "fr"),
    _Choice("In English", "lang", "en"),
    _Choice("Of today", "since", "today"),
)


class Choices(LineList):
    """All alerts, the usual filters, then each watchlist; those in force are ticked."""

    def __init__(self, counts: Sequence[WatchlistCount], wanted: Sieve) -> None:
        super().__init__()
        self._counts = counts
        self._sieve = wanted

    @property
    def row_count(self) -> int:
        """Return how many choices there are."""
        return len(self._counts) + len(_FIXED)

    def row_line(self, row: int, cells: int) -> Line:
        """Return a choice as a line."""
        _, name, value = choice = self._choice(row)
        on = clauses.has(self._sieve, name, value) if name else not self._sieve.text
        if row >= len(_FIXED):
            return watchlist_row(self._counts[row - len(_FIXED)], cells, chosen=on)
        return [("▸ " if on else "  ", "accent"), (fit(choice.words, cells - 2), "plain")]

    def _choice(self, row: int) -> _Choice:
        if row < len(_FIXED):
            return _FIXED[row]
        name = self._counts[row - len(_FIXED)].name
        return _Choice(name, "watch", name)

    @property
    def choice(self) -> str:
        """The filter with that of the row under the cursor, without it where it was in force."""
        _, name, value = self._choice(self.cursor)
        if not name:
            return ""
        on = clauses.has(self._sieve, name, value)
        return clauses.with_only(self._sieve, name, "" if on else value)


class FilterChoice(Dialog[str]):
    """Asks for a filter; closed without a choice it gives None."""

    def __init__(self, counts: Sequence[WatchlistCount], wanted: Sieve) -> None:
        self._choices = Choices(counts, wanted)
        super().__init__("Show", self._choices)

    def on_opened(self, message: Opened) -> None:
        """Take the choice."""
        message.stop()
        self.dismiss(self._choices.choice)
