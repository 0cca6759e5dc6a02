"""One line that is asked for, in a frame."""

from __future__ import annotations

from collections.abc import Callable, Collection

from textual.containers import Container
from textual.suggester import Suggester
from textual.widgets import Input

from index.text import line
from tui.screens.dialog import Dialog
from tui.widgets.note import Note


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
        self.note = Note([(f" {line(hint)}", "quiet")], id="line-note")
        super().__init__(title, Container(self.input, self.note))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the line, if it will do."""
        try:
            self._check(event.value)
        except ValueError as error:
            self.note.say([(f" {line(str(error))}", "bad")])
            return
        self.dismiss(event.value)
