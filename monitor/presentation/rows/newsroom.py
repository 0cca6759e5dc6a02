"""The newsroom at a glance, its deliveries, and its briefings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, TypedDict

from monitor.base.formatting import alert_number
from monitor.model.delivery import UNSENT, Delivery, DeliveryState
from monitor.model.recall import Estimate, Recall
from monitor.presentation.rows import Line, Lines, Moment, decimals, means, row
from monitor.presentation.rows.alerts import OutletRow, OutletsElsewhere

if TYPE_CHECKING:
    from monitor.model.briefing import Briefing
    from monitor.model.status import Status
    from monitor.storage.store.sql.views import Views

Label = Annotated[str, means(encode=attrgetter("label"))]


class PresenceRow(TypedDict):
    """The monitor that watches the newsroom."""

    pid: int
    since: Annotated[Moment, means("When it began.")]
    config: Annotated[str, means("Path of its feeds.yaml.")]
    log: Annotated[str, means("Path of its log.")]


class BackfillRow(TypedDict):
    """A watchlist that is still matched against the archive."""

    watchlist: str
    upto: Annotated[int, means("Number of the last article that it was matched with.")]
    until: Annotated[int, means("Number of the last article that was there before it.")]


class ActiveSilenceRow(TypedDict):
    """A watchlist of which nobody is notified for a while."""

    watchlist: str
    until: Moment


class SharingMonitorRow(TypedDict):
    """A monitor of a store that several share."""

    name: Annotated[str, means("Machine and process: host/pid.")]
    host: str
    pid: int
    folder: Annotated[str, means("Its data folder.")]
    since: Annotated[Moment, means("When it began.")]
    heartbeat: Annotated[Moment, means("Its last heartbeat.", "seen_at")]
    lost: Annotated[bool, means("Whether it sent no heartbeat for too long.")]
    buckets: Annotated[int, means("Buckets of feeds that it polls, of 1,024.")]
    duties: Annotated[list[Label], means("What it does for all monitors.")]
    lag: Annotated[float, means("By how many seconds a poll is late.", encode=decimals(1))]


class StatusRow(TypedDict):
    """The state of the newsroom: monitor, feeds, articles, alerts, deliveries."""

    articles: int
    indexed: Annotated[int, means("Articles that can be searched.")]
    rebuilt: Annotated[float | None, means("How far a new index is, from 0 to 1.")]
    alerts: int
    untriaged: Annotated[int, means("Stories with a new alert.")]
    feeds: int
    failing: Annotated[int, means("Feeds that cannot be read.")]
    health: Annotated[dict[str, int], means("Feeds by health.", "feeds")]
    blind: Annotated[int, means("Feeds with a coverage gap.")]
    gaps: Annotated[dict[str, int], means("Feeds with coverage gaps in the last day, by kind.")]
    coverage: Annotated[CoverageRow | None, means("What was seen in the last day.")]
    monitor: Annotated[PresenceRow | None, means("Null if none runs.")]
    pulse: Annotated[Moment, means("Its last sign of life.")]
    monitors: Annotated[list[SharingMonitorRow], means("Those of a shared store, lost ones last.")]
    config_error: Annotated[str, means("Why the last edit of feeds.yaml is not active.")]
    network_down: Annotated[str, means("Why the network seems to be down.")]
    store_damage: Annotated[str, means("What is wrong with the store, and what to do.")]
    index_waits: Annotated[str, means("Why no article is indexed at present.")]
    no_vectors: Annotated[
        str,
        means("Why articles get no vectors."),
    ]
    log: Annotated[str, means("Path of the log of a monitor in the background.")]
    backfill: list[BackfillRow]
    silences: Annotated[list[ActiveSilenceRow], means("Those that hold now.")]
    unsent: Annotated[int, means("Deliveries on their way.")]
    dead: Annotated[int, means("Deliveries that were given up.")]
    set_aside: Annotated[int, means("Articles beyond the limits of matching or indexing.")]
    suppressed: Annotated[
        dict[str, int], means("Alerts listed, not sent in the last day, by reason.")
    ]


def status_row(status: Status, suppressed: Mapping[str, int], recall: Recall | None) -> StatusRow:
    return row(
        StatusRow,
        status,
        feeds=sum(status.feeds.values()),
        suppressed=dict(suppressed),
        coverage=recall and coverage_row(recall),
    )


# --- deliveries ----------------------------------------------------------------------------------


class DeliveryRow(TypedDict):
    """One alert, or one briefing, on its way to one channel."""

    id: Annotated[int, means("Number of the delivery.")]
    state: Annotated[str, means("`waiting`, `sent` or `dead` (given up).")]
    channel: str
    alert_id: Annotated[str | None, means("Number of the alert, as `a5`; null for a briefing.")]
    occasion: Annotated[str, means("`raised`, `escalated`, `unsilenced` or `briefing`.")]
    why: Annotated[str, means("Why it escalated, or how many were listed, not sent before it.")]
    watchlist: str
    title: str
    due: Annotated[Moment, means("When it is tried next.")]
    attempts: int
    reason: Annotated[str, means("Why it is not sent.")]
    created_at: Moment
    sent_at: Moment
    key: Annotated[str, means("A key that is the same at each attempt.")]
    bundle: Annotated[str, means("The same for deliveries that go as one message.")]
    briefing: Annotated[int | None, means("Number of the briefing; null for an alert.")]


def newest_deliveries(
    views: Views, state: str | None, channel: str | None, limit: int
) -> list[Delivery]:
    """Return deliveries, the newest first.

    Args:
        views: Reads the store.
        state: `waiting`, `sent`, `dead`, `all`, or `held` for those held back for quiet hours or
            a digest; None for all that are not sent.
        channel: Only deliveries to this channel.
        limit: Most deliveries to return; 0 for all.
    """
    if state == "held":
        waiting = views.deliveries.newest([DeliveryState.WAITING], channel=channel)
        held = [d for d in waiting if d.bundle or (d.reason and not d.attempts)]
        return held[-limit:][::-1]
    states: tuple[DeliveryState, ...] = UNSENT
    if state is not None:
        states = tuple(DeliveryState) if state == "all" else (DeliveryState(state),)
    return views.deliveries.newest(states, channel=channel, limit=limit or None)[::-1]


def delivery_rows(views: Views, deliveries: Sequence[Delivery]) -> list[DeliveryRow]:
    """Return deliveries, with the titles of the alerts and briefings that are still there."""
    alerts = {alert.id: alert for alert in views.alerts.get([d.alert for d in deliveries])}
    numbers = [delivery.briefing for delivery in deliveries if delivery.briefing is not None]
    briefings = views.briefings.get(numbers)
    rows = []
    for delivery in deliveries:
        alert, briefing = alerts.get(delivery.alert), briefings.get(delivery.briefing or 0)
        title = alert.title if alert else briefing.subject if briefing else ""
        rows.append(
            row(
                DeliveryRow,
                delivery,
                alert_id=alert_number(delivery.alert) if delivery.alert else None,
                watchlist=alert.watchlist if alert else "",
                title=title,
            )
        )
    return rows


# --- briefings -----------------------------------------------------------------------------------


class LitTextRow(TypedDict):
    """A text from a feed."""

    text: str
    spans: Annotated[list[list[int]], means("Start and end of each match in it.")]


NumberOfAlert = Annotated[str, means(encode=lambda alert: alert_number(alert.id))]


class BriefedStoryRow(TypedDict):
    """A story of a briefing."""

    headline: LitTextRow
    excerpt: Annotated[LitTextRow, means("The sentence with the first match.")]
    url: Annotated[str, means(attr="lead.url")]
    lang: Annotated[str, means(attr="lead.lang")]
    article_id: Annotated[int | None, means("Article of its newest alert.", "lead.article")]
    alert_ids: Annotated[list[NumberOfAlert], means("Its alerts, as `a5`.", "alerts")]
    watchlists: Annotated[list[str], means("Those that raised them, the most severe first.")]
    severity: Annotated[str, means("The highest of all these alerts.")]
    state: Annotated[str, means("`new` if any of them is, `closed` if all are.")]
    starred: bool
    first: Annotated[str, means("The outlet that had it first.")]
    at: Annotated[Moment, means("When that outlet had it.")]
    others: Annotated[list[OutletRow], means("The other outlets.")]
    elsewhere: OutletsElsewhere
    escalations: Annotated[list[str], means("Why it became more severe.")]
    notes: list[Lines]
    tags: list[Line]


class WatchlistBriefingRow(TypedDict):
    """The stories of a watchlist in a briefing."""

    watchlist: Annotated[str, means(attr="name")]
    stories: Annotated[list[BriefedStoryRow], means("Those at the top, then the heaviest.")]
    left_out: Annotated[int, means("Stories beyond the limit.")]
    listed_elsewhere: Annotated[int, means("Stories under another watchlist.")]
    noise: Annotated[int, means("Alerts called noise, not listed.")]
    silenced: Annotated[int, means("Alerts of a silence, not listed.")]
    backfilled: Annotated[int, means("Alerts of a backfill, not listed.")]
    count: Annotated[int, means("Stories in this time.", "baseline.today")]
    usual: Annotated[float | None, means("How many are usual.", "baseline.usual")]
    unusual: Annotated[bool, means("Whether that is beyond chance.", "baseline.unusual")]
    chart: Annotated[list[int], means("Stories in equal parts of the time, oldest first.")]
    missed: Annotated[Line, means("What may be missing, in words.")]
    coverage: Annotated[Line, means("How much was seen, in words.")]


class BriefedGapRow(TypedDict):
    """A coverage gap of a feed."""

    kind: Annotated[str, means("`blind` or `down`.")]
    start: Moment
    end: Annotated[Moment, means("Null while it lasts.")]


class TroubledFeedRow(TypedDict):
    """A feed of which articles may be missing."""

    feed: Annotated[str, means(attr="name")]
    words: Line
    gaps: list[BriefedGapRow]


class BriefingRow(TypedDict):
    """The briefing of a stretch of time."""

    name: Annotated[str, means("Name of a briefing by schedule.")]
    since: Moment
    until: Moment
    due: Annotated[Moment, means("When it was due, if it is late.")]
    stories: Annotated[int, means("How many stories there are.")]
    unusual: Annotated[list[str], means("Watchlists with more stories than chance explains.")]
    top: Annotated[list[BriefedStoryRow], means("At most five, of all watchlists.")]
    watchlists: Annotated[list[WatchlistBriefingRow], means("The heaviest first.")]
    feeds: Annotated[int, means("How many feeds were to be read.")]
    troubled: Annotated[list[TroubledFeedRow], means("Feeds of which articles may be missing.")]


def briefing_row(briefing: Briefing) -> BriefingRow:
    return row(BriefingRow, briefing, unusual=[watchlist.name for watchlist in briefing.unusual])


class CoverageRow(TypedDict):
    """What was seen of an outlet, or what a watchlist saw of it, and how much was published."""

    watchlist: Annotated[str, means("Empty for all articles.")]
    outlet: Annotated[str, means("Its site; empty for all that are compared.")]
    since: Annotated[Moment, means("Articles published from then on count.")]
    until: Moment
    seen: Annotated[int, means("Articles that tocsin has.")]
    unlisted: Annotated[int, means("Those of them that no feed showed.")]
    late: Annotated[float | None, means("Median seconds until a feed showed them.")]
    feed: Annotated[int, means("Articles that feeds showed.", "witnessed.feed")]
    sitemap: Annotated[int, means("Those of the sitemap, by the headline.", "witnessed.sitemap")]
    both: Annotated[int, means("Those of both.", "witnessed.both")]
    published: Annotated[int | None, means("How many were published, about; null if not known.")]
    low: Annotated[int | None, means("Beginning of the 95 % interval.")]
    high: Annotated[int | None, means("Its end; null where `published` is a lower bound.")]
    refusal: Annotated[str, means("`no_witness`, `early`, `few` or `apart`, if not known.")]


def coverage_row(recall: Recall) -> CoverageRow:
    answer = recall.answer if isinstance(recall.answer, Estimate) else None
    return row(
        CoverageRow,
        recall,
        published=answer and answer.published,
        low=answer and answer.low,
        high=answer and answer.high,
        refusal="" if answer else str(recall.answer),
    )
