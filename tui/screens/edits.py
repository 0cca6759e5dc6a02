"""What the edits of an article changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from tui.screens.dialog import Dialog
from tui.widgets.sheet import Sheet

if TYPE_CHECKING:
    from monitor.model import Reading
    from monitor.service import Service
    from monitor.service.revisions import Edit


class Edits(Dialog[None]):
    """The edits, the latest first."""

    def __init__(self, reading: Reading, edits: Sequence[Edit], zone: tzinfo | None) -> None:
        from tui.edit_page import edited

        title = reading.article.title
        super().__init__("Edits", Sheet(lambda cells: edited(title, edits, cells, zone)))


def found(service: Service, article: int) -> tuple[Reading, list[Edit]] | None:
    """Return an article with its edits, None if there is no such article; takes some 10 ms."""
    from monitor.edited import edits_of

    reading = service.read(article)
    return (reading, edits_of(service, reading, service.config)) if reading else None
