"""Tests that a form changes only the edited fields of a watchlist in feeds.yaml."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from monitor.config.loading import understand
from monitor.config.watchlist_edit import (
    CheckedFields,
    WatchlistFields,
    check_fields,
    read_fields,
    with_watchlist,
)
from monitor.config.yaml_edit import LayoutError

PATH = Path("feeds.yaml")
FILE = """\
# Our feeds.
feeds:
  - {url: https://a.example/rss, name: Les Échos, tags: [presse]}
watchlists:
  - Alibaba  # the group
  # Everything about spies.
  - name: Espions
    severity: high  # wakes the desk
    terms:
      - espion~   # and its forms
      - DGSE
      # the Belgians
      - "Sûreté de l'État"
    lang: [fr, en]
    match: "Un espion à Liège"
  - {name: Ports, query: port AND grève, cooldown: 30m}
  - name: Puces
    score: {puce: 3, chips: 2}
    threshold: 4
searches:
  - {name: Ports, query: port}  # also a search
"""
SPIES = WatchlistFields(
    name="Espions",
    terms=("espion~", "DGSE", "Sûreté de l'État"),
    severity="high",
    lang=("fr", "en"),
)


def edited_file(name: str, /, **changes: object) -> str:
    before = read_fields(FILE, name)
    after = with_watchlist(FILE, before, replace(before, **changes))  # type: ignore[arg-type]
    understand(after.encode(), PATH)
    return after


def checked(text: str, before: WatchlistFields | None, after: WatchlistFields) -> CheckedFields:
    return check_fields(text.encode(), PATH, before, after, lambda node: -1)


def test_the_fields_of_a_watchlist_are_read_as_they_are_written() -> None:
    assert read_fields(FILE, "Espions") == SPIES
    assert read_fields(FILE, "Alibaba") == WatchlistFields(name="Alibaba", terms=("Alibaba",))
    ports = WatchlistFields(name="Ports", query="port AND grève", cooldown="30m")
    assert read_fields(FILE, "Ports") == ports
    for name, words in (("Puces", "has a `score`"), ("Nobody", "no watchlist called Nobody")):
        with pytest.raises(LayoutError, match=words):
            read_fields(FILE, name)


def test_a_list_with_a_comment_between_its_brackets_is_left_to_a_person() -> None:
    text = "feeds: []\nwatchlists:\n  - name: A\n    terms: [one,  # the first\n      two]\n"
    before = read_fields(text, "A")
    with pytest.raises(LayoutError, match="edit it by hand"):
        with_watchlist(text, before, replace(before, terms=("one", "two", "three")))
    after = with_watchlist(text, before, replace(before, severity="high"))
    assert after == text + "    severity: high\n"


@pytest.mark.parametrize(
    ("name", "changes", "line", "lines"),
    [
        ("Espions", {"severity": "low"}, "    severity: high  # wakes the desk\n",
         "    severity: low  # wakes the desk\n"),
        ("Espions", {"severity": "medium"}, "    severity: high  # wakes the desk\n", ""),
        ("Espions", {"terms": ("espion~", "DGSE", "Sûreté de l'État", "GRU")},
         "      - \"Sûreté de l'État\"\n", "      - \"Sûreté de l'État\"\n      - GRU\n"),
        ("Espions", {"terms": ("espion~", "Sûreté de l'État")}, "      - DGSE\n", ""),
        ("Espions", {"terms": ("agent~", "espion~", "DGSE", "Sûreté de l'État")},
         "      - espion~", "      - agent~\n      - espion~"),
        ("Espions", {"terms": ("agent~", "DGSE", "Sûreté de l'État")},
         "      - espion~   # and", "      - agent~   # and"),
        ("Espions", {"lang": ("fr",)}, "[fr, en]", "[fr]"),
        ("Espions", {"lang": ("en",)}, "[fr, en]", "[en]"),
        ("Espions", {"lang": ("nl", "fr", "en")}, "[fr, en]", "[nl, fr, en]"),
        ("Espions", {"lang": ()}, "    lang: [fr, en]\n", ""),
        ("Espions", {"feeds": ("tag:presse", "Les Échos")}, '    match: "Un espion à Liège"\n',
         '    match: "Un espion à Liège"\n    feeds: [tag:presse, Les Échos]\n'),
        ("Espions", {"name": "Spies"}, "- name: Espions", "- name: Spies"),
        ("Alibaba", {"terms": ("Cainiao",), "name": ""}, "- Alibaba  #", "- Cainiao  #"),
        ("Alibaba", {"severity": "low"}, "- Alibaba  # the group\n",
         "- terms: [Alibaba]  # the group\n    severity: low\n"),
        ("Alibaba", {"terms": ("Alibaba", "Cainiao")}, "- Alibaba  # the group\n",
         "- name: Alibaba  # the group\n    terms: [Alibaba, Cainiao]\n"),
        ("Ports", {"cooldown": "", "excluded": ("portable", "feed:Les Échos")},
         "grève, cooldown: 30m}", 'grève, not: [portable, feed:Les Échos]}'),
        ("Ports", {"query": "", "terms": ("port", "quai")},
         "query: port AND grève, cooldown: 30m", "cooldown: 30m, terms: [port, quai]"),
    ],
)  # fmt: skip
def test_an_edit_changes_only_what_differs(
    name: str, changes: dict[str, object], line: str, lines: str
) -> None:
    assert FILE.count(line) == 1
    assert edited_file(name, **changes) == FILE.replace(line, lines)


def test_what_differs_in_nothing_changes_nothing() -> None:
    for name in ("Alibaba", "Espions", "Ports"):
        assert edited_file(name) == FILE


def test_terms_become_a_query_and_the_sentences_beside_them_stay() -> None:
    after = edited_file("Espions", terms=(), query='"espion russe" OR DGSE')
    assert read_fields(after, "Espions").query == '"espion russe" OR DGSE'
    assert '    match: "Un espion à Liège"\n' in after and "# Everything about spies." in after


def test_a_new_watchlist_stands_behind_the_others() -> None:
    terms = tuple(f"la direction numéro {number}" for number in "abcdef")
    after = with_watchlist(
        FILE, None, WatchlistFields(name="Directions", terms=terms, lang=("fr",))
    )
    head, _, tail = FILE.partition("searches:")
    added = (
        "  - name: Directions\n    terms:\n"
        + "".join(f"      - {term}\n" for term in terms)
        + "    lang: [fr]\n"
    )
    assert after == f"{head}{added}searches:{tail}"
    bare = with_watchlist(FILE, None, WatchlistFields(terms=("OTAN",)))
    assert bare == f"{head}  - OTAN\nsearches:{tail}"


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"terms": ("a", "b")}, "name", "needs a `name`"),
        ({"name": "X"}, "terms", "nothing to watch for"),
        ({"terms": ("a", "?"), "name": "X"}, "terms", "line 2: "),
        ({"query": "(grève", "name": "X"}, "query", "bracket"),
        ({"query": "grève since:7d", "name": "X"}, "query", "since:"),
        ({"terms": ("a",), "lang": ("zzz",)}, "lang", "`zzz` is not a language"),
        ({"terms": ("a",), "feeds": ("Echos",)}, "feeds", "no feed is called `Echos`"),
        ({"terms": ("a",), "cooldown": "soon"}, "cooldown", "`soon` is not a duration"),
        ({"terms": ("a",), "name": "espions"}, "name", "called `espions` already"),
        ({"terms": ("a",), "excluded": ("a", "?")}, "excluded", "line 2: "),
    ],
)
def test_a_mistake_is_told_at_its_field(fields: dict[str, object], field: str, words: str) -> None:
    check = checked(FILE, None, WatchlistFields(**fields))  # type: ignore[arg-type]
    assert [problem.field for problem in check.problems] == [field], check.problems
    assert words in check.problems[0].message
    assert check.watchlist is None


def test_a_name_that_a_route_needs_cannot_be_taken_from_it() -> None:
    routed_file = (
        FILE
        + "channels: [{name: desk, file: alerts.txt}]\n"
        + ("routes: [{watch: [Espions], to: [desk]}]\n")
    )
    understand(routed_file.encode(), PATH)
    check = checked(routed_file, SPIES, replace(SPIES, name="Spies"))
    assert [problem.field for problem in check.problems] == ["name"]


def test_the_sentences_beside_a_watchlist_are_tested_too() -> None:
    check = checked(FILE, SPIES, replace(SPIES, terms=("GRU",)))
    (problem,) = check.problems
    assert (problem.field, problem.message) == ("terms", '`match`: raises no alert: no "GRU"')
    check = checked(FILE, SPIES, replace(SPIES, terms=("espion~", "GRU")))
    assert check.problems == ()
    assert check.watchlist is not None and check.watchlist.query.text.endswith(" OR GRU")
    assert check.config is not None and len(check.config.watchlists) == 4


def test_a_file_in_json_stays_json() -> None:
    lists = '["Alibaba", {"name": "P", "query": "a"}]'
    text = f'{{"feeds": ["https://a.example/rss"], "watchlists": {lists}}}'
    before = read_fields(text, "Alibaba")
    after = with_watchlist(text, before, replace(before, severity="high"))
    after = with_watchlist(after, None, WatchlistFields(name="N", terms=("x", "y")))
    assert json.loads(after)["watchlists"] == [
        {"terms": ["Alibaba"], "severity": "high"},
        {"name": "P", "query": "a"},
        {"name": "N", "terms": ["x", "y"]},
    ]
