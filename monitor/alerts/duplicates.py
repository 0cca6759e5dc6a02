"""Which new alerts are duplicates: a watchlist has one alert for an article and its copies."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.alerts.facts import KnownAlert
from monitor.model.poll import ArticleChange


def original_alert(
    watchlist: str, change: ArticleChange, of_original: Sequence[KnownAlert]
) -> int | None:
    """Return the alert of which a new one would be a duplicate; None if there is none.

    Args:
        watchlist: The watchlist that an article matches.
        change: The article.
        of_original: Alerts about the article's original and its copies, the oldest first.
    """
    if change.copy_of is None:
        return None
    for alert in of_original:
        if alert.watchlist == watchlist and alert.article != change.article.id:
            return alert.id if alert.duplicate_of is None else alert.duplicate_of
    return None
