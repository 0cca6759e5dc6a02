"""Briefings by schedule, from their schema, and their description for `tocsin check`."""

from __future__ import annotations

from typing import Any

from monitor.base.formatting import exact
from monitor.base.translation import gettext as _
from monitor.config.validation import ConfigDraft, unknown_channel, unknown_watchlist
from monitor.config.value_parsers import DAYS, shown_days
from monitor.config.watchlists import title
from monitor.model.config import BriefingSchedule, Config
from monitor.model.shown_names import briefing_name


def briefings(draft: ConfigDraft) -> tuple[BriefingSchedule, ...]:
    """Return the briefings of a draft; problems are added to the draft."""
    channels = [shape.name for shape in draft.shape.channels]
    watchlists = list(map(title, draft.shape.watchlists))
    first: dict[str, int] = {}
    for number, shape in enumerate(draft.shape.briefing):
        place = ("briefing", number)
        earlier = first.setdefault(shape.title.casefold(), number)
        if earlier != number:
            line = draft.line(("briefing", earlier))
            draft.add_problem(
                (*place, "name"),
                _(
                    "a briefing is called `{name}` already, on line {line}; give one another"
                    " `name`",
                    name=shape.title,
                    line=line,
                ),
            )
        for item, name in enumerate(shape.to):
            if words := unknown_channel(name, channels):
                draft.add_problem((*place, "to", item), words)
        for item, name in enumerate(shape.watch):
            if words := unknown_watchlist(name, watchlists):
                draft.add_problem((*place, "watch", item), words)
    return tuple(shape.understood(draft.shape.zone) for shape in draft.shape.briefing)


def describe_briefings(config: Config) -> list[tuple[str, ...]]:
    """Return a row for each briefing: its name, its channels, its times."""
    return [(briefing_name(one.name), ", ".join(one.to), _times(one)) for one in config.briefings]


def briefing_mappings(config: Config) -> list[dict[str, Any]]:
    """Return the briefings for programs."""
    return [
        {
            "name": one.name,
            "at": [f"{at:%H:%M}" for at in one.at],
            "days": [DAYS[day] for day in one.days],
            "to": list(one.to),
            "watch": list(one.watch),
            "since": one.since,
        }
        for one in config.briefings
    ]


def _times(one: BriefingSchedule) -> str:
    times = ", ".join(f"{at:%H:%M}" for at in one.at)
    parts = [_("at {times}", times=times)]
    if len(one.days) < 7:
        parts = [_("at {times} on {days}", times=times, days=shown_days(one.days))]
    if one.since is not None:
        parts.append(_("about {time}", time=exact(one.since)))
    if one.watch:
        parts.append(_("of {names}", names=", ".join(one.watch)))
    return ", ".join(parts)
