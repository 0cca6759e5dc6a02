"""Tests of the filters of a query."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from index.analysis.folding import fold
from index.errors import QueryError
from index.query.ast import ALERT_FACETS, FACETS, Facet
from index.query.completion import complete
from index.query.filters import (
    CONCEPT,
    FRENCH,
    OTHER_VALUES,
    VALUES as TAKEN,
    names,
    offered_filter,
    passes,
    resolve_time,
    selects,
)
from index.query.lexer import operator_in
from index.query.parser import none_of, parse_query, read
from monitor.base.article import PARTS


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("lesechos", True), ("Les Échos", True), ("LES-ÉCHOS", True), ("echos", False),
        ("lesechos.fr", True), ("www.lesechos.fr", True), ("services.lesechos.fr", True),
        ("echos.fr", False), ("fr", False), ("tag:Belgique", True), ("tag:sport", False),
        ("tag:", False), ("services.lesechos.fr/une.xml", True),
        ("services.lesechos.fr/sport.xml", False), ("services.lesechos.fr/une", False),
    ],
)  # fmt: skip
def test_selecting_feeds(selector, expected):
    address = "services.lesechos.fr/une.xml"
    assert selects(selector, "Les Échos", address, ("belgique",)) is expected
    if not selector.startswith("tag:"):
        assert names(selector, "Les Échos", address) is expected


@pytest.mark.parametrize(
    ("facet", "lang", "expected"),
    [
        (Facet("lang", "fr"), "fr", True), (Facet("lang", "fr"), "en", False),
        (Facet("lang", "fr"), "", False), (Facet("lang", "und"), "", True),
        (Facet("feed", "x"), "", True), (Facet("tag", "t"), "", True),
        (Facet("tag", "u"), "", False),
    ],
)  # fmt: skip
def test_filters(facet, lang, expected):
    assert passes(facet, lang=lang, name="X", address="x.org", tags=("t",)) is expected


PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2024, 3, 31, 12, 30, tzinfo=PARIS)  # the night before, clocks went forward


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2023", "2023-01-01T00:00+01:00", "2024-01-01T00:00+01:00"),
        ("2023-12", "2023-12-01T00:00+01:00", "2024-01-01T00:00+01:00"),
        ("2023-10-29", "2023-10-29T00:00+02:00", "2023-10-30T00:00+01:00"),
        ("2023-10-01T18:00", "2023-10-01T18:00+02:00", "2023-10-01T18:01+02:00"),
        ("2023-10-01T18:00:05Z", "2023-10-01T18:00:05+00:00", "2023-10-01T18:00:06+00:00"),
        ("today", "2024-03-31T00:00+01:00", "2024-04-01T00:00+02:00"),
        ("aujourd'hui", "2024-03-31T00:00+01:00", "2024-04-01T00:00+02:00"),
        ("Yesterday", "2024-03-30T00:00+01:00", "2024-03-31T00:00+01:00"),
        ("hier", "2024-03-30T00:00+01:00", "2024-03-31T00:00+01:00"),
        ("12h", "2024-03-30T23:30+01:00", "2024-03-31T12:30+02:00"),
        ("7d", "2024-03-24T11:30+01:00", "2024-03-31T12:30+02:00"),
        ("2w", "2024-03-17T11:30+01:00", "2024-03-31T12:30+02:00"),
        ("30m", "2024-03-31T12:00+02:00", "2024-03-31T12:30+02:00"),
        ("1mo", "2024-02-29T12:30+01:00", "2024-03-31T12:30+02:00"),
        ("1y", "2023-03-31T12:30+02:00", "2024-03-31T12:30+02:00"),
        ("7j", "2024-03-24T11:30+01:00", "2024-03-31T12:30+02:00"),
        ("2sem", "2024-03-17T11:30+01:00", "2024-03-31T12:30+02:00"),
        ("1mois", "2024-02-29T12:30+01:00", "2024-03-31T12:30+02:00"),
        ("1an", "2023-03-31T12:30+02:00", "2024-03-31T12:30+02:00"),
        ("2ans", "2022-03-31T12:30+02:00", "2024-03-31T12:30+02:00"),
        ("Aujourd’hui", "2024-03-31T00:00+01:00", "2024-04-01T00:00+02:00"),
    ],
)
def test_moments(text, start, end):
    interval = resolve_time(text, NOW.timestamp(), PARIS)
    assert [datetime.fromtimestamp(at, UTC) for at in interval] == [
        datetime.fromisoformat(start),
        datetime.fromisoformat(end),
    ]


@pytest.mark.parametrize("text", ["", "soon", "2023-13", "2023-02-30", "99999y", "-3d", "0000"])
def test_no_moments(text):
    with pytest.raises(ValueError, match="write 2023"):
        resolve_time(text, NOW.timestamp(), PARIS)


VALUES = {
    "lang": "fr", "feed": "lesoir.be", "tag": "presse", "since": "7d", "until": "2023-10",
    "watch": "Alibaba", "story": "7", "severity": "high", "has": "alert", "is": "merged",
    "state": "new", "assigned": "ana",
}  # fmt: skip
OF_ARTICLES = sorted({*FRENCH} - {*ALERT_FACETS})
PAIRS = [
    (name, written)
    for name, spellings in FRENCH.items()
    for spelling in spellings
    for written in dict.fromkeys((spelling, fold(spelling), spelling.upper(), spelling.title()))
]


def test_every_field_has_a_french_name() -> None:
    assert set(FRENCH) == {*PARTS, CONCEPT, *FACETS, *ALERT_FACETS}
    folded_names = [fold(spelling) for spellings in FRENCH.values() for spelling in spellings]
    assert len(folded_names) == len({*folded_names})
    assert not {*folded_names} & {*PARTS, *FACETS, *ALERT_FACETS}


@pytest.mark.parametrize(("name", "spelling"), PAIRS)
def test_both_names_mean_the_same(name: str, spelling: str) -> None:
    value = VALUES.get(name, "grève")
    of_alerts = name in ALERT_FACETS
    assert read(f"-{spelling}:{value} a", of_alerts=of_alerts) == read(
        f"-{name}:{value} a", of_alerts=of_alerts
    )


@given(
    st.lists(
        st.tuples(st.sampled_from(OF_ARTICLES), st.integers(0, 1), st.booleans()),
        min_size=1, max_size=5,
    )
)  # fmt: skip
def test_a_query_may_mix_both(clauses: list[tuple[str, int, bool]]) -> None:
    def text(french: bool) -> str:
        return " OR ".join(
            f"{'-' if is_excluded else ''}{FRENCH[name][-name_index] if french else name}:"
            f"{VALUES.get(name, 'grève')} x"
            for name, name_index, is_excluded in clauses
        )

    assert read(text(french=True)) == read(text(french=False))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("langue:français", "langue:français is not understood"),
        ("Gravité:forte", "gravité:forte is not understood"),
        ("titre:", "titre: has nothing after it"),
        ("depuis:jamais", "depuis:jamais is not understood"),
    ],
)
def test_errors_name_the_field_as_it_is_typed(query: str, message: str) -> None:
    with pytest.raises(QueryError) as error:
        parse_query(query)
    assert message in str(error.value)


def test_filters_of_the_archive_are_refused_as_they_are_typed() -> None:
    with pytest.raises(QueryError, match="veille: works in searches only"):
        parse_query("veille:Alibaba", allow_archive_filters=False)


def test_the_text_of_a_filter_is_what_was_typed() -> None:
    node = parse_query("étiquette:presse").root
    assert isinstance(node, Facet)
    assert (node.name, node.text) == ("tag", "étiquette:presse")


def test_terms_and_exclusions_know_the_names() -> None:
    assert operator_in("langue:fr") == ("langue:", 0)
    assert operator_in("grève titre:grève") == ("titre:", 6)
    assert none_of(["flux:Le Soir"]).root == none_of(["feed:Le Soir"]).root


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize(
    ("prefix", "expected"),
    [("ti", ["titre:"]), ("et", ["étiquette:"]), ("É", ["étiquette:", "est:"]), ("fl", ["flux:"]),
     ("sev", ["severity:"]), ("d", ["depuis:"])],
)  # fmt: skip
def test_completion_is_in_french(prefix: str, expected: list[str]) -> None:
    completions = complete(prefix, len(prefix), lambda name: ())
    assert [candidate.text for candidate in completions.candidates] == expected


@pytest.mark.parametrize("prefix", ["veille:Al", "watch:Al", "VEILLE:al"])
def test_values_are_completed_after_either_name(prefix: str) -> None:
    completions = complete(prefix, len(prefix), lambda name: ["Alibaba"] if name == "watch" else [])
    assert [candidate.text for candidate in completions.candidates] == ["Alibaba"]


EVERY_VALUE = [
    (name, value, written)
    for name, values in OTHER_VALUES.items()
    for value, spellings in values.items()
    for spelling in spellings
    for written in dict.fromkeys((spelling, fold(spelling), spelling.upper()))
]


@pytest.mark.parametrize(("name", "value", "spelling"), EVERY_VALUE)
def test_both_values_mean_the_same(name: str, value: str, spelling: str) -> None:
    of_alerts = name in ALERT_FACETS or name == "is"
    french = read(f'{FRENCH[name][0]}:"{spelling}"', of_alerts=of_alerts)
    assert french == read(f"{name}:{value}", of_alerts=of_alerts)


def test_every_fixed_value_has_a_french_one() -> None:
    for name, values in TAKEN.items():
        assert set(values) == set(OTHER_VALUES[name])


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize(
    ("prefix", "expected"),
    [("état:", ["close", "nouvelle", "vue"]), ("état:ack", ["acknowledged"]),
     ("gravité:hi", ["high"]), ("gravite:ele", ["élevée"]), ("est:en", ['"en sourdine"']),
     ("state:n", ["nouvelle"]), ("depuis:h", ["hier", "aujourd’hui"])],
)  # fmt: skip
def test_values_are_completed_in_french(prefix: str, expected: list[str]) -> None:
    completions = complete(prefix, len(prefix), lambda name: (), of_alerts=True)
    assert [candidate.text for candidate in completions.candidates][: len(expected)] == expected


@pytest.mark.usefixtures("french")
def test_a_wrong_value_is_answered_with_the_french_ones() -> None:
    with pytest.raises(QueryError) as error:
        parse_query("gravité:forte")
    assert "élevée, moyenne, faible" in error.value.hint
    assert offered_filter("state", "acknowledged") == "état:vue"
