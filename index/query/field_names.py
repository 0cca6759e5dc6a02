"""The names and values of filters as they may be written: in English and in French."""

from __future__ import annotations

from index.analysis.folding import compact, fold
from index.query.ast import ALERT_FACETS, FACETS
from monitor.base.article import PARTS
from monitor.base.translation import current

FRENCH: dict[str, tuple[str, ...]] = {
    "title": ("titre",),
    "summary": ("résumé", "chapo"),
    "body": ("corps", "texte"),
    "author": ("auteur", "autrice"),
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
    "assigned": ("confiée", "confié"),
}
"""French names of each field, the usual one first; accents may be left out."""

OTHER_VALUES: dict[str, dict[str, tuple[str, ...]]] = {
    "severity": {"high": ("élevée", "haute"), "medium": ("moyenne",), "low": ("faible", "basse")},
    "has": {"alert": ("alerte",), "body": ("corps", "texte"), "author": ("auteur", "autrice")},
    "state": {
        "new": ("nouvelle", "nouveau"),
        "acknowledged": ("prise en compte", "pris en compte"),  # not a message
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
    **{name: name for name in (*PARTS, *FACETS, *ALERT_FACETS)},
    **{fold(written): name for name, spellings in FRENCH.items() for written in spellings},
}

SPELLINGS = tuple(
    dict.fromkeys([*_NAMES, *(spelling for some in FRENCH.values() for spelling in some)])
)
"""Every way to write a name, in small letters."""

_VALUES = {
    (name, compact(spelling)): value
    for name, values in OTHER_VALUES.items()
    for value, spellings in values.items()
    for spelling in spellings
}


def field_named(written: str) -> str:
    """Return the English name of a field, however it is written; empty if there is none."""
    return _NAMES.get(fold(written), "")


def offered_name(name: str) -> str:
    """Return the name of a field in the language of the reader."""
    return FRENCH[name][0] if current() == "fr" else name


def value_meant(name: str, written: str) -> str:
    """Return the English value of a filter, however it is written; else the value as it is."""
    return _VALUES.get((name, compact(written)), written)


def offered_value(name: str, value: str) -> str:
    """Return a value of a filter in the language of the reader."""
    return OTHER_VALUES.get(name, {}).get(value, (value,))[0] if current() == "fr" else value


def offered_filter(name: str, value: str) -> str:
    """Return a filter as one writes it in the language of the reader: `état:nouvelle`."""
    value = offered_value(name, value)
    return f"{offered_name(name)}:{value}" if value.isalnum() else f'{offered_name(name)}:"{value}"'
