"""Tests of rules against an oracle that knows the words by construction."""

import itertools

import pytest
from hypothesis import assume, given, strategies as st
from support.constructed_articles import documents
from support.query_oracle import CONCEPTS, queries

from index.errors import QueryError
from index.interruption import interruptible
from index.query.concepts import Definition, by_name, defined
from index.query.parser import any_of, parse_query, score
from monitor.base.article import PARTS, Article
from monitor.judgement.match.matcher import MAX_MATCHES, WatchlistMatcher, explain
from monitor.model.feed import Feed
from monitor.model.watchlist import Watchlist

FEED = Feed(url="https://www.lesechos.fr/rss.xml", name="Les Échos", tags=("belgique", "éco"))


def article(title="", summary="", body="", author="", lang="fr"):
    return Article(
        id=1, feeds=(1,), url="", title=title, summary=summary, body=body, author=author,
        lang=lang, seen=0.0,
    )  # fmt: skip


def watchlist(query, **settings):
    if isinstance(query, str):
        query = defined(parse_query(query, allow_archive_filters=False), CONCEPTS)
    return Watchlist(**{"name": query.text, "query": query} | settings)


# --- the oracle -----------------------------------------------------------------------


@given(documents(), st.lists(queries, min_size=1, max_size=4))
def test_rules_match_what_the_oracle_says(document, query_oracles):
    expected = {}
    for text, oracle in query_oracles:
        try:
            expected[text] = watchlist(text), oracle(document)
        except QueryError:  # a contradiction, or the same twice in a list
            continue
    subject = document.article()
    hits = WatchlistMatcher([rule for rule, _ in expected.values()]).match(subject, document.feed)
    assert {hit.watchlist.name for hit in hits} == {
        text for text, (_, is_match) in expected.items() if is_match
    }
    for hit in hits:
        for match in hit.matches:
            assert subject.part(match.field)[match.start : match.end] == match.text
            assert match.text
            assert match.text == match.text.strip()
        positions = [(PARTS.index(match.field), match.start) for match in hit.matches]
        assert positions == sorted(positions)
        assert explain(hit.watchlist, subject, document.feed).hit == hit


@given(documents(), queries)
def test_explanations_agree_with_rules(document, query):
    try:
        rule = watchlist(query[0])
    except QueryError:
        assume(False)
    explanation = explain(rule, document.article(), document.feed)
    assert bool(explanation.hit) == bool(query[1](document))
    assert explanation.reason


# --- where -----------------------------------------------------------------------------


def test_every_occurrence_in_every_part_in_the_order_of_the_text():
    subject = article("Alibaba cave", "l’Alibaba", "chez Ali\u00adbaba et ALIBABA", "Alibaba")
    (hit,) = WatchlistMatcher([watchlist("Alibaba OR cave")]).match(subject, FEED)
    assert [(m.field, m.start, m.end, m.text, m.term) for m in hit.matches] == [
        ("title", 0, 7, "Alibaba", "Alibaba"),
        ("title", 8, 12, "cave", "cave"),
        ("summary", 2, 9, "Alibaba", "Alibaba"),
        ("body", 5, 13, "Ali\u00adbaba", "Alibaba"),
        ("body", 17, 24, "ALIBABA", "Alibaba"),
    ]


def test_clauses_are_named_as_they_were_written():
    subject = article(body="La sûreté de l’État, un espionnage à deux pas de Liège, des belges")
    rule = watchlist('("sûreté de l\'État" OR x) espionnage~ NEAR/10 Liège belge~')
    (hit,) = WatchlistMatcher([rule]).match(subject, FEED)
    assert [(m.text, m.term) for m in hit.matches] == [
        ("sûreté de l’État", '"sûreté de l\'État"'),
        ("espionnage", "espionnage~ NEAR/10 Liège"),
        ("Liège", "espionnage~ NEAR/10 Liège"),
        ("belges", "belge~"),
    ]


def test_clauses_that_mean_the_same_are_named_as_each_watchlist_writes_them():
    queries = ("Liège OR plate-forme", "Liege OR Plate-forme")
    hits = WatchlistMatcher(map(watchlist, queries)).match(article("Plateforme, Liege"), FEED)
    assert [[match.term for match in hit.matches] for hit in hits] == [
        ["plate-forme", "Liège"],
        ["Plate-forme", "Liege"],
    ]


def test_a_clause_of_several_watchlists_counts_for_each():
    queries = ("Liège OR port", "port", "title:(port OR Gand)", "port OR lang:en", "hub OR port")
    hits = WatchlistMatcher(map(watchlist, queries)).match(article("Liège", body="port"), FEED)
    assert [(hit.watchlist.name, [match.term for match in hit.matches]) for hit in hits] == [
        ("Liège OR port", ["Liège", "port"]),
        ("port", ["port"]),
        ("port OR lang:en", ["port"]),
        ("hub OR port", ["port"]),
    ]


