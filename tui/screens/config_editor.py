"""Editing `feeds.yaml` in the analyst's editor, and telling what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from textual.app import SuspendNotSupported

from index.analysis.text_cleaning import line
from monitor.errors import ConfigError, Problem
from tui import external_programs
from tui.screens.dialogs import Dialog
from tui.view.styled_text import Line, wrap
from tui.widgets.scroll_text import ScrollText

if TYPE_CHECKING:
    from monitor.model.config import Config
    from tui.screens.panes import Panes

Place = tuple[Literal["feeds", "watchlists"], str]
"""Where to begin: a section, and the name or address of an entry of it."""


async def edit_file(screen: Panes, place: Place) -> None:
    """Open the file at a place, or where it has a mistake; tell what changed."""
    room = screen.newsroom
    path, words = room.service.config, external_programs.editor(room.environ)
    if path is None:
        screen.tell("Nobody said where feeds.yaml is.", trouble=True)
        return
    if not words:
        screen.tell("No editor: set $EDITOR, or install nano or vi.", trouble=True)
        return
    before = await screen.answer(_read, path)
    if before is None:
        return
    content, config = before
    at = await screen.answer(_line, content, config, place)
    command = external_programs.command(words, path, at or 1)
    if external_programs.graphical(words):
        screen.tell(f"Editing {path.name} in {words[0]}…")
        trouble = await screen.answer(external_programs.run, command)
    else:
        try:
            with screen.app.suspend():
                trouble = external_programs.run(command)
        except SuspendNotSupported:
            screen.tell(f"This terminal cannot be left; edit {path}.", trouble=True)
            return
    if trouble:
        screen.tell(trouble, trouble=True)
    after = await screen.answer(_read, path)
    if after is not None:
        _tell(screen, before, after)


_Read = tuple[bytes, "Config | ConfigError"]


def _read(path: Path) -> _Read:
    """Return a file, and what it says or what is wrong with it."""
    from monitor.config.watchlist_tests import load_and_test, understand_and_test

    try:
        content = path.read_bytes()
    except OSError:
        try:
            return b"", load_and_test(path)
        except ConfigError as error:
            return b"", error
    try:
        return content, understand_and_test(content, path)
    except ConfigError as error:
        return content, error


def _line(content: bytes, config: Config | ConfigError, place: Place) -> int:
    """Return the line to begin at: that of the first mistake, else that of the place."""
    from monitor.config.yaml_nodes import line_of

    if isinstance(config, ConfigError):
        return config.problems[0].line
    return line_of(content, *place)


def _tell(screen: Panes, before: _Read, after: _Read) -> None:
    (old, was), (new, now) = before, after
    if isinstance(now, ConfigError):
        from monitor.config.credentials import masked
        from monitor.config.yaml_nodes import decode

        source, _ = decode(new)
        problems = [(each, masked(source.lines, each.line)) for each in now.problems]
        title = "feeds.yaml is not in force"
        screen.app.push_screen(_Told(title, lambda cells: mistakes(problems, cells)))
    elif old == new:
        screen.tell("feeds.yaml is as it was.")
    else:
        from monitor.config.diff import changes
        from monitor.config.summary import warnings

        found = changes(was, now) if not isinstance(was, ConfigError) else ["understood again"]
        doubts = warnings(now)
        title = "feeds.yaml has changed"
        screen.app.push_screen(_Told(title, lambda cells: changed(found, doubts, cells)))
    screen.newsroom.look_at_all()


class _Told(Dialog[None]):
    """What came of an edit."""

    def __init__(self, title: str, page: Callable[[int], list[Line]]) -> None:
        super().__init__(title, ScrollText(page))


def mistakes(problems: Sequence[tuple[Problem, str]], cells: int) -> list[Line]:
    """Return mistakes with the lines they are on; what was in force before goes on."""
    page: list[Line] = []
    for problem, text in problems:
        page += wrap(line(str(problem)), cells, "bad")
        start = max(0, problem.column - cells + 12)
        shown = line(text[start : start + cells])
        page.append([(f"{problem.line:>5} ", "quiet"), (shown, "plain")])
        page += [[(" " * (5 + problem.column - start) + "^", "bad")], []]
    ending = "The rules from before it go on. E opens the file at the first mistake."
    return [*page, *wrap(ending, cells, "quiet")]


def changed(found: Sequence[str], doubts: Sequence[str], cells: int) -> list[Line]:
    """Return what an edit changed, and what looks wrong in it."""
    inks = {"added": "ok", "removed": "bad", "changed": "late"}
    page: list[Line] = []
    for said in found or ["nothing that matters"]:
        page += wrap(
            line(said), cells, inks.get(said.partition(":")[0].rpartition(" ")[2], "plain")
        )
    if doubts:
        page += [[], *wrap("Probably not meant:", cells, "late")]
        for doubt in doubts:
            page += wrap(line(doubt), cells, "plain", "  ")
    return [*page, [], *wrap("The monitor takes it up within seconds.", cells, "quiet")]
