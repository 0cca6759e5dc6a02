"""Cooldown: after a notification of a watchlist, its next alerts are suppressed for a while."""

from __future__ import annotations

from index.article import Timestamp


def cooldown_end(
    cooldown: float, last_notified: Timestamp | None, now: Timestamp
) -> Timestamp | None:
    """Return when the cooldown of a watchlist ends; None if there is none now.

    Args:
        cooldown: Seconds, as the watchlist asks; 0 is none.
        last_notified: When the last alert was raised that somebody was notified of.
        now: The time. A notification in the future (the clock was set back) cools nothing.
    """
    if not cooldown or last_notified is None:
        return None
    return last_notified + cooldown if now - cooldown < last_notified <= now else None
