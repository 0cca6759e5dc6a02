"""Rules against an oracle that knows the words by construction, and why they hold or not."""

import unicodedata
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import pytest
import Stemmer
from hypothesis import assume, given
from hypothesis import strategies as st

from index.article import Article
from index.errors import QueryError
from index.query import any_of, parse, score
from monitor.match import MAX_MATCHES, Rules, explain
from monitor.model import Feed, Watchlist

FEED = Feed(url="https://www.lesechos.fr/rss.xml", name="Les Échos", tags=("belgique", "éco"))


def article(title="", summary="", body="", author="", lang="fr"):
    return Article(
        id=1, feeds=(1,), url="", title=title, summary=summary, body=body, author=author,
        lang=lang, seen=0.0,
    )  # fmt: skip


def watchlist(query, **settings):
    query = parse(query, allow_archive_filters=False) if isinstance(query, str) else query
    return Watchlist(**{"name": query.text, "query": query} | settings)


# --- the oracle -----------------------------------------------------------------------
# A text is generated word by word, so its words, forms and positions are known without
# reading it; a query is generated together with a predicate that tries every position.


class Spot(NamedTuple):
    """A word, or a compound in one piece, of a generated text."""

    part: str
    first: int
    last: int
    term: str
    form: str


@dataclass(frozen=True)
class Piece:
    """What may stand in a text: its written form, and its words."""

    written: str
    words: tuple[tuple[str, str], ...]
    joined: tuple[str, str] | None = None


def _piece(written, *terms, joined=None):
    forms = written.replace("&", "-").split("-")
    whole = (joined, written.replace("-", "")) if joined else None
    return Piece(written, tuple(zip(terms, forms, strict=True)), whole)


PIECES = [
    _piece("espionnage", "espionnage"), _piece("Espionnages", "espionnages"),
    _piece("espionner", "espionner"), _piece("Liège", "liege"), _piece("liege", "liege"),
    _piece("LIÈGE", "liege"), _piece("Liégeois", "liegeois"), _piece("port", "port"),
    _piece("ports", "ports"), _piece("Porte", "porte"), _piece("us", "us"), _piece("US", "us"),
    _piece("VSSE", "vsse"), _piece("vsse", "vsse"), _piece("company", "company"),
    _piece("companies", "companies"), _piece("cœur", "coeur"), _piece("été", "ete"),
    _piece("plate-forme", "plate", "forme", joined="plateforme"),
    _piece("Plateforme", "plateforme"), _piece("plate", "plate"), _piece("forme", "forme"),
    _piece("e-commerce", "e", "commerce", joined="ecommerce"),
    _piece("AT&T", "at", "t", joined="at&t"), _piece("阿", "阿"), _piece("里", "里"),
    _piece("contre-espionnage", "contre", "espionnage", joined="contreespionnage"),
    _piece("5G", "5g"), _piece("d’espionnage", "espionnage"), _piece("l'été", "ete"),
    _piece("Qu’espionner", "espionner"),
]  # fmt: skip
GAPS = [" ", ", ", "\n", " — ", ". ", "\u00a0", " («"]
ELISIONS = ("d’", "l'", "Qu’")


@st.composite
def texts(draw, part):
    """Draw a part of an article and its spots."""
    written, spots, at = ["dans"], [Spot(part, 0, 0, "dans", "dans")], 1
    for piece in draw(st.lists(st.sampled_from(PIECES), max_size=9)):
        bare = piece.written
        for elision in ELISIONS:
            bare = bare.removeprefix(elision)
        for offset, (term, form) in enumerate(piece.words):
            shape = form if len(piece.words) > 1 else bare
            spots.append(Spot(part, at + offset, at + offset, term, shape))
        if piece.joined:
            spots.append(Spot(part, at, at + len(piece.words) - 1, *piece.joined))
        at += len(piece.words)
        shown = piece.written
        if draw(st.booleans()) and len(bare) > 3:
            shown = shown[:-1] + draw(st.sampled_from(["\u00ad", "\u200b"])) + shown[-1]
        written.append(
            draw(st.sampled_from([" ", ", ", "\n", " — ", ". ", "\u00a0", " («"])) + shown
        )
    text = "".join(written)
    return (unicodedata.normalize("NFD", text) if draw(st.booleans()) else text), spots


