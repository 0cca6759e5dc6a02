"""Filters of a query: their values, and which feed a selector names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from index.analysis.folding import compact
from index.errors import QueryError
from index.query.ast import FACETS, Facet, Node, Or
from index.query.date_expressions import resolve_time
from index.query.field_names import offered_filter, offered_value, value_meant
from monitor.base.translation import gettext as _

SEVERITIES = ("high", "medium", "low")
HAS = ("alert", "body", "author")
"""Values of `has:`: an alert, a full text, an author's name."""
STATES = ("new", "acknowledged", "closed")
"""Values of `state:`: what the analyst did with an alert."""
IS = ("starred", "relevant", "noise", "noted", "escalated", "silenced", "merged")
"""What `is:` may ask for of an alert: its star, its verdict, a note, whether it escalated, whether
it was raised in a silence of its watchlist, whether it was merged into the alert of another
article."""
IS_IN_SEARCHES = ("merged",)
"""What `is:` may ask for of an article: whether its alert was merged into that of another."""
VALUES = {"severity": SEVERITIES, "has": HAS, "state": STATES, "is": IS}
"""The values of filters that take only these."""
UNDETERMINED = "und"
"""`lang:und` finds articles whose language could not be told."""

_WHEN = datetime(2024, 1, 1, tzinfo=UTC)  # any moment: only the form of a date is looked at
_MANY = ("lang", "feed", "tag", "watch", "severity", "has", "state", "is", "assigned")


def facet(
    name: str, value: str, column: int, known: Sequence[str] = FACETS, *, written: str = ""
) -> Node:
    """Return the filter `name:value`, of which `a,b` is either; raises QueryError if unusable.

    Args:
        name: Of the filter.
        value: As it is written.
        column: Where.
        known: The filters that may be written here.
        written: The name as it is written; empty if that is `name`.
    """
    written = written or name
    values = [each.strip() for each in value.split(",")] if name in _MANY else [value.strip()]
    facets = tuple(_one(name, written, each, column, known) for each in values)
    return facets[0] if len(facets) == 1 else Or(facets, text=f"{written}:{value}", column=column)


def _one(name: str, written: str, value: str, column: int, known: Sequence[str]) -> Facet:
    if not value:
        message = _("{name}: has no value", name=written)
        raise QueryError(message, column, _("write {name}:value", name=written))
    if name in ("lang", "severity", "has", "state", "is"):
        value = value.lower()
    value = value_meant(name, value)
    _validate_value(name, written, value, column, known)
    return Facet(name, value, text=f"{written}:{value}", column=column)


def _validate_value(name: str, written: str, value: str, column: int, known: Sequence[str]) -> None:
    problem = ""
    if name == "lang" and not re.fullmatch(r"[a-z]{2}|und", value):
        problem = _("two letters as in {name}:fr, or {name}:und for undetermined", name=written)
    elif name == "story" and not re.fullmatch(r"\d{1,18}", value):
        problem = _("a story is a number")
    elif name in VALUES and value not in VALUES[name]:
        allowed = ", ".join(offered_value(name, each) for each in VALUES[name])
        problem = _other_filter(value, known) or _("one of {values}", values=allowed)
    elif name in ("feed", "tag") and not compact(value):
        problem = _("a name holds letters or digits")
    elif name in ("since", "until"):
        try:
            resolve_time(value, _WHEN.timestamp(), UTC)
        except ValueError as error:
            problem = str(error)
    if problem:
        message = _("{written} is not understood", written=f"{written}:{value}")
        raise QueryError(message, column, problem)


def _other_filter(value: str, known: Sequence[str]) -> str:
    """Name the filter that takes a value which another one refuses; empty if none does."""
    for name, values in VALUES.items():
        meant = value_meant(name, value)
        if meant in values:
            other = offered_filter(name, meant)
            if name in known:
                return _("did you mean {filter}?", filter=other)
            return _(
                "did you mean {filter}? It selects alerts: `tocsin alerts --query`", filter=other
            )
    return ""


def names(selector: str, name: str, host: str) -> bool:
    """Tell whether a selector names a feed: by its name, by its host or a domain above it."""
    if compact(selector) == compact(name):
        return True
    wanted, host = selector.lower().removeprefix("www."), host.lower().removeprefix("www.")
    return "." in wanted and (host == wanted or host.endswith("." + wanted))


def selects(selector: str, name: str, host: str, tags: tuple[str, ...]) -> bool:
    """Tell whether `tag:TAG`, or the name or host of a feed, selects it."""
    if selector.startswith("tag:"):
        return compact(selector[4:]) in map(compact, tags)
    return names(selector, name, host)


def passes(facet: Facet, *, lang: str, name: str, host: str, tags: tuple[str, ...]) -> bool:
    """Tell whether an article in `lang`, carried by a feed, passes one of `ARTICLE_FACETS`."""
    if facet.name == "lang":
        return facet.value == (lang or UNDETERMINED)
    if facet.name == "feed":
        return names(facet.value, name, host)
    if facet.name == "tag":
        return selects(f"tag:{facet.value}", name, host, tags)
    raise ValueError(f"{facet.name}: is for the archive")  # not a message
