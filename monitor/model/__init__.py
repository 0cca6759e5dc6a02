"""The words of watching: frozen values, one type per stage, no I/O.

Times are seconds since the epoch (UTC), durations are seconds.

To make the class of such a value takes up to a millisecond, and no command needs half of them.
A file of this package is read when the first of its names is asked for, here or in a `from
monitor.model import`: so what viewers read at once and seldom need, they call `model.Delivery`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

_NAMES = {
    "alerts": "NOBODY_ELSE Alert AlertState Escalation Lost Outlet Telling Verdict",
    "arriving": "Arrival Known KnownArticle Names Raised Refresh Sighting Summary",
    "asked": "Config Escalate Networks SavedSearch Watchlist",
    "by": "By Split",
    "channels": "Channel ChannelKind Fault Refusal",
    "counted": "WHOLE Facets Mention Series Share Trend",
    "coverage": "Coverage",
    "delivering": "Delivery DeliveryState Occasion Parcel Planned",
    "feeds": "Feed FeedHealth FeedState Gap GapKind Health Outcome Poll",
    "fetched": "Answered Entry Fetched Hints NotModified Page ParsedFeed",
    "filter": "Filter",
    "glance": "MonitorPresence Status",
    "habits": "Habit",
    "keeping": "FOR_EVER Expiring Retention Spared Ticket",
    "latency": "Carried Clocked FeedLatency Latency Spread Step",
    "listening": "Listening",
    "request_options": "DEFAULT_OPTIONS RequestOptions Secret Setting",
    "matching": "Hit Match",
    "moves": "Former Move",
    "notices": "FEED_HEALTH AlertKind Episode Notice",
    "reading": "Reading Version",
    "records": "BackfillStand Judged TermRecord WatchlistRecord",
    "routed": "Digest Mute Quiet Route",
    "searching": "Found Results Searched Suggestion",
    "severity": "Severity",
    "triage": "Act Change Decision Standing difference standing taken_back",
    "watchlists": "Pace WatchlistCount",
}
_FILES = {name: file for file, names in _NAMES.items() for name in names.split()}

if TYPE_CHECKING:  # the same for whoever reads types, and no name besides
    from monitor.model.alerts import NOBODY_ELSE as NOBODY_ELSE
    from monitor.model.alerts import Alert as Alert
    from monitor.model.alerts import AlertState as AlertState
    from monitor.model.alerts import Escalation as Escalation
    from monitor.model.alerts import Lost as Lost
    from monitor.model.alerts import Outlet as Outlet
    from monitor.model.alerts import Telling as Telling
    from monitor.model.alerts import Verdict as Verdict
    from monitor.model.arriving import Arrival as Arrival
    from monitor.model.arriving import Known as Known
    from monitor.model.arriving import KnownArticle as KnownArticle
    from monitor.model.arriving import Names as Names
    from monitor.model.arriving import Raised as Raised
    from monitor.model.arriving import Refresh as Refresh
    from monitor.model.arriving import Sighting as Sighting
    from monitor.model.arriving import Summary as Summary
    from monitor.model.asked import Config as Config
    from monitor.model.asked import Escalate as Escalate
    from monitor.model.asked import Networks as Networks
    from monitor.model.asked import SavedSearch as SavedSearch
    from monitor.model.asked import Watchlist as Watchlist
    from monitor.model.by import By as By
    from monitor.model.by import Split as Split
    from monitor.model.channels import Channel as Channel
    from monitor.model.channels import ChannelKind as ChannelKind
    from monitor.model.channels import Fault as Fault
    from monitor.model.channels import Refusal as Refusal
    from monitor.model.counted import WHOLE as WHOLE
    from monitor.model.counted import Facets as Facets
    from monitor.model.counted import Mention as Mention
    from monitor.model.counted import Series as Series
    from monitor.model.counted import Share as Share
    from monitor.model.counted import Trend as Trend
    from monitor.model.coverage import Coverage as Coverage
    from monitor.model.delivering import Delivery as Delivery
    from monitor.model.delivering import DeliveryState as DeliveryState
    from monitor.model.delivering import Occasion as Occasion
    from monitor.model.delivering import Parcel as Parcel
    from monitor.model.delivering import Planned as Planned
    from monitor.model.feeds import Feed as Feed
    from monitor.model.feeds import FeedHealth as FeedHealth
    from monitor.model.feeds import FeedState as FeedState
    from monitor.model.feeds import Gap as Gap
    from monitor.model.feeds import GapKind as GapKind
    from monitor.model.feeds import Health as Health
    from monitor.model.feeds import Outcome as Outcome
    from monitor.model.feeds import Poll as Poll
    from monitor.model.fetched import Answered as Answered
    from monitor.model.fetched import Entry as Entry
    from monitor.model.fetched import Fetched as Fetched
    from monitor.model.fetched import Hints as Hints
    from monitor.model.fetched import NotModified as NotModified
    from monitor.model.fetched import Page as Page
    from monitor.model.fetched import ParsedFeed as ParsedFeed
    from monitor.model.filter import Filter as Filter
    from monitor.model.glance import MonitorPresence as MonitorPresence
    from monitor.model.glance import Status as Status
    from monitor.model.habits import Habit as Habit
    from monitor.model.keeping import FOR_EVER as FOR_EVER
    from monitor.model.keeping import Expiring as Expiring
    from monitor.model.keeping import Retention as Retention
    from monitor.model.keeping import Spared as Spared
    from monitor.model.keeping import Ticket as Ticket
    from monitor.model.latency import Carried as Carried
    from monitor.model.latency import Clocked as Clocked
    from monitor.model.latency import FeedLatency as FeedLatency
    from monitor.model.latency import Latency as Latency
    from monitor.model.latency import Spread as Spread
    from monitor.model.latency import Step as Step
    from monitor.model.listening import Listening as Listening
    from monitor.model.matching import Hit as Hit
    from monitor.model.matching import Match as Match
    from monitor.model.moves import Former as Former
    from monitor.model.moves import Move as Move
    from monitor.model.notices import FEED_HEALTH as FEED_HEALTH
    from monitor.model.notices import AlertKind as AlertKind
    from monitor.model.notices import Episode as Episode
    from monitor.model.notices import Notice as Notice
    from monitor.model.reading import Reading as Reading
    from monitor.model.reading import Version as Version
    from monitor.model.records import BackfillStand as BackfillStand
    from monitor.model.records import Judged as Judged
    from monitor.model.records import TermRecord as TermRecord
    from monitor.model.records import WatchlistRecord as WatchlistRecord
    from monitor.model.request_options import DEFAULT_OPTIONS as DEFAULT_OPTIONS
    from monitor.model.request_options import RequestOptions as RequestOptions
    from monitor.model.request_options import Secret as Secret
    from monitor.model.request_options import Setting as Setting
    from monitor.model.routed import Digest as Digest
    from monitor.model.routed import Mute as Mute
    from monitor.model.routed import Quiet as Quiet
    from monitor.model.routed import Route as Route
    from monitor.model.searching import Found as Found
    from monitor.model.searching import Results as Results
    from monitor.model.searching import Searched as Searched
    from monitor.model.searching import Suggestion as Suggestion
    from monitor.model.severity import Severity as Severity
    from monitor.model.triage import Act as Act
    from monitor.model.triage import Change as Change
    from monitor.model.triage import Decision as Decision
    from monitor.model.triage import Standing as Standing
    from monitor.model.triage import difference as difference
    from monitor.model.triage import standing as standing
    from monitor.model.triage import taken_back as taken_back
    from monitor.model.watchlists import Pace as Pace
    from monitor.model.watchlists import WatchlistCount as WatchlistCount
else:

    def __getattr__(name: str) -> Any:
        """Return a name of one of the files, and keep it."""
        if name not in _FILES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f"{__name__}.{_FILES[name]}"), name)
        return value
