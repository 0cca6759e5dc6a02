"""The tokens of a query: operators, distances, quotes, fields, and hints for wrong ones."""

from __future__ import annotations

import re
from difflib import get_close_matches

from index.analysis.tokenizer import GLUED_BRACKETS, UNSPACED
from index.errors import QueryError
from index.query.ast import ALERT_FACETS, FACETS
from index.query.filters import FRENCH, SPELLINGS, field_named, offered_name
from monitor.base.article import PARTS
from monitor.base.translation import gettext as _, mark

MAX_DISTANCE = 1000
"""Largest distance of NEAR, W and ~, in words."""

CLOSING = {'"': '"', "“": "”", "„": "“”", "«": "»", "＂": "＂"}
QUOTES = "".join(CLOSING) + "”»"
_END = rf"(?=[\s(){QUOTES}]|$)"
SPACE = re.compile(r"\s*")
AND, OR, NOT = "AND|ET", "OR|OU", "NOT|SAUF"
OPERATOR = re.compile(rf"(?:{AND}|{OR}|{NOT}){_END}")
NEAR = re.compile(rf"(NEAR|PR[EÈ]S|W)/(\d+){_END}")
BAD_NEAR = re.compile(rf"(?:NEAR(?:/\S*)?|PR[EÈ]S/\S*|W/\S*|(?:near|pr[eè]s|w)/\d+){_END}")
OF = re.compile(r"(\d+)\s+OF\b\s*")
FIELD = re.compile(r"([^\W\d_]+):(?!//)\s*")
CHUNK = re.compile(rf"(?:{UNSPACED}|{GLUED_BRACKETS}|[^\s(){QUOTES}])+")
LISTED = re.compile(rf"(?:{UNSPACED}|{GLUED_BRACKETS}|[^\s(){QUOTES},]|(?<=\d),(?=\d))+")
NAME = re.compile(r"[^\s()]+")
PROXIMITY = re.compile(r"~(\d+)?")
KINDS = {name: names.partition("|")[0] for names in (AND, OR, NOT) for name in names.split("|")}
CONCEPT_TERM = re.compile(
    rf"(?:{'|'.join(('concept', *FRENCH['concept']))}):\s*(\S.*)", re.IGNORECASE
)
_SYNONYMS = {
    "text": "body", "by": "author", "language": "lang", "source": "feed", "site": "feed",
    "after": "since", "from": "since", "before": "until", "to": "until",
}  # fmt: skip
"""Names of fields in other programs, with the names here."""


def distance(digits: str, column: int) -> int:
    """Return the words of a distance; raises QueryError for one out of range."""
    words = int(digits) if len(digits) < 6 else MAX_DISTANCE + 1
    if not 1 <= words <= MAX_DISTANCE:
        hint = _("1 to {count} words", count=MAX_DISTANCE)
        raise QueryError(_("this distance is out of range"), column, hint)
    return words


def count(digits: str, column: int) -> int:
    """Return a number of clauses; raises QueryError for one that no list reaches."""
    if len(digits) > 6:
        raise QueryError(_("this number is out of range"), column, _("write 2 OF (a, b, c)"))
    return int(digits)


def hint_for_field(written: str) -> str:
    """Suggest a correction of a field that does not exist."""
    if field_named(written) in ALERT_FACETS:
        return _("{name}: selects alerts; `tocsin alerts --query` takes it", name=written.lower())
    spellings = [spelling for name in (*PARTS, *FACETS) for spelling in (name, offered_name(name))]
    similar = get_close_matches(written.lower(), spellings, 1, 0.5)
    name = _SYNONYMS.get(written.lower()) or (similar[0] if similar else "")
    if name:
        name = offered_name(field_named(name))
        return _('write {name}:, or quote it: "{written}: ..."', name=name, written=written)
    return _('the colon is part of the text? quote it: "{written}: ..."', written=written)


REGEX = re.compile(r"/[^/]+/[a-z]{0,3}")
"""A regular expression of other programs; `/r/Liège/` is none."""
_IN_QUERIES = [spelling for spelling in SPELLINGS if field_named(spelling) in (*PARTS, *FACETS)]
_IN_TERM = re.compile(
    r"(?<!\S)(?:"
    rf"(?P<word>{AND}|{OR})(?=\s)"
    r"|(?:NEAR|near|PR[EÈ]S|pr[eè]s|W|w)/\d+(?!\S)|NEAR/\S*|NEAR\("
    r"|\d+\s+OF\s*\("
    r"|\|\|?(?!\S)|&&(?!\S)|-(?=[\w\"])"
    rf"|(?P<not>{NOT})(?=\s)"
    rf"|-?(?i:(?P<field>{'|'.join(_IN_QUERIES)})):(?=\S)"
    r")"
)
_QUOTED = re.compile(r'\s*=?"[^"()]*"(?:~\d*)?\s*')
_QUOTATIONS = re.compile(r'\s*=?"[^"]*"\S*\s+(=?").*"\S*\s*')
_GROUP = re.compile(r"[\s\"=]*(\([^()]*\))(?![^\s\"])")


def operator_in(term: str) -> tuple[str, int] | None:
    """Return the name and the column of an operator in a term; None if there is none.

    A text in quotes has no operator.
    """
    if _QUOTED.fullmatch(term):
        return None
    for match in _IN_TERM.finditer(term):
        first = not term[: match.start()].strip()
        if not first or not (match["word"] or match[0] == "-"):
            return (f"{match['field']}:" if match["field"] else match[0]), match.start()
    if field_of(term.strip()):
        return f"{term.strip().partition(':')[0].lower()}:", len(term) - len(term.lstrip())
    if group := _GROUP.match(term):
        return mark("brackets"), group.start(1)
    if term.count('"') > 2 and (quoted := _QUOTATIONS.fullmatch(term)):
        return mark("several quotations"), quoted.start(1)
    return None


def field_of(text: str) -> str:
    """Return the English name of the field or filter with which a text begins, or ''."""
    match = FIELD.match(text)
    name = field_named(match[1]) if match else ""
    return name if name in (*PARTS, *FACETS) else ""
