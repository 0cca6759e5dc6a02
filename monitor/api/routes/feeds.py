"""Feeds with their health, their polls and coverage gaps, and new ones."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

from fastapi import Query, Request

from monitor.api.access import Admin, Reader
from monitor.api.guard import HEAVY_SECONDS, Alone, more_time
from monitor.api.newsroom import Body, Here, Moment, Parameters, Text, param
from monitor.api.problems import ApiProblem, invalid
from monitor.api.router import RowRouter
from monitor.base.errors import FeedError
from monitor.base.translation import gettext as _
from monitor.config import addresses, kinds
from monitor.model.analyst import acting_as
from monitor.model.config import Config
from monitor.model.feed import Feed
from monitor.presentation.rows import means
from monitor.presentation.rows.feeds import (
    DiagnosticsRow,
    FeedRow,
    GapRow,
    PollRow,
    diagnostics_row,
    feed_row,
    poll_row,
)
from monitor.presentation.service.listings import gap_rows

if TYPE_CHECKING:  # what reads feeds takes 15 MB
    from monitor.intake.discovery import DiscoveredFeed

router = RowRouter(tags=["feeds"])
GAP_SECONDS = 7 * 86_400.0
log = logging.getLogger("tocsin")


class FeedsRow(TypedDict):
    """The feeds of the newsroom."""

    feeds: Annotated[list[FeedRow], means("Those in trouble first.")]


@router.get("/feeds")
def feeds(here: Here, caller: Reader) -> FeedsRow:
    """List feeds with their health."""
    return {"feeds": list(map(feed_row, here.service.feeds()))}


class FeedParameters(Parameters):
    """Which feed."""

    feed: Text = param("Its name, host or address.")
    limit: int = param("At most this many polls.", 30, ge=1, le=200)


class PollsRow(TypedDict):
    """The last polls of a feed."""

    feed: str
    polls: Annotated[list[PollRow], means("The newest first.")]


@router.get("/feeds/log")
def feed_log(
    here: Here, caller: Reader, parameters: Annotated[FeedParameters, Query()]
) -> PollsRow:
    """List the last polls of a feed."""
    from monitor.presentation.service.subscriptions import find_feed

    views = here.service.views.feeds
    found = find_feed(parameters.feed, [one.feed for one in views.subscribed()])
    return {
        "feed": found.name,
        "polls": list(map(poll_row, views.polls(found.url)[: parameters.limit])),
    }


class GapParameters(Parameters):
    """Since when."""

    since: Moment = param("A time, as `2023-10-01` or `7d`; without it, the last week.", None)


class GapsRow(TypedDict):
    """Coverage gaps."""

    gaps: Annotated[list[GapRow], means("The earliest first.")]


@router.get("/feeds/gaps")
def gaps(here: Here, caller: Reader, parameters: Annotated[GapParameters, Query()]) -> GapsRow:
    """List coverage gaps, in which articles may have been missed, and whom they concern."""
    now = here.clock()
    since = here.moment("since", parameters.since)
    return {"gaps": gap_rows(here.service, now - GAP_SECONDS if since is None else since, now)}


class NewFeed(Body):
    """A feed, or a site that has one."""

    url: str = param("Address of the feed or of the site.", min_length=1, max_length=2_000)
    name: str = param("Name of the feed; without it, its own title.", "", max_length=200)
    tags: list[Text] = param("Tags of the feed in feeds.yaml.", [], max_length=20)
    choose: Literal["only", "first", "all"] = param(
        "If a site has several feeds: refuse, take the first, or take all of them.", "only"
    )


class AddFeedParameters(Parameters):
    """Whether to add it."""

    check: bool = param("Only read it, and tell what was found; nothing is changed.", False)


class FoundFeedRow(TypedDict):
    """A feed that was found."""

    name: Annotated[str, means("Its name in feeds.yaml.")]
    subscribed: Annotated[bool, means("Whether feeds.yaml had it before.")]
    added: bool
    found: DiagnosticsRow


class FoundFeedsRow(TypedDict):
    """The feeds that were found."""

    feeds: list[FoundFeedRow]


@router.post("/feeds")
def add_feed(
    request: Request,
    here: Here,
    caller: Admin,
    alone: Alone,
    wanted: NewFeed,
    parameters: Annotated[AddFeedParameters, Query()],
) -> FoundFeedsRow:
    """Read a feed once, and subscribe to it in feeds.yaml; nothing else in the file changes."""
    from monitor.presentation.service.subscriptions import (
        complete_url,
        new_among,
        subscribe,
        subscribed,
    )

    more_time(request)
    try:
        url = addresses.url(complete_url(wanted.url))
        tags = tuple(dict.fromkeys(map(kinds.tag, wanted.tags)))
    except ValueError as error:
        raise ApiProblem("invalid", str(error)) from None
    config = here.load()
    chosen = _chosen(_discovered(config, url), wanted.choose)
    if wanted.name and len(chosen) > 1:
        raise invalid("name", _("`name` needs exactly one feed"))
    candidates = [
        Feed(url=one.url, name=wanted.name or one.parsed.title, tags=tags) for one in chosen
    ]
    new, _known = new_among(candidates, config)
    before = config.feeds
    if new and not parameters.check:
        with acting_as(caller.name):
            config = subscribe(here.config_path, here.data, new)
        log.info("%s added the feed %s", caller.name, ", ".join(one.name for one in new))
    rows = []
    for prospect in chosen:
        feed = subscribed(prospect.url, (*config.feeds, *new)) or Feed(url=prospect.url, name="")
        was_there = subscribed(prospect.url, before) is not None
        rows.append(
            FoundFeedRow(
                name=feed.name,
                subscribed=was_there,
                added=not (was_there or parameters.check),
                found=diagnostics_row(feed, prospect, here.clock()),
            )
        )
    return {"feeds": rows}


def _discovered(config: Config, url: str) -> list[DiscoveredFeed]:
    """Return the feeds at an address; raises ApiProblem if there are none."""
    from monitor.runtime.network import prospecting

    async def find() -> list[DiscoveredFeed]:
        async with (
            asyncio.timeout(HEAVY_SECONDS),
            prospecting(config.allow, config.contact) as finder,
        ):
            return await finder.find(url)

    try:
        return asyncio.run(find())
    except FeedError as error:
        raise invalid("url", str(error)) from None
    except TimeoutError:
        raise invalid("url", _("it did not answer in time")) from None


def _chosen(found: list[DiscoveredFeed], choose: str) -> list[DiscoveredFeed]:
    if len(found) > 1 and choose == "only":
        addresses = ", ".join(one.url for one in found)
        raise invalid(
            "url",
            _(
                "this site has several feeds; give one of them, or set `choose`: {urls}",
                urls=addresses,
            ),
        )
    return found[:1] if choose == "first" else found
