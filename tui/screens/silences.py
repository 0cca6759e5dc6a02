"""Silences of watchlists: begun for a while, or ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta, tzinfo

from monitor.base.article import Timestamp
from monitor.base.formatting import moment
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _, ngettext
from monitor.model.analyst import user
from monitor.model.shown_names import describe_ended_silence, list_name
from monitor.model.watchlist import Silence
from monitor.presentation import times
from tui.screens.dialogs import choose_words
from tui.screens.panes import PaneScreen

HOUR, WEEK = 3_600.0, 7 * 86_400.0
MORNING = time(8)


def silence_spans(now: Timestamp, zone: tzinfo | None) -> Sequence[tuple[str, float]]:
    """Return the durations of a silence, as (words, seconds)."""
    local = times.local(now, zone) or datetime.fromtimestamp(now).astimezone()
    morning = datetime.combine(local.date() + timedelta(days=1), MORNING, local.tzinfo)
    end = morning.timestamp() if zone else morning.replace(tzinfo=None).timestamp()
    return (
        (_("an hour"), HOUR),
        (_("4 hours"), 4 * HOUR),
        (_("until tomorrow 08:00"), end - now),
        (_("a week"), WEEK),
    )


async def choose_silence(screen: PaneScreen, names: Sequence[str]) -> None:
    """Ask which of some watchlists is to be silenced and for how long, or to be heard again."""

    def choose_span(row: int) -> None:
        screen.run_worker(_choose_span(screen, names[row]), group="silence", exclusive=True)

    if len(names) == 1:
        await _choose_span(screen, names[0])
    else:
        choose_words(
            screen,
            _("Silence which watchlist?"),
            [line(list_name(name)) for name in names],
            choose_span,
        )


async def _choose_span(screen: PaneScreen, name: str) -> None:
    """Ask for how long a watchlist is to be silenced, or whether its silence is to end."""
    newsroom = screen.newsroom
    silences = await screen.ask(newsroom.service.views.watchlists.silences, newsroom.clock())
    if silences is None:
        return
    current = next((silence for silence in silences if silence.watchlist == name), None)
    options: list[tuple[str, float]] = [(_("end the silence now"), 0.0)] if current else []
    options += silence_spans(newsroom.clock(), newsroom.zone)

    def silence(row: int) -> None:
        screen.run_worker(_silence(screen, name, options[row][1]), group="silence")

    words = [label for label, _seconds in options]
    choose_words(screen, _silence_title(name, current, screen), words, silence)


def _silence_title(name: str, current: Silence | None, screen: PaneScreen) -> str:
    if current is None:
        return _("Silence {watchlist} for …", watchlist=line(list_name(name)))
    until = times.full(current.until, screen.newsroom.zone)
    if not current.by:
        return ngettext(
            "{watchlist} is silenced until {until}; {count} listed, not sent",
            "{watchlist} is silenced until {until}; {count} listed, not sent",
            current.suppressed, watchlist=line(list_name(name)), until=until,
        )  # fmt: skip
    return ngettext(
        "{watchlist} is silenced by {who} until {until}; {count} listed, not sent",
        "{watchlist} is silenced by {who} until {until}; {count} listed, not sent",
        current.suppressed, watchlist=line(list_name(name)), who=line(current.by), until=until,
    )  # fmt: skip


async def _silence(screen: PaneScreen, name: str, seconds: float) -> None:
    """Silence a watchlist for so long; end its silence if `seconds` is 0."""
    newsroom = screen.newsroom
    if seconds:
        silence = await screen.ask(
            newsroom.service.triage.silence, name, seconds, user(newsroom.environ)
        )
        if silence is not None:
            until = times.full(silence.until, newsroom.zone)
            text = _(
                "{watchlist} is silenced until {until}; m ends the silence.",
                watchlist=line(list_name(name)),
                until=until,
            )
            screen.show_message(text)
    else:
        ended = await screen.ask(newsroom.service.triage.end_silence, name)
        if ended is not None:
            since = moment(ended.since, newsroom.clock(), newsroom.zone)
            screen.show_message(line(describe_ended_silence(ended, since)))
    newsroom.read_all_next()
