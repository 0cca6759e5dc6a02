"""What a search looks for: its filter, and the searches that were made before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from monitor.base.article import Timestamp
    from monitor.model.alert import AlertState, Verdict
    from monitor.model.severity import Severity


class Filter(Struct, frozen=True, kw_only=True):
    """Which alerts or articles; empty fields do not restrict."""

    since: Timestamp | None = None
    until: Timestamp | None = None
    lang: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    """Feed names or `tag:NAME`."""
    watchlists: tuple[str, ...] = ()
    state: AlertState | None = None
    severities: tuple[Severity, ...] = ()
    """Current severity of alerts."""
    verdict: Verdict | None = None
    starred: bool | None = None
    tags: tuple[str, ...] = ()
    """Alerts with any of these tags of the analyst."""
    assignees: tuple[str, ...] = ()
    """Alerts that any of these people, in any case, works on; an empty name is nobody."""
    noted: bool | None = None
    """Alerts with a note, or without."""
    closed: bool = False
    """Also alerts that are closed, where `state` does not say which."""
    silenced: bool = False
    """Also alerts that were raised while their watchlist was silenced."""
    merged: bool = False
    """Also alerts that were merged into that of another article."""
    suppressed: bool = False
    """Only alerts that were not notified, duplicates among them."""


class PastSearch(Struct, frozen=True):
    """A search that was made before."""

    query: str
    sort: str
    at: Timestamp
    """When it was made last."""
