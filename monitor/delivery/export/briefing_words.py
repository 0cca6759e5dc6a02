"""What a briefing says in words, whatever the format: titles, counts, times, feeds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from monitor.base import signs
from monitor.base.article import Timestamp
from monitor.base.formatting import alert_number, date_and_time, span, sparkline
from monitor.base.translation import gettext as _
from monitor.base.translation import ngettext, number
from monitor.judgement.alerts.description import describe_linked
from monitor.model.alert import AlertState, Outlet, StoryTimeline
from monitor.model.shown_names import briefing_name, state_name

if TYPE_CHECKING:
    from monitor.model.briefing import BriefedStory, Briefing, WatchlistBriefing

OUTLETS_NAMED = 6
"""Outlets of a story that are named."""
FEEDS_NAMED = 8
"""Feeds with the same trouble that are named."""
TROUBLES_SHOWN = 20
"""Different troubles of feeds that are told."""


def title(briefing: Briefing, zone: tzinfo | None) -> str:
    """Return the title: `Briefing, 2026-11-26 07:00 to 2026-11-27 07:00`."""
    return _(
        "{title}, {since} to {until}",
        title=briefing_name(briefing.name),
        since=moment(briefing.since, zone),
        until=moment(briefing.until, zone),
    )


def nothing_new() -> str:
    """Return the heading of the watchlists without a story."""
    return _("Nothing new")


def stories(count: int) -> str:
    """Return how many stories there are."""
    return ngettext("{count} story", "{count} stories", count)


def subject(briefing: Briefing) -> str:
    """Return the subject of a message: `Briefing: 14 stories, unusual: Alibaba`."""
    parts = [stories(briefing.stories) if briefing.stories else _("no stories")]
    if briefing.unusual:
        parts.append(_("unusual: {names}", names=", ".join(one.name for one in briefing.unusual)))
    if briefing.troubled:
        troubled = len(briefing.troubled)
        parts.append(ngettext("{count} feed in trouble", "{count} feeds in trouble", troubled))
    if briefing.due is not None:
        parts.append(_("late"))
    return _("{title}: {contents}", title=briefing_name(briefing.name), contents=", ".join(parts))


def overview(briefing: Briefing, zone: tzinfo | None) -> Iterator[str]:
    """Yield the sentences at the beginning: how much there is, unusual, late or missing."""
    told, watchlists = sum(bool(one.stories) for one in briefing.watchlists), briefing.watchlists
    how_many = stories(briefing.stories) if briefing.stories else _("No stories")
    if told:
        yield ngettext(
            "{stories} in {told} of {count} watchlist.",
            "{stories} in {told} of {count} watchlists.",
            len(watchlists), stories=how_many, told=number(told),
        )  # fmt: skip
    else:
        yield ngettext(
            "{stories} in {count} watchlist.", "{stories} in {count} watchlists.",
            len(watchlists), stories=how_many,
        )  # fmt: skip
    if briefing.due is not None:
        due, made = moment(briefing.due, zone), moment(briefing.until, zone)
        yield _("Late: this was due at {due}, and made at {made}.", due=due, made=made)
    for one in briefing.unusual:
        yield _("Unusual: {watchlist} has {stories}.", watchlist=one.name, stories=usual(one))
    if words := list(_not_listed(watchlists)):
        yield _("Not listed: {alerts}.", alerts=", ".join(words))
    if briefing.troubled:
        yield _("{missing}, named at the end.", missing=missing(briefing))


def _not_listed(watchlists: Sequence[WatchlistBriefing]) -> Iterator[str]:
    """Yield how many alerts are counted only, by the reason."""
    if noise := sum(one.noise for one in watchlists):
        yield ngettext("{count} alert called noise", "{count} alerts called noise", noise)
    if silenced := sum(one.silenced for one in watchlists):
        yield ngettext(
            "{count} alert raised in a silence", "{count} alerts raised in a silence", silenced
        )
    if earlier := sum(one.backfilled for one in watchlists):
        yield ngettext(
            "{count} alert about earlier articles", "{count} alerts about earlier articles", earlier
        )


def usual(watchlist: WatchlistBriefing) -> str:
    """Return how many stories a watchlist has, and how many are usual: `5 stories, usually 3`."""
    count = len(watchlist.stories) + watchlist.left_out
    baseline = watchlist.baseline
    if baseline.unusual:
        count = baseline.today
    if baseline.usual is None:
        return stories(count)
    if baseline.usual < 1:
        return ngettext("{count} story, rare", "{count} stories, rare", count)
    usually = number(baseline.usual)
    return ngettext(
        "{count} story, usually {usual}", "{count} stories, usually {usual}", count, usual=usually
    )


def counts(watchlist: WatchlistBriefing) -> str:
    """Return the line under the name of a watchlist."""
    parts = [usual(watchlist)]
    if watchlist.baseline.unusual:
        parts.append(_("unusual"))
    if left_out := watchlist.left_out:
        parts.append(ngettext("{count} not listed", "{count} not listed", left_out))
    if elsewhere := watchlist.listed_elsewhere:
        parts.append(
            ngettext(
                "{count} more under other watchlists", "{count} more under other watchlists",
                elsewhere,
            )
        )  # fmt: skip
    return " · ".join(parts)


def chart(watchlist: WatchlistBriefing) -> str:
    """Return the stories over time as one bar each part, 0 as a dot; empty without any."""
    if not any(watchlist.chart):
        return ""
    return sparkline(watchlist.chart, len(watchlist.chart)).replace(" ", "·")


def quiet(briefing: Briefing) -> str:
    """Return the watchlists without a story of their own: `A, B.`; empty if all have one."""
    names = [one.name for one in briefing.watchlists if not one.stories]
    return f"{', '.join(names)}." if names else ""


def feeds(briefing: Briefing) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with feeds, and the names of those it is wrong with."""
    groups: dict[str, list[str]] = {}
    for feed in briefing.troubled:
        groups.setdefault(feed.words, []).append(feed.name)
    for words, names in list(groups.items())[:TROUBLES_SHOWN]:
        yield words, shortened(names, FEEDS_NAMED)
    if more := sum(len(names) for names in list(groups.values())[TROUBLES_SHOWN:]):
        yield (
            _("`tocsin feeds` has all of them"),
            ngettext("{count} more feed", "{count} more feeds", more),
        )


