"""The tokens of a query: operators, distances, quotes, fields, and hints for wrong ones."""

from __future__ import annotations

import difflib
import re

from index.article import PARTS
from index.errors import QueryError
from index.query.ast import FACETS

MAX_DISTANCE = 1000
"""Largest distance of NEAR, W and ~, in words."""

CLOSING = {'"': '"', "“": "”", "„": "“”", "«": "»", "＂": "＂"}
QUOTES = "".join(CLOSING) + "”»"
_END = rf"(?=[\s(){QUOTES}]|$)"
SPACE = re.compile(r"\s*")
OPERATOR = re.compile(rf"(?:AND|ET|OR|OU|NOT|SAUF){_END}")
NEAR = re.compile(rf"(NEAR|W)/(\d+){_END}")
BAD_NEAR = re.compile(rf"(?:NEAR(?:/\S*)?|W/\S*|near/\d+|w/\d+){_END}")
OF = re.compile(r"(\d+)\s+OF\b\s*")
FIELD = re.compile(r"([^\W\d_]+):(?!//)\s*")
CHUNK = re.compile(rf"[^\s(){QUOTES}]+")
LISTED = re.compile(rf"(?:[^\s(){QUOTES},]|(?<=\d),(?=\d))+")
NAME = re.compile(r"[^\s()]+")
PROXIMITY = re.compile(r"~(\d+)?")
KINDS = {"AND": "AND", "ET": "AND", "OR": "OR", "OU": "OR", "NOT": "NOT", "SAUF": "NOT"}
_FRENCH = {
    "titre": "title", "resume": "summary", "résumé": "summary", "chapo": "summary",
    "corps": "body", "texte": "body", "text": "body", "auteur": "author", "by": "author",
    "langue": "lang", "language": "lang", "flux": "feed", "source": "feed", "site": "feed",
    "depuis": "since", "after": "since", "from": "since", "before": "until", "to": "until",
}  # fmt: skip


def distance(digits: str, column: int) -> int:
    """Return the words of a distance; raises QueryError for one out of range."""
    words = int(digits) if len(digits) < 6 else MAX_DISTANCE + 1
    if not 1 <= words <= MAX_DISTANCE:
        raise QueryError("this distance is out of range", column, f"1 to {MAX_DISTANCE} words")
    return words


def hint_for_field(written: str) -> str:
    """Return what to do about a field that there is none of."""
    known = [*PARTS, *FACETS]
    near = difflib.get_close_matches(written.lower(), known, 1, 0.5)
    name = _FRENCH.get(written.lower()) or (near[0] if near else "")
    return (f"write {name}:, or" if name else "the colon is part of the text?") + (
        f' quote it: "{written}: ..."'
    )


def field_of(text: str) -> str:
    """Return the field or filter that a text begins with, or ''."""
    found = FIELD.match(text)
    name = found[1].lower() if found else ""
    return name if name in (*PARTS, *FACETS) else ""
