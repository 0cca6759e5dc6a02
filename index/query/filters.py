"""Filters of a query: their values, and which feed a selector names."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from index.analysis.folding import compact, fold
from index.errors import QueryError
from index.query.ast import ALERT_FACETS, FACETS, Facet, Node, Or
from monitor.base.article import PARTS
from monitor.base.translation import current, gettext as _, mark

CONCEPT = "concept"
"""The field whose value is the name of a concept."""
FRENCH: dict[str, tuple[str, ...]] = {
    "title": ("titre",),
    "summary": ("résumé", "chapo"),
    "body": ("corps", "texte"),
    "author": ("auteur", "autrice"),
    "concept": ("notion",),
    "lang": ("langue",),
    "feed": ("flux", "média"),
    "tag": ("étiquette",),
    "since": ("depuis",),
    "until": ("jusque", "avant"),
    "watch": ("veille",),
    "story": ("sujet",),
    "severity": ("gravité",),
    "has": ("avec",),
    "is": ("est",),
    "state": ("état",),
    "assigned": ("attribuée", "attribué", "confiée", "confié"),
}
"""French names of each field, the usual one first; accents may be left out."""

OTHER_VALUES: dict[str, dict[str, tuple[str, ...]]] = {
    "severity": {"high": ("élevée", "haute"), "medium": ("moyenne",), "low": ("faible", "basse")},
    "has": {"alert": ("alerte",), "body": ("corps", "texte"), "author": ("auteur", "autrice")},
    "state": {
        "new": ("nouvelle", "nouveau"),
        "acknowledged": ("vue", "vu", "prise en compte", "pris en compte"),  # not a message
        "closed": ("close", "clos"),
    },
    "is": {
        "starred": ("étoilée", "étoilé"), "relevant": ("pertinente", "pertinent"),
        "noise": ("bruit",), "noted": ("annotée", "annoté"),
        "escalated": ("aggravée", "aggravé"),
        "silenced": ("en sourdine",),  # not a message
        "merged": ("fusionnée", "fusionné"),
    },
    "assigned": {"me": ("moi",), "nobody": ("personne",)},
    "since": {
        "today": ("aujourd’hui",), "yesterday": ("hier",), "7d": ("7j",), "30d": ("30j",),
        "3mo": ("3mois",), "1y": ("1an",),
    },
}  # fmt: skip
"""Other ways to write a value of a filter, the usual French one first."""
OTHER_VALUES["until"] = OTHER_VALUES["since"]

_NAMES = {
    **{name: name for name in (*PARTS, CONCEPT, *FACETS, *ALERT_FACETS)},
    **{fold(written): name for name, spellings in FRENCH.items() for written in spellings},
}

SPELLINGS = tuple(
    dict.fromkeys([*_NAMES, *(spelling for spellings in FRENCH.values() for spelling in spellings)])
)
"""Every way to write a name, in small letters."""

_VALUES = {
    (name, compact(spelling)): value
    for name, values in OTHER_VALUES.items()
    for value, spellings in values.items()
    for spelling in spellings
}


def field_named(written: str) -> str:
    """Return the English name of a field in any spelling; empty if there is no such field."""
    return _NAMES.get(fold(written), "")


def offered_name(name: str) -> str:
    """Return the name of a field in the language of the reader."""
    return FRENCH[name][0] if current() == "fr" else name


def value_meant(name: str, written: str) -> str:
    """Return the English value of a filter in any spelling; else the value itself."""
    return _VALUES.get((name, compact(written)), written)


def offered_value(name: str, value: str) -> str:
    """Return a value of a filter in the language of the reader."""
    return OTHER_VALUES.get(name, {}).get(value, (value,))[0] if current() == "fr" else value


def offered_filter(name: str, value: str) -> str:
    """Return a filter in the language of the reader: `état:nouvelle`."""
    value = offered_value(name, value)
    return f"{offered_name(name)}:{value}" if value.isalnum() else f'{offered_name(name)}:"{value}"'


SEVERITIES = ("high", "medium", "low")
HAS = ("alert", "body", "author")
"""Values of `has:`: an alert, a full text, an author's name."""
STATES = ("new", "acknowledged", "closed")
"""Values of `state:`: the states of an alert."""
IS = ("starred", "relevant", "noise", "noted", "escalated", "silenced", "merged")
"""Values of `is:` for alerts: its star, its verdict, a note, whether it escalated, whether it was
raised in a silence of its watchlist, whether it was merged into the alert of another
article."""
IS_IN_SEARCHES = ("merged",)
"""Values of `is:` in a search of articles: whether its alert was merged into another alert."""
VALUES = {"severity": SEVERITIES, "has": HAS, "state": STATES, "is": IS}
"""Values of the filters that take a fixed set of values."""
UNDETERMINED = "und"
"""`lang:und` finds articles whose language could not be told."""

