"""The line in which the alerts are filtered as one types, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

from index.query.completion import complete
from monitor.search.alert_filter import FilterNames
from tui.view.styled_text import Line
from tui.widgets.message_line import MessageLine

PROMPT = " f "
HINT: Line = [
    ("   words, ", "quiet"),
    ("watch: lang: feed: tag: severity: since: state: is:", "list"),
    ("  → completes  enter keeps  esc takes back  ^f lists", "quiet"),
]


class Continuing(Suggester):
    """Proposes how the last word goes on: a filter, or one of its values."""

    def __init__(self, names: Callable[[], FilterNames]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._names = names

    async def get_suggestion(self, value: str) -> str | None:
        """Return the whole line as it might go on."""
        found = complete(value, len(value), self._values, of_alerts=True)
        lines = (value[: found.start] + each.text for each in found.candidates)
        return next(
            (
                line
                for line in lines
                if len(line) > len(value) and line.casefold().startswith(value.casefold())
            ),
            None,
        )

    def values(self, text: str, most: int = 12) -> list[str]:
        """Return what may be written where a line goes on."""
        found = complete(text, len(text), self._values, of_alerts=True)
        return [each.name for each in found.candidates[:most]]

    def _values(self, name: str) -> Iterable[str]:
        names = self._names()
        match name:
            case "watch":
                return names.watchlists
            case "feed":
                return [feed for feed, _ in names.feeds]
            case "tag":
                return sorted({*names.feed_tags, *names.alert_tags})
            case "lang":
                return ("fr", "en", "und")
        return ()


class FilterLine(Container):
    """A prompt, an input and a note; hidden while nobody filters."""

    class Typed(Message):
        """The line says something else."""

        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    class Kept(Typed):
        """It is to stay as it is."""

    class Left(Message):
        """All is to be as it was before."""

    def __init__(self, names: Callable[[], FilterNames], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.continuing = Continuing(names)
        self.input = Input(
            id="filter", compact=True, select_on_focus=False, suggester=self.continuing
        )
        self.note = MessageLine(HINT, id="filter-note")
        self.display = False

    def compose(self) -> ComposeResult:
        """Lay the note out under the line."""
        with Container(id="filter-ask"):
            yield MessageLine([(PROMPT, "accent")], id="filter-prompt")
            yield self.input
        yield self.note

    def open(self, text: str) -> None:
        """Show a filter to be changed."""
        self.note.say(HINT)
        with self.input.prevent(Input.Changed):
            self.input.value = text
        self.input.cursor_position = len(text)
        self.display = True
        self.input.focus()

    def doubt(self, mistake: Line) -> None:
        """Say what a filter that has no value yet may hold, else what is wrong."""
        values = self.input.value.endswith(":") and self.continuing.values(self.input.value)
        self.note.say([("   " + "  ".join(values), "quiet")] if values else mistake)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell what it says."""
        event.stop()
        self.post_message(self.Typed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Tell that it stays."""
        event.stop()
        self.post_message(self.Kept(event.value))

    def on_key(self, event: events.Key) -> None:
        """Leave by esc; complete by tab."""
        if event.key == "escape":
            event.stop()
            self.post_message(self.Left())
        elif event.key in ("tab", "down"):
            event.stop()
            event.prevent_default()
            if event.key == "tab":
                self.input.action_cursor_right()
            else:
                self.post_message(self.Kept(self.input.value))
