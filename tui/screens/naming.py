"""A dialog with one line to write, what is wrong with it below."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from index.text import line as on_one_line
from tui.ink import Line, wrap
from tui.screens.dialog import Dialog
from tui.widgets.sheet import Sheet

Try = Callable[[str], Awaitable[str]]
"""Does something with what was written; returns why it cannot, empty when it is done."""


class Naming(Dialog[str]):
    """Asks for a line and tries to do something with it; closed without, it gives None."""

    def __init__(self, title: str, hint: Line, act: Try, written: str = "") -> None:
        self._act = act
        self._hint = hint
        self.written = Input(on_one_line(written), compact=True, id="written")
        self.note = Sheet(lambda cells: [hint], id="said")
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
