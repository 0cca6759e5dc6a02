"""The names of fields and filters as they may be written: in English and in French."""

from __future__ import annotations

from index.analysis.folding import fold
from index.article import PARTS
from index.query.ast import ALERT_FACETS, FACETS
from index.translation import current

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

_NAMES = {
    **{name: name for name in (*PARTS, *FACETS, *ALERT_FACETS)},
    **{fold(written): name for name, spellings in FRENCH.items() for written in spellings},
}

SPELLINGS = tuple(dict.fromkeys([*_NAMES, *(one for some in FRENCH.values() for one in some)]))
"""Every way to write a name, in small letters."""


def field_named(written: str) -> str:
    """Return the English name of a field, however it is written; empty if there is none."""
    return _NAMES.get(fold(written), "")


def offered_name(name: str) -> str:
    """Return the name of a field in the language of the reader."""
    return FRENCH[name][0] if current() == "fr" else name
