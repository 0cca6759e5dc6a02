"""The state of the newsroom, briefings, deliveries; feeds with their polls and coverage gaps."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from monitor.api.access import Reader
from monitor.api.newsroom import InQuery, Moment, Newsroom, Parameters, Room, RowRouter, Text, param
from monitor.api.problems import invalid
from monitor.base.translation import gettext as _
from monitor.model.briefing import Briefing
from monitor.model.search import Filter
from monitor.presentation.rows import means
from monitor.presentation.rows.feeds import FeedRow, GapRow, feed_row, gap_rows
from monitor.presentation.rows.newsroom import (
    BriefingRow,
    DeliveryRow,
    StatusRow,
    briefing_row,
    delivery_rows,
    newest_deliveries,
    status_row,
)

router = RowRouter(tags=["newsroom"])
DAY = 86_400.0
GAP_SECONDS = 7 * DAY


@router.get("/status")
def status(newsroom: Room, caller: Reader) -> StatusRow:
    """Return the state of the newsroom: monitor, feeds, articles, alerts, deliveries."""
    health = newsroom.service.health
    return status_row(health.status(), health.suppressed(), health.recall_of_the_day())


class BriefingParameters(Parameters):
    """Span and watchlists of a briefing."""

    since: Moment = param("A time, as `2023-10-01` or `7d`; without it, the last day.", None)
    watch: list[Text] = param("Of these watchlists; without it, of all.", [], max_length=50)
    limit: int = param("Stories of a watchlist at most.", 20, ge=1, le=200)

    def briefing(self, newsroom: Newsroom) -> Briefing:
        """Return the briefing; raises ApiProblem and UnknownNameError."""
        now, since = newsroom.clock(), newsroom.moment("since", self.since)
        since = now - DAY if since is None else since
        if since >= now:
            raise invalid("since", _("that is in the future"))
        watchlists = tuple(self.watch)
        newsroom.names.validate(Filter(watchlists=watchlists))
        return newsroom.service.briefing(since, watchlists=watchlists, limit=self.limit)


@router.get("/briefing")
def briefing(
    newsroom: Room, caller: Reader, parameters: InQuery[BriefingParameters]
) -> BriefingRow:
    """Tell what happened since a time, by watchlist, and what may be missing."""
    return briefing_row(parameters.briefing(newsroom))


class DeliveryParameters(Parameters):
    """A filter of deliveries."""

    state: Literal["unsent", "waiting", "held", "sent", "dead", "all"] = param(
        "`held` means held back for quiet hours or a digest, `dead` given up.", "unsent"
    )
    channel: Text | None = param("To this channel.", None)
    limit: int = param("At most this many deliveries.", 50, ge=1, le=200)


class DeliveriesRow(TypedDict):
    """Deliveries."""

    deliveries: Annotated[list[DeliveryRow], means("The newest first.")]


@router.get("/deliveries")
def deliveries(
    newsroom: Room, caller: Reader, parameters: InQuery[DeliveryParameters]
) -> DeliveriesRow:
    """List deliveries to channels, and why one is not sent yet."""
    views = newsroom.service.views
    state = None if parameters.state == "unsent" else parameters.state
    newest = newest_deliveries(views, state, parameters.channel, parameters.limit)
    return {"deliveries": delivery_rows(views, newest)}


class FeedsRow(TypedDict):
    """The feeds of the newsroom."""

    feeds: Annotated[list[FeedRow], means("Those in trouble first.")]


@router.get("/feeds")
def feeds(newsroom: Room, caller: Reader) -> FeedsRow:
    """List feeds with their health."""
    return {"feeds": list(map(feed_row, newsroom.service.health.feeds()))}


class GapParameters(Parameters):
    """The beginning of a list of gaps."""

    since: Moment = param("A time, as `2023-10-01` or `7d`; without it, the last week.", None)


class GapsRow(TypedDict):
    """Coverage gaps."""

    gaps: Annotated[list[GapRow], means("The earliest first.")]


@router.get("/feeds/gaps")
def gaps(newsroom: Room, caller: Reader, parameters: InQuery[GapParameters]) -> GapsRow:
    """List coverage gaps, in which articles may have been missed, and whom they concern."""
    now = newsroom.clock()
    since = newsroom.moment("since", parameters.since)
    return {"gaps": gap_rows(newsroom.service, now - GAP_SECONDS if since is None else since, now)}
