"""Has a feed moved for good? Pure.

A redirect that calls itself permanent often is not: a site under repair, a captive portal.
Three of them, over a day at least and all to one address, are believed.
"""

from __future__ import annotations

from index.article import Timestamp
from monitor.formatting import span
from monitor.model.feed import Former, Move

TIMES = 3
SPAN = 86_400.0
"""Seconds between the first and the last of them."""
LATELY = 7 * SPAN
"""Seconds for which it is told where a feed was before."""
NOWHERE = Move("", 0.0, 0.0, 0)


def noted(before: Move | None, to: str | None, now: Timestamp) -> Move | None:
    """Return what an answer makes of what was noted of redirects before; None leaves it so.

    `to` is where permanent redirects led, None if there were none.
    """
    if to is None:
        return NOWHERE if before else None
    if before is None or before.to != to or now < before.since:  # a clock may be set back
        return Move(to, now, now, 1)
    return Move(to, before.since, now, before.times + 1)


def is_confirmed(move: Move) -> bool:
    """Return whether a feed is believed to have moved."""
    return move.times >= TIMES and move.latest - move.since >= SPAN


def in_words(move: Move | None, former: Former | None, now: Timestamp) -> str:
    """Return what is to be told of where a feed is, or was: `; moved here from … 2 d ago`."""
    if move and is_confirmed(move):
        return f"; it has moved for good to {_shown(move.to)}"
    if former and now - former.until < LATELY:
        return f"; moved here from {_shown(former.url)} {span(now - former.until)} ago"
    return ""


def _shown(url: str) -> str:
    """Return an address without its query, which may hold a token."""
    return url.partition("?")[0]
