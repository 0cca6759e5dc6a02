"""Tests of the filter of alerts."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given, settings, strategies as st
from support.fake_newsroom import FakeNewsroom
from support.properties import examples

from index.errors import QueryError
from index.query.ast import Facet
from monitor.model.alert import AlertState, Verdict
from monitor.model.search import Filter
from monitor.storage.search.alert_filter import FilterMeaning, FilterNames, parse_headline_filter
from tui.data.alert_selection import AlertSelector, Headlines, folded_words

NAMES = FilterNames(
    watchlists=["Alibaba", "Espionnage", "grève", "chips"],
    feeds=[(name, "") for name in ("Les Échos", "Reuters", "Le Monde", "FT")],
    alert_tags=["fraud"],
)


def newsroom() -> FakeNewsroom:
    """Eight alerts; n and n + 4 have one watchlist: Espionnage, grève, chips, Alibaba."""
    room = FakeNewsroom(8)
    room.triaged = {
        1: (AlertState.ACKNOWLEDGED, Verdict.NOISE, False),
        2: (AlertState.CLOSED, Verdict.NONE, False),
        3: (AlertState.NEW, Verdict.RELEVANT, True),
    }
    room.tags = {4: ("fraud",)}
    room.notes = {5: "mine"}
    room.escalate(7)
    return room


def matching_ids(text: str, room: FakeNewsroom | None = None, after: int = 0) -> list[int]:
    room = room or newsroom()
    select = AlertSelector(room, room.clock, None)  # type: ignore[arg-type]
    select.names = NAMES
    return list(select.ids(parse_headline_filter(text), after=after))


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", [1, 3, 4, 5, 6, 7, 8]),
        ("watch:chips", [3, 7]),
        ("watch:ali", [4, 8]),
        ("watch:chips,alibaba", [3, 4, 7, 8]),
        ("watch:Espionnage state:new", [5]),
        ("state:closed", [2]),
        ("is:noise", [1]),
        ("is:relevant is:starred", [3]),
        ("is:escalated", [7]),
        ("is:noted", [5]),
        ("tag:fraud", [4]),
        ("severity:low", [3]),
        ("feed:reut", [1, 5]),
        ("lang:fr", [1, 3, 4, 5, 6, 7, 8]),
        ("lang:en", []),
        ("greve", [6]),
        ("grèv", [6]),
        ("contr", [6]),
        ("suret", [4, 8]),
        ("la sûreté", [4, 8]),
        ('"suspects arr"', [1, 5]),
        ('"arrêtés suspects"', []),
        ("US", [3, 7]),
        ("de", [1, 4, 5, 6, 8]),
        ("=de", [4, 8]),
        ("exp*ls", []),
        ("s*pects", [1, 5]),
        ("-watch:chips -liège", [4, 6, 8]),
        ("greve OR US", [3, 6, 7]),
        ("(greve OR US) NOT is:starred", [6, 7]),
        ("2 OF (chips, US, export)", [3, 7]),
        ("2 OF (greve, orly, nosuch)", [6]),
        ("state:new state:acknowledged", []),
        ("watch:chips watch:alibaba", []),
        ("NOT (watch:alibaba OR watch:chips)", [1, 5, 6]),
        ("orly state:new,closed", [2, 6]),
    ],
)
def test_a_filter_lets_through(text: str, ids: list[int]) -> None:
    assert matching_ids(text) == ids


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("a (", 3),
        ("state:gone", 0),
        ("x has:alert", 2),
        ("story:1", 0),
        ("body:grève", 0),
        ("a NEAR/3 b", 0),
        ("nosuch:x", 0),
    ],
)
def test_what_cannot_be_asked_here_is_refused_at_its_column(text: str, column: int) -> None:
    with pytest.raises(QueryError) as error:
        parse_headline_filter(text)
    assert error.value.position == column or text.startswith("body:")


def test_only_what_came_since_is_asked_for() -> None:
    assert matching_ids("greve OR US", after=4) == [6, 7]
    assert matching_ids("watch:chips", after=3) == [7]


CLAUSES = ("watch:chips", "state:new", "greve", "is:starred", "-US", "feed:FT", "arrêtés")


@settings(max_examples=examples(60))
@given(st.lists(st.sampled_from(CLAUSES), min_size=1, max_size=3), st.booleans())
def test_clauses_together_are_what_each_lets_through(clauses: list[str], is_any: bool) -> None:
    parts = [set(matching_ids(clause)) for clause in clauses]
    query = (" OR " if is_any else " AND ").join(f"({clause})" for clause in clauses)
    expected = set.union(*parts) if is_any else set.intersection(*parts)
    assert set(matching_ids(query)) == expected


def test_headlines_are_folded_and_known_once() -> None:
    assert folded_words("L’armée : «œuvre» 日本") == " l armee oeuvre 日 本 "
    headlines = Headlines()
    headlines.add([(2, "Deux"), (1, "Un")])
    assert (headlines.newest, len(headlines)) == (2, 2)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("watch:chips", [3]),
        ("is:merged", [7, 8]),
        ("is:merged watch:chips", [7]),
        ("is:merged OR watch:chips", [3, 7, 8]),
        ("is:merged grève", []),
        (f"is:merged {FakeNewsroom(8).title(8).split()[0]}", [8]),
        ("NOT is:merged watch:chips", [3]),
    ],
)
def test_merged_alerts_are_found_where_they_are_asked_for(text: str, ids: list[int]) -> None:
    room = newsroom()
    room.merged = {7: 3, 8: 4}
    assert matching_ids(text, room) == ids


def test_a_host_is_no_beginning_of_a_name_and_feed_health_has_its_french_name() -> None:
    feeds = [("lesoir.be sport", "lesoir.be/s"), ("Le Soir", "lesoir.be/une")]
    names = FilterNames(feeds=feeds, watchlists=["santé des flux"])
    meaning = FilterMeaning(0.0, UTC, names)
    assert meaning.store_filter(Facet("feed", "lesoir.be")) == Filter(feeds=("lesoir.be",))
    assert meaning.store_filter(Facet("watch", "santé")) == Filter(watchlists=("santé des flux",))
