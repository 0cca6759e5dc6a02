"""Times, days and zones of `feeds.yaml`; each function raises ValueError in words."""

from __future__ import annotations

import re
from datetime import time, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from monitor import durations
from monitor.model import Digest

CLOCK = r"(?:[01]?\d|2[0-4]):[0-5]\d"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SHORTEST, LONGEST = 60.0, 86_400.0


def clock(text: str) -> time:
    """Return a time of day, as 07:00; 24:00 is midnight."""
    found = re.fullmatch(r"(\d{1,2}):(\d\d)", text.strip())
    hour, minute = (int(found[1]), int(found[2])) if found else (99, 0)
    if (hour, minute) == (24, 0):
        return time()
    if hour > 23 or minute > 59:
        raise ValueError(f"`{text}` is no time of day; write 07:00 or 22:30")
    return time(hour, minute)


def days(text: str) -> tuple[int, ...]:
    """Return the days of `mon`, or of `mon-fri`; 0 is Monday."""
    first, dash, last = text.strip().lower().partition("-")
    begin = _day(first, text)
    end = _day(last, text) if dash else begin
    return tuple((begin + n) % 7 for n in range((end - begin) % 7 + 1))


def _day(word: str, text: str) -> int:
    if word.strip()[:3] not in DAYS or not word.strip().isalpha():
        raise ValueError(f"`{text}` is no day; write one or several of {', '.join(DAYS)}, mon-fri")
    return DAYS.index(word.strip()[:3])


def zone(text: str) -> tzinfo:
    """Return a time zone by its name, as Europe/Brussels."""
    name = text.strip()
    known = {other.casefold(): other for other in _zones()}
    if name.casefold() not in known:
        from difflib import get_close_matches

        city = name.casefold().rpartition("/")[2].replace(" ", "_")
        close = [zone for fold, zone in known.items() if fold.rpartition("/")[2] == city]
        close += [known[fold] for fold in get_close_matches(name.casefold(), known, n=1)]
        hint = f"did you mean `{close[0]}`?" if close else "write one as Europe/Brussels"
        raise ValueError(f"`{text}` is no time zone; {hint}")
    return ZoneInfo(known[name.casefold()])


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def digest(texts: tuple[str, ...]) -> Digest:
    """Return when a digest is sent: each 30m, or at 07:30 and 17:00."""
    if len(texts) == 1 and ":" not in texts[0]:
        seconds = durations.seconds(texts[0])
        if not SHORTEST <= seconds <= LONGEST:
            raise ValueError(f"`{texts[0]}` is no interval of a digest: from 1m to 1d")
        return Digest(every=seconds)
    return Digest(at=tuple(clock(text) for text in texts))
