"""A story in words: which outlet had it first, how the others followed, what stands of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from monitor.base import signs
from monitor.base.formatting import clauses, span
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.base.translation import ngettext
from monitor.model.language import language_name

if TYPE_CHECKING:
    from monitor.model.alert import LinkedOutlets, Outlet, StoryTimeline

NAMED = 3
"""Outlets that a line of a list names."""
_OLDEST = 72 * 3600.0
"""Seconds before we saw it that an article of a story can be dated at most."""


def published_first(outlets: Sequence[Outlet]) -> Outlet | None:
    """Return the outlet that had a story first by the publishers' own dates.

    None where the dates agree with the order in which the monitor saw the outlets, within a
    minute, or where a date is missing, in the future or too old.
    """
    dated = [o for o in outlets if o.published and 0 <= o.seen - o.published <= _OLDEST]
    first = min(dated, key=lambda outlet: outlet.published or 0.0, default=None)
    if first is None or first is outlets[0] or outlets[0] not in dated:
        return None
    return first if (outlets[0].published or 0.0) - (first.published or 0.0) >= 60 else None


def describe_outlets(outlets: Sequence[Outlet]) -> str:
    """Return how many outlets have the story, and which one published it first by its own date."""
    if (earlier := published_first(outlets)) is None:
        return ngettext(
            "The same story in {count} outlet", "The same story in {count} outlets", len(outlets)
        )
    ahead = (outlets[0].published or 0.0) - (earlier.published or 0.0)
    return ngettext(
        "The same story in {count} outlet; first published by {outlet}, {time} earlier",
        "The same story in {count} outlets; first published by {outlet}, {time} earlier",
        len(outlets), outlet=line(earlier.name), time=span(ahead),
    )  # fmt: skip


def describe_lag(outlet: Outlet, first: Outlet) -> str:
    """Return how much later than the first an outlet had the story: `first`, `+2 min`."""
    if outlet is first:
        return _("first")
    return f"+{span(outlet.lag)}" if outlet.lag >= 1 else _("at once")


def describe_wording(outlet: Outlet, first: Outlet) -> str:
    """Return whether an outlet copied the text; empty for the first one."""
    if outlet.copied:
        return _("copied")
    return "" if outlet is first else _("own words")


def describe_order(outlets: Sequence[Outlet], limit: int = NAMED) -> str:
    """Return the outlets of a story in order, with their delays; empty for a single outlet."""
    if len(outlets) < 2:
        return ""
    first, *others = outlets
    names = [
        _("{outlet} first", outlet=first.name),
        *(f"{outlet.name} {describe_lag(outlet, first)}" for outlet in others[: limit - 1]),
    ]
    more = len(outlets) - limit
    if more > 0:
        names.append(ngettext("{count} more", "{count} more", more))
    if earlier := published_first(outlets):
        names.append(_("published first by {outlet}", outlet=earlier.name))
    return clauses(names)


def describe_linked(linked: LinkedOutlets) -> str:
    """Return in which language outlets tell of an event: `also in French`."""
    language = language_name(linked.lang)
    match bool(linked.lang), linked.perhaps:
        case True, True:
            return _("perhaps also in {language}", language=language)
        case True, False:
            return _("also in {language}", language=language)
        case False, True:
            return _("perhaps also in another language")
        case _unknown:
            return _("also in another language")


def outlet_lines(timeline: StoryTimeline, most: int) -> Iterator[str]:
    """Yield the outlets with a story, and those with its event in each language, with their signs.

    Args:
        timeline: Who tells it.
        most: Outlets that a line names.
    """
    if timeline.outlets:
        yield f"{signs.OUTLETS} {shortened([*map(_with_lag, timeline.outlets)], most)}"
    for linked in timeline.elsewhere_by_language():
        names = shortened([outlet.name for outlet in linked.outlets], most)
        where = describe_linked(linked)
        yield f"{signs.OTHER_LANGUAGE} {_('{where}: {outlets}', where=where, outlets=names)}"


def shortened(names: Sequence[str], most: int) -> str:
    """Return so many names, and how many more there are: `AFP, Le Soir, +3`."""
    more = [f"{signs.MORE}{len(names) - most}"] if len(names) > most else []
    return ", ".join([*names[:most], *more])


def _with_lag(outlet: Outlet) -> str:
    """Return the name of an outlet, and how much later than the first it was."""
    return f"{outlet.name} +{span(outlet.lag)}" if outlet.lag >= 1 else outlet.name
