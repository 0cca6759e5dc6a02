"""Tests of the words under which a rule is filed: those that every match must have."""

from __future__ import annotations

import pytest

from index.query.ast import Word
from index.query.parser import Query, parse_query, score
from monitor.judgement.match.presearcher import required_terms


def term_text(word: Word) -> str:
    return word.text if word.mode.value in ("stem", "wildcard") else word.term


def keys_of(query: Query) -> list[str]:
    return [" ".join(map(term_text, words)) for words in required_terms(query.root).sets]


@pytest.mark.parametrize(
    ("text", "sets"),
    [
        ("Alibaba", ["alibaba"]),
        ("le Alibaba", ["alibaba le"]),
        ('"sûreté de l’État"', ["surete etat de"]),
        ("hub NEAR/3 Liège", ["liege hub"]),
        ("un deux trois quatre cinq six", ["quatre trois deux cinq"]),  # more is no use
        ("espionnage~ Alibaba", ["espionnage~ alibaba"]),
        ("cyber* Liège", ["liege cyber*"]),
        ("Alibaba OR VSSE", ["alibaba", "vsse"]),
        ("plate-forme", ["plateforme", "plate forme"]),
        ("(filature OR port) Liège -sport", ["filature liege", "liege port"]),
        (
            "(aa OR bb OR cc OR dd OR ee) (fff OR ggg OR hhh OR iii)",
            ["fff", "ggg", "hhh", "iii"],  # twenty pairs are too many
        ),
        ("2 OF (hub, Liège, filature)", ["filature liege", "filature hub", "liege hub"]),
        ("lang:fr", []),  # every article is looked at
        ("Alibaba lang:fr", ["alibaba"]),
        ("Alibaba OR lang:fr", []),
        ("2 OF (lang:fr, Liège)", ["liege"]),
        ("2 OF (lang:fr, Liège, Alibaba)", ["alibaba", "liege"]),
    ],
)
def test_words_that_a_match_must_hold(text: str, sets: list[str]) -> None:
    assert keys_of(parse_query(text)) == sets


@pytest.mark.parametrize(
    ("weights", "threshold", "sets"),
    [
        ({"filature": 10, "port": 3, "exercise": -5}, 12, ["filature port"]),
        ({"filature": 12, "port": 3}, 12, ["filature"]),
        ({"filature": 12, "port": 12}, 12, ["port", "filature"]),
        ({"filature": 6, "espion": 6, "port": 6}, 12, ["espion port", "filature espion"]),
    ],
)
def test_words_that_a_score_must_hold(
    weights: dict[str, float], threshold: float, sets: list[str]
) -> None:
    entries = keys_of(score(weights, threshold))
    assert {frozenset(words.split()) for words in sets} <= {frozenset(f.split()) for f in entries}
