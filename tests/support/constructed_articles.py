"""Articles whose words are known by construction: generated word by word, never read.

Nothing of the way tocsin reads is used.
"""

from __future__ import annotations

import unicodedata
from typing import Any, NamedTuple

from hypothesis import strategies as st
from msgspec import Struct

from monitor.base.article import Article
from monitor.model.feed import Feed

FEEDS = (
    Feed(url="https://www.lesechos.fr/rss.xml", name="Les Échos", tags=("éco", "fr"), number=1),
    Feed(url="https://news.example/feed", name="News", tags=("éco",), number=2),
)


class Spot(NamedTuple):
    """A word, or a compound in one piece, of a generated text."""

    part: str
    first: int
    last: int
    term: str
    form: str


class Doc(Struct, frozen=True):
    """An article, and its words as they were put into it."""

    parts: dict[str, str]
    spots: list[Spot]
    lang: str
    feed: Feed

    def article(self, id: int = 1) -> Article:
        """Return the article as the archive takes it."""
        feeds = (self.feed.number,)
        return Article(id=id, feeds=feeds, url="", lang=self.lang, seen=float(id), **self.parts)


class Piece(Struct, frozen=True):
    """A piece of a text: its written form, and its words."""

    written: str
    words: tuple[tuple[str, str], ...]
    joined: tuple[str, str] | None = None


def _piece(written: str, *terms: str, joined: str = "") -> Piece:
    forms = written.replace("&", "-").split("-")
    joined_forms = (joined, written.replace("-", "")) if joined else None
    return Piece(written, tuple(zip(terms, forms, strict=True)), joined_forms)


def _letters(written: str) -> Piece:
    """Return CJK characters, each of which is a word."""
    return Piece(written, tuple((letter, letter) for letter in written))


PIECES = [
    _piece("espionnage", "espionnage"), _piece("Espionnages", "espionnages"),
    _piece("espionner", "espionner"), _piece("Liège", "liege"), _piece("liege", "liege"),
    _piece("LIÈGE", "liege"), _piece("Liégeois", "liegeois"), _piece("port", "port"),
    _piece("ports", "ports"), _piece("Porte", "porte"), _piece("us", "us"), _piece("US", "us"),
    _piece("VSSE", "vsse"), _piece("vsse", "vsse"), _piece("company", "company"),
    _piece("companies", "companies"), _piece("cœur", "coeur"), _piece("été", "ete"),
    _piece("traded", "traded"), _piece("Trades", "trades"), _piece("spies", "spies"),
    _piece("spy", "spy"), _piece("woman", "woman"), _piece("Women", "women"),
    _piece("naïve", "naive"), _piece("Straße", "strasse"), _piece("œuvre", "oeuvre"),
    _piece("plate-forme", "plate", "forme", joined="plateforme"),
    _piece("plates-formes", "plates", "formes", joined="platesformes"),
    _piece("Plateforme", "plateforme"), _piece("plate", "plate"), _piece("forme", "forme"),
    _piece("e-commerce", "e", "commerce", joined="ecommerce"),
    _piece("AT&T", "at", "t", joined="at&t"), _piece("阿", "阿"), _piece("里", "里"),
    _letters("阿里"), _letters("阿里巴"), _letters("서울"),
    _piece("contre-espionnage", "contre", "espionnage", joined="contreespionnage"),
    _piece("5G", "5g"), _piece("3,5", "3.5"), _piece("3.5", "3.5"), _piece("2023", "2023"),
    _piece("d’espionnage", "espionnage"), _piece("l'été", "ete"),
    _piece("Qu’espionner", "espionner"), _piece("Vsse", "vsse"),
    Piece("1 000", (("1", "1"), ("000", "000")), ("1000", "1000")), _piece("1000", "1000"),
]  # fmt: skip
CODES = [
    _piece("COVID-19", "covid", "19", joined="covid19"), _piece("Covid19", "covid19"),
    _piece("AK-47", "ak", "47", joined="ak47"), _piece("ak47", "ak47"), _piece("f16", "f16"),
    _piece("F-16", "f", "16", joined="f16"), _piece("a-10", "a", "10", joined="a10"),
    Piece("AK 47", (("ak", "AK"), ("47", "47"))), Piece("ak 47", (("ak", "ak"), ("47", "47"))),
    Piece("Covid 19", (("covid", "Covid"), ("19", "19"))),
    Piece("F 16", (("f", "F"), ("16", "16"))), Piece("f 16", (("f", "f"), ("16", "16"))),
    Piece("a 10", (("a", "a"), ("10", "10"))), Piece("A 10", (("a", "A"), ("10", "10"))),
    Piece("J. D. Vance", (("j", "J"), ("d", "D"), ("vance", "Vance"))),
    Piece("J.D. Vance", (("jd", "JD"), ("vance", "Vance"))),
    Piece("JD Vance", (("jd", "JD"), ("vance", "Vance"))),
    Piece("j d vance", (("j", "j"), ("d", "d"), ("vance", "vance"))),
]  # fmt: skip
"""Codes and names that are written in several ways, which queries find whatever the way."""
GAPS = [" ", ", ", "\n", " — ", ". ", "\u00a0", " («", "... ", " ; "]
ELISIONS = ("d’", "l'", "Qu’")


def without_elision(piece: Piece) -> str:
    """Return the written form without an elided article."""
    text = piece.written
    for elision in ELISIONS:
        text = text.removeprefix(elision)
    return text


@st.composite
def texts(draw: Any, part: str, most: int = 9) -> tuple[str, list[Spot]]:
    """Draw a part of an article and its spots."""
    pieces, spots, at = ["dans"], [Spot(part, 0, 0, "dans", "dans")], 1
    for piece in draw(st.lists(st.sampled_from(PIECES + CODES), max_size=most)):
        form_of_all = without_elision(piece)
        for offset, (term, form) in enumerate(piece.words):
            spot_form = form if len(piece.words) > 1 else form_of_all
            spots.append(Spot(part, at + offset, at + offset, term, spot_form))
        if piece.joined:
            spots.append(Spot(part, at, at + len(piece.words) - 1, *piece.joined))
        at += len(piece.words)
        text_form = piece.written
        if draw(st.booleans()) and len(form_of_all) > 3 and form_of_all.isalpha():
            text_form = text_form[:-1] + draw(st.sampled_from(["\u00ad", "\u200b"])) + text_form[-1]
        pieces.append(draw(st.sampled_from(GAPS)) + text_form)
    text = "".join(pieces)
    return (unicodedata.normalize("NFD", text) if draw(st.booleans()) else text), spots


@st.composite
def documents(draw: Any) -> Doc:
    """Draw an article of four parts."""
    parts, spots = {}, []
    for part in ("title", "summary", "body", "author"):
        parts[part], part_spots = draw(texts(part, 3 if part == "author" else 9))
        spots += part_spots
    lang, feed = draw(st.sampled_from(["fr", "en", ""])), draw(st.sampled_from(FEEDS))
    return Doc(parts, spots, lang, feed)
