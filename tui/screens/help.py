"""Every key, from the bindings themselves."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.dom import DOMNode

from tui.keys import explained
from tui.screens.dialogs import Dialog
from tui.view.styled_text import Line, fit, wrap
from tui.widgets.scroll_text import ScrollText

COLUMN = 50
"""Cells of one column of keys."""

Section = tuple[str, list[tuple[str, str]]]


def sections() -> list[Section]:
    """Return (title, keys and what they do) for each place that has keys of its own."""
    from tui.app import Tocsin
    from tui.base_app import BaseApp
    from tui.screens.alert_filter import Filtering
    from tui.screens.archive import ArchiveScreen
    from tui.screens.deliveries import UnsentDeliveries
    from tui.screens.feeds import FeedsScreen
    from tui.screens.main import MainScreen
    from tui.screens.panes import Panes
    from tui.screens.triage import Triaging
    from tui.widgets.line_list import LineList

    places: Sequence[tuple[str, type[DOMNode]]] = (
        ("Alerts", Triaging),
        ("Choosing alerts", Filtering),
        ("Desk", MainScreen),
        ("Articles and panes", Panes),
        ("Lists", LineList),
        ("Reader and pages", ScrollText),
        ("Archive search", ArchiveScreen),
        ("Feeds", FeedsScreen),
        ("Deliveries", UnsentDeliveries),
        ("Dialogs", Dialog),
        ("Everywhere", Tocsin),
    )
    listed = [(title, explained(place)) for title, place in places]
    title, keys = listed[-1]
    return [*listed[:-1], (title, keys + explained(BaseApp))]


SIGNS = (
    ("▲ ● ·", "high, medium, low"),
    ("•", "new"),
    ("★ ✓ ×", "starred, relevant, noise"),
    ("▪ ✎", "closed, with a note"),
    ("◆ ↑", "marked; escalated, and why"),
    ("37/12▲", "alerts today / usual number by this time; ▲ a surprise"),
    ("12  +39", "12 alerts today; 39 new alerts of all days"),
    ("‹", "was published before tocsin watched the feed; its own date is shown"),
    ("? »", "no date; a date in the future; both sorted by when it was first seen"),
    ("+3", "three other outlets have the same story"),
    ("✓ ! ✗", "feed is fine; late, blind or silent; failing"),
)


def page(cells: int) -> list[Line]:
    """Return the help in one column, or two where they fit."""
    blocks = [_block(title, keys) for title, keys in (*sections(), ("Signs", list(SIGNS)))]
    if cells < 2 * COLUMN:
        return [line for block in blocks for line in block]
    left, right = _columns(blocks)
    rows = max(len(left), len(right))
    left += [[]] * (rows - len(left))
    right += [[]] * (rows - len(right))
    return [[*_padded(a), *b] for a, b in zip(left, right, strict=True)]


def _block(title: str, keys: Sequence[tuple[str, str]]) -> list[Line]:
    lines: list[Line] = [[(title, "accent")]]
    for key, does in keys:
        said = wrap(does, COLUMN - 13, "plain")
        lines.append([(fit(key, 10, right=True), "key"), ("  ", ""), *said[0]])
        lines += [[(" " * 12, ""), *more] for more in said[1:]]
    return [*lines, []]


def _columns(blocks: Sequence[list[Line]]) -> tuple[list[Line], list[Line]]:
    """Return whole blocks in two columns of about one height."""
    half = sum(map(len, blocks)) / 2
    left: list[Line] = []
    right: list[Line] = []
    for block in blocks:
        column = left if not right and len(left) + len(block) / 2 <= half else right
        column += block
    return left, right


def _padded(line: Line) -> Line:
    used = sum(cell_len(text) for text, _ in line)
    return [*line, (" " * max(0, COLUMN - used), "")]


class Help(Dialog[None]):
    """The keys."""

    def __init__(self) -> None:
        super().__init__("Keys", ScrollText(page))
