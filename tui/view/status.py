"""The state of the newsroom in words: the status bar, and the text of an empty stream."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from typing import NamedTuple

from msgspec.structs import replace

from monitor.base import signs
from monitor.base.article import Timestamp
from monitor.base.formatting import articles as article_count, feeds as feed_count, short_span
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _, mark, ngettext
from monitor.model.feed import FeedHealth, Health
from monitor.model.shown_names import describe_overdue
from monitor.model.status import Status
from monitor.model.watchlist import WatchlistCount
from monitor.presentation import times
from monitor.presentation.spans import Line, fit, width, wrap
from tui.view.alerts import short_count

STALE_AFTER = 15.0
"""Seconds without a heartbeat after which the monitor counts as stale."""


def monitor_state(status: Status, now: Timestamp) -> tuple[str, str]:
    """Return the monitor's state as (words, style): live, elsewhere, starting, stale or none."""
    if status.elsewhere:
        return f"{signs.OK} {_('live elsewhere')}", "ok"
    if status.monitor is None:
        return f"{signs.FAILED} {_('no monitor')}", "bad"
    if status.pulse is None:
        return f"{signs.NOT_YET} {_('starting')}", "late"
    silence = now - status.pulse
    if silence > STALE_AFTER:
        return f"{signs.LOOK} {_('stale {age}', age=short_span(silence))}", "bad"
    return f"{signs.OK} {_('live {age}', age=short_span(silence))}", "ok"


def status_problem(status: Status) -> str:
    """Return the problem that the status bar shows, empty when there is none."""
    if status.store_damage:
        return status.store_damage
    if status.config_error:
        file, _colon, problem = status.config_error.partition(": ")
        in_file = problem and file.endswith((".yaml", ".yml"))
        return _(
            "feeds.yaml {problem} (not loaded)", problem=problem if in_file else status.config_error
        )
    if status.died and not status.elsewhere:
        return _("the monitor died; ! starts it")
    standing_still = [monitor for monitor in status.overdue if not monitor.lost]  # no alert yet
    return (
        status.network_down
        or status.index_waits
        or "; ".join(map(describe_overdue, standing_still))
    )


class StatusPart(NamedTuple):
    """A part of the status bar."""

    line: Line
    target: str = ""
    """Name of the part that a click opens; empty for none."""


def status_parts(
    status: Status | None,
    now: Timestamp,
    zone: tzinfo | None,
    cells: int,
    paused_stories: int | None = None,
    *,
    rests: bool = False,
) -> list[StatusPart]:
    """Return the parts of the status bar; where there is no room the least important are left out.

    Args:
        status: The status; None before it is known.
        now: The present time.
        zone: The time zone; None is the machine's.
        cells: Width of the bar.
        paused_stories: Stories that wait while the stream is paused; None while it is not.
        rests: Whether it is painted now and then only: no second is shown.
    """
    brand: Line = [(" TOCSIN ", "brand")]
    clock = times.clock(now, zone)[: 5 if rests else None] + " "
    if rests and status and status.pulse and 0 <= now - status.pulse <= STALE_AFTER:
        status = replace(status, pulse=now)
    if status is None:
        opening = StatusPart([(f" {_('opening…')}", "quiet")])
        return _align_right([StatusPart(brand), opening], clock, cells)
    words, style = monitor_state(status, now)
    parts = [StatusPart(brand), StatusPart([(f" {words}", style)], "monitor")]
    problem = status_problem(status)
    optional = list(_optional_parts(status, paused_stories))
    if problem and cells < 100:
        optional = [part for part in optional if part.target in ("pause", "untriaged")]
    for part in optional:
        if _width(parts) + width(part.line) >= cells:
            break
        parts.append(part)
    room = cells - _width(parts) - 3
    if problem and room > 8:
        clock = clock if room > len(clock) + 24 else ""
        text = f"{signs.LOOK} {problem}"
        text = fit(text, min(len(text), room - len(clock))).rstrip()
        target = "rules" if status.config_error and not status.store_damage else "monitor"
        parts += [StatusPart([("  ", "")]), StatusPart([(text, "bad")], target)]
    return _align_right(parts, clock, cells)


def _optional_parts(status: Status, paused_stories: int | None) -> Iterator[StatusPart]:
    """Yield the parts that may be left out, the most important first."""
    if paused_stories is not None:
        text = _("PAUSED, {waiting} wait", waiting=paused_stories)
        yield _part(f"{signs.RESTS} {text}", "late", "pause")
    yield _part(new_stories(status), "new" if status.untriaged else "quiet", "untriaged")
    if status.silenced:
        short = short_count(status.silenced)
        silenced = ngettext("{short} silenced", "{short} silenced", status.silenced, short=short)
        yield _part(silenced, "quiet", "silenced")
    if status.unsent:
        unsent = _("{count} unsent", count=short_count(status.unsent))
        yield _part(unsent, "quiet", "deliveries")
    if status.dead:
        failed = _("{count} undelivered", count=short_count(status.dead))
        yield _part(failed, "bad", "deliveries")
    yield StatusPart([(f"  {_('feeds')} ", "quiet"), *_feeds(status)], "feeds")
    if status.incomplete:
        yield _part(_("gaps {count}", count=status.incomplete), "late", "gaps")
    if lists := len(status.silences):
        silences = ngettext("{count} watchlist silenced", "{count} watchlists silenced", lists)
        yield _part(silences, "quiet", "silences")


