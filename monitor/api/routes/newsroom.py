"""The state of the newsroom, briefings and deliveries."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from fastapi import Query

from monitor.api.access import Reader
from monitor.api.newsroom import Here, Moment, Parameters, Text, param
from monitor.api.problems import invalid
from monitor.api.router import RowRouter
from monitor.base.translation import gettext as _
from monitor.model.search import Filter
from monitor.presentation.rows import means
from monitor.presentation.rows.briefings import BriefingRow, briefing_row
from monitor.presentation.rows.deliveries import DeliveryRow
from monitor.presentation.rows.status import StatusRow, status_row
from monitor.presentation.service.listings import delivery_rows, newest_deliveries

router = RowRouter(tags=["newsroom"])
DAY = 86_400.0


@router.get("/status")
def status(here: Here, caller: Reader) -> StatusRow:
    """Return the state of the newsroom: monitor, feeds, articles, alerts, deliveries."""
    return status_row(here.service.status(), here.service.suppressed())


class BriefingParameters(Parameters):
    """Which briefing."""

    since: Moment = param("A time, as `2023-10-01` or `7d`; without it, the last day.", None)
    watch: list[Text] = param("Of these watchlists; without it, of all.", [], max_length=50)
    limit: int = param("Stories of a watchlist at most.", 20, ge=1, le=200)


@router.get("/briefing")
def briefing(
    here: Here, caller: Reader, parameters: Annotated[BriefingParameters, Query()]
) -> BriefingRow:
    """Tell what happened since a time, by watchlist, and what may be missing."""
    now = here.clock()
    since = here.moment("since", parameters.since)
    since = now - DAY if since is None else since
    if since >= now:
        raise invalid("since", _("that is in the future"))
    watchlists = tuple(parameters.watch)
    here.names.validate(Filter(watchlists=watchlists))
    return briefing_row(here.service.briefing(since, watchlists=watchlists, limit=parameters.limit))


class DeliveryParameters(Parameters):
    """Which deliveries."""

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
    here: Here, caller: Reader, parameters: Annotated[DeliveryParameters, Query()]
) -> DeliveriesRow:
    """List deliveries to channels, and why one is not sent yet."""
    views = here.service.views
    state = None if parameters.state == "unsent" else parameters.state
    listed = newest_deliveries(views, state, parameters.channel, parameters.limit)
    return {"deliveries": delivery_rows(views, listed)}