def test_matches_are_bounded():
    (hit,) = WatchlistMatcher([watchlist("a")]).match(article(body="a " * 1_000), FEED)
    assert len(hit.matches) == MAX_MATCHES


# --- which articles ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "lang", "match"),
    [
        ({"lang": ("fr", "en")}, "fr", True), ({"lang": ("en",)}, "fr", False),
        ({"lang": ("en",)}, "", True), ({"feeds": ("lesechos",)}, "fr", True),
        ({"feeds": ("lesechos.fr",)}, "fr", True), ({"feeds": ("tag:Belgique",)}, "fr", True),
        ({"feeds": ("tag:sport", "lemonde")}, "fr", False), ({}, "", True),
    ],
)  # fmt: skip
def test_language_and_feeds_of_a_watchlist(settings, lang, match):
    rule = watchlist("mot", **settings)
    assert bool(WatchlistMatcher([rule], [FEED]).match(article("le mot", lang=lang), FEED)) is match
    assert bool(explain(rule, article("le mot", lang=lang), FEED).hit) is match


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("mot lang:fr", True), ("mot lang:nl", False), ("mot -lang:nl", True),
        ("mot feed:lesechos", True), ("mot feed:lemonde", False), ("mot tag:eco", True),
        ("lang:fr", True), ("tag:sport", False), ("lang:fr -mot", False),
        ("(lang:nl autre) OR (lang:fr mot)", True), ("2 OF (lang:fr, tag:éco, autre)", True),
        ("autre OR lang:fr", True), ("autre OR lang:nl", False),
    ],
)  # fmt: skip
def test_filters_in_a_query(query, expected):
    assert bool(WatchlistMatcher([watchlist(query)]).match(article("le mot"), FEED)) is expected


@pytest.mark.parametrize(
    ("settings", "query", "expected"),
    [
        ({"feeds": ("lesechos.fr",)}, "mot", True), ({"feeds": ("le fil",)}, "mot", True),
        ({"feeds": ("lemonde",)}, "mot", False), ({}, "mot feed:lesechos tag:une", True),
        ({}, "mot -feed:lemonde", True), ({}, 'mot -feed:"Le Fil"', False),
    ],
)  # fmt: skip
def test_an_article_of_several_feeds_passes_what_one_of_them_passes(settings, query, expected):
    """A filter that excludes a feed excludes what this feed carries, as in a search."""
    other = Feed(url="https://fil.example/rss", name="Le Fil", tags=("une",))
    rule = watchlist(query, **settings)
    assert bool(WatchlistMatcher([rule]).match(article("le mot"), FEED, other)) is expected
    assert bool(explain(rule, article("le mot"), FEED, other).hit) is expected


def test_many_watchlists_at_once_keep_their_order():
    rules = WatchlistMatcher(
        [watchlist(query) for query in ("b", "port~", "=B", "a", "po*", "zz", "lang:fr")]
    )
    hits = rules.match(article("a b des ports"), FEED)
    assert [hit.watchlist.name for hit in hits] == ["b", "port~", "a", "po*", "lang:fr"]
    assert rules.match(article("a b des ports"), FEED) == hits
    assert [hit.watchlist.name for hit in rules.match(article("B"), FEED)] == ["b", "=B", "lang:fr"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Un port", ["=port", "port~", "por*", "author:=port OR port"]),
        ("Des ports", ["port~", "por*"]),
        ("Le PORT", ["port~", "por*", "author:=port OR port"]),
    ],
)
def test_ways_to_write_one_word_are_told_apart(text, expected):
    queries = ("=port", "port~", "por*", "author:=port OR port", "author:port~", "title:=ports")
    hits = WatchlistMatcher(map(watchlist, queries)).match(article(body=text), FEED)
    assert [hit.watchlist.name for hit in hits] == expected


def test_a_word_inside_a_compound_and_by_itself_are_told_apart():
    rules = WatchlistMatcher(map(watchlist, ("break~", "bail~", "bail-cadre~")))
    hits = rules.match(article(body="he bailed out, des baux-cadres"), FEED)
    assert [(hit.watchlist.name, [m.text for m in hit.matches]) for hit in hits] == [
        ("bail~", ["bailed", "baux"]),
        ("bail-cadre~", ["baux-cadres"]),
    ]
    (hit,) = rules.match(article(body="he bailed cadres"), FEED)
    assert hit.watchlist.name == "bail~"


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
    is_reached = sum(weight for term, weight in weights.items() if term in words) >= threshold
    assert bool(WatchlistMatcher([rule]).match(article(body=" ".join(words)), FEED)) is is_reached


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("author:ports~", True), ("author:dup*", True), ("author:=Dupont", True),
        ("author:=dupont", False), ("author:DUPON", False), ("dupont", False), ("dup*", False),
        ("port~", False), ("author:mot", False), ('author:"Dupont Port"', True),
    ],
)  # fmt: skip
def test_authors_are_found_as_authors_only(query, expected):
    tested_article = article("le mot", author="Dupont Port")
    assert bool(WatchlistMatcher([watchlist(query)]).match(tested_article, FEED)) is expected
    assert bool(explain(watchlist(query), tested_article, FEED).hit) is expected


