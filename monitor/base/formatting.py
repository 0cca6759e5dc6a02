"""Counts, durations and moments as text, sparklines, and durations from text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from difflib import get_close_matches
from typing import TYPE_CHECKING

from monitor.base import signs
from monitor.base.translation import gettext as _, joined, mark_all, ngettext, number, pgettext

if TYPE_CHECKING:
    from monitor.base.article import Timestamp


def articles(count: int) -> str:
    """Return a number of articles: `1 article`, `1,200 articles`."""
    return ngettext("{count} article", "{count} articles", count)


def alerts(count: int) -> str:
    """Return a number of alerts: `1 alert`, `1,200 alerts`."""
    return ngettext("{count} alert", "{count} alerts", count)


def stories(count: int) -> str:
    """Return a number of stories: `1 story`, `1,200 stories`."""
    return ngettext("{count} story", "{count} stories", count)


def stories_of(story_count: int, alert_count: int) -> str:
    """Return a number of stories, and of their alerts if there are more: `1 story (3 alerts)`."""
    more = alert_count > story_count
    return f"{stories(story_count)} ({alerts(alert_count)})" if more else stories(story_count)


def feeds(count: int) -> str:
    """Return a number of feeds: `1 feed`, `1,200 feeds`."""
    return ngettext("{count} feed", "{count} feeds", count)


def clauses(parts: Iterable[str]) -> str:
    """Join clauses with the separator of the language."""
    return joined(parts, _("; "))


def either(names: Iterable[str]) -> str:
    """Join alternatives: `fr or en`."""
    return joined(names, _(" or "))


def megabytes(count: int) -> str:
    """Return a number of bytes in megabytes."""
    return _("{size} MB", size=number(count / 1e6, 1))


def percent(share: float) -> str:
    """Return a share as the language writes it: `75%`, in French `75 %`."""
    return _("{number}%", number=number(round(share * 100)))


def and_more(names: str, others: int) -> str:
    """Return names, and the number of others: `Le Soir, L'Écho and 2 more`."""
    if others <= 0:
        return names
    return ngettext("{names} and {count} more", "{names} and {count} more", others, names=names)


def shown_title(title: str) -> str:
    """Return a title as people read it: `(untitled)` if it is empty."""
    return title or _("(untitled)")


_YEAR = 365.25 * 86_400
_SECONDS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0, "j": 86_400.0,
            "w": 7 * 86_400.0, "sem": 7 * 86_400.0, "mo": _YEAR / 12, "mois": _YEAR / 12,
            "y": _YEAR, "an": _YEAR, "ans": _YEAR}  # fmt: skip
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def alert_number(id: int) -> str:
    """Return the number of an alert as people read and type it: a5. Articles are plain: 5."""
    return f"a{id}"


def alert_page(pages: str, id: int) -> str:
    """Return the address of the page of an alert; empty if there are no pages."""
    return f"{pages}/alerts/{alert_number(id)}" if pages else ""


def briefing_page(pages: str, id: int) -> str:
    """Return the address of the page of a briefing that is sent; empty if there are no pages."""
    return f"{pages}/briefing/{id}" if pages else ""


def _rounded(seconds: float) -> tuple[int, str]:
    """Return a duration in its largest fitting unit, rounded; in years from two on."""
    if seconds >= 2 * _YEAR:
        return round(seconds / _YEAR), "y"
    for unit, name in _UNITS:
        if seconds >= unit * 0.995:
            return round(seconds / unit), name
    return max(0, round(seconds)), "s"


def span(seconds: float) -> str:
    """Return a duration in one unit, rounded: `40 s`, `2 min`, `6 h`, `31 d`, `9 y`."""
    count, unit = _rounded(seconds)
    return _with_unit(number(count), unit)


def due_in(seconds: float) -> str:
    """Return the time until something is due: `in 4 min`, or `now` below one second."""
    return _("in {time}", time=span(seconds)) if seconds >= 1 else _("now")


def short_span(seconds: float) -> str:
    """Return a duration as `span` rounds it, in few cells: `40s`, `2m`, `6h`."""
    count, unit = _rounded(seconds)
    return f"{count}{pgettext('unit', 'm') if unit == 'min' else unit_name(unit)}"


def spelled(seconds: float) -> str:
    """Return a duration as `span` rounds it, with its unit spelt out: `14 hours`, `4 days`."""
    count, unit = _rounded(seconds)
    match unit:
        case "y":
            return ngettext("{count} year", "{count} years", count)
        case "d":
            return ngettext("{count} day", "{count} days", count)
        case "h":
            return ngettext("{count} hour", "{count} hours", count)
        case "min":
            return ngettext("{count} minute", "{count} minutes", count)
    return ngettext("{count} second", "{count} seconds", count)


def date_and_time(moment: datetime) -> str:
    """Return a local time with its date: `2026-11-26 07:00`, in French `26/11/2026 07:00`."""
    return moment.strftime(_("%Y-%m-%d %H:%M"))


def behind_since(moment: str) -> str:
    """Return a local time as it stands behind `since`: French has an article before a date."""
    return moment if len(moment) == len("07:00") else pgettext("since", "{date}", date=moment)


def moment(timestamp: Timestamp, now: Timestamp, zone: tzinfo | None) -> str:
    """Return a local time, with its date unless it is today."""
    try:
        local, today = (datetime.fromtimestamp(time, zone) for time in (timestamp, now))
    except (OverflowError, ValueError, OSError):  # a feed can give any number as its date
        return _("undated")
    return f"{local:%H:%M}" if local.date() == today.date() else date_and_time(local)


def weekday(moment: datetime) -> str:
    """Return the name of a day in three letters: `Mon`; not the locale's, of any width."""
    return pgettext("weekday", _WEEKDAYS[moment.weekday()])


