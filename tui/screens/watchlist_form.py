"""The form of a watchlist: written, checked as one types, tried, and saved into feeds.yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual import events, on, work
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, Select, TextArea

from index.errors import ArchiveError, Interrupted, QueryError
from index.query.concepts import defined
from index.query.parser import any_of
from index.query.suggestions import suggested_name
from monitor.base.errors import ConfigError, MonitorError
from monitor.base.formatting import percent
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.config.loading import read, understand
from monitor.config.watchlist_edit import (
    CheckedFields,
    WatchlistFields,
    check_fields,
    read_fields,
    save_watchlist,
)
from monitor.model.alert import Alert, Verdict
from monitor.model.config import Config
from monitor.model.shown_names import severity_name
from monitor.model.watchlist import SEVERITY_SIGNS, Severity
from monitor.presentation.spans import Line, wrap
from tui.data.newsroom import NewsroomModel
from tui.key_labels import bind
from tui.screens.config_changes import NO_FILE, monitor_hint, write_config
from tui.screens.dialogs import ChoiceList, Dialog, choose_words, show_dialog
from tui.screens.panes import PaneScreen
from tui.view.pages import rehearsal_lines
from tui.widgets.fields import FieldRow
from tui.widgets.line_list import CheckList
from tui.widgets.status_bar import KeyBar
from tui.widgets.styled_widget import TextBlock

if TYPE_CHECKING:
    from monitor.watchlists.rehearsal import Rehearsal

TYPING_PAUSE = 0.2
"""Seconds without a key before the fields are checked."""
PROGRESS_EVERY = 0.2
"""Seconds between two reads of the progress of a trial."""
TRIAL_NAME = "(trial)"
"""Name of a watchlist while it is tried: it may have none yet."""
TALL = 34
"""Lines of a screen from which the fields of several lines have more of them."""
SHORT = 22
"""Lines of a screen below which the fields scroll, so that the keys stay in view."""


class WatchlistForm(Dialog[str]):
    """Edits a watchlist; gives its name once it is saved, None when closed without."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("ctrl+s,f2", "save", "Try it, then save it", name="save-watchlist", priority=True),
        bind(
            "ctrl+t,f8",
            "try",
            "Try it on the articles of the last 30 days",
            name="try-watchlist",
            priority=True,
        ),
        bind("v", "judge('relevant')", "Call relevant, and go to the next", name="relevant"),
        bind("x", "judge('noise')", "Call noise, and go to the next", name="noise"),
        bind("ctrl+n,f9", "suggest", "Find other names of the term at the cursor", priority=True),
    ]
    VERTICAL_BREAKPOINTS: ClassVar = [(0, "-short"), (SHORT, "-middle"), (TALL, "-tall")]  # type: ignore[misc]
    BAR: ClassVar = (
        ("save", "Save"), ("try", "Try"), ("suggest", "Names"), ("close_dialog", "Cancel"),
    )  # fmt: skip

    def __init__(
        self,
        newsroom: NewsroomModel,
        path: Path,
        config: Config,
        before: WatchlistFields | None,
        start: WatchlistFields,
        remarks: Sequence[str] = (),
    ) -> None:
        """Set the form up.

        Args:
            newsroom: The newsroom.
            path: The file.
            config: The configuration in the file.
            before: The watchlist in the file; None for a new one.
            start: The fields that the form shows first.
            remarks: What is known of them, as lines.
        """
        self._newsroom = newsroom
        self._path = path
        self._vectors = config.vectors
        self._before = before
        self._start = start
        self._may_lose = start
        """Fields that may be lost without a question."""
        self._asked = False
        """Whether the mistakes of fields that nobody touched are shown too."""
        self._typing: Timer | None = None
        self._progress = (0, 0)
        self._rehearsed = _rule(before) if before else None
        """The rule that was rehearsed last, or is in force."""
        self._rehearsal: Rehearsal | None = None
        self._judged: dict[int, Verdict] = {}
        """Verdicts on examples, by article: those of a draft count for the next one."""
        self._severity_field = Select(
            [(f"{SEVERITY_SIGNS[level]} {severity_name(level)}", str(level)) for level in Severity],
            value=start.severity, allow_blank=False, compact=True,
        )  # fmt: skip
        self._kind_field = Select(
            [(_("terms, one on each line"), "terms"), (_("a query, as in the archive"), "query")],
            value="query" if start.query else "terms", allow_blank=False, compact=True,
        )  # fmt: skip
        self._name_field = _input(start.name, _("its only term, if it is left empty"))
        self._what_field = _area(start.query or "\n".join(start.terms), id="what")
        self._excluded_field = _area("\n".join(start.excluded), id="excluded")
        self._lang_field = _input(" ".join(start.lang), _("all, or some, such as fr en"))
        self._feeds_field = CheckList(_selectors(config, start.feeds), start.feeds)
        self._cooldown_field = _input(start.cooldown, _("none, or a time, such as 30m"))
        self._rows = [
            FieldRow("name", _("Name"), self._name_field),
            FieldRow("severity", _("Severity"), self._severity_field),
            FieldRow("kind", _("Watch for"), self._kind_field),
            FieldRow("what", "", self._what_field),
            FieldRow("excluded", _("But not"), self._excluded_field),
            FieldRow("lang", _("Languages"), self._lang_field),
            FieldRow("feeds", _("Feeds"), self._feeds_field),
            FieldRow("cooldown", _("Cooldown"), self._cooldown_field),
        ]
        self._general = FieldRow("", "", TextBlock())
        self._general.display = False
        hint = [*remarks, _("^t tries it on the articles of the last 30 days.")]
        lines: list[Line] = [[(text, "quiet")] for text in hint]
        self._trial = ChoiceList(lambda cells: lines)
        self._trial.id = "trial"
        self._keys = KeyBar(id="form-keys")
        title = _("New watchlist")
        if before:
            title = _("Edit the watchlist {watchlist}", watchlist=before.title)
        super().__init__(
            title,
            Vertical(
                VerticalScroll(*self._rows, self._general, id="fields", can_focus=False),
                self._trial,
                self._keys,
                classes="form",
            ),
        )
        self._frame.border_subtitle = Content(_("tab: next field"))

    def on_mount(self) -> None:
        """Show the keys, and put the cursor behind the text."""
        for area in (self._what_field, self._excluded_field):
            area.move_cursor(area.document.end)
        has_name = self._before or self._start.name
        (self._what_field if has_name else self._name_field).focus()
        self._keys.update(self.BAR)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Give the examples more lines while they are read."""
        self._frame.set_class(event.widget is self._trial, "-reading")

    # --- the fields ---------------------------------------------------------------------

    @property
    def fields(self) -> WatchlistFields:
        query = self._kind_field.value == "query"
        names = self._feeds_field.chosen
        old_names = [name for name in self._start.feeds if name in names]
        return WatchlistFields(
            name=self._name_field.value.strip(),
            terms=() if query else _lines(self._what_field.text),
            query=" ".join(self._what_field.text.split()) if query else "",
            severity=str(self._severity_field.value),
            lang=tuple(self._lang_field.value.replace(",", " ").split()),
            feeds=(*old_names, *(name for name in names if name not in old_names)),
            excluded=_lines(self._excluded_field.text),
            cooldown=self._cooldown_field.value.strip(),
        )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_next()

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(Select.Changed)
    @on(CheckList.ChoiceChanged)
    def _check_soon(self) -> None:
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(TYPING_PAUSE, self._start_check)

    def _start_check(self) -> None:
        # The function, not its coroutine: the form may be closed before the worker starts.
        self.run_worker(self._check, group="check", exclusive=True)  # type: ignore[arg-type]

    async def _check(self, *, to_try: bool = False) -> CheckedFields | None:
        """Check the fields, and show their mistakes; None if the file cannot be read.

        Args:
            to_try: Whether to check the fields of a trial: all but the name.
        """
        fields, before = self.fields, self._before
        if to_try:
            fields, before = replace(fields, name=TRIAL_NAME), None

        def check() -> CheckedFields:
            count = self._newsroom.service.archive.timed_count()
            return check_fields(read(self._path), self._path, before, fields, count)

        try:
            checked = await self._newsroom.ask(check)
        except MonitorError as error:
            self._show_problems({"": str(error)})
            return None
        if self.is_attached:
            self._show_problems(
                {
                    _row_of(problem.field): problem.message
                    for problem in reversed(checked.problems)
                    if self._asked or to_try or self._is_touched(fields, problem.field)
                }
            )
            if checked.warnings:
                self._rows[3].show_problem("; ".join(checked.warnings), "late")
        return checked

    def _is_touched(self, fields: WatchlistFields, name: str) -> bool:
        return not name or getattr(fields, name) != getattr(self._start, name)

    def _show_problems(self, problems: Mapping[str, str]) -> None:
        for row in self._rows:
            row.show_problem(problems.get(row.field_name, ""))
        self._general.display = "" in problems
        self._general.show_problem(problems.get("", ""))

    async def _valid(self, *, to_try: bool = False) -> CheckedFields | None:
        """Return the checked fields; None after mistakes, of which the first gets the focus."""
        self._asked = self._asked or not to_try
        checked = await self._check(to_try=to_try)
        if checked is None or not self.is_attached or not checked.problems:
            return checked if self.is_attached else None
        wrong_rows = {_row_of(problem.field) for problem in checked.problems}
        first = next((row for row in self._rows if row.field_name in wrong_rows), None)
        if first is not None:
            first.field.focus()
        return None

    # --- trying -------------------------------------------------------------------------

    @work(group="try", exclusive=True)
    async def action_try(self) -> None:
        """Count what the watchlist would have matched, and show examples."""
        checked = await self._valid(to_try=True)
        if checked is None or checked.watchlist is None or checked.config is None:
            return
        self._progress = (0, 0)
        self._rehearsed, self._rehearsal = _rule(self.fields), None
        timer = self.set_interval(PROGRESS_EVERY, self._show_progress)
        self._show_progress()
        name = self._before.title if self._before else TRIAL_NAME
        try:
            rehearsal = await self._newsroom.ask(
                self._newsroom.service.rehearse,
                replace(checked.watchlist, name=name),
                checked.config.feeds,
                self._note_progress,
            )
        except Interrupted:
            return
        except MonitorError as error:
            self._tell(str(error), "bad")
            return
        finally:
            timer.stop()
        if self.is_attached:
            self._rehearsal = rehearsal
            now, zone, judged = self._newsroom.clock(), self._newsroom.zone, self._judged
            self._trial.show(lambda cells: rehearsal_lines(rehearsal, judged, cells, now, zone))

    async def action_judge(self, verdict: str) -> None:
        """Judge the example under the cursor, or the first one, and go to the next.

        The verdict is kept if the example has an alert of the watchlist.
        """
        trial, examples = self._trial, self._rehearsal.examples if self._rehearsal else ()
        if not examples:
            return
        first = trial.row_count - len(examples)
        trial.go_to(max(trial.cursor, first))
        article = examples[trial.cursor - first].article.id
        self._judged[article] = Verdict(verdict)
        trial.show(trial.layout_rows)
        trial.go_to(trial.cursor + 1)
        if self._before:
            judge, name = self._newsroom.service.judge_example, self._before.title
            try:
                await self._newsroom.ask(judge, name, article, Verdict(verdict))
            except MonitorError as error:
                self._show_problems({"": str(error)})

    def _note_progress(self, done: int, total: int) -> None:
        self._progress = (done, total)

    def _show_progress(self) -> None:
        done, total = self._progress
        words = _("Trying it on the last 30 days…")
        if total:
            words = f"{words} {percent(done / total)}"
        self._trial.show(lambda cells: [[(words, "quiet")]])

    # --- other names --------------------------------------------------------------------

    @work(group="try", exclusive=True)
    async def action_suggest(self) -> None:
        """Propose other names of the term or concept in the line of the cursor."""
        row, service = self._what_field.cursor_location[0], self._newsroom.service
        text = self._what_field.document.get_line(row)
        term = text.strip()
        self._tell(_("Looking for other names of {term}…", term=term), "quiet")
        try:
            concepts = await self._newsroom.ask(service.views.watchlists.concepts)
            query = defined(any_of([term]), concepts)
            suggestions = await self._newsroom.ask(
                service.suggest_names, query, concepts, self._vectors
            )
        except Interrupted:
            return
        except (ArchiveError, MonitorError, QueryError) as error:
            self._tell(str(error), "bad")
            return
        if not self.is_attached:
            return
        if not suggestions:
            self._tell(_("the archive has no other name of {concept}", concept=term), "quiet")
            return
        title = _("Other names of {term}", term=term)
        self._tell(title, "quiet")

        def add(number: int) -> None:
            name = suggestions[number].name
            added = f"{text}\n{name}"
            if self._kind_field.value == "query":
                added = f"({any_of([term, name]).text})"
            self._what_field.replace(added, (row, 0), (row, len(text)))

        choose_words(self, title, [f"{s.name}: {s.described()}" for s in suggestions], add)

    def _tell(self, words: str, kind: str) -> None:
        self._trial.show(lambda cells: wrap(line(words), cells, kind))

    # --- saving and closing ---------------------------------------------------------------

    @work(group="save", exclusive=True)
    async def action_save(self) -> None:
        """Rehearse a rule that was not rehearsed; else save it, if it has no mistake."""
        if await self._valid() is None:
            return
        fields = self.fields
        if _rule(fields) != self._rehearsed:
            self._rehearsed = _rule(fields)
            self._trial.focus()
            self.action_try()
            return
        change = partial(save_watchlist, before=self._before, after=fields)
        error = "" if fields == self._before else await write_config(self._newsroom, change)
        if not self.is_attached:
            return
        if error:
            self._show_problems({"": error})
        else:
            self.dismiss(fields.title)

    @property
    def has_unsaved_text(self) -> bool:
        return self.fields not in (self._start, self._may_lose)

    def permit_loss(self) -> None:
        """Lose the changes at the next request to quit."""
        self._may_lose = self.fields

    def action_close_dialog(self) -> None:
        """Close; ask first if something was changed."""
        if self.fields == self._start:
            self.dismiss(None)
            return

        def on_choice(row: int) -> None:
            if row == 1:
                self.action_save()
            elif row == 2:
                self.dismiss(None)

        words = _("Go on editing"), _("Save it"), _("Close, and lose the changes")
        choose_words(self, _("The watchlist is not saved"), words, on_choice)


def _rule(fields: WatchlistFields) -> WatchlistFields:
    """Return the fields on which it depends what a watchlist brings."""
    return replace(fields, name="", severity="")


def _row_of(field: str) -> str:
    """Return the row that shows a field."""
    return "what" if field in ("terms", "query") else field


def _lines(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.splitlines() if item.strip())


def _input(value: str, hint: str) -> Input:
    return Input(line(value), placeholder=hint, compact=True, select_on_focus=False)


def _area(text: str, *, id: str) -> TextArea:
    area = TextArea("\n".join(map(line, text.splitlines())), id=id, compact=True, soft_wrap=True)
    area.tab_behavior = "focus"
    area.placeholder = _("terms, one on each line") if id == "excluded" else ""
    return area


def _selectors(config: Config, current: Sequence[str]) -> list[str]:
    """Return the feeds of a watchlist to choose from: the current ones, tags, names."""
    tags = sorted({f"tag:{tag}" for feed in config.feeds for tag in feed.tags})
    names = sorted({feed.name for feed in config.feeds}, key=str.casefold)
    return list(dict.fromkeys([*current, *tags, *names]))


async def open_form(
    screen: PaneScreen, name: str = "", *, query: str = "", examples: Sequence[Alert] | None = None
) -> None:
    """Open the form of a watchlist, and report when it is saved.

    Args:
        screen: The screen below it.
        name: The watchlist to edit; empty for a new one.
        query: The query of a new one.
        examples: Alerts: the query of a new one is what their articles have in common.
    """
    remarks: Sequence[str] = ()
    if examples is not None:
        articles = [alert.article for alert in examples if alert.article is not None]
        draft = await screen.ask(screen.newsroom.service.example_query, articles)
        if draft is None:
            return
        query, remarks = draft.query.text, draft.remarks
    path = screen.newsroom.service.config
    if path is None:
        screen.show_message(_(NO_FILE), error=True)
        return
    try:
        config, before = await screen.newsroom.ask(_read, path, name)
    except ConfigError as error:
        screen.show_message(f"{path.name}, {error.problems[0]}", error=True)
        return
    except MonitorError as error:
        screen.show_message(str(error), error=True)
        return
    if not screen.is_attached:
        return

    def on_saved(name: str) -> None:
        message = _("The watchlist {watchlist} is saved.", watchlist=name)
        screen.show_message(message + monitor_hint(screen))

    start = before or WatchlistFields(
        name=suggested_name(query) if query else "", query=" ".join(query.split())
    )
    form = WatchlistForm(screen.newsroom, path, config, before, start, remarks)
    show_dialog(screen, form, on_saved)


def _read(path: Path, name: str) -> tuple[Config, WatchlistFields | None]:
    """Return the configuration in the file, and the watchlist of a name in it."""
    content = read(path)
    config = understand(content, path)
    return config, read_fields(content.decode("utf-8-sig"), name) if name else None
