"""Which outlet had a story first. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.model.alert import Outlet

_OLDEST = 72 * 3600.0
"""Seconds before we saw it that an article of a story can be dated at most."""


def published_first(outlets: Sequence[Outlet]) -> Outlet | None:
    """Return the outlet that had a story first by the publishers' own dates.

    None where the dates agree with the order in which the monitor saw the outlets, within a
    minute, or where a date is missing, in the future or too old.
    """
    dated = [o for o in outlets if o.published and 0 <= o.seen - o.published <= _OLDEST]
    first = min(dated, key=lambda outlet: outlet.published or 0.0, default=None)
    if first is None or first is outlets[0] or outlets[0] not in dated:
        return None
    return first if (outlets[0].published or 0.0) - (first.published or 0.0) >= 60 else None