def missing(briefing: Briefing) -> str:
    """Return the heading of the feeds in trouble."""
    return ngettext(
        "May be missing: {troubled} of {count} feed", "May be missing: {troubled} of {count} feeds",
        briefing.feeds, troubled=number(len(briefing.troubled)),
    )  # fmt: skip


def missed(watchlist: WatchlistBriefing) -> str:
    """Return what a watchlist may have missed."""
    return _("May be missing: {feeds}", feeds=watchlist.missed)


def alert(story: BriefedStory) -> str:
    """Return the number of the first alert of a story without a link: `alert a5`."""
    return _("alert {number}", number=alert_number(story.alerts[0]))


def about(story: BriefedStory, zone: tzinfo | None, now: Timestamp) -> str:
    """Return first outlet, language and time of a story."""
    same_day = _at(story.at, zone).date() == _at(now, zone).date()
    at = f"{_at(story.at, zone):%H:%M}" if same_day else moment(story.at, zone)
    return " · ".join(part for part in (story.first, story.lang, at) if part)


def remarks(story: BriefedStory, under: str) -> str:
    """Return star, state, tags and further watchlists of a story; mostly empty."""
    words = [signs.STAR] if story.starred else []
    words += [] if story.state is AlertState.NEW else [state_name(story.state)]
    words += [f"#{tag}" for tag in story.tags]
    if further := [name for name in story.watchlists if name != under]:
        words.append(_("also {watchlists}", watchlists=", ".join(further)))
    return " · ".join(words)


def other_outlets(story: BriefedStory) -> Iterator[tuple[str, str]]:
    """Yield a sign and words for the other outlets, and for those in each language."""
    if story.others:
        yield signs.OUTLETS, shortened([with_lag(outlet) for outlet in story.others], OUTLETS_NAMED)
    for linked in StoryTimeline((), story.elsewhere).elsewhere_by_language():
        names = shortened([outlet.name for outlet in linked.outlets], OUTLETS_NAMED)
        where = describe_linked(linked)
        yield signs.OTHER_LANGUAGE, _("{where}: {outlets}", where=where, outlets=names)


def shortened(names: Sequence[str], most: int) -> str:
    """Return names in a row: so many, and how many more there are."""
    more = [f"+{len(names) - most}"] if len(names) > most else []
    return ", ".join([*names[:most], *more])


def moment(at: Timestamp, zone: tzinfo | None) -> str:
    """Return a local time with its date."""
    return date_and_time(_at(at, zone))


def listed(briefing: Briefing) -> Iterable[WatchlistBriefing]:
    """Return the watchlists that have stories of their own."""
    return (one for one in briefing.watchlists if one.stories)


def with_lag(outlet: Outlet) -> str:
    """Return the name of an outlet, and how much later than the first it was."""
    return f"{outlet.name} +{span(outlet.lag)}" if outlet.lag >= 1 else outlet.name


def _at(at: Timestamp, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(at, zone)
