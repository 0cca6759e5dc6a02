"""The words of watching: frozen values, one type per stage, no I/O.

Times are seconds since the epoch (UTC), durations are seconds.
"""

from monitor.model.alerts import (
    Alert,
    AlertState,
    BackfillStand,
    Filter,
    Verdict,
    WatchlistCount,
    WatchlistRecord,
)
from monitor.model.arriving import (
    Arrival,
    Known,
    KnownArticle,
    Raised,
    Refresh,
    Sighting,
    Summary,
)
from monitor.model.asked import (
    Config,
    Feed,
    Networks,
    Severity,
    Watchlist,
)
from monitor.model.matching import (
    Hit,
    Match,
)
from monitor.model.polling import (
    Entry,
    FeedHealth,
    FeedState,
    Fetched,
    Gap,
    GapKind,
    Health,
    Hints,
    NotModified,
    Outcome,
    Page,
    ParsedFeed,
    Poll,
)
from monitor.model.reading import (
    Found,
    MonitorPresence,
    Reading,
    Results,
    Status,
)

__all__ = [
    "Alert",
    "AlertState",
    "Arrival",
    "BackfillStand",
    "Config",
    "Entry",
    "Feed",
    "FeedHealth",
    "FeedState",
    "Fetched",
    "Filter",
    "Found",
    "Gap",
    "GapKind",
    "Health",
    "Hints",
    "Hit",
    "Known",
    "KnownArticle",
    "Match",
    "MonitorPresence",
    "Networks",
    "NotModified",
    "Outcome",
    "Page",
    "ParsedFeed",
    "Poll",
    "Raised",
    "Reading",
    "Refresh",
    "Results",
    "Severity",
    "Sighting",
    "Status",
    "Summary",
    "Verdict",
    "Watchlist",
    "WatchlistCount",
    "WatchlistRecord",
]
