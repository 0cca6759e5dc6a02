"""Who tells a story and what that did to its alerts, in words and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.article import Timestamp
    from monitor.model import Alert, Outlet, Telling

SHOWN = 3
"""Outlets that a line names; `tocsin show` names all."""


def order(telling: Telling, shown: int = SHOWN) -> str:
    """Return who had a story first and by how long; empty when one outlet alone has it."""
    outlets = telling.outlets
    if len(outlets) < 2:
        return ""
    named = [f"{outlets[0].name} first", *(f"{o.name} {_lag(o)}" for o in outlets[1:shown])]
    more = len(outlets) - shown
    if more > 0:
        named.append(f"{more} more")
    if earlier := _published_first(outlets):
        named.append(f"published first by {earlier.name}")
    return "; ".join(named)


def elsewhere(telling: Telling, shown: int = SHOWN) -> Iterator[str]:
    """Yield who tells of the event in another language, a line for each."""
    for lang in dict.fromkeys(outlet.lang for outlet in telling.elsewhere):
        found = [outlet for outlet in telling.elsewhere if outlet.lang == lang]
        names = ", ".join(outlet.name for outlet in found[:shown])
        more = f" and {len(found) - shown} more" if len(found) > shown else ""
        yield f"also in {language(lang)}: {names}{more} · article {found[0].article}"


def lines(telling: Telling, now: Timestamp) -> Iterator[str]:
    """Yield every outlet of a story, and what their publishers say of the order."""
    outlets = telling.outlets
    if len(outlets) > 1:
        yield "the same story:"
        for outlet in outlets:
            way = "a copy" if outlet.copied else "a version of its own"
            told = "first" if outlet is outlets[0] else f"{_lag(outlet)}, {way}"
            dated = f" · dated {moment(outlet.published, now)}" if outlet.published else ""
            yield f"    {outlet.name}, {told}{dated} · article {outlet.article}"
        if earlier := _published_first(outlets):
            ahead = (outlets[0].published or 0.0) - (earlier.published or 0.0)
            yield f"    published first by {earlier.name}, {_span(ahead)} before {outlets[0].name}"
    yield from elsewhere(telling, shown=len(telling.elsewhere))


def language(code: str) -> str:
    """Return the name of a language."""
    return {"fr": "French", "en": "English"}.get(code, code or "another language")


def escalations(alert: Alert, now: Timestamp) -> str:
    """Say why and when an alert became louder: `5 outlets at 10:47`."""
    return ", ".join(f"{step.words} at {moment(step.at, now)}" for step in alert.escalations)


def untold(alert: Alert, now: Timestamp) -> str:
    """Say why nobody is told of an alert, and until when; empty when somebody is."""
    if alert.merged_into is not None:
        return f"copy: alert {alert.merged_into} speaks for it"
    silent = [f"{step.words} not told: {step.held}" for step in alert.escalations if step.held]
    if not alert.held:
        return "; ".join(silent)
    word = {"backfill": "backfill: it was there before", "no route": "no route leads anywhere"}
    until = f" until {moment(alert.held_until, now)}" if alert.held_until else ""
    return "; ".join([word.get(alert.held, alert.held) + until, *silent])


def moment(at: Timestamp, now: Timestamp) -> str:
    """Return a moment by the wall clock, with its date if that is not today's."""
    from monitor.bootstrap import local_zone

    zone = local_zone()
    try:
        there, here = (datetime.fromtimestamp(time, zone) for time in (at, now))
    except (OverflowError, ValueError, OSError):  # what a feed calls a date
        return "undated"
    return there.strftime("%H:%M" if there.date() == here.date() else "%Y-%m-%d %H:%M")


def _published_first(outlets: tuple[Outlet, ...]) -> Outlet | None:
    from monitor.stories import published_first

    return published_first(outlets)


def _lag(outlet: Outlet) -> str:
    return f"+{_span(outlet.lag)}" if outlet.lag >= 1 else "at once"


def _span(seconds: float) -> str:
    from monitor.durations import span

    return span(seconds)
