"""Tests that a rule which asks for less than its writer means is told so, and a good one is not."""

from __future__ import annotations

import pytest

from index.query.ast import Node, words
from index.query.parser import any_of, combine, none_of, parse_query, score
from index.query.suggestions import SuggestionKind, query_suggestions, rule_remarks, slips


def instead(root: Node) -> list[str]:
    return [query for _written, query, _warning in slips(root)]


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("Renault, Peugeot", "Renault OR Peugeot"),
        ("Renault,Peugeot", "Renault OR Peugeot"),
        ("Renault; Peugeot ; Dacia", "Renault OR Peugeot OR Dacia"),
        ("Renault / Peugeot", "Renault OR Peugeot"),
        ("Ursula Meyer, Peugeot", "Ursula Meyer OR Peugeot"),
        ("Renault, Peugeot et Dacia", "Renault OR Peugeot OR Dacia"),
        ("Renault, Peugeot, and Dacia", "Renault OR Peugeot OR Dacia"),
        ("drone or missile", "drone OR missile"),
        ("drone ou missile", "drone OU missile"),
        ("jaguar not voiture", "jaguar NOT voiture"),
        ("incendie sauf forêt", "incendie SAUF forêt"),
        ("drone near Zaventem", "drone NEAR/10 Zaventem"),
        ("centre fermé~", '"centre fermé"~'),
        ("mise en examen~", '"mise en examen"~'),
    ],
)
def test_a_term_that_reads_as_a_list_or_a_query_is_one_phrase(term: str, expected: str) -> None:
    assert instead(any_of(["Dacia", term]).root) == [expected]
    assert instead(none_of([term]).root) == [expected]
    assert instead(score({term: 1, "Dacia": 1}, 2).root) == [expected]
    assert instead(parse_query(expected).root) == []
    ((_written, _query, warning),) = slips(any_of([term]).root)
    literal = warning.split("`")[-2]
    assert instead(any_of([literal]).root) == instead(any_of([literal.strip("'")]).root) == []
    assert [*words(any_of([literal]).root)] == [*words(any_of([term]).root)]


@pytest.mark.parametrize(
    "term",
    [
        "Dacia",
        "Marie et Pierre",
        "Dogs Not Cats",
        "Trick Or Treat",
        "Bonnie and Clyde",
        "arts et métiers",
        '"Renault, Peugeot"',
        "'\"Renault, Peugeot\"'",
        '"drone or missile"',
        "« drone ou missile »",
        "„Renault, Peugeot“",
        "3,5 milliards",
        "1,000 jobs",
        "cours de l'or",
        "or noir",
        "lingot or",
        "TCP/IP",
        "24/7 news",
        "not guilty",
        "Near East",
        "centre~ fermé",
        '"centre fermé~"',
        '"centre fermé"~',
        "Zaventem piste~",
        "piste~",
        "cyber attaque",
        "plate-forme",
    ],
)
def test_a_term_that_says_what_it_means_is_left_alone(term: str) -> None:
    assert instead(any_of([term]).root) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("drone or missile", "drone OR missile"),
        ("drone ou missile", "drone OU missile"),
        ("lang:fr drone or missile", "(drone OR missile) lang:fr"),
        ("drone or missile feed:lesoir lang:fr", "(drone OR missile) feed:lesoir lang:fr"),
        ('"grand hub" or "petit hub"', '"grand hub" OR "petit hub"'),
        ("hub (Gand or Anvers)", "hub (Gand OR Anvers)"),
        ("port OR (Gand or Anvers)", "Gand OR Anvers"),
        ("drone and missile", "drone AND missile"),
        ("grève et train", "grève ET train"),
        ("jaguar and not voiture", "jaguar AND NOT voiture"),
        ("jaguar not voiture", "jaguar NOT voiture"),
        ("incendie sauf forêt", "incendie SAUF forêt"),
        ("drone near Zaventem", "drone NEAR/10 Zaventem"),
        ("drone, missile", "drone OR missile"),
        ("drone; missile lang:fr", "(drone OR missile) lang:fr"),
    ],
)
def test_a_small_operator_in_a_query_is_a_word(query: str, expected: str) -> None:
    assert instead(parse_query(query).root) == [expected]
    assert instead(parse_query(expected).root) == []


@pytest.mark.parametrize(
    "query",
    [
        "drone OR missile",
        'drone "or" missile',
        "drone =or missile",
        '"drone or missile" hangar',
        "or argent",
        "cours or",
        "cours OR or OR argent",
        "(cours or) Bruxelles",
        "title:or Bruxelles",
        "2 OF (drone, missile, hangar) Bruxelles",
        "drone AND (missile OR hangar)",
        "3,5 milliards",
        "centre fermé~",
        "lang:fr OR lang:en",
    ],
)
def test_a_query_that_says_what_it_means_is_left_alone(query: str) -> None:
    assert instead(parse_query(query).root) == []


def test_what_joins_queries_has_no_slip_of_its_own() -> None:
    query = combine(parse_query("(drone or missile)"), none_of(["'\"Renault, Peugeot\"'", "x y"]))
    assert instead(query.root) == ["drone OR missile"]
    query = combine(parse_query("port OR (a, b)"), parse_query("hub"))
    assert instead(query.root) == ["a OR b"]


def test_a_slip_says_what_to_write_for_either_meaning() -> None:
    phrase = "Renault, Ursula Meyer"
    assert [*slips(any_of([phrase]).root)] == [
        (
            phrase,
            "Renault OR Ursula Meyer",
            f"is one phrase: write `terms: [{phrase}]`, or `'\"{phrase}\"'` if that is meant",
        )
    ]
    ((_written, _query, warning),) = slips(parse_query("drone or missile").root)
    assert warning == (
        'asks for the word `or`: write `drone OR missile`, or `"or"` if that is meant'
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("drone or missile", "drone OR missile"),
        ("hub drone,missile", "hub (drone OR missile)"),
        ("port OR (Gand or Anvers)", "port OR (Gand OR Anvers)"),
    ],
)
def test_a_search_is_offered_what_it_may_mean_first(query: str, expected: str) -> None:
    first = next(query_suggestions(parse_query(query), lambda word: ()))
    assert (first.kind, first.query.text) == (SuggestionKind.MEANT, expected)


def test_a_rule_is_unheard_only_if_all_is_counted() -> None:
    rule = any_of(["ai", "grève rare", "a, b"]).root

    def kinds(articles: int) -> list[tuple[str, str]]:
        counts = {"grève rare": min(articles, 0), "a, b": 1}
        remarks = rule_remarks(rule, lambda node: counts.get(node.text, articles))
        return [(written, kind) for written, kind, _remark in remarks]

    told = [("a, b", "meant"), ("ai", "short")]
    assert kinds(5) == [*told, ("grève rare", "never")]
    assert kinds(0) == kinds(-1) == told