_SAMPLE_TIME = datetime(2024, 1, 1, tzinfo=UTC)  # any moment: only the form of a date is looked at
_LISTABLE = ("lang", "feed", "tag", "watch", "severity", "has", "state", "is", "assigned")


def facet(
    name: str, value: str, column: int, allowed: Sequence[str] = FACETS, *, written: str = ""
) -> Node:
    """Return the filter `name:value`; `a,b` means either value. Raises QueryError if unusable.

    Args:
        name: The name of the filter.
        value: The value as it is written.
        column: The column of the filter.
        allowed: The filters that may be written here.
        written: The name as it is written; empty if that is `name`.
    """
    written = written or name
    values = [item.strip() for item in value.split(",")] if name in _LISTABLE else [value.strip()]
    facets = tuple(_facet(name, written, item, column, allowed) for item in values)
    return facets[0] if len(facets) == 1 else Or(facets, text=f"{written}:{value}", column=column)


def _facet(name: str, written: str, value: str, column: int, allowed: Sequence[str]) -> Facet:
    if not value:
        message = _("{name}: has no value", name=written)
        raise QueryError(message, column, _("write {name}:value", name=written))
    if name in ("lang", "severity", "has", "state", "is"):
        value = value.lower()
    value = value_meant(name, value)
    facet = Facet(name, value, text=f"{written}:{value}", column=column)
    problem = ""
    if name == "lang" and not re.fullmatch(r"[a-z]{2}|und", value):
        problem = _("two letters as in {name}:fr, or {name}:und for undetermined", name=written)
    elif name == "story" and not re.fullmatch(r"\d{1,18}", value):
        problem = _("a story is a number")
    elif name in VALUES and value not in VALUES[name]:
        choices = ", ".join(offered_value(name, choice) for choice in VALUES[name])
        problem = _other_filter(value, allowed) or _("one of {values}", values=choices)
    elif name in ("feed", "tag") and not compact(value):
        problem = _("a name holds letters or digits")
    elif name in ("since", "until"):
        try:
            resolve_time(value, _SAMPLE_TIME.timestamp(), UTC)
        except ValueError as error:
            problem = str(error)
    if problem:
        message = _("{written} is not understood", written=facet.text)
        raise QueryError(message, column, problem)
    return facet


def _other_filter(value: str, allowed: Sequence[str]) -> str:
    """Return a hint at the filter that takes a value which another filter refused, or ''."""
    for name, values in VALUES.items():
        english = value_meant(name, value)
        if english in values:
            hint = offered_filter(name, english)
            if name in allowed:
                return _("did you mean {filter}?", filter=hint)
            return _(
                "did you mean {filter}? It selects alerts: `tocsin alerts --query`", filter=hint
            )
    return ""


def names(selector: str, name: str, address: str) -> bool:
    """Return whether a selector names a feed, by its name, its address, its host or a domain above.

    The address has no scheme and no www.: `lesoir.be/rss.xml`.
    """
    if compact(selector) in (compact(name), compact(address)):
        return True
    domain, host = selector.lower().removeprefix("www."), re.split("[/:?]", address)[0]
    return "." in domain and (host == domain or host.endswith("." + domain))


