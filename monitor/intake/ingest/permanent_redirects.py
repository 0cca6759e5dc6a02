"""Whether a feed has moved permanently. Pure.

A 301 or 308 is often temporary: a site under repair, a captive portal. Three of them to one
address, over at least a day, count as a move.
"""

from __future__ import annotations

from monitor.base.article import Timestamp
from monitor.base.formatting import span
from monitor.base.translation import gettext as _
from monitor.model.feed import FormerAddress, PermanentRedirect

TIMES = 3
SPAN = 86_400.0
"""Least seconds between the first and the last redirect."""
LATELY = 7 * SPAN
"""Seconds for which the former address of a feed is shown."""
NOWHERE = PermanentRedirect("", 0.0, 0.0, 0)


def updated_redirect(
    before: PermanentRedirect | None, to: str | None, now: Timestamp
) -> PermanentRedirect | None:
    """Return the redirects seen so far, with those of one answer; None if nothing changes.

    `to` is where permanent redirects of the answer led, None without one.
    """
    if to is None:
        return NOWHERE if before else None
    if before is None or before.to != to or now < before.since:  # a clock may be set back
        return PermanentRedirect(to, now, now, 1)
    return PermanentRedirect(to, before.since, now, before.times + 1)


def is_confirmed(move: PermanentRedirect) -> bool:
    return move.times >= TIMES and move.latest - move.since >= SPAN


def describe_redirect(
    move: PermanentRedirect | None, former: FormerAddress | None, now: Timestamp
) -> str:
    """Return where a feed has moved to, or came from: `moved here from … 2 d ago`."""
    if move and is_confirmed(move):
        return _("it has moved permanently to {address}", address=_shown(move.to))
    if former and now - former.until < LATELY:
        ago = span(now - former.until)
        return _("moved here from {address} {time} ago", address=_shown(former.url), time=ago)
    return ""


def _shown(url: str) -> str:
    """Return an address without its query, which may hold a token."""
    return url.partition("?")[0]
