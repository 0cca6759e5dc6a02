"""Queries, each with a predicate that says what it should find by trying every position.

Nothing of the way tocsin evaluates is used.
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from itertools import product
from typing import Any

from hypothesis import assume, strategies as st
from msgspec.structs import replace

from index.query.concepts import Definition, by_name
from support.constructed_articles import PIECES, Doc, Piece, Spot, without_elision

Places = list[tuple[Spot, ...]]
Finds = Callable[[Doc], Places]
Holds = Callable[[Doc], bool]

LEMMAS = {
    "espionnages": "espionnage", "ports": "port", "companies": "company", "trades": "trade",
    "traded": "trade", "spies": "spy", "women": "woman", "plates": "plate", "formes": "forme",
}  # fmt: skip
"""The lemma of each inflected word that articles are made of; others are their own."""
FIELDS = ("title", "summary", "body", "author")


def same_lemma(word: str, other: str) -> bool:
    """Tell whether two words are inflections of one, in French or in English."""
    return LEMMAS.get(word, word) == LEMMAS.get(other, other)


def chosen(test: Callable[[Spot], bool], part: str = "") -> Finds:
    """Return the oracle of a word: its spots as tuples of one. Authors are for `author:`."""

    def finds(doc: Doc) -> Places:
        return [
            (spot,)
            for spot in doc.spots
            if (spot.part == part if part else spot.part != "author") and test(spot)
        ]

    return finds


def disjoint(spots: tuple[Spot, ...], other: tuple[Spot, ...]) -> bool:
    """Tell whether two places share no word."""
    return spots[-1].last < other[0].first or other[-1].last < spots[0].first


def near(left: Finds, right: Finds, distance: int, *, ordered: bool = False) -> Finds:
    """Return the oracle of two operands with fewer than `distance` words between them."""

    def finds(doc: Doc) -> Places:
        places = []
        for spots, other in product(left(doc), right(doc)):
            same = spots[0].part == other[0].part
            first, last = (spots, other) if spots[0].first < other[0].first else (other, spots)
            close = same and disjoint(spots, other) and last[0].first - first[-1].last <= distance
            if close and (first is spots or not ordered):
                places.append(first + last)
        return places

    return finds


def acronym(form: str) -> bool:
    """Tell whether a form is two to five capitals: its case is significant."""
    return form.isupper() and form.isalpha() and 2 <= len(form) <= 5


@st.composite
def leaves(draw: Any) -> tuple[str, Finds]:
    """Draw a word of a query and the spots it should find."""
    if draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(list(CODES.items())))
    piece = draw(st.sampled_from(PIECES))
    if piece.joined:
        inflects = piece.written.islower() and draw(st.booleans())
        return _inflected_compound(piece) if inflects else _compound(piece)
    if len(piece.words) > 1:
        return _in_a_row(piece)
    term, form = piece.words[0][0], without_elision(piece)
    rich = term.isascii() and term.isalpha() and len(term) > 2
    kind = draw(st.sampled_from(["plain", "=", "~", "wild", "field"] if rich else ["plain"]))
    if kind == "=":
        return f"={form}", chosen(lambda spot: spot.form == form)
    if kind == "~":
        return f"{piece.written}~", chosen(lambda spot: same_lemma(spot.term, term))
    if kind == "wild":
        pattern = draw(_wildcards(term))
        return pattern, chosen(lambda spot: fnmatchcase(spot.term, pattern))
    part = draw(st.sampled_from(FIELDS)) if kind == "field" else ""

    def plain(spot: Spot) -> bool:
        if not acronym(form):
            return spot.term == term
        return spot.form == form or (len(form) > 2 and spot.form == form.capitalize())

    return (f"{part}:" if part else "") + piece.written, chosen(plain, part)


@st.composite
def _wildcards(draw: Any, term: str) -> str:
    """Draw a pattern that a word satisfies: `esp*`, `*nage`, `p?rt`."""
    at = draw(st.integers(0, len(term) - 2))
    return str(
        draw(
            st.sampled_from(
                [f"{term[: at + 2]}*", f"*{term[at:]}", f"{term[:at]}?{term[at + 1 :]}"]
            )
        )
    )


def _compound(piece: Piece) -> tuple[str, Finds]:
    assert piece.joined is not None
    at = 1 if acronym(piece.joined[1].replace("&", "")) else 0

    def word(pair: tuple[str, str]) -> Finds:
        return chosen(lambda spot: (spot.term, spot.form)[at] == pair[at])

    compound, parts = word(piece.joined), _row([word(word_pair) for word_pair in piece.words])
    return piece.written, lambda doc: compound(doc) + parts(doc)


def _inflected_compound(piece: Piece) -> tuple[str, Finds]:
    assert piece.joined is not None
    joined = piece.joined[0]
    words = [chosen(lambda spot, term=term: same_lemma(spot.term, term)) for term, _ in piece.words]
    compound, parts = chosen(lambda spot: same_lemma(spot.term, joined)), _row(words)
    return f"{piece.written}~", lambda doc: compound(doc) + parts(doc)


def _in_a_row(piece: Piece) -> tuple[str, Finds]:
    words = [chosen(lambda spot, term=term: spot.term == term) for term, _ in piece.words]
    return piece.written, _row(words)


def _row(words: list[Finds]) -> Finds:
    """Return the oracle of words one right after the other."""
    finds = words[0]
    for word in words[1:]:
        finds = near(finds, word, 1, ordered=True)
    return finds


def _formed(term: str, *forms: str) -> Finds:
    """Return the oracle of a word in some forms; without a form, in any."""
    return chosen(lambda spot: spot.term == term and (not forms or spot.form in forms))


def _either(first: Finds, *row: Finds) -> Finds:
    """Return the oracle of a word in one piece, or words in a row."""
    parts = _row(list(row))
    return lambda doc: first(doc) + parts(doc)


_AK = _either(_formed("ak47"), _formed("ak", "AK", "Ak"), _formed("47"))
_COVID = _either(_formed("covid19"), _formed("covid", "COVID", "Covid"), _formed("19"))
_F16 = _either(_formed("f16"), _formed("f", "F"), _formed("16"))
CODES: dict[str, Finds] = {
    "AK-47": _AK,
    "AK47": _AK,
    "ak-47": _either(_formed("ak47"), _formed("ak"), _formed("47")),
    "COVID-19": _COVID,
    "COVID19": _COVID,
    "covid19": _either(_formed("covid19"), _formed("covid"), _formed("19")),
    "F-16": _F16,
    "F16": _formed("f16"),
    "A-10": _formed("a10"),
}
"""Codes of one word of a query."""
_JD = _either(_formed("jd", "JD", "Jd"), _formed("j", "J"), _formed("d", "D"))
ROWS: dict[str, Finds] = {
    '"AK 47"': _AK,
    '"ak 47"': CODES["ak-47"],
    '"COVID 19"': _COVID,
    '"J. D. Vance"': _row([_JD, _formed("vance")]),
    '"J.D. Vance"': _row([_JD, _formed("vance")]),
    '"JD Vance"': _row([_JD, _formed("vance")]),
    '"J. D."': _JD,
    '"Vance J.D."': _row([_formed("vance"), _formed("jd", "JD")]),
}
"""Codes and names of several words."""


def _piece(written: str) -> Finds:
    """Return the oracle of a compound that articles are made of."""
    return _compound(next(piece for piece in PIECES if piece.written == written))[1]


def _inflected(term: str) -> Finds:
    return chosen(lambda spot: same_lemma(spot.term, term))


def _concept(names: dict[str, Finds], excluded: dict[str, Finds]) -> tuple[Definition, Finds]:
    """Return the definition of a concept, and its oracle: places that nothing excluded has."""

    def finds(doc: Doc) -> Places:
        cancelled = [place for term in excluded.values() for place in term(doc)]
        places = [place for name in names.values() for place in name(doc)]
        return [
            place
            for place in places
            if all(place[0].part != other[0].part or disjoint(place, other) for other in cancelled)
        ]

    return Definition("", tuple(names), tuple(excluded)), finds


_SPY, _SPY_FINDS = _concept(
    {"espionnage~": _inflected("espionnage"), "spies": _formed("spies"),
     "VSSE": _formed("vsse", "VSSE", "Vsse")},
    {"contre-espionnage": _piece("contre-espionnage"),
     "Liège espionnage": _row([_formed("liege"), _formed("espionnage")])},
)  # fmt: skip
_TRADE, _TRADE_FINDS = _concept(
    {"trade~": _inflected("trade"), "e-commerce": _piece("e-commerce"), "COVID-19": _COVID,
     "port company": _row([_formed("port"), _formed("company")])},
    {"company": _formed("company"), "19": _formed("19")},
)  # fmt: skip
CONCEPTS = by_name([replace(_SPY, name="spy"), replace(_TRADE, name="trade")])
_CONCEPT_LEAVES = [("concept:spy", _SPY_FINDS), ("notion:trade", _TRADE_FINDS)]


@st.composite
def stretches(draw: Any) -> tuple[str, Finds]:
    """Draw a word, a phrase, a concept, or such near each other, and the oracle of it."""
    kinds = ["word", "row", "phrase", "near", "loose", "phrase near", "concept", "concept near"]
    kind = draw(st.sampled_from(kinds))
    if kind.startswith("concept"):
        text, finds = draw(st.sampled_from(_CONCEPT_LEAVES))
        other = draw(leaves())
        if kind == "concept" or ":" in other[0]:
            return text, finds
        distance, ordered = draw(st.integers(1, 6)), draw(st.booleans())
        link = f"{'W' if ordered else 'NEAR'}/{distance}"
        return f"({text} {link} {other[0]})", near(finds, other[1], distance, ordered=ordered)
    if kind == "row":
        return draw(st.sampled_from(list(ROWS.items())))
    first, second, third = draw(leaves()), draw(leaves()), draw(leaves())
    if kind == "word" or any(":" in leaf[0] for leaf in (first, second, third)):
        return first
    distance, ordered = draw(st.integers(1, 6)), draw(st.booleans())
    if kind == "near":
        text = f"({first[0]} {'W' if ordered else 'NEAR'}/{distance} {second[0]})"
        return text, near(first[1], second[1], distance, ordered=ordered)
    assume("=" not in first[0] + second[0])
    phrase, row = f'"{first[0]} {second[0]}"', near(first[1], second[1], 1, ordered=True)
    if kind == "phrase":
        return phrase, row
    if kind == "loose":
        assume(len(_words(first[0])) + len(_words(second[0])) == 2)
        return f"{phrase}~{distance}", near(first[1], second[1], distance)
    return f"({phrase} NEAR/{distance} {third[0]})", near(row, third[1], distance)


def _words(leaf: str) -> str:
    """Return a character for each word of a leaf: CJK characters are words each."""
    return leaf if not leaf.isascii() and len(leaf) < 4 and leaf[0] > "\u2fff" else leaf[:1]


FILTERS: dict[str, Holds] = {
    "lang:fr": lambda doc: doc.lang == "fr",
    "lang:und": lambda doc: doc.lang == "",
    "(lang:fr,en)": lambda doc: doc.lang in ("fr", "en"),
    "feed:lesechos": lambda doc: doc.feed.number == 1,
    "feed:news.example": lambda doc: doc.feed.number == 2,
    "tag:fr": lambda doc: doc.feed.number == 1,
    "tag:eco": lambda doc: True,
    "tag:sport": lambda doc: False,
}

OracleQuery = tuple[str, Holds]


def _holds(stretch: tuple[str, Finds]) -> OracleQuery:
    return stretch[0], lambda doc: bool(stretch[1](doc))


def _and(pair: tuple[OracleQuery, OracleQuery]) -> OracleQuery:
    return f"({pair[0][0]} {pair[1][0]})", lambda doc: pair[0][1](doc) and pair[1][1](doc)


def _or(pair: tuple[OracleQuery, OracleQuery]) -> OracleQuery:
    return f"({pair[0][0]} OR {pair[1][0]})", lambda doc: pair[0][1](doc) or pair[1][1](doc)


def _without(pair: tuple[OracleQuery, OracleQuery]) -> OracleQuery:
    text = f"({pair[0][0]} AND NOT {pair[1][0]})"
    return text, lambda doc: pair[0][1](doc) and not pair[1][1](doc)


def _two_of(operands: tuple[OracleQuery, ...]) -> OracleQuery:
    text = f"2 OF ({', '.join(operand[0] for operand in operands)})"
    return text, lambda doc: sum(bool(operand[1](doc)) for operand in operands) >= 2


_filters = st.sampled_from(list(FILTERS.items()))

queries = st.recursive(
    st.one_of(stretches().map(_holds), stretches().map(_holds), stretches().map(_holds), _filters),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(_and),
        st.tuples(inner, inner).map(_or),
        st.tuples(inner, inner).map(_without),
        st.tuples(inner, inner, inner).map(_two_of),
    ),
    max_leaves=5,
)
"""A query as written, and its predicate for a document."""

Weighed = tuple[dict[str, float], float, Holds]


@st.composite
def scores(draw: Any) -> Weighed:
    """Draw weights of words, a threshold, and the oracle of them."""
    words = [
        leaf for leaf in draw(st.lists(leaves(), min_size=2, max_size=5)) if ":" not in leaf[0]
    ]
    assume(words)
    weight = st.sampled_from([-4.0, -1.0, 0.1, 0.2, 0.3, 1.0, 2.0, 5.0])
    weights = {text: draw(weight) for text, _ in words}
    finds = dict(words)
    threshold = draw(st.sampled_from([0.1, 0.3, 0.6, 1.0, 2.0, 3.0, 6.0]))

    def reached(doc: Doc) -> bool:
        tenths = sum(round(10 * weight) for text, weight in weights.items() if finds[text](doc))
        return tenths >= round(10 * threshold)

    return weights, threshold, reached
