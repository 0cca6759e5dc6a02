"""Names that are the same in each export, and what both formats say of an article."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from msgspec import Struct, field

from monitor.base.article import Timestamp
from monitor.model.alert import Alert, Verdict
from monitor.model.article import ArticleDetails

NAMESPACE = uuid5(NAMESPACE_URL, "tocsin")
TLP = ("clear", "green", "amber", "red")
"""Whom it may be passed on to, by the Traffic Light Protocol."""
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


class ExportContext(Struct, frozen=True, kw_only=True):
    """What is said of an export as a whole."""

    query: str
    """What found the articles; empty for all of them."""
    tlp: str = ""
    """One of `TLP`; empty says nothing."""
    edited: Mapping[int, Timestamp] = field(default_factory=dict)
    """When articles were edited last, by id; others never were."""
    proofs: Mapping[int, tuple[int, str]] = field(default_factory=dict)
    """Number and hash of the record of why an alert was raised, by alert."""


def stable_uuid(kind: str, *what: object) -> UUID:
    """Return the name of a thing: the same for the same."""
    return uuid5(NAMESPACE, "\n".join([kind, *map(str, what)]))


def utc_datetime(at: Timestamp) -> datetime:
    """Return a moment in UTC, one that every reader understands."""
    try:
        return min(max(datetime.fromtimestamp(at, UTC), _FIRST), _LAST)
    except (OverflowError, ValueError, OSError):
        return _FIRST if at < 0 else _LAST


def last_changed(reading: ArticleDetails, shared: ExportContext) -> Timestamp:
    """Return when an article or what is known of it changed last."""
    article = reading.article
    stirred = (max(alert.raised_at, alert.stirred_at) for alert in reading.alerts)
    return max([article.seen, shared.edited.get(article.id, article.seen), *stirred])


def describe_matches(alert: Alert) -> str:
    """Return what matched, and by which terms: `« espionnage » by espionn*`."""
    words = dict.fromkeys(
        f"« {match.text} »" + ("" if match.text == match.term else f" by {match.term}")
        for match in alert.matches
    )
    return ", ".join(words)


def labels(alert: Alert) -> list[str]:
    """Return what is said of an alert, as `severity:high`."""
    texts = [f"watchlist:{alert.watchlist}", f"severity:{alert.severity}", f"state:{alert.state}"]
    if alert.verdict is not Verdict.NONE:
        texts.append(f"verdict:{alert.verdict}")
    if alert.starred:
        texts.append("starred")
    return [*texts, *(f"tag:{tag}" for tag in alert.tags)]