@st.composite
def documents(draw):
    parts, spots = {}, []
    for part in ("title", "summary", "body"):
        parts[part], more = draw(texts(part))
        spots += more
    return parts, spots


STEMMERS = [Stemmer.Stemmer("french"), Stemmer.Stemmer("english")]


def related(one, other):
    return any(stemmer.stemWord(one) == stemmer.stemWord(other) for stemmer in STEMMERS)


def chosen(test):
    """Return the oracle of a word: its spots as lists of one."""
    return lambda spots: [(spot,) for spot in spots if test(spot)]


def apart(one, other):
    return one[-1].last < other[0].first or other[-1].last < one[0].first


def near(left, right, distance, *, ordered=False):
    def found(spots):
        for one, other in product(left(spots), right(spots)):
            same = one[0].part == other[0].part
            first, last = (one, other) if one[0].first < other[0].first else (other, one)
            close = same and apart(one, other) and last[0].first - first[-1].last <= distance
            if close and (first is one or not ordered):
                yield first + last

    return lambda spots: list(found(spots))


def acronym(form):
    return form.isupper() and form.isalpha() and 2 <= len(form) <= 5


@st.composite
def leaves(draw):
    """Draw a word of a query and the spots it should find."""
    piece = draw(st.sampled_from(PIECES))
    bare = piece.written
    for elision in ELISIONS:
        bare = bare.removeprefix(elision)
    if piece.joined:
        return _compound(piece)
    term = piece.words[0][0]
    kinds = ["plain", "=", "~", "*", "title:"] if term.isascii() and len(term) > 2 else ["plain"]
    kind = draw(st.sampled_from(kinds))
    if kind == "=":
        return f"={bare}", chosen(lambda spot: spot.form == bare)
    if kind == "~":
        return f"{piece.written}~", chosen(lambda spot: related(spot.term, term))
    if kind == "*":
        cut = draw(st.integers(2, len(term)))
        return f"{term[:cut]}*", chosen(lambda spot: spot.term.startswith(term[:cut]))
    part = "title" if kind == "title:" else ""

    def plain(spot):
        right = spot.form == bare if acronym(bare) else spot.term == term
        return right and part in ("", spot.part)

    return ("title:" if part else "") + piece.written, chosen(plain)


def _compound(piece):
    exact = acronym(piece.joined[1].replace("&", ""))
    at = 1 if exact else 0

    def word(wanted):
        return chosen(lambda spot: (spot.term, spot.form)[at] == wanted[at])

    parts = near(word(piece.words[0]), word(piece.words[1]), 1, ordered=True)
    return piece.written, lambda spots: word(piece.joined)(spots) + parts(spots)


@st.composite
def stretches(draw):
    """Draw a word, phrase or NEAR and its oracle."""
    kind = draw(st.sampled_from(["word", "word", "phrase", "near"]))
    first, second = draw(leaves()), draw(leaves())
    if kind == "word" or ":" in first[0] + second[0]:
        return first
    if kind == "phrase":
        assume("=" not in first[0] + second[0])
        return f'"{first[0]} {second[0]}"', near(first[1], second[1], 1, ordered=True)
    distance, ordered = draw(st.integers(1, 6)), draw(st.booleans())
    text = f"({first[0]} {'W' if ordered else 'NEAR'}/{distance} {second[0]})"
    return text, near(first[1], second[1], distance, ordered=ordered)


def holds(stretch):
    return stretch[0], lambda spots: bool(stretch[1](spots))


def _and(pair):
    return f"({pair[0][0]} {pair[1][0]})", lambda spots: pair[0][1](spots) and pair[1][1](spots)


def _or(pair):
    return f"({pair[0][0]} OR {pair[1][0]})", lambda spots: pair[0][1](spots) or pair[1][1](spots)


def _without(pair):
    text = f"({pair[0][0]} AND NOT {pair[1][0]})"
    return text, lambda spots: pair[0][1](spots) and not pair[1][1](spots)


def _two_of(three):
    text = f"2 OF ({', '.join(one[0] for one in three)})"
    return text, lambda spots: sum(bool(one[1](spots)) for one in three) >= 2


queries = st.recursive(
    stretches().map(holds),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(_and),
        st.tuples(inner, inner).map(_or),
        st.tuples(inner, inner).map(_without),
        st.tuples(inner, inner, inner).map(_two_of),
    ),
    max_leaves=5,
)


