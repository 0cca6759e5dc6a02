"""Briefings by schedule, from their schema, and their description for `tocsin check`."""

from __future__ import annotations

from typing import Any

from monitor.config.validation import ConfigDraft, unknown_channel, unknown_watchlist
from monitor.config.value_parsers import DAYS
from monitor.config.watchlists import title
from monitor.formatting import exact
from monitor.model.config import BriefingSchedule, Config


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
                f"a briefing is called `{shape.title}` already, on line {line}; give one another"
                " `name`",
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
    return [(one.name, ", ".join(one.to), _times(one)) for one in config.briefings]


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
    days = f" on {', '.join(DAYS[day] for day in one.days)}" if len(one.days) < 7 else ""
    about = f", about {exact(one.since)}" if one.since is not None else ""
    watch = f", of {', '.join(one.watch)}" if one.watch else ""
    return f"at {', '.join(f'{at:%H:%M}' for at in one.at)}{days}{about}{watch}"
