"""A briefing as marked text: what each of its sections says, whatever draws it.

The dashboard draws the lines as they are; text, Markdown and HTML are in `delivery.export`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple

from monitor.base import signs
from monitor.base.article import Timestamp
from monitor.base.formatting import (
    alert_number,
    date_and_time,
    moment,
    shown_title,
    sparkline,
    stories,
)
from monitor.base.text_cleaning import lines
from monitor.base.translation import gettext as _, ngettext, number
from monitor.model.alert import AlertState, StoryTimeline
from monitor.model.briefing import BriefedStory, Briefing, WatchlistBriefing
from monitor.model.shown_names import briefing_name, state_name
from monitor.presentation.alert import concept_names
from monitor.presentation.severity import severity_run
from monitor.presentation.spans import Line, arranged, marked
from monitor.presentation.story import outlet_lines, shortened

OUTLETS_NAMED = 6
"""Most outlets of a story that are named."""
FEEDS_NAMED = 8
"""Most feeds with the same trouble that are named."""
TROUBLES_SHOWN = 20
"""Most different troubles of feeds that are listed."""


class Section(NamedTuple):
    """A part of a briefing, which stands apart from the next one."""

    kind: str
    """`title`, `overview`, `watchlist`, `story`, `quiet` or `missing`."""
    lines: list[tuple[str, Line]]
    """Its lines, each after its kind: `headline`, `counts`, `note`."""
    watchlist: WatchlistBriefing | None = None
    story: BriefedStory | None = None


def sections(briefing: Briefing, zone: tzinfo | None) -> Iterator[Section]:
    """Yield title, overview, top stories, other stories by watchlist, and the feeds with gaps."""
    yield Section("title", [("title", [(title(briefing, zone), "title")])])
    yield Section(
        "overview", [("overview", [(words, "plain")]) for words in _overview(briefing, zone)]
    )
    if briefing.top:
        yield Section("watchlist", [("name", [(_("Top stories"), "heading")])])
    for story in briefing.top:
        yield Section("story", [*_story(story, "", briefing.until, zone)], story=story)
    for watchlist in briefing.watchlists:
        others = [story for story in watchlist.stories if story not in briefing.top]
        if watchlist.stories:
            lines = [*_heading(watchlist, len(watchlist.stories) - len(others))]
            yield Section("watchlist", lines, watchlist=watchlist)
        for story in others:
            story_lines = list(_story(story, watchlist.name, briefing.until, zone))
            yield Section("story", story_lines, story=story)
    if names := [watchlist.name for watchlist in briefing.watchlists if not watchlist.stories]:
        words = _("Nothing new: {watchlists}", watchlists=f"{', '.join(names)}.")
        yield Section("quiet", [("quiet", [(words, "quiet")])])
    if briefing.troubled:
        heading: Line = [(_missing(briefing), "late")]
        feeds = [
            ("feed", arranged(_("{feed}: {reason}"), feed=(names, "list"), reason=(text, "plain")))
            for text, names in _feeds(briefing)
        ]
        yield Section("missing", [("missing", heading), *feeds])


def _heading(watchlist: WatchlistBriefing, top: int) -> Iterator[tuple[str, Line]]:
    yield "name", [(watchlist.name, "heading")]
    yield "counts", [(_counts(watchlist, top), "quiet")]
    if bars := chart(watchlist):
        yield "chart", [(bars, "list")]
    if watchlist.coverage:
        yield "coverage", [(watchlist.coverage, "quiet")]
    if watchlist.missed:
        yield "missed", [(_("May be missing: {feeds}", feeds=watchlist.missed), "late")]


def _story(
    story: BriefedStory, watchlist: str, now: Timestamp, zone: tzinfo | None
) -> Iterator[tuple[str, Line]]:
    headline = story.headline
    title = marked(headline.text, headline.spans, "title")
    yield "headline", [severity_run(story.severity), *(title or [(shown_title(""), "title")])]
    at = moment(story.at, now, zone)
    details = [story.first, story.lead.lang, at, _remarks(story, watchlist)]
    yield "about", [(" · ".join(filter(None, details)), "quiet")]
    if story.excerpt.text:
        yield "excerpt", marked(story.excerpt.text, story.excerpt.spans, "plain")
    timeline = StoryTimeline(story.others, story.timeline.elsewhere)
    for words in outlet_lines(timeline, OUTLETS_NAMED):
        yield "others", [(words, "quiet")]
    if story.escalations:
        yield "escalations", [(f"{signs.ESCALATED} {', '.join(story.escalations)}", "plain")]
    for paragraph in lines("\n".join(story.notes)).splitlines():
        yield "note", [(f"{signs.NOTE} {paragraph}", "plain")]


def title(briefing: Briefing, zone: tzinfo | None) -> str:
    """Return the title: `Briefing, 2026-11-26 07:00 to 2026-11-27 07:00`."""
    return _(
        "{title}, {since} to {until}",
        title=briefing_name(briefing.name),
        since=_full(briefing.since, zone),
        until=_full(briefing.until, zone),
    )


def subject(briefing: Briefing) -> str:
    """Return the subject of a message: `Briefing: 14 stories, unusual: Alibaba`."""
    parts = [stories(briefing.stories) if briefing.stories else _("no stories")]
    if names := [watchlist.name for watchlist in briefing.unusual]:
        parts.append(_("unusual: {names}", names=", ".join(names)))
    if briefing.troubled:
        troubled = len(briefing.troubled)
        parts.append(ngettext("{count} feed in trouble", "{count} feeds in trouble", troubled))
    if briefing.due is not None:
        parts.append(_("late"))
    return _("{title}: {contents}", title=briefing_name(briefing.name), contents=", ".join(parts))


def _overview(briefing: Briefing, zone: tzinfo | None) -> Iterator[str]:
    """Yield the sentences at the beginning: counts, and what is late, unusual or missing."""
    watchlists = briefing.watchlists
    count = sum(bool(watchlist.stories) for watchlist in watchlists)
    total = stories(briefing.stories) if briefing.stories else _("No stories")
    if count:
        yield ngettext(
            "{stories} in {told} of {count} watchlist.",
            "{stories} in {told} of {count} watchlists.",
            len(watchlists), stories=total, told=number(count),
        )  # fmt: skip
    else:
        yield ngettext(
            "{stories} in {count} watchlist.", "{stories} in {count} watchlists.",
            len(watchlists), stories=total,
        )  # fmt: skip
    if briefing.due is not None:
        due, made_at = _full(briefing.due, zone), _full(briefing.until, zone)
        yield _("Late: this was due at {due}, and made at {made}.", due=due, made=made_at)
    for unusual in briefing.unusual:
        name, counts = unusual.name, _usual(unusual)
        yield _("Unusual: {watchlist} has {stories}.", watchlist=name, stories=counts)
    alerts = [alert for w in watchlists for story in w.stories for alert in story.alerts]
    if alerts and all(a.backfill and (a.published or 0.0) < briefing.since for a in alerts):
        yield _("All of them are about earlier articles.")
    if words := list(_not_listed(watchlists)):
        yield _("Not listed: {alerts}.", alerts=", ".join(words))
    if briefing.troubled:
        yield _("{missing}, named at the end.", missing=_missing(briefing))


def _not_listed(watchlists: Sequence[WatchlistBriefing]) -> Iterator[str]:
    """Yield the number of alerts that are only counted, for each reason."""
    if noise := sum(watchlist.noise for watchlist in watchlists):
        yield ngettext("{count} alert called noise", "{count} alerts called noise", noise)
    if silenced := sum(watchlist.silenced for watchlist in watchlists):
        yield ngettext(
            "{count} alert raised in a silence", "{count} alerts raised in a silence", silenced
        )
    if earlier := sum(watchlist.backfilled for watchlist in watchlists):
        yield ngettext(
            "{count} alert about earlier articles", "{count} alerts about earlier articles", earlier
        )


def _usual(watchlist: WatchlistBriefing) -> str:
    """Return the number of stories of a watchlist, and the usual one: `5 stories, usually 3`."""
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


def _counts(watchlist: WatchlistBriefing, top: int) -> str:
    """Return the line under the name of a watchlist, of which so many stories are top stories."""
    parts = [_usual(watchlist)]
    if watchlist.baseline.unusual:
        parts.append(_("unusual"))
    if top:
        parts.append(ngettext("{count} at the top", "{count} at the top", top))
    if left_out := watchlist.left_out:
        parts.append(ngettext("{count} not listed", "{count} not listed", left_out))
    if count := watchlist.listed_elsewhere:
        parts.append(
            ngettext(
                "{count} more under other watchlists", "{count} more under other watchlists",
                count,
            )
        )  # fmt: skip
    return " · ".join(parts)


def chart(watchlist: WatchlistBriefing) -> str:
    """Return the stories over time, a bar for each part, a dot for 0; empty without any."""
    if not any(watchlist.chart):
        return ""
    return sparkline(watchlist.chart, len(watchlist.chart)).replace(" ", "·")


def _feeds(briefing: Briefing) -> Iterator[tuple[str, str]]:
    """Yield each trouble of feeds, with the names of the feeds that have it."""
    groups: dict[str, list[str]] = {}
    for feed in briefing.troubled:
        groups.setdefault(feed.words, []).append(feed.name)
    for words, names in list(groups.items())[:TROUBLES_SHOWN]:
        yield words, shortened(names, FEEDS_NAMED)
    if remaining := sum(len(names) for names in list(groups.values())[TROUBLES_SHOWN:]):
        yield (
            _("`tocsin feeds` has all of them"),
            ngettext("{count} more feed", "{count} more feeds", remaining),
        )


def _missing(briefing: Briefing) -> str:
    return ngettext(
        "May be missing: {troubled} of {count} feed", "May be missing: {troubled} of {count} feeds",
        briefing.feeds, troubled=number(len(briefing.troubled)),
    )  # fmt: skip


def alert(story: BriefedStory) -> str:
    """Return the number of the first alert of a story without a link: `alert a5`."""
    return _("alert {number}", number=alert_number(story.alerts[0].id))


def _remarks(story: BriefedStory, watchlist: str) -> str:
    """Return star, state, tags and further watchlists of a story: those besides `watchlist`."""
    words = [signs.STAR] if story.starred else []
    words += [] if story.state is AlertState.NEW else [state_name(story.state)]
    words += [f"#{tag}" for tag in story.tags]
    words += concept_names(story.alerts)
    further = ", ".join(name for name in story.watchlists if name != watchlist)
    if further:
        words.append(_("also {watchlists}", watchlists=further) if watchlist else further)
    return " · ".join(words)


def _full(at: Timestamp, zone: tzinfo | None) -> str:
    return date_and_time(datetime.fromtimestamp(at, zone))
