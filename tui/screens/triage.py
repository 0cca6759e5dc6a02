"""Triage of alerts: states, verdicts, stars, notes, tags, assignees; undone and redone."""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Sequence
from functools import partial
from typing import ClassVar

from textual.binding import BindingType

from monitor.base.errors import StoreError
from monitor.base.formatting import alerts as alert_count, clauses, stories_of
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _, mark_all, ngettext, pgettext
from monitor.model.alert import Alert, AlertState, StoryAlerts, Verdict
from monitor.model.shown_names import list_name, state_name, verdict_name
from monitor.model.triage import Change, TriageAction
from monitor.model.watchlist import SEVERITY_SIGNS
from monitor.presentation.alert import describe_change, describe_subject, describe_undone
from monitor.presentation.service.known_names import ME, NOBODY
from monitor.presentation.service.triage import clean_note, clean_tag
from monitor.presentation.spans import Line
from monitor.storage.search.alert_filter import parse_headline_filter
from tui.data.story_list import StoryCache
from tui.data.triage_queue import TriageQueue
from tui.key_labels import bind
from tui.screens.alert_filter import AlertFilterScreen
from tui.screens.dialogs import LineDialog, PageDialog, checked, choose, choose_words, show_dialog
from tui.view.pages import history_lines

ACKNOWLEDGED = Change(state=AlertState.ACKNOWLEDGED)
RELEVANT = Change(state=AlertState.ACKNOWLEDGED, verdict=Verdict.RELEVANT)
NOISE = Change(state=AlertState.ACKNOWLEDGED, verdict=Verdict.NOISE)
CLOSED = Change(state=AlertState.CLOSED)
RENEWED = Change(state=AlertState.NEW, verdict=Verdict.NONE)
_DECISIONS = (ACKNOWLEDGED, RELEVANT, NOISE, CLOSED, RENEWED)
_DECISION_LABELS = mark_all(
    "decide", "Acknowledge", "Relevant", "Noise", "Close", "Make it new again, without a verdict"
)
PEOPLE_NAMED = 10
"""Most alerts of which the people who changed them meanwhile are named."""
SCAN_ROWS = 1024
"""Rows that are looked through for the next untriaged alert before the store is asked."""