def test_no_watchlists_no_hits():
    assert WatchlistMatcher([]).match(article("mot"), FEED) == ()


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
            watchlist('Alibaba NOT "Alibaba Cave"'),
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


def test_two_capitals_are_no_acronym_in_a_headline_in_capitals():
    rules = WatchlistMatcher([watchlist("US")])
    assert not rules.match(article("GIVE US PEACE AND TIME"), FEED)
    assert rules.match(article("What the US says"), FEED)


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("Alibaba grève",
         "Alibaba : « alibaba » dans le titre ; grève : « grève » dans le résumé"),
        ("=Alibaba", '"=Alibaba" seulement sous une autre forme'),
        ("titre:grève", '"grève" s’y trouve, mais pas dans le titre'),
        ("port douane", 'il manque "port" ; il manque "douane"'),
        ("alibaba W/2 grève", 'W/2, mais dans des parties différentes : "alibaba W/2 grève"'),
        ("alibaba NEAR/2 port", 'il manque "port"'),
        ("(port douane) OR (rail gare)",
         'aucun choix n’est rempli : (il manque "port" ; il manque "douane"),'
         ' (il manque "rail" ; il manque "gare")'),
        ("port OR douane", 'aucun de ces termes : "port", "douane"'),
        ("2 OF (alibaba, port, rail)", '1 sur les 2 nécessaires : "alibaba"'),
        ("alibaba -grève", 'exclu par "grève"'),
        ("alibaba langue:en", "la langue n’est pas en"),
    ],
)  # fmt: skip
def test_explanations_are_in_french(query, reason):
    tested_article = article("l’alibaba", "une grève")
    explanation = explain(watchlist(query), tested_article, FEED).reason
    assert explanation.replace("\N{NO-BREAK SPACE}", " ") == reason


@pytest.mark.usefixtures("french")
def test_what_is_out_of_scope_is_told_in_french():
    rule = watchlist("alibaba", lang=("en", "de"))
    assert explain(rule, article("alibaba"), FEED).reason == "langue fr, et non en ou de"
    rule = watchlist("alibaba", feeds=("tag:cyber",))
    assert explain(rule, article("alibaba"), FEED).reason == "flux Les Échos, et non tag:cyber"


def test_a_name_that_concepts_share_is_looked_at_once_and_each_says_what_it_is():
    def hits_and_looks(count):
        words = [chr(ord("a") + n) * 5 for n in range(count)]
        named = [Definition(f"c{n}", ("Taobao", w), (f"Taobao {w}",)) for n, w in enumerate(words)]
        concepts, looks = by_name(named), itertools.count()
        rules = WatchlistMatcher(
            watchlist(defined(any_of([f"concept:c{n}"]), concepts), name=f"c{n}")
            for n in range(count)
        )
        with interruptible(lambda: next(looks) < 0):
            found = rules.match(article("Taobao ddddd et le hhhhh"), FEED)
        return {hit.watchlist.name: [m.term for m in hit.matches] for hit in found}, next(looks)

    hits, looks = hits_and_looks(20)
    expected = {f"c{n}": [f"Taobao (c{n})"] for n in range(20) if n != 3}  # Taobao ddddd
    assert hits == {**expected, "c7": ["Taobao (c7)", "hhhhh (c7)"]}
    assert looks < 20  # an article reads the name once, not once for each concept


def test_watchlists_of_one_word_know_which_of_them_means_a_concept():
    definition = Definition("Alibaba", ("Alibaba",), nearby=("Hangzhou", "Jack Ma"))
    concept = defined(any_of(["concept:Alibaba"]), by_name([definition]))
    rules = WatchlistMatcher([watchlist("Alibaba"), watchlist(concept, name="concept")])
    for title, ambiguous in (("Alibaba ouvre", True), ("Alibaba quitte Hangzhou", False)):
        hits = {hit.watchlist.name: hit.matches for hit in rules.match(article(title), FEED)}
        assert [(m.concept, m.ambiguous) for m in hits["Alibaba"]] == [("", False)]
        assert [(m.concept, m.ambiguous) for m in hits["concept"]] == [("Alibaba", ambiguous)]
