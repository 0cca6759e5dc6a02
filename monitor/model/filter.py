"""Which alerts or articles are meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.article import Timestamp
    from monitor.model.alerts import AlertState, Verdict
    from monitor.model.severity import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which alerts or articles; empty fields do not restrict."""

    since: Timestamp | None = None
    until: Timestamp | None = None
    lang: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    """Feed names or `tag:NAME`."""
    watchlists: tuple[str, ...] = ()
    state: AlertState | None = None
    severities: tuple[Severity, ...] = ()
    """Of alerts, as loud as they are now."""
    verdict: Verdict | None = None
    starred: bool | None = None
    tags: tuple[str, ...] = ()
    """Alerts with any of these tags of the analyst."""
    noted: bool | None = None
    """Alerts with a note, or without."""
    closed: bool = False
    """Also alerts that are closed, where `state` does not say which."""
    muted: bool = False
    """Also alerts that were raised while their watchlist was muted."""
