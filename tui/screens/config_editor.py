"""Editing `feeds.yaml` in the analyst's editor, and a report of what has changed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal

from textual.app import SuspendNotSupported
from textual.binding import BindingType

from monitor.base.errors import ConfigError, MonitorError, Problem
from monitor.base.files import atomic_write
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.config.diff import Difference, Effect, differences
from monitor.config.loading import configured_store, read, version_in_force
from monitor.config.location import data_folder
from monitor.model.config import Config
from monitor.presentation.spans import Line, wrap
from tui import external_programs
from tui.key_labels import bind
from tui.screens.dialogs import Dialog, PageDialog
from tui.screens.newsroom_screen import NewsroomScreen
from tui.widgets.scroll_text import ScrollText

ConfigPlace = tuple[Literal["feeds", "watchlists"], str]
"""Where to begin: a section, and the name or address of an entry."""


async def edit_file(screen: NewsroomScreen, place: ConfigPlace) -> None:
    """Open the file at a place, or at its first error; then report what has changed."""
    newsroom = screen.newsroom
    path, editor = newsroom.service.config, external_programs.find_editor(newsroom.environ)
    if path is None:
        screen.show_message(_("There is no feeds.yaml; start tocsin with -c FILE."), error=True)
        return
    if not editor:
        screen.show_message(_("No editor: set $EDITOR, or install nano or vi."), error=True)
        return
    before = await screen.ask(_read_config, path)
    if before is None:
        return
    content, config = before
    edited = await screen.ask(_file_to_edit, path)
    if edited is None:
        return
    if edited != path:
        content, config = await screen.ask(_read_copy, edited, path) or before
    start = await screen.ask(_start_line, content, config, place)
    command = external_programs.editor_command(editor, edited, start or 1)
    if external_programs.is_graphical(editor):
        screen.show_message(_("Editing {file} in {program}…", file=path.name, program=editor[0]))
        error = await screen.ask(external_programs.run_program, command)
    else:
        try:
            with screen.app.suspend():
                error = external_programs.run_program(command)
        except SuspendNotSupported:
            text = _("The dashboard cannot leave this terminal; edit {path} in another.", path=path)
            screen.show_message(text, error=True)
            return
    if error:
        screen.show_message(error, error=True)
    if edited == path:
        after = await screen.ask(_read_config, path)
    else:
        after = await screen.ask(_apply_copy, edited, path, before[0])
    if after is not None:
        _report(screen, place, before, after)


_ConfigFile = tuple[bytes, "Config | ConfigError"]


def _read_config(path: Path) -> _ConfigFile:
    """Return the content of the file or of the version in the store, and what it says.

    That is its configuration, or its errors.
    """
    try:
        content = read(path)
    except ConfigError as error:
        return b"", error
    return _understood(content, path)


def _understood(content: bytes, path: Path) -> _ConfigFile:
    from monitor.config.checks import understand_and_test

    try:
        return content, understand_and_test(content, path)
    except ConfigError as error:
        return content, error


def _file_to_edit(path: Path) -> Path:
    """Return the file itself, or a copy of the version in the store: the same until it is well."""
    if not configured_store(path):
        return path
    stored, folder = version_in_force(path), data_folder(path)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy = folder / f"feeds.version-{stored.number}.yaml"
    if not copy.exists():
        atomic_write(copy, stored.content.encode(), mode=0o600)
    return copy


def _read_copy(copy: Path, path: Path) -> _ConfigFile:
    return _understood(copy.read_bytes(), path)


def _apply_copy(copy: Path, path: Path, before: bytes) -> _ConfigFile:
    """Put an edited copy in force; one with errors stays for the next edit.

    Raises:
        MonitorError: Somebody applied another version meanwhile.
    """
    from monitor.config.yaml_edit import edit

    content, config = found = _understood(copy.read_bytes(), path)
    if isinstance(config, ConfigError):
        return found

    def replaced(text: str) -> str:
        if text.encode() != before:
            raise MonitorError(
                _(
                    "another version was applied meanwhile; yours is in {file}, and not in force",
                    file=copy,
                )
            )
        return content.decode("utf-8-sig")

    if content != before:
        edit(path, replaced)
    copy.unlink()
    return found


def _start_line(content: bytes, config: Config | ConfigError, place: ConfigPlace) -> int:
    """Return the line of the first error, else that of the place."""
    from monitor.config.yaml_nodes import line_of

    if isinstance(config, ConfigError):
        return config.problems[0].line
    return line_of(content, *place)


def _report(
    screen: NewsroomScreen, place: ConfigPlace, before: _ConfigFile, after: _ConfigFile
) -> None:
    """Show what an edit changed, or the errors of the file."""
    (old_content, old), (new_content, new) = before, after
    if isinstance(new, ConfigError):
        from monitor.config.credentials import masked
        from monitor.config.yaml_nodes import decode

        source, _mistake = decode(new_content)
        problems = [(each, masked(source.lines, each.line)) for each in new.problems]

        def on_close(again: bool | None) -> None:
            if again:
                screen.run_worker(edit_file(screen, place), group="edit")

        screen.app.push_screen(ConfigErrorsDialog(problems), on_close)
    elif old_content == new_content:
        screen.show_message(_("feeds.yaml has not changed."))
    else:
        from monitor.config.checks import warnings

        found = (
            [Difference(Effect.CHANGED, _("the file is valid again"))]
            if isinstance(old, ConfigError)
            else differences(old, new)
        )
        doubts = warnings(new)
        title = _("feeds.yaml has changed")
        screen.app.push_screen(PageDialog(title, lambda cells: change_lines(found, doubts, cells)))
    screen.newsroom.read_all_next()


class ConfigErrorsDialog(Dialog[bool]):
    """The errors of feeds.yaml; gives whether to open the file again."""

    BINDINGS: ClassVar[list[BindingType]] = [bind("E", "edit_file", "")]

    def __init__(self, problems: Sequence[tuple[Problem, str]]) -> None:
        page = ScrollText(partial(problem_lines, problems))
        super().__init__(_("feeds.yaml has errors and is not loaded"), page)

    def action_edit_file(self) -> None:
        """Open the file again, as the page says."""
        self.dismiss(True)


def problem_lines(problems: Sequence[tuple[Problem, str]], cells: int) -> list[Line]:
    """Return errors, each with its line of the file and a caret under its column."""
    page: list[Line] = []
    for problem, text in problems:
        page += wrap(line(str(problem)), cells, "bad")
        start = max(0, problem.column - cells + 12)
        shown = line(text[start : start + cells])
        page.append([(f"{problem.line:>5} ", "quiet"), (shown, "plain")])
        page += [[(" " * (5 + problem.column - start) + "^", "bad")], []]
    ending = _("The earlier configuration stays in force. E opens the file at the first error.")
    return [*page, *wrap(ending, cells, "quiet")]


def change_lines(
    differences: Sequence[Difference], warnings: Sequence[str], cells: int
) -> list[Line]:
    """Return what an edit changed (`feed added: …`), and the warnings about it."""
    styles = {Effect.ADDED: "ok", Effect.REMOVED: "bad", Effect.CHANGED: "late"}
    page: list[Line] = []
    for effect, words in differences:
        page += wrap(line(words), cells, styles[effect])
    if not differences:
        page += wrap(_("only the text, not its meaning"), cells, "plain")
    if warnings:
        page += [[], *wrap(_("Warnings:"), cells, "late")]
        for warning in warnings:
            page += wrap(line(warning), cells, "plain", "  ")
    return [*page, [], *wrap(_("The monitor loads the file within seconds."), cells, "quiet")]