class TriageScreen(AlertFilterScreen):
    """A screen with a stream of alerts that the analyst triages."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("a", "acknowledge", "Acknowledge (mark as read), and go to the next"),
        bind("A", "acknowledge_shown", "Acknowledge (mark as read) all that the filter shows"),
        bind("x", "noise", "Call noise, and go to the next"),
        bind("v", "relevant", "Call relevant, and go to the next"),
        bind("c", "close", "Close, and go to the next"),
        bind("s", "star", "Add or remove the star"),
        bind("i", "note", "Write a note"),
        bind("t", "tag", "Set tags: word adds one, -word removes it"),
        bind("@", "take", "Assign it to me, or to nobody again"),
        bind("C", "assign", "Assign it to somebody"),
        bind("V", "triage_one", "Decide about one watchlist of this story"),
        bind("space", "mark", "Mark; then a x v c s i t @ C change all marked"),
        bind("u", "undo", "Undo"),
        bind("U", "redo", "Redo"),
        bind("H", "history", "Show who changed it, and when"),
        bind("n", "untriaged(1)", "Go to the next new (unread) story", name="next-new"),
        bind("N", "untriaged(-1)", "Go to the previous new (unread) story", name="previous-new"),
    ]
    alerts: StoryCache
    triage: TriageQueue

    # --- one alert, or the marked ones --------------------------------------------

    def _chosen_alerts(self) -> Sequence[Alert]:
        """Return the alerts of the marked stories, else of the one under the cursor."""
        story = self._story_at_hand()
        if story is None:
            return []
        stories = self.stream.marked() if self.stream.marks else [story]
        return [alert for s in stories for alert in s.alerts]

    def _story_at_hand(self) -> StoryAlerts | None:
        """Return the story under the cursor; None with a message without alert, or elsewhere."""
        story = self.stream.story if self.target_at_hand() else None
        if story is not None and story.alerts[0].id < 0:
            self.show_message(_("This article raised no alert, so there is nothing to decide."))
            return None
        return story

    def _apply(self, change: Change, alerts: Sequence[Alert], *, go_on: bool = False) -> None:
        """Change alerts.

        Args:
            change: The change.
            alerts: The alerts as they were when the analyst chose them.
            go_on: Whether to be done with the marked stories, or to go on after a single one;
                else more can be said of the same ones.
        """
        marked = bool(self.stream.marks)
        changed = [alert for alert in alerts if change.on(alert) != alert]
        self.triage.apply(changed, change)
        if changed and (marked or len(changed) > 1):
            text = _(
                "{stories}: {decision}; u undoes it.",
                stories=stories_of(len({a.story_alert for a in changed}), len(changed)),
                decision=describe_change(change, changed[0]),
            )
            self.show_message(text)
        if go_on and marked:
            self.stream.unmark_all()
        elif go_on and alerts:
            self.stream.action_move(1)

    def action_acknowledge(self) -> None:
        self._apply(ACKNOWLEDGED, self._chosen_alerts(), go_on=True)

    def action_noise(self) -> None:
        self._apply(NOISE, self._chosen_alerts(), go_on=True)

    def action_relevant(self) -> None:
        self._apply(RELEVANT, self._chosen_alerts(), go_on=True)

    def action_close(self) -> None:
        """Close the alert; it stays in its row until the stream is loaded again."""
        self._apply(CLOSED, self._chosen_alerts(), go_on=True)

    def action_triage_one(self) -> None:
        """Choose an alert of the story, then what to decide about it alone."""
        story = self._story_at_hand()
        if story is not None and len(story.alerts) == 1:
            self._decide_one(story.alerts[0])
        elif story is not None:
            rows = [self._alert_line(alert) for alert in story.alerts]
            title = _("Decide about one alert of this story")
            choose(self, title, rows, story.alerts, self._decide_one)

    def _alert_line(self, alert: Alert) -> Line:
        words = [state_name(alert.state), verdict_name(alert.verdict)]
        words += [pgettext("suppressed", "silenced")] if alert.silenced else []
        return [
            (f"{SEVERITY_SIGNS[alert.severity]} ", f"{alert.severity}"),
            (f"{line(list_name(alert.watchlist))}  ", "list"),
            (f"{' '.join(filter(None, words))}  ", "quiet"),
            (line(alert.title), "plain"),
        ]

    def _decide_one(self, alert: Alert) -> None:
        """Ask what to decide about one alert."""
        title = _("{name}: {text}", name=line(list_name(alert.watchlist)), text=line(alert.title))
        words = [pgettext("decide", label) for label in _DECISION_LABELS]
        choose_words(self, title, words, lambda row: self.triage.apply([alert], _DECISIONS[row]))

    def action_star(self) -> None:
        """Star the alert or remove its star; star several unless all have one."""
        if alerts := self._chosen_alerts():
            starred = not all(alert.starred for alert in alerts)
            self._apply(Change(starred=starred), alerts)

    def action_mark(self) -> None:
        """Mark the alert or remove its mark, and go to the next."""
        if self._story_at_hand():
            self.stream.mark(self.stream.alert_id)
            self.stream.action_move(1)

    def action_note(self) -> None:
        alerts = self._chosen_alerts()
        if not alerts:
            return
        notes = {alert.note for alert in alerts}
        dialog = LineDialog(
            _("Note on {subject}", subject=describe_subject(alerts)),
            checked(clean_note),
            hint=[(_("enter saves; an empty line deletes the note"), "quiet")],
            value=notes.pop() if len(notes) == 1 else "",
            allow_empty=True,
            ask_before_loss=True,
        )
        show_dialog(self, dialog, lambda text: self._apply(Change(note=clean_note(text)), alerts))

    def action_tag(self) -> None:
        alerts = self._chosen_alerts()
        if not alerts:
            return
        tags = sorted({tag for alert in alerts for tag in alert.tags})
        used_tags = sorted(self.newsroom.tags)
        hint = _("a word, for example fraud")
        if tags:
            hint = _("present: {tags}", tags=" ".join(tags))
        elif used_tags:
            hint = _("in use: {tags}", tags="  ".join(used_tags[:12]))
        dialog = LineDialog(
            _("Tags of {subject}", subject=describe_subject(alerts)),
            checked(_parse_tags),
            hint=[(line(hint), "quiet")],
            words=used_tags,
        )
        show_dialog(self, dialog, lambda text: self._apply(_parse_tags(text), alerts))

    def action_take(self) -> None:
        """Assign to me what nobody works on; give back what I work on."""
        alerts, triage = self._chosen_alerts(), self.newsroom.service.triage
        try:
            me = triage.person(ME)
        except ValueError as error:
            self.show_message(str(error), error=True)
            return
        names = sorted({line(alert.assignee) for alert in alerts} - {"", me})
        if names:
            text = _("{name} works on it; C assigns it to another.", name=", ".join(names))
            self.show_message(text, error=True)
        elif alerts:
            is_mine = all(alert.assignee == me for alert in alerts)
            self._assign("" if is_mine else me, alerts)

    def _assign(self, person: str, alerts: Sequence[Alert]) -> None:
        marked = bool(self.stream.marks)
        self._apply(Change(assignee=person), alerts)
        if not marked and len(alerts) == 1:
            name = line(person)
            text = (
                _("Assigned to {name}; u undoes it.", name=name)
                if person
                else _("Assigned to nobody; u undoes it.")
            )
            self.show_message(text)

    def action_assign(self) -> None:
        alerts, triage = self._chosen_alerts(), self.newsroom.service.triage
        if not alerts:
            return

        people = sorted({alert.assignee for alert in alerts} - {""})
        hint = _("a name or `me`; an empty line: nobody")
        if len(people) > 1:
            hint = _("assigned to {name}", name=", ".join(map(line, people)))
        elif names := self.newsroom.people:
            hint = clauses([hint, _("known: {names}", names=", ".join(map(line, names)))])
        dialog = LineDialog(
            _("Who works on {subject}?", subject=describe_subject(alerts)),
            checked(lambda text: triage.person(text or NOBODY)),
            hint=[(hint, "quiet")],
            value=people[0] if len(people) == 1 else "",
            allow_empty=True,
            words=self.newsroom.people,
        )
        show_dialog(self, dialog, lambda text: self._assign(triage.person(text or NOBODY), alerts))

    # --- all shown alerts -----------------------------------------------------------

    def action_acknowledge_shown(self) -> None:
        """Acknowledge every untriaged alert that passes the filter."""
        self.run_worker(self._acknowledge_shown(), group="shown", exclusive=True)

    async def _acknowledge_shown(self) -> None:
        untriaged = await self._untriaged_ids()
        if untriaged is None:
            return
        ids = [id for id in untriaged if self.stream.row_of(id) is not None]
        stories = await self.ask(self.newsroom.service.views.alerts.stories, ids, silenced=True)
        if stories is None:
            return
        decided_ids = {a.id for a in self.alerts.cached(self.alerts.pending()) if not _is_new(a)}
        alerts = [
            alert
            for story in stories
            for alert in story.alerts
            if _is_new(alert) and alert.id not in decided_ids
        ]
        rows_of = {self.stream.row_of(alert.id) for alert in alerts}
        if not alerts:
            self.show_message(_("There is no new story here."))
            return
        count = stories_of(len(rows_of), len(alerts))

        def acknowledge(choice: int) -> None:
            if choice:
                self.triage.apply(alerts, ACKNOWLEDGED)
                self.show_message(_("{stories} acknowledged; u undoes it.", stories=count))

        if rows_of <= {self.stream.row_of(id) for id in self.stream.on_screen()}:
            acknowledge(True)
            return
        text = self.current_filter.text
        title = (
            _("Acknowledge {stories} of {filter}?", stories=count, filter=line(text))
            if text
            else _("Acknowledge {stories}?", stories=count)
        )
        words = (_("No"), _("Yes, acknowledge {stories}", stories=count))
        choose_words(self, title, words, acknowledge)

    async def _untriaged_ids(self) -> Sequence[int] | None:
        """Return the untriaged alerts that pass the filter; None after an error."""
        text = self.current_filter.text
        untriaged = parse_headline_filter(f"({text}) state:new" if text else "state:new")
        return await self.ask(self.newsroom.selector.ids, untriaged)

    # --- undo -----------------------------------------------------------------------

    def action_undo(self) -> None:
        """Undo the last decision, and go to its alert."""
        result = self.triage.undo()
        self.run_worker(self._say_undone(result, redo=False), group="undo")

    def action_redo(self) -> None:
        result = self.triage.undo(redo=True)
        self.run_worker(self._say_undone(result, redo=True), group="undo")

    async def _say_undone(self, result: Awaitable[TriageAction | None], *, redo: bool) -> None:
        try:
            act = await result
        except StoreError as error:
            self.show_message(str(error), error=True)
            return
        if act is None:
            self.show_message(_("Nothing to redo.") if redo else _("Nothing to undo."))
            return
        rows = {self.stream.row_of(id) for id in act.ids} - {None}
        if len(rows) == 1 and not redo:
            self.stream.go_to(rows.pop() or 0)
        if act.ids:
            await self._say_what(act, redo=redo)
        if act.left:
            count = alert_count(len(act.left))
            self.show_message(_("Changed since, and left: {alerts}", alerts=count), error=True)

    async def _say_what(self, act: TriageAction, *, redo: bool) -> None:
        """Show the decision that was undone or redone, in place of the earlier message."""
        views = self.newsroom.service.views
        decisions = await self.ask(views.triage.decisions, act.ids[0])
        stories = await self.ask(views.alerts.stories, act.ids, closed=True, silenced=True)
        if decisions is None or stories is None:
            return
        text = describe_undone(act, decisions, stories, redo=redo)
        self.app.clear_notifications()
        self.show_message(text)

    def action_history(self) -> None:
        story = self._story_at_hand()
        if story is not None:
            self.run_worker(self._history(story), group="why", exclusive=True)

    async def _history(self, story: StoryAlerts) -> None:
        histories = []
        for alert in story.alerts:
            decisions = await self.ask(self.newsroom.service.views.triage.decisions, alert.id)
            if decisions is None:
                return
            histories.append((alert, decisions))
        layout = partial(history_lines, histories, zone=self.newsroom.zone)
        self.app.push_screen(PageDialog(_("History"), layout))

    def _on_triage_changed(self, ids: Collection[int]) -> None:
        self.stream.repaint(ids)

    def _on_overtaken(self, ids: Collection[int]) -> None:
        """Show the people who changed alerts that a decision left as they are."""
        self.run_worker(self._name_who_changed(ids), group="overtaken")

    async def _name_who_changed(self, ids: Collection[int]) -> None:
        people = set()
        for alert in sorted(ids)[:PEOPLE_NAMED]:
            decisions = await self.ask(self.newsroom.service.views.triage.decisions, alert)
            if decisions:
                people.add(line(decisions[-1].who) or _("somebody"))
        text = ngettext(
            "Not changed: {count} alert that {name} changed meanwhile. H shows what.",
            "Not changed: {count} alerts that {name} changed meanwhile. H shows what.",
            len(ids),
            name=", ".join(sorted(people)) or _("somebody"),
        )
        self.show_message(text, error=True)

    def _on_triage_failed(self, reason: str) -> None:
        self.show_message(_("Not saved, and reverted: {reason}", reason=reason), error=True)

    # --- untriaged alerts -----------------------------------------------------------

    def action_untriaged(self, step: int) -> None:
        start = self.stream.cursor + step
        end = self.stream.row_count if step > 0 else -1
        for row in range(start, end, step):
            if abs(row - start) > SCAN_ROWS:
                self.run_worker(self._go_to_untriaged(row, step), group="untriaged", exclusive=True)
                return
            listed = self.stream.at(row)
            if listed is not None and listed.unsilenced.state is AlertState.NEW:
                self.stream.go_to(row)
                return
        self.show_message(_no_untriaged(step))

    async def _go_to_untriaged(self, row: int, step: int) -> None:
        """Ask the store for the next untriaged alert from a row on."""
        ids = await self._untriaged_ids()
        if ids is None:
            return
        pending = self.alerts.pending()
        rows = (self.stream.row_of(alert) for alert in ids if alert not in pending)
        targets = [r for r in rows if r is not None and (r - row) * step >= 0]
        if targets:
            self.stream.go_to(min(targets) if step > 0 else max(targets))
        else:
            self.show_message(_no_untriaged(step))


def _no_untriaged(step: int) -> str:
    return _("No new story below.") if step > 0 else _("No new story above.")


def _is_new(alert: Alert) -> bool:
    return alert.state is AlertState.NEW


def _parse_tags(text: str) -> Change:
    """Return the change that a line of tags asks for; raises ValueError."""
    words = text.replace(",", " ").split()
    return Change(
        tags=tuple(clean_tag(word) for word in words if not word.startswith("-")),
        untag=tuple(clean_tag(word[1:]) for word in words if word.startswith("-")),
    )
