"""What is said of alerts: verdicts, stars, notes and tags; silences; the history of an alert."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType

from index.analysis.text_cleaning import line
from index.article import Timestamp
from monitor.alerts.annotations import note as note_of
from monitor.alerts.annotations import tag as tag_of
from monitor.errors import StoreError
from monitor.formatting import counted
from monitor.model.alert import Act, Alert, AlertState, Change, Decision, Verdict
from monitor.model.watchlist import Silence
from monitor.search.alert_filter import parse_headline_filter
from tui.data.alert_cache import Alerts
from tui.data.triage_queue import Triage
from tui.screens.alert_filter import Filtering
from tui.screens.dialogs import Choice, Dialog
from tui.view import times
from tui.view.styled_text import Line, wrap
from tui.widgets.alert_stream import AlertStream
from tui.widgets.scroll_text import ScrollText

if TYPE_CHECKING:
    from tui.screens.panes import Panes


HOUR, WEEK = 3_600.0, 7 * 86_400.0
MORNING = time(8)


def spans(now: Timestamp, zone: tzinfo | None) -> Sequence[tuple[str, float]]:
    """Return how long a watchlist can be muted, in words and seconds."""
    local = times.local(now, zone) or datetime.fromtimestamp(now).astimezone()
    morning = datetime.combine(local.date() + timedelta(days=1), MORNING, local.tzinfo)
    at = morning.timestamp() if zone else morning.replace(tzinfo=None).timestamp()
    return (
        ("an hour", HOUR),
        ("4 hours", 4 * HOUR),
        ("until tomorrow 08:00", at - now),
        ("a week", WEEK),
    )


async def ask_to_mute(screen: Panes, name: str) -> None:
    """Ask for how long nobody is to be told of a watchlist, or whether that is to end."""
    room = screen.newsroom
    mutes = await screen.answer(room.service.views.watchlists.silences, room.clock())
    if mutes is None:
        return
    muted = next((mute for mute in mutes if mute.watchlist == name), None)
    now = room.clock()
    choices: list[tuple[str, float]] = [*([("end the mute now", 0.0)] if muted else [])]
    choices += [(f"{words}", seconds) for words, seconds in spans(now, room.zone)]
    rows: list[Line] = [[(words, "plain")] for words, _ in choices]

    def chosen(row: int | None) -> None:
        if row is not None:
            screen.run_worker(_mute(screen, name, choices[row][1]), group="mute")

    screen.app.push_screen(Choice(_title(name, muted, screen), rows), chosen)


def _title(name: str, muted: Silence | None, screen: Panes) -> str:
    if muted is None:
        return f"Mute {line(name)} for …"
    until = times.full(muted.until, screen.newsroom.zone)
    by = f" by {line(muted.by)}" if muted.by else ""
    return f"{line(name)} is muted{by} until {until}, {muted.suppressed} suppressed"


async def _mute(screen: Panes, name: str, seconds: float) -> None:
    service, zone = screen.newsroom.service, screen.newsroom.zone
    if seconds:
        mute = await screen.answer(service.triage.silence, name, seconds, screen.newsroom.who)
        if mute is not None:
            until = times.full(mute.until, zone)
            screen.tell(f"Nobody is told of {line(name)} until {until}; m ends it")
    else:
        ended = await screen.answer(service.triage.end_silence, name)
        if ended is not None:
            screen.tell(f"{line(name)} is heard again; {ended.suppressed} were suppressed")
    screen.newsroom.look_at_all()


class History(Dialog[None]):
    """The record of one alert, the newest last."""

    def __init__(self, alert: Alert, decisions: Sequence[Decision], zone: tzinfo | None) -> None:
        super().__init__(
            "Who said what", ScrollText(lambda cells: record(alert, decisions, cells, zone))
        )


def record(
    alert: Alert, decisions: Sequence[Decision], cells: int, zone: tzinfo | None
) -> list[Line]:
    """Return the record as lines."""
    lines = [*wrap(line(alert.title) or "(no title)", cells, "title"), []]
    raised = f"{times.full(alert.raised_at, zone)}  raised by {line(alert.watchlist)}"
    lines += wrap(raised, cells, "quiet")
    for decision in decisions:
        who = line(decision.who) if not decision.why else "tocsin"
        back = " took back" if decision.undoes is not None else ""
        said = "; ".join(_changes(decision)) or "nothing"
        why = f" ({line(decision.why)})" if decision.why else ""
        head = f"{times.full(decision.at, zone)}  {who or 'somebody'}{back}: "
        lines += wrap(f"{head}{said}{why}", cells, "plain")
    if alert.note:
        lines += [[], *wrap(alert.note, cells, "plain", "  ")]
    return lines


def _changes(decision: Decision) -> Iterator[str]:
    for name, after in decision.after.items():
        yield f"{name} {_value(decision.before.get(name))} → {_value(after)}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return line(" ".join(map(str, value))) or "none"
    return line(str(value)) or "none"


NEAR = 1024
"""Rows looked through at once for the next untriaged alert."""


class Triaging(Filtering):
    """The part of a screen with a stream that says something of its alerts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "acknowledge", "Acknowledge, and go to the next"),
        Binding("A", "acknowledge_shown", "Acknowledge all that the filter shows"),
        Binding("x", "noise", "Call noise, and go to the next"),
        Binding("v", "relevant", "Call relevant, and go to the next"),
        Binding("c", "close", "Close, and go to the next"),
        Binding("s", "star", "Add or remove the star"),
        Binding("i", "note", "Write a note"),
        Binding("t", "tag", "Set tags: word adds one, -word removes it"),
        Binding("space", "mark", "Mark; then a x v c s i t change all marked"),
        Binding("u", "undo", "Undo"),
        Binding("U", "redo", "Redo"),
        Binding("H", "history", "Show who changed it, and when"),
        Binding("n", "untriaged(1)", "Go to the next new alert"),
        Binding("N", "untriaged(-1)", "Go to the previous new alert"),
    ]
    alerts: Alerts
    stream: AlertStream
    triage: Triage

    # --- of one or of the marked -------------------------------------------------

    @property
    def meant(self) -> Sequence[Alert]:
        """The marked alerts, else the one under the cursor."""
        if not self.stream.marks:
            alert = self.stream.alert
            return [alert] if alert else []
        found = (self.alerts.get(id) for id in sorted(self.stream.marks))
        return [alert for alert in found if alert is not None]

    def _say(self, change: Change, *, on: bool = True) -> None:
        """Say something of what is meant; on to the next if that is one alert."""
        meant, marked = self.meant, bool(self.stream.marks)
        said = self.triage.say(meant, change)
        if marked:
            self.stream.unmark()
            self.tell(f"{counted(said, 'alert')} changed, u takes that back")
        elif on and meant:
            self.stream.action_move(1)

    def action_acknowledge(self) -> None:
        """Acknowledge the alert."""
        self._say(Change(state=AlertState.ACKNOWLEDGED))

    def action_noise(self) -> None:
        """Call the alert noise."""
        self._say(Change(state=AlertState.ACKNOWLEDGED, verdict=Verdict.NOISE))

    def action_relevant(self) -> None:
        """Call the alert relevant."""
        self._say(Change(state=AlertState.ACKNOWLEDGED, verdict=Verdict.RELEVANT))

    def action_close(self) -> None:
        """Close the alert; it stays in its row until the stream is filtered anew."""
        self._say(Change(state=AlertState.CLOSED))

    def action_star(self) -> None:
        """Star the alert or take the star away; of many, unless all have one."""
        meant = self.meant
        self._say(Change(starred=not all(alert.starred for alert in meant)), on=False)

    def action_mark(self) -> None:
        """Mark the alert or take its mark away, and go on."""
        if self.stream.alert_id:
            self.stream.mark(self.stream.alert_id)
            self.stream.action_move(1)

    def action_note(self) -> None:
        """Write a note."""
        from tui.screens.dialogs import OneLine

        meant = self.meant
        if not meant:
            return
        before = meant[0].note if len(meant) == 1 else ""

        def written(text: str | None) -> None:
            if text is not None:
                self._say(Change(note=note_of(text)), on=False)

        title = f"Note on {_about(meant)}"
        hint = "enter keeps, an empty line takes the note away"
        self.app.push_screen(OneLine(title, before, hint, check=note_of), written)

    def action_tag(self) -> None:
        """Give tags or take them away."""
        from tui.screens.dialogs import OneLine

        meant = self.meant
        if not meant:
            return

        def written(text: str | None) -> None:
            if text is not None and (change := _tags(text)) != Change():
                self._say(change, on=False)

        there = sorted({tag for alert in meant for tag in alert.tags})
        known = sorted(self.newsroom.tags)
        hint = f"in use: {'  '.join(known[:12])}" if known else "a word, as fraud"
        hint = f"there: {' '.join(there)}" if there else hint
        title = f"Tags of {_about(meant)}"
        self.app.push_screen(OneLine(title, "", hint, check=_tags, propose=known), written)

    # --- of all that is shown -----------------------------------------------------

    def action_acknowledge_shown(self) -> None:
        """Acknowledge every untriaged alert that the filter lets through."""
        self.run_worker(self._acknowledge_shown(), group="shown", exclusive=True)

    async def _acknowledge_shown(self) -> None:
        from tui.screens.dialogs import Choice

        room, shown = self.newsroom, self.sieve
        waiting = parse_headline_filter(f"({shown.text}) state:new" if shown.text else "state:new")
        found = await self.answer(room.selecting.ids, waiting, room.names)
        if found is None:
            return
        ids = frozenset(found) - frozenset(
            alert.id for alert in self.alerts.known(self.alerts.pending()) if not _waits(alert)
        )
        ids = frozenset(id for id in ids if self.stream.row_of(id) is not None)
        if not ids:
            self.tell("Nothing untriaged is shown.")
            return

        def chosen(row: int | None) -> None:
            if row == 1:
                change = Change(state=AlertState.ACKNOWLEDGED)
                self.triage.say_of(ids, change, self.alerts.known(ids))
                self.tell(f"{counted(len(ids), 'alert')} acknowledged, u takes that back")

        if ids <= set(self.stream.on_screen()):
            chosen(1)
            return
        of = f" of {line(shown.text)}" if shown.text else ""
        rows = [[("No, leave them", "plain")], [(f"Yes, acknowledge {len(ids):,}", "plain")]]
        title = f"Acknowledge {counted(len(ids), 'alert')}{of}?"
        self.app.push_screen(Choice(title, rows), chosen)

    # --- taking back ----------------------------------------------------------------

    def action_undo(self) -> None:
        """Take back what was said last, and go where it was."""
        ids = self.triage.undo()
        if not ids:
            self.run_worker(self._again(redo=False), group="undo")
        elif len(ids) == 1:
            row = self.stream.row_of(next(iter(ids)))
            if row is not None:
                self.stream.go(row)
        else:
            self.tell(f"Took back what was said of {counted(len(ids), 'alert')}")

    def action_redo(self) -> None:
        """Say again what was taken back last."""
        self.run_worker(self._again(redo=True), group="undo")

    async def _again(self, *, redo: bool) -> None:
        """Undo or redo from the record: also what was said before this dashboard began."""
        try:
            act: Act | None = await (self.triage.redo() if redo else self.triage.earlier())
        except StoreError as error:
            self.tell(str(error), trouble=True)
            return
        if act is None:
            self.tell("Nothing to redo." if redo else "Nothing to undo.")
            return
        left = f"; {len(act.left)} stay, changed since" if act.left else ""
        done = "Said again" if redo else "Took back what you said earlier"
        self.tell(f"{done}, of {counted(len(act.ids), 'alert')}{left}")

    def action_history(self) -> None:
        """Show who said what of the alert."""
        alert = self.stream.alert
        if alert is not None:
            self.run_worker(self._history(alert), group="why", exclusive=True)

    async def _history(self, alert: Alert) -> None:

        found = await self.answer(self.newsroom.service.views.triage.decisions, alert.id)
        if found is not None:
            self.app.push_screen(History(alert, found, self.newsroom.zone))

    def _shown(self, ids: Collection[int]) -> None:
        self.stream.repaint(ids)

    def _not_stored(self, why: str) -> None:
        self.tell(f"Not stored, taken back: {why}", trouble=True)

    # --- what is still to be done ---------------------------------------------------

    def action_untriaged(self, by: int) -> None:
        """Go to the next alert that waits for a verdict."""
        row = self.stream.cursor + by
        end = self.stream.row_count if by > 0 else -1
        for at in range(row, end, by):
            if abs(at - row) > NEAR:
                self.run_worker(self._far_untriaged(at, by), group="untriaged", exclusive=True)
                return
            if _waits(self.stream.at(at)):
                self.stream.go(at)
                return
        self.tell("No untriaged alert below." if by > 0 else "No untriaged alert above.")

    async def _far_untriaged(self, row: int, by: int) -> None:
        """Ask the store for the next untriaged alert beyond the rows at hand."""
        room, shown = self.newsroom, self.sieve
        waiting = parse_headline_filter(f"({shown.text}) state:new" if shown.text else "state:new")
        ids = await self.answer(room.selecting.ids, waiting, room.names)
        if ids is None:
            return
        pending = self.alerts.pending()
        there = (self.stream.row_of(alert) for alert in ids if alert not in pending)
        beyond = [r for r in there if r is not None and (r - row) * by >= 0]
        if beyond:
            self.stream.go(min(beyond) if by > 0 else max(beyond))
        else:
            self.tell("No untriaged alert that way.")


def _waits(alert: Alert | None) -> bool:
    return alert is not None and alert.state is AlertState.NEW


def _about(alerts: Sequence[Alert]) -> str:
    return (
        line(alerts[0].title or alerts[0].feed)
        if len(alerts) == 1
        else counted(len(alerts), "alert")
    )


def _tags(text: str) -> Change:
    """Return what a line of tags asks for; raises ValueError for what is no tag."""
    words = text.replace(",", " ").split()
    return Change(
        tags=tuple(tag_of(word) for word in words if not word.startswith("-")),
        untag=tuple(tag_of(word[1:]) for word in words if word.startswith("-")),
    )
