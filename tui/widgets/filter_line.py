"""The line in which the analyst types a filter of the alerts, and a hint or error below it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

from index.query.completion import complete
from index.query.filters import offered_name
from monitor.base.translation import gettext as _
from monitor.presentation.service.triage import ME, NOBODY
from monitor.presentation.spans import Line, fit_line
from monitor.storage.search.alert_filter import FilterNames
from tui.widgets.styled_widget import TextBlock

PROMPT = " f "
_OFFERED = ("watch", "lang", "feed", "tag", "severity", "since", "state", "is", "assigned")


def filter_hint() -> Line:
    """Return what a filter can hold, and the key that is not in the key bar."""
    return [
        (f"   {_('words')}, ", "quiet"),
        (" ".join(f"{offered_name(name)}:" for name in _OFFERED), "list"),
        (f"  {_('^f lists')}", "quiet"),
    ]


class FilterSuggester(Suggester):
    """Completes the last word: a filter, or one of its values."""

    def __init__(self, names: Callable[[], FilterNames]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._names = names

    async def get_suggestion(self, value: str) -> str | None:
        """Return the whole line with its last word completed, if that only adds to it."""
        return next(
            (
                line
                for line in self.completed(value)
                if line.casefold().startswith(value.casefold())
            ),
            None,
        )

    def completed(self, text: str) -> list[str]:
        """Return a line with its last word completed in each way; a name may get quotes."""
        completion = complete(text, len(text), self._values, of_alerts=True)
        lines = [text[: completion.start] + each.text for each in completion.candidates]
        return [line for line in lines if len(line) > len(text)]

    def values(self, text: str, most: int = 12) -> list[str]:
        """Return at most `most` words with which a line can go on."""
        completion = complete(text, len(text), self._values, of_alerts=True)
        return [each.name for each in completion.candidates[:most]]

    def _values(self, name: str) -> Iterable[str]:
        names = self._names()
        match name:
            case "watch":
                return names.watchlists
            case "feed":
                return [feed for feed, _host in names.feeds]
            case "tag":
                return sorted({*names.feed_tags, *names.alert_tags})
            case "assigned":
                return (ME, NOBODY, *names.people)
            case "lang":
                return ("fr", "en", "und")
        return ()


class FilterLine(Container):
    """A prompt, an input, and a hint or error below; hidden while the analyst does not filter."""

    class TextChanged(Message):
        """The filter has changed."""

        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    class TextSubmitted(TextChanged):
        """The analyst keeps the filter."""

    class Cancelled(Message):
        """The analyst wants the filter from before."""

    def __init__(self, names: Callable[[], FilterNames], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.suggester = FilterSuggester(names)
        self.input = Input(
            id="filter", compact=True, select_on_focus=False, suggester=self.suggester
        )
        self.note = TextBlock(filter_hint(), id="filter-note")
        self.display = False

    def compose(self) -> ComposeResult:
        with Container(id="filter-ask"):
            yield TextBlock([(PROMPT, "accent")], id="filter-prompt")
            yield self.input
        yield self.note

    def open(self, text: str) -> None:
        """Show the line with a filter that can be changed."""
        self.note.update(filter_hint())
        with self.input.prevent(Input.Changed):
            self.input.value = text
        self.input.cursor_position = len(text)
        self.display = True
        self.input.focus()

    def show_error(self, error: Line) -> None:
        """Show an error, or for a filter without a value the values that it can have."""
        values = self.input.value.endswith(":") and self.suggester.values(self.input.value)
        line = [("   " + "  ".join(values), "quiet")] if values else error
        self.note.update(fit_line(line, self.size.width))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.TextChanged(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.TextSubmitted(event.value))

    def on_key(self, event: events.Key) -> None:
        """Cancel with esc, complete with tab, keep with the down arrow."""
        if event.key == "escape":
            event.stop()
            self.post_message(self.Cancelled())
        elif event.key in ("tab", "down"):
            event.stop()
            event.prevent_default()
            if event.key == "tab":
                self._complete()
            else:
                self.post_message(self.TextSubmitted(self.input.value))

    def _complete(self) -> None:
        """Complete the last word: as is shown, else with quotes around a name."""
        text = self.input.value
        lines = self.suggester.completed(text)
        added = [line for line in lines if line.casefold().startswith(text.casefold())]
        if lines:
            self.input.value = (added or lines)[0]
        self.input.cursor_position = len(self.input.value)
