"""Tests of the completion of a query at the cursor."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from index.errors import QueryError
from index.query.completion import DATES, complete
from index.query.parser import parse_query

NAMES = {
    "feed": ["Le Soir", "Les Échos", "The Wire", 'Odd "name"', "a,b", "Lesage"],
    "tag": ["belgique", "presse"],
    "watch": ["Alibaba", "Supply chain risk"],
    "lang": ["en", "fr", "und"],
    "concept": ["Alibaba", "Sûreté de l’État"],
}


def values(name: str) -> list[str]:
    return NAMES.get(name, [])


def completed_queries(marked_text: str) -> list[str]:
    """Return the queries that completion at the bar offers."""
    cursor = marked_text.index("|")
    text = marked_text.replace("|", "")
    result = complete(text, cursor, values)
    return [text[: result.start] + item.text + text[result.end :] for item in result.candidates]


@pytest.mark.parametrize(
    ("marked_text", "expected"),
    [
        ("port la|", ["port lang:"]),
        ("LA|", ["lang:"]),
        ("-la|", ["-lang:"]),
        ("(s|", ["(summary:", "(since:", "(story:", "(severity:"]),
        ("|", []),
        ("port |", []),
        ("xyz|", []),
        ("port lang:|", ["port lang:en", "port lang:fr", "port lang:und"]),
        ("lang:f| port", ["lang:fr port"]),
        ("lang:fr,|", ["lang:fr,en", "lang:fr,fr", "lang:fr,und"]),
        ("feed:les|", ['feed:"Le Soir"', 'feed:"Les Échos"', "feed:Lesage"]),  # as lesoir
        ("feed:lesoir|", ['feed:"Le Soir"']),
        ('feed:"le s|', ['feed:"Le Soir"', 'feed:"Les Échos"', "feed:Lesage"]),
        ("feed:wire|", ['feed:"The Wire"']),
        ('feed:"Le Soir",sa|', ['feed:"Le Soir",Lesage']),
        ("feed:odd|", []),  # a query cannot name it
        ("watch:chain|", ['watch:"Supply chain risk"']),
        ("tag:P|", ["tag:presse"]),
        ("conc|", ["concept:"]),
        ("concept:ali|", ["concept:Alibaba"]),
        ("notion:surete|", ['notion:"Sûreté de l’État"']),
        ("severity:h|", ["severity:high"]),
        ("has:|", ["has:alert", "has:author", "has:body"]),
        ("is:|", ["is:merged"]),
        ("since:7|", ["since:7d"]),
        ("story:|", []),
        ("title:li|", []),  # a word, not a value
        ("https://x.example/la|", []),
    ],
)
def test_completions(marked_text: str, expected: list[str]) -> None:
    assert completed_queries(marked_text) == expected


@given(
    before=st.sampled_from(["", "port ", "(a OR b) -"]),
    name=st.sampled_from([*NAMES, "since", "severity", "has"]),
    letters=st.text("lesoirfaw", max_size=3),
)
def test_every_completion_is_a_query(before: str, name: str, letters: str) -> None:
    text = f"{before}{name}:{letters}"
    for query in completed_queries(f"{text}|"):
        try:
            parse_query(f"port {query}")
        except QueryError as error:
            pytest.fail(f"{query}: {error}")


def test_dates_are_understood() -> None:
    for date in DATES:
        parse_query(f"since:{date}")
