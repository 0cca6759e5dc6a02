"""The help: every key, taken from the bindings, and the meaning of the glyphs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len
from textual.app import App
from textual.dom import DOMNode

from tui.key_labels import binding_help
from tui.screens.dialogs import PageDialog
from tui.view.styled_text import Line, fit, wrap

COLUMN_CELLS = 50
"""Width of a column of keys."""

KeySection = tuple[str, list[tuple[str, str]]]
"""A title, and (keys, what they do)."""


def key_sections(app: type[App[Any]]) -> list[KeySection]:
    """Return the keys of each screen and widget, and those of an application and its base."""
    from tui.base_app import BaseApp
    from tui.screens.alert_filter import AlertFilterScreen
    from tui.screens.archive import ArchiveScreen
    from tui.screens.deliveries import DeliveriesDialog
    from tui.screens.dialogs import Dialog
    from tui.screens.feeds import FeedsScreen
    from tui.screens.main import MainScreen
    from tui.screens.panes import PaneScreen
    from tui.screens.triage import TriageScreen
    from tui.widgets.line_list import LineList
    from tui.widgets.scroll_text import ScrollText

    nodes: Sequence[tuple[str, type[DOMNode]]] = (
        ("Alerts", TriageScreen),
        ("Filter of alerts", AlertFilterScreen),
        ("Main screen", MainScreen),
        ("Articles and panes", PaneScreen),
        ("Lists", LineList),
        ("Reader and pages", ScrollText),
        ("Archive search", ArchiveScreen),
        ("Feeds", FeedsScreen),
        ("Deliveries", DeliveriesDialog),
        ("Dialogs", Dialog),
    )
    sections = [(title, binding_help(node)) for title, node in nodes]
    return [*sections, ("Everywhere", binding_help(app) + binding_help(BaseApp))]


GLYPHS = (
    ("▲ ● ·", "high, medium, low"),
    ("•", "new"),
    ("✓ × ▪", "relevant, noise; closed"),
    ("★ ✎", "starred; with a note"),
    ("Liège +2", "raised by this watchlist and two others"),
    ("◆ ↑", "marked; escalated, and why"),
    ("37/12▲", "stories today / usual number by this time; ▲ a surprise"),
    ("12  +39", "12 stories today; 39 new stories of all days"),
    ("‹", "was published before tocsin watched the feed; its own date follows"),
    ("? »", "no date; a date in the future; both sorted by when it was first seen"),
    ("+3", "three other outlets have the same story"),
    ("✓ ! ✗", "feed is fine; late, coverage gap or silent; failing"),
)


def help_lines(app: type[App[Any]], cells: int) -> list[Line]:
    """Return the help for an application in one column, or in two where they fit."""
    sections = [*key_sections(app), ("Signs", list(GLYPHS))]
    blocks = [_section_lines(title, keys) for title, keys in sections]
    if cells < 2 * COLUMN_CELLS:
        return [line for block in blocks for line in block]
    left, right = _columns(blocks)
    rows = max(len(left), len(right))
    left += [[]] * (rows - len(left))
    right += [[]] * (rows - len(right))
    return [[*_padded(a), *b] for a, b in zip(left, right, strict=True)]


def _section_lines(title: str, keys: Sequence[tuple[str, str]]) -> list[Line]:
    lines: list[Line] = [[(title, "accent")]]
    for key, description in keys:
        wrapped = wrap(description, COLUMN_CELLS - 13, "plain")
        lines.append([(fit(key, 10, right=True), "key"), ("  ", ""), *wrapped[0]])
        lines += [[(" " * 12, ""), *more] for more in wrapped[1:]]
    return [*lines, []]


def _columns(blocks: Sequence[list[Line]]) -> tuple[list[Line], list[Line]]:
    """Return whole blocks in two columns of about the same height."""
    half = sum(map(len, blocks)) / 2
    left: list[Line] = []
    right: list[Line] = []
    for block in blocks:
        column = left if not right and len(left) + len(block) / 2 <= half else right
        column += block
    return left, right


def _padded(line: Line) -> Line:
    used = sum(cell_len(text) for text, _ in line)
    return [*line, (" " * max(0, COLUMN_CELLS - used), "")]


class HelpDialog(PageDialog):
    """The keys and glyphs.

    Textual's HelpPanel shows only the keys of the focused widget, and no glyphs.
    """

    def __init__(self, app: type[App[Any]]) -> None:
        super().__init__("Keys", lambda cells: help_lines(app, cells))
