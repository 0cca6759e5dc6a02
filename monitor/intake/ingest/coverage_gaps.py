"""Coverage gaps: the times in which watchlists may have missed articles. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo

from index.query.filters import selects
from monitor.base.article import Timestamp
from monitor.base.formatting import date_and_time
from monitor.base.translation import gettext as _, ngettext, number
from monitor.model.feed import Coverage, Feed, Gap, GapKind
from monitor.storage.search.trends import merge_intervals

SHOWN = 3
"""Intervals that are listed one by one."""


def coverage(
    watchlists: Mapping[str, Sequence[str]], feeds: Collection[Feed], gaps: Sequence[Gap]
) -> list[Coverage]:
    """Return the gaps of the feeds that each watchlist selects."""
    coverages = []
    for name, selectors in watchlists.items():
        numbers = {feed.number for feed in feeds if feed.enabled and _watches(selectors, feed)}
        feed_gaps = tuple(gap for gap in gaps if gap.feed.number in numbers)
        coverages.append(Coverage(watchlist=name, feeds=len(numbers), gaps=feed_gaps))
    return coverages


def describe_gap(covered: Coverage, now: Timestamp, zone: tzinfo | None) -> str:
    """Describe the gaps of a watchlist: `3 of 41 feeds with a coverage gap 10:02–10:47`."""
    parts: list[str] = []
    for kind in (GapKind.BLIND, GapKind.DOWN):
        if gaps := [gap for gap in covered.gaps if gap.kind is kind]:
            count, times = number(covered.touched(kind)), intervals(gaps, now, zone)
            if not parts:
                count = ngettext(
                    "{touched} of {count} feed",
                    "{touched} of {count} feeds",
                    covered.feeds,
                    touched=count,
                )
            if kind is GapKind.BLIND:
                parts.append(_("{feeds} with a coverage gap {when}", feeds=count, when=times))
            else:
                parts.append(_("{feeds} not read {when}", feeds=count, when=times))
    if parts:
        return ", ".join(parts)
    return ngettext(
        "nothing missed in {count} feed", "nothing missed in {count} feeds", covered.feeds
    )


def format_interval(
    start: Timestamp, end: Timestamp | None, now: Timestamp, zone: tzinfo | None
) -> str:
    """Return an interval in local time: `10:02–10:47`, `since 09:10`, `2026-11-24 23:50–00:10`."""
    if end is None:
        return _("since {moment}", moment=_moment(start, now, zone))
    same_day = _at(start, zone).date() == _at(end, zone).date()
    last = f"{_at(end, zone):%H:%M}" if same_day else _moment(end, now, zone)
    return f"{_moment(start, now, zone)}–{last}"


def _watches(selectors: Sequence[str], feed: Feed) -> bool:
    return not selectors or any(selects(s, feed.name, feed.address, feed.tags) for s in selectors)


def intervals(gaps: Iterable[Gap], now: Timestamp, zone: tzinfo | None) -> str:
    """Return the intervals of gaps, joined where they meet, the last ones of too many."""
    gaps = list(gaps)
    if any(gap.end is None for gap in gaps):
        return format_interval(min(gap.start for gap in gaps), None, now, zone)
    merged = merge_intervals((gap.start, gap.end or now) for gap in gaps)
    earlier = len(merged) - SHOWN
    shown = ", ".join(format_interval(*interval, now, zone) for interval in merged[-SHOWN:])
    if earlier <= 0:
        return shown
    return ngettext(
        "{count} time and {others}", "{count} times and {others}", earlier, others=shown
    )


def _moment(moment: Timestamp, now: Timestamp, zone: tzinfo | None) -> str:
    time = _at(moment, zone)
    return f"{time:%H:%M}" if time.date() == _at(now, zone).date() else date_and_time(time)


def _at(moment: Timestamp, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(moment, zone)
