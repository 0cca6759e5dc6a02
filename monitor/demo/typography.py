"""Type set as newspapers set it, so that authored texts can be written on any keyboard."""

from __future__ import annotations

import re

NBSP = "\N{NO-BREAK SPACE}"
NARROW = "\N{NARROW NO-BREAK SPACE}"

_EVERYWHERE = ((re.compile(r"(?<=\w)'(?=\w)|(?<=s)'(?= )"), "’"), (re.compile(r"\.\.\."), "…"))
_BY_LANGUAGE = {
    "fr": (
        (re.compile(r" (?=[:»%€])"), NBSP),
        (re.compile(r"(?<=«) "), NBSP),
        (re.compile(r" (?=[;!?])"), NARROW),
        (re.compile(r"(?<=\d)[ ,](?=\d{3}\b)"), NARROW),
    ),
    "en": ((re.compile(r'"([^"]*)"'), r"“\1”"),),
}


def typeset(text: str, lang: str) -> str:
    """Return the text with the apostrophes, quotes and no-break spaces of its language."""
    for pattern, set_as in (*_EVERYWHERE, *_BY_LANGUAGE.get(lang, ())):
        text = pattern.sub(set_as, text)
    return text