@given(documents(), st.lists(queries, min_size=1, max_size=4))
def test_rules_match_what_the_oracle_says(document, generated):
    parts, spots = document
    expected = {}
    for text, oracle in generated:
        try:
            expected[text] = watchlist(text), oracle(spots)
        except QueryError:  # a contradiction, or the same twice in a list
            continue
    of = article(**parts)
    hits = Rules([rule for rule, _ in expected.values()]).match(of, FEED)
    assert {hit.watchlist.name for hit in hits} == {
        text for text, (_, so) in expected.items() if so
    }
    for hit in hits:
        assert hit.matches
        for match in hit.matches:
            assert of.part(match.field)[match.start : match.end] == match.text
            assert match.text
            assert match.text == match.text.strip()
        places = [(["title", "summary", "body"].index(m.field), m.start) for m in hit.matches]
        assert places == sorted(places)
        assert explain(hit.watchlist, of, FEED).hit == hit


@given(documents(), queries)
def test_explanations_agree_with_rules(document, generated):
    try:
        rule = watchlist(generated[0])
    except QueryError:
        assume(False)
    told = explain(rule, article(**document[0]), FEED)
    assert bool(told.hit) == bool(generated[1](document[1]))
    assert told.reason


# --- where -----------------------------------------------------------------------------


def test_every_occurrence_in_every_part_in_the_order_of_the_text():
    of = article("Alibaba cave", "l’Alibaba", "chez Ali\u00adbaba et ALIBABA", "Alibaba")
    (hit,) = Rules([watchlist("Alibaba OR cave")]).match(of, FEED)
    assert [(m.field, m.start, m.end, m.text, m.term) for m in hit.matches] == [
        ("title", 0, 7, "Alibaba", "Alibaba"),
        ("title", 8, 12, "cave", "cave"),
        ("summary", 2, 9, "Alibaba", "Alibaba"),
        ("body", 5, 13, "Ali\u00adbaba", "Alibaba"),
        ("body", 17, 24, "ALIBABA", "Alibaba"),
    ]


def test_clauses_are_named_as_they_were_written():
    of = article(body="La sûreté de l’État, un espionnage à deux pas de Liège, des belges")
    rule = watchlist('("sûreté de l\'État" OR x) espionnage~ NEAR/10 Liège belge~')
    (hit,) = Rules([rule]).match(of, FEED)
    assert [(m.text, m.term) for m in hit.matches] == [
        ("sûreté de l’État", '"sûreté de l\'État"'),
        ("espionnage", "espionnage~ NEAR/10 Liège"),
        ("Liège", "espionnage~ NEAR/10 Liège"),
        ("belges", "belge~"),
    ]


def test_matches_are_bounded():
    (hit,) = Rules([watchlist("a")]).match(article(body="a " * 1_000), FEED)
    assert len(hit.matches) == MAX_MATCHES


# --- which articles ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "lang", "does"),
    [
        ({"lang": ("fr", "en")}, "fr", True), ({"lang": ("en",)}, "fr", False),
        ({"lang": ("en",)}, "", True), ({"feeds": ("lesechos",)}, "fr", True),
        ({"feeds": ("lesechos.fr",)}, "fr", True), ({"feeds": ("tag:Belgique",)}, "fr", True),
        ({"feeds": ("tag:sport", "lemonde")}, "fr", False), ({}, "", True),
    ],
)  # fmt: skip
def test_language_and_feeds_of_a_watchlist(settings, lang, does):
    rule = watchlist("mot", **settings)
    assert bool(Rules([rule], [FEED]).match(article("le mot", lang=lang), FEED)) is does
    assert bool(explain(rule, article("le mot", lang=lang), FEED).hit) is does


@pytest.mark.parametrize(
    ("query", "does"),
    [
        ("mot lang:fr", True), ("mot lang:nl", False), ("mot -lang:nl", True),
        ("mot feed:lesechos", True), ("mot feed:lemonde", False), ("mot tag:eco", True),
        ("lang:fr", True), ("tag:sport", False), ("lang:fr -mot", False),
        ("(lang:nl autre) OR (lang:fr mot)", True), ("2 OF (lang:fr, tag:éco, autre)", True),
        ("autre OR lang:fr", True), ("autre OR lang:nl", False),
    ],
)  # fmt: skip
def test_filters_in_a_query(query, does):
    assert bool(Rules([watchlist(query)]).match(article("le mot"), FEED)) is does