def selects(selector: str, name: str, address: str, tags: tuple[str, ...]) -> bool:
    """Tell whether `tag:TAG`, or the name, the address or the host of a feed, selects it."""
    if selector.startswith("tag:"):
        return compact(selector[4:]) in map(compact, tags)
    return names(selector, name, address)


def passes(facet: Facet, *, lang: str, name: str, address: str, tags: tuple[str, ...]) -> bool:
    """Tell whether an article in `lang`, carried by a feed, passes one of `ARTICLE_FACETS`."""
    if facet.name == "lang":
        return facet.value == (lang or UNDETERMINED)
    if facet.name == "feed":
        return names(facet.value, name, address)
    if facet.name == "tag":
        return selects(f"tag:{facet.value}", name, address, tags)
    raise ValueError(f"{facet.name}: is for the archive")  # not a message


_AGO = re.compile(r"(\d{1,5})\s*(min|mois|mo|m|h|d|j|w|sem|y|ans?)")
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_DAYS = {"today": 0, "aujourd'hui": 0, "aujourd’hui": 0, "yesterday": 1, "hier": 1}
_SECONDS = {"min": 60, "m": 60, "h": 3600, "d": 86_400, "j": 86_400, "w": 604_800,
            "sem": 604_800}  # fmt: skip
_YEARS = ("y", "an", "ans")
_HINT = mark(
    "write 2023, 2023-10, 2023-10-01, 2023-10-01T18:00, 7d, 12h, 2w, 3mo, 1y, today or yesterday"
)


def resolve_time(text: str, now: float, tz: tzinfo) -> tuple[float, float]:
    """Return start and end (not included) of a time in words, in seconds since the epoch.

    `2023-10` is a whole month in `tz`; `7d` is from seven days ago until `now`; a moment
    with a time of day is one second or minute long. Raises ValueError if not understood.
    """
    written = text.strip().lower()
    try:
        span = (
            _named_day(written, now, tz)
            or _ago(written, now, tz)
            or _date(written, tz)
            or _moment(text.strip(), tz)
        )
    except (ValueError, OverflowError):
        raise ValueError(_(_HINT)) from None
    return span[0].timestamp(), span[1].timestamp()


_Span = tuple[datetime, datetime]


def _named_day(written: str, now: float, tz: tzinfo) -> _Span | None:
    if written not in _DAYS:
        return None
    day = datetime.fromtimestamp(now, tz).replace(hour=0, minute=0, second=0, microsecond=0)
    start = day - timedelta(days=_DAYS[written])
    return start, start + timedelta(days=1)


def _ago(written: str, now: float, tz: tzinfo) -> _Span | None:
    match = _AGO.fullmatch(written)
    if not match:
        return None
    end = datetime.fromtimestamp(now, tz)
    number, unit = int(match[1]), match[2]
    if unit in _SECONDS:
        return datetime.fromtimestamp(now - number * _SECONDS[unit], tz), end
    months = end.year * 12 + end.month - 1 - number * (12 if unit in _YEARS else 1)
    year, month = months // 12, months % 12 + 1
    day = min(end.day, calendar.monthrange(year, month)[1])
    return end.replace(year=year, month=month, day=day), end


def _date(written: str, tz: tzinfo) -> _Span | None:
    match = _DATE.fullmatch(written)
    if not match:
        return None
    year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
    start = datetime(year, month, day, tzinfo=tz)
    if match[3]:
        return start, start + timedelta(days=1)
    if match[2]:
        return start, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=tz)
    return start, datetime(year + 1, 1, 1, tzinfo=tz)


def _moment(text: str, tz: tzinfo) -> _Span:
    start = datetime.fromisoformat(text)
    start = start if start.tzinfo else start.replace(tzinfo=tz)
    whole_minute = re.search(r"\d\d:\d\d:\d\d", text) is None
    return start, start + (timedelta(minutes=1) if whole_minute else timedelta(seconds=1))
