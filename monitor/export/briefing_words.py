"""What a briefing says in words, whatever the format: titles, counts, times, feeds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from monitor import signs
from monitor.alerts.description import describe_linked
from monitor.formatting import counted, span, sparkline
from monitor.model.alert import AlertState, StoryTimeline

if TYPE_CHECKING:
    from index.article import Timestamp
    from monitor.model.alert import Outlet
    from monitor.model.briefing import BriefedStory, Briefing, WatchlistBriefing

TITLE = "Briefing"
NOTHING_NEW = "Nothing new"
OUTLETS_NAMED = 6
"""Outlets of a story that are named."""
FEEDS_NAMED = 8
"""Feeds with the same trouble that are named."""
TROUBLES_SHOWN = 20
"""Different troubles of feeds that are told."""


def title(briefing: Briefing, zone: tzinfo | None) -> str:
    """Return the title: `Briefing, 2026-11-26 07:00 to 2026-11-27 07:00`."""
    times = f"{moment(briefing.since, zone)} to {moment(briefing.until, zone)}"
    return f"{briefing.name or TITLE}, {times}"


def subject(briefing: Briefing) -> str:
    """Return the subject of a message: `Briefing: 14 stories, unusual: Alibaba`."""
    parts = [counted(briefing.stories, "story", "stories") if briefing.stories else "no stories"]
    if briefing.unusual:
        parts.append(f"unusual: {', '.join(one.name for one in briefing.unusual)}")
    if briefing.troubled:
        parts.append(f"{counted(len(briefing.troubled), 'feed')} in trouble")
    if briefing.due is not None:
        parts.append("late")
    return f"{briefing.name or TITLE}: {', '.join(parts)}"


def overview(briefing: Briefing, zone: tzinfo | None) -> Iterator[str]:
    """Yield the sentences at the beginning: how much there is, what was unusual, what is late."""
    told = [one for one in briefing.watchlists if one.stories]
    counts = "No stories" if not briefing.stories else counted(briefing.stories, "story", "stories")
    watchlists = counted(len(briefing.watchlists), "watchlist")
    yield f"{counts} in {len(told)} of {watchlists}." if told else f"{counts} in {watchlists}."
    if briefing.due is not None:
        due = moment(briefing.due, zone)
        yield f"Late: this was due at {due}, and made at {moment(briefing.until, zone)}."
    for one in briefing.unusual:
        yield f"Unusual: {one.name} has {usual(one)}."
    aside = [
        (sum(one.noise for one in briefing.watchlists), "called noise"),
        (sum(one.silenced for one in briefing.watchlists), "raised in a silence"),
        (
            sum(one.backfilled for one in briefing.watchlists),
            "about earlier articles",
        ),
    ]
    words = [f"{counted(count, 'alert')} {why}" for count, why in aside if count]
    if words:
        yield f"Not listed: {', '.join(words)}."


def usual(watchlist: WatchlistBriefing) -> str:
    """Return how many stories a watchlist has, and how many are usual: `5 stories, usually 3`."""
    count = len(watchlist.stories) + watchlist.left_out
    baseline = watchlist.baseline
    if baseline.surprise:
        count = baseline.today
    words = counted(count, "story", "stories")
    if baseline.usual is None:
        return words
    return f"{words}, usually {baseline.usual:.0f}" if baseline.usual >= 1 else f"{words}, rare"


def counts(watchlist: WatchlistBriefing) -> str:
    """Return the line under the name of a watchlist."""
    parts = [usual(watchlist)]
    if watchlist.baseline.surprise:
        parts.append("unusual")
    if watchlist.left_out:
        parts.append(f"{watchlist.left_out} not listed")
    if watchlist.listed_elsewhere:
        parts.append(f"{watchlist.listed_elsewhere} more under other watchlists")
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
        yield "`tocsin feeds` has all of them", f"{counted(more, 'more feed')}"


def missing(briefing: Briefing) -> str:
    """Return the heading of the feeds in trouble."""
    return f"May be missing: {len(briefing.troubled)} of {counted(briefing.feeds, 'feed')}"


def about(story: BriefedStory, zone: tzinfo | None, now: Timestamp) -> str:
    """Return first outlet, language and time of a story."""
    same_day = _at(story.at, zone).date() == _at(now, zone).date()
    at = f"{_at(story.at, zone):%H:%M}" if same_day else moment(story.at, zone)
    return " · ".join(part for part in (story.first, story.lang, at) if part)


def remarks(story: BriefedStory, under: str) -> str:
    """Return star, state, tags and further watchlists of a story; mostly empty."""
    words = [signs.STAR] if story.starred else []
    words += [] if story.state is AlertState.NEW else [str(story.state)]
    words += [f"#{tag}" for tag in story.tags]
    if further := [name for name in story.watchlists if name != under]:
        words.append(f"also {', '.join(further)}")
    return " · ".join(words)


def other_outlets(story: BriefedStory) -> Iterator[tuple[str, str]]:
    """Yield a sign and words for the other outlets, and for those in each language."""
    if story.others:
        yield signs.OUTLETS, shortened([with_lag(outlet) for outlet in story.others], OUTLETS_NAMED)
    for linked in StoryTimeline((), story.elsewhere).elsewhere_by_language():
        names = [outlet.name for outlet in linked.outlets]
        yield signs.OTHER_LANGUAGE, f"{describe_linked(linked)}: {shortened(names, OUTLETS_NAMED)}"


def shortened(names: Sequence[str], most: int) -> str:
    """Return names in a row: so many, and how many more there are."""
    more = [f"+{len(names) - most}"] if len(names) > most else []
    return ", ".join([*names[:most], *more])


def moment(at: Timestamp, zone: tzinfo | None) -> str:
    """Return a local time with its date."""
    return f"{_at(at, zone):%Y-%m-%d %H:%M}"


def listed(briefing: Briefing) -> Iterable[WatchlistBriefing]:
    """Return the watchlists that have stories of their own."""
    return (one for one in briefing.watchlists if one.stories)


def with_lag(outlet: Outlet) -> str:
    """Return the name of an outlet, and how much later than the first it was."""
    return f"{outlet.name} +{span(outlet.lag)}" if outlet.lag >= 1 else outlet.name


def _at(at: Timestamp, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(at, zone)