def test_many_watchlists_at_once_keep_their_order():
    rules = Rules([watchlist(query) for query in ("b", "port~", "=B", "a", "po*", "zz", "lang:fr")])
    hits = rules.match(article("a b des ports"), FEED)
    assert [hit.watchlist.name for hit in hits] == ["b", "port~", "a", "po*", "lang:fr"]
    assert rules.match(article("a b des ports"), FEED) == hits
    assert [hit.watchlist.name for hit in rules.match(article("B"), FEED)] == ["b", "=B", "lang:fr"]


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(-5, 5), min_size=1),
    st.integers(1, 10),
    st.lists(st.sampled_from("abcdef")),
)
def test_a_score_is_met_whichever_words_meet_it(weights, threshold, words):
    try:
        rule = watchlist(score(weights, threshold))
    except QueryError:
        assume(False)
    reached = sum(weight for term, weight in weights.items() if term in words) >= threshold
    assert bool(Rules([rule]).match(article(body=" ".join(words)), FEED)) is reached


@pytest.mark.parametrize(
    ("query", "does"),
    [
        ("author:ports~", True), ("author:dup*", True), ("author:=Dupont", True),
        ("author:=dupont", False), ("author:DUPON", False), ("dupont", False), ("dup*", False),
        ("port~", False), ("author:mot", False), ('author:"Dupont Port"', True),
    ],
)  # fmt: skip
def test_authors_are_found_as_authors_only(query, does):
    of = article("le mot", author="Dupont Port")
    assert bool(Rules([watchlist(query)]).match(of, FEED)) is does
    assert bool(explain(watchlist(query), of, FEED).hit) is does


def test_no_watchlists_no_hits():
    assert Rules([]).match(article("mot"), FEED) == ()


# --- why not -------------------------------------------------------------------------------

SUPPLY = score({"ransomware": 10, "port": 3, "logisti*": 3, "exercise": -5}, 12)


@pytest.mark.parametrize(
    ("rule", "text", "reason"),
    [
        (watchlist("Liège"), "Namur", 'no "Liège"'),
        (watchlist("title:Liège"), "Namur", 'no "Liège" in the title'),
        (watchlist("US"), "join us", '"US" only in another form'),
        (watchlist("=liege"), "Liège", '"=liege" only in another form'),
        (watchlist('"hub Liège"'), "le hub de Liège", 'no "hub Liège": its words stand apart'),
        (watchlist('"hub Liège"'), "le hub", 'no "Liège" in "hub Liège"'),
        (watchlist("plate-forme"), "forme", 'no "plate-forme"'),
        (
            watchlist("hub NEAR/10 Liège"),
            "hub" + " x" * 13 + " Liège",
            'NEAR/10 but 14 apart: "hub NEAR/10 Liège"',
        ),
        (watchlist("hub W/3 Liège"), "Liège hub", 'W/3 but in another order: "hub W/3 Liège"'),
        (watchlist("hub NEAR/3 Liège"), "hub", 'no "Liège"'),
        (watchlist("a b c"), "a", 'no "b"; no "c"'),
        (watchlist("a OR b"), "c", 'none of "a", "b"'),
        (watchlist("a OR (b c)"), "c", 'neither (no "a") nor (no "b")'),
        (watchlist("2 OF (a, b, c)"), "c", '1 of the 2 needed: "c"'),
        (
            watchlist(any_of(["Alibaba"], ["Alibaba Cave"])),
            "Alibaba cave",
            'excluded by "Alibaba Cave"',
        ),
        (
            watchlist(SUPPLY),
            "ransomware exercise logistics port port",
            'score 11 of 12: "ransomware" 10, "port" 3, "logisti*" 3, "exercise" -5',
        ),
        (watchlist("a lang:nl"), "a", "language is not nl"),
        (watchlist("a", lang=("nl",)), "a", "language fr, not nl"),
        (watchlist("a", feeds=("lesoir",)), "a", "feed Les Échos, not lesoir"),
        (watchlist("a", lang=("fr",)), "un a", "a: “a” in the body"),
        (watchlist("lang:fr"), "a", "passes lang:fr"),
    ],
)
def test_explanations(rule, text, reason):
    assert explain(rule, article(body=text), FEED).reason == reason