def _part(words: str, style: str, target: str) -> StatusPart:
    return StatusPart([(f"  {words}", style)], target)


def new_stories(status: Status) -> str:
    """Return the number of new stories in few cells: `12 new`."""
    short = short_count(status.untriaged)
    return ngettext("{short} new", "{short} new", status.untriaged, short=short)


def _feeds(status: Status) -> Line:
    """Return the numbers of feeds that are well; have a warning, or fail, if some do."""
    count = {health: status.feeds.get(health, 0) for health in Health}
    failing = count[Health.FAILING] + count[Health.GONE]
    line: Line = [(f"{count[Health.OK]}{signs.OK}", "ok" if count[Health.OK] else "quiet")]
    if count[Health.NEW]:
        line.append((f" {count[Health.NEW]}{signs.NOT_YET}", "quiet"))
    warning_states = (Health.LATE, Health.BLIND, Health.SILENT, Health.QUARANTINED)
    warnings = sum(count[health] for health in warning_states)
    line += [(f" {warnings}{signs.LOOK}", "late")] if warnings else []
    return [*line, (f" {failing}{signs.FAILED}", "bad")] if failing else line


def _width(parts: Iterable[StatusPart]) -> int:
    return sum(width(part.line) for part in parts)


def _align_right(parts: list[StatusPart], clock: str, cells: int) -> list[StatusPart]:
    """Return parts with the clock at the right end of the bar, without seconds where few fit."""
    for right in (clock, f"{clock[:5]} ") if clock else ():
        if (gap := cells - _width(parts) - len(right)) > 0:
            return [*parts, StatusPart([(" " * gap, ""), (right, "quiet")])]
    return parts


_DEMO = mark("Or try `tocsin demo` first: it opens a demo newsroom and needs no internet.")
EmptyState = tuple[str, list[str]]
"""A headline and paragraphs."""
_DOWN = (Health.FAILING, Health.GONE)


def empty_state(
    status: Status | None,
    feeds: Sequence[FeedHealth],
    watchlists: Sequence[WatchlistCount],
    filter: str,
    feeds_hint: str,
    error: str = "",
) -> EmptyState:
    """Return the text of a stream without alerts.

    Args:
        status: The status; None before it is known.
        feeds: The feeds and their health.
        watchlists: The watchlists.
        filter: The filter of the stream, as written.
        feeds_hint: How to add feeds; empty for the usual way.
        error: The error of the last read of the archive; empty after success.
    """
    if status is None and error:
        return _("The archive cannot be read."), [error, _("It is tried again every second.")]
    if status is None:
        return _("Opening the archive…"), []
    if filter:
        hints = [
            _("f changes the filter, F shows all alerts."), _("/ searches the whole archive.")
        ]  # fmt: skip
        return _("No alert passes the filter {filter}.", filter=line(filter)), hints
    if not feeds:
        hint = _("Add feeds to feeds.yaml; tocsin loads the file when you save it.")
        return _("No feeds yet."), [feeds_hint or hint, _(_DEMO)]
    polled = [feed for feed in feeds if feed.health is not Health.PAUSED]
    if polled and all(feed.health in _DOWN for feed in polled):
        return _unreachable(status, polled)
    return _no_alerts(status, feeds, watchlists)


def _unreachable(status: Status, feeds: Sequence[FeedHealth]) -> EmptyState:
    """Return the text while no feed can be polled, with the reasons."""
    count = Counter(feed.trouble or feed.words for feed in feeds)
    reasons = [status.network_down] if status.network_down else []
    reasons += [f"{words} ({feed_count(times)})" for words, times in count.most_common(3)]
    hint = _("e shows each feed with its reason.")
    return _("No feed can be reached."), [*reasons, hint, _(_DEMO)]


def _no_alerts(
    status: Status, feeds: Sequence[FeedHealth], watchlists: Sequence[WatchlistCount]
) -> EmptyState:
    """Return the text while no article has matched, or none can match."""
    if not watchlists:
        articles = article_count(status.articles)
        return _("No watchlists yet."), [
            _("Add a watchlist to feeds.yaml: a name, and the terms that raise an alert."),
            _("The archive has {articles}; / searches it.", articles=articles),
        ]
    if not status.is_watched:
        hint = _("! starts the monitor; new alerts then appear here.")
        return _("The monitor is not running."), [hint]
    names = ", ".join(watchlist.name for watchlist in watchlists[:8])
    names += "…" if len(watchlists) > 8 else ""
    new = [feed for feed in feeds if feed.health is Health.NEW]
    read = ngettext(
        "{count} article read; none matches yet.", "{count} articles read; none matches yet.",
        status.articles,
    )  # fmt: skip
    polled = ngettext(
        "{new} of {count} feed are being polled for the first time.",
        "{new} of {count} feeds are being polled for the first time.",
        len(feeds), new=len(new),
    )  # fmt: skip
    return _("No alerts yet."), [
        _("Watching {feeds} for {watchlists}.", feeds=feed_count(len(feeds)), watchlists=names),
        polled if new else read,
        _("/ searches the archive, ? lists the keys."),
    ]


def empty_state_lines(headline: str, paragraphs: Sequence[str], cells: int) -> list[Line]:
    """Return an empty state as wrapped lines."""
    lines: list[Line] = [[]]
    lines += wrap(headline, cells, "title", "  ")
    for paragraph in paragraphs:
        lines += [[], *wrap(paragraph, cells, "plain", "  ")]
    return lines