def month(moment: datetime) -> str:
    """Return the name of a month in three letters: `Nov`; not the locale's, of any width."""
    return pgettext("month", _MONTHS[moment.month - 1])


_WEEKDAYS = mark_all("weekday", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = mark_all(
    "month", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
)


def exact(seconds: float) -> str:
    """Return a duration with nothing rounded away: `1 h 30 min`, `90 s` as `1 min 30 s`."""
    parts = []
    amount = round(seconds, 3)
    for unit, name in _UNITS:
        count, amount = divmod(amount, unit)
        if count:
            parts.append(_with_unit(f"{count:g}", name))
    return " ".join([*parts, _with_unit(shortest(amount), "s")] if amount or not parts else parts)


def _with_unit(amount: str, unit: str) -> str:
    """Return an amount with its unit, `d` as the language calls it."""
    return f"{amount} {unit_name(unit)}"


def unit_name(unit: str) -> str:
    """Return the sign of a unit of time: `d` and `y` as the language writes them."""
    if unit == "y":
        return pgettext("unit", "y")
    return pgettext("unit", "d") if unit == "d" else unit


def shortest(value: float) -> str:
    """Return a number with as many decimals as it has."""
    digits = f"{value:g}"
    return number(value, len(digits.partition(".")[2]))


def seconds(text: str) -> float:
    """Return the seconds of 15m, 90s, 2h, 1d, 1h30m, 2w, 18mo or 3y; raises ValueError in words."""
    compact = text.replace(" ", "").lower()
    if re.fullmatch(r"\d+(\.\d+)?", compact):
        raise ValueError(
            _(
                "`{text}` lacks a unit; write {number}m for minutes, {number}s for seconds",
                text=text,
                number=compact,
            )
        )
    unit = rf"(\d+(?:\.\d+)?)({'|'.join(sorted(_SECONDS, key=len, reverse=True))})"
    if not re.fullmatch(f"(?:{unit})+", compact):
        raise ValueError(_("`{text}` is not a duration; write 30s, 15m, 2h or 1d", text=text))
    return sum(float(amount) * _SECONDS[sign] for amount, sign in re.findall(unit, compact))


def iso(moment: Timestamp | None) -> str | None:
    """Return a moment as 2023-10-09T07:09:00Z; None for None, and for what no calendar holds."""
    if moment is None:
        return None
    try:
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return None


def sparkline(counts: Sequence[int], width: int) -> str:
    """Return counts as bars, scaled to the largest; 0 is a blank.

    The oldest count comes first. Of more counts than `width`, a bar is the sum of several.
    """
    bars = list(_summed(counts, width))
    peak = max(bars, default=0)
    return "".join(signs.BARS[(bar * len(signs.BARS) - 1) // peak] if bar else " " for bar in bars)


def _summed(counts: Sequence[int], width: int) -> Iterator[int]:
    step = max(1, -(-len(counts) // width))
    start = len(counts) % step  # the newest bar is a whole one
    if start:
        yield sum(counts[:start])
    for index in range(start, len(counts), step):
        yield sum(counts[index : index + step])


def nearest(word: str, names: Iterable[str]) -> str:
    """Return `; did you mean …?` with the name most like a word; empty if there is none.

    If no name is similar, it is the first one that contains the word.
    """
    by_fold = {name.casefold(): name for name in names}
    folded = word.casefold()
    matches = get_close_matches(folded, by_fold, n=1, cutoff=0.65)
    matches = matches or [name for name in by_fold if len(folded) > 2 and folded in name]
    return _("; ") + _("did you mean `{name}`?", name=by_fold[matches[0]]) if matches else ""
