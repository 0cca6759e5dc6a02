"""`tocsin watch`, through the real executable: what it prints, where, and its exit code."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.newsroom import Item, Newsroom, rss
from support.scripted_server import Web, conditional

from monitor.cli.watch import COMMANDS

WORDS = ("espionnage", "espionnages", "port", "porte", "Alibaba", "douane")
COUNT = 60
WATCHLISTS = (
    "Alibaba",
    {"name": "Espions", "terms": ["espionnage~"], "severity": "high", "not": ["numéro 6"]},
    {"name": "Ports", "query": "port NEAR/1 texte", "lang": ["fr"]},
    {"name": "Risque", "score": {"douane": 9, "rançon": 3}, "threshold": 12},
    {"name": "Ailleurs", "terms": ["porte"], "feeds": ["Autre"]},
    {"name": "Nederlands", "terms": ["porte"], "lang": ["nl"]},
)


@pytest.fixture(scope="module")
def server() -> Iterator[Web]:
    with Web() as web:
        items = [
            Item(f"{WORDS[n % 6]} numéro {n}", "Voici le texte de cet article.", f"id{n}")
            for n in range(COUNT)
        ]
        web.on("/fil", conditional(rss(*items)))
        web.on("/autre", conditional(rss()))
        yield web


def feeds(web: Web) -> list[dict[str, Any]]:
    return [
        {"url": web.url("/fil"), "name": "Fil", "lang": "fr"},
        {"url": web.url("/autre"), "name": "Autre"},
    ]


@pytest.fixture(scope="module")
def filled(server: Web, tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    newsroom = Newsroom(tmp_path_factory.mktemp("watched"))
    newsroom.watch(feeds(server), WATCHLISTS)
    done = newsroom.tocsin("run", "--once")
    assert done.returncode == 0, done.stderr
    assert newsroom.counts() == (COUNT, 10 + 19, 0)
    return newsroom


def article(newsroom: Newsroom, title: str) -> str:
    ((id,),) = newsroom.sql("SELECT id FROM articles WHERE title = ?", title)
    return str(id)


def other(newsroom: Newsroom, server: Web, *watchlists: Any) -> str:
    """Write another file beside feeds.yaml."""
    path = newsroom.folder / "other.yaml"
    said = {"feeds": feeds(server), "watchlists": watchlists}
    path.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
    return path.name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_helps_and_is_on_the_list(filled: Newsroom, name: str) -> None:
    done = filled.here("watch", name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: tocsin watch {name}")
    assert COMMANDS[name].summary in filled.here("watch", "--help").stdout


# --- list ------------------------------------------------------------------------------


def test_list_tells_totals_and_precision(filled: Newsroom) -> None:
    ids = [id for (id,) in filled.sql("SELECT id FROM alerts WHERE watchlist = 'Alibaba'")]
    with closing(sqlite3.connect(filled.data / "newsroom.db")) as sql, sql:
        sql.executemany("UPDATE alerts SET verdict = 'relevant' WHERE id = ?", [(ids[0],)])
        sql.executemany("UPDATE alerts SET verdict = 'noise', state = 'acknowledged' WHERE id = ?",
                        [(id,) for id in ids[1:4]])  # fmt: skip
    listed = filled.json("watch", "list", "--format", "json")
    assert [row["name"] for row in listed] == [
        w if isinstance(w, str) else w["name"] for w in WATCHLISTS
    ]
    first = listed[0]
    assert (first["total"], first["untriaged"], first["relevant"], first["noise"]) == (10, 7, 1, 3)
    assert first["precision"] == 0.25
    assert (first["precision_low"], first["precision_high"]) == (0.0456, 0.6994)  # Wilson, 95 %
    assert first["last_hit"]
    assert listed[3]["last_hit"] is None and listed[3]["precision"] is None
    table = filled.here("watch", "list").stdout.splitlines()
    assert "25% (5%–70%)" in table[1]
    assert table[4].startswith("Risque") and table[4].endswith("never  -")


@pytest.mark.parametrize("style", ["jsonl", "csv"])
def test_list_for_programs(filled: Newsroom, style: str) -> None:
    out = filled.here("watch", "list", "--format", style).stdout
    rows = (
        [json.loads(line) for line in out.splitlines()]
        if style == "jsonl"
        else list(csv.DictReader(io.StringIO(out)))
    )
    assert [row["name"] for row in rows][:2] == ["Alibaba", "Espions"]


# --- explain ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "watchlist", "code", "words"),
    [
        ("Alibaba numéro 4", "alibaba", 0, "matches: Alibaba: “Alibaba” in the title"),
        ("espionnages numéro 1", "Espions", 0, "matches: espionnage~: “espionnages” in the title"),
        ("espionnage numéro 6", "Espions", 1, 'no match: excluded by "numéro 6"'),
        ("port numéro 2", "Ports", 1, "in different parts"),
        ("douane numéro 5", "Risque", 1, 'no match: score 9 of 12: "douane" 9'),
        ("porte numéro 3", "Ailleurs", 1, "no match: feed Fil, not Autre"),
        ("porte numéro 3", "Nederlands", 1, "no match: language fr, not nl"),
        ("porte numéro 3", "Alibaba", 1, 'no match: no "Alibaba"'),
    ],
)
def test_explain_names_the_clause(
    filled: Newsroom, title: str, watchlist: str, code: int, words: str
) -> None:
    done = filled.here("watch", "explain", article(filled, title), watchlist)
    assert (done.returncode, done.stderr) == (code, "")
    assert words in done.stdout


def test_explain_refuses_what_it_does_not_know(filled: Newsroom) -> None:
    done = filled.here("watch", "explain", "1", "Alibab")
    assert done.returncode == 2
    assert "did you mean `Alibaba`?" in done.stderr
    for number in ("999", str(2**70)):
        done = filled.here("watch", "explain", number, "Alibaba")
        assert (done.returncode, done.stdout) == (2, "")
        assert f"there is no article {number}" in done.stderr


# --- forms -----------------------------------------------------------------------------


def test_forms_are_those_of_the_archive_most_frequent_first(filled: Newsroom) -> None:
    rows = filled.json("watch", "forms", "port~", "espion*", "texte", "TEXTE", "--format", "json")
    assert [(row["term"], row["form"], row["articles"]) for row in rows] == [
        ("port~", "port", 10),
        ("port~", "porte", 10),
        ("espion*", "espionnage", 10),
        ("espion*", "espionnages", 10),
        ("texte", "texte", COUNT),  # and none in capitals
    ]
    assert "       10  porte\n" in filled.here("watch", "forms", "port~").stdout
    nothing = filled.here("watch", "forms", "zebra*")
    assert (nothing.returncode, nothing.stderr) == (1, "the archive has no such word\n")
    assert filled.here("watch", "forms", "a*").returncode == 2


# --- test ------------------------------------------------------------------------------


def test_test_tells_what_a_file_would_bring(filled: Newsroom, server: Web) -> None:
    file = other(
        filled,
        server,
        {"name": "Alibaba", "query": '"Alibaba numéro" -"numéro 4"'},
        {"name": "Ports", "terms": ["port", "porte"]},
    )
    before = filled.counts()
    alibaba, ports = filled.json("watch", "test", file, "--format", "json")
    dropped = int(article(filled, "Alibaba numéro 4"))
    assert (alibaba["hits"], alibaba["gained"], alibaba["lost"]) == (9, [], [dropped])
    assert (ports["hits"], len(ports["gained"]), ports["lost"]) == (20, 20, [])
    assert sum(ports["days"]) == 20
    assert {row["term"]: row["articles"] for row in ports["terms"]} == {"port": 10, "porte": 10}
    assert len(ports["samples"]) == 3
    assert all(sample["title"].startswith("port") for sample in ports["samples"])
    told = filled.here("watch", "test", file)
    assert "Alibaba  9 hits  +0 −1" in told.stdout
    assert f"lost        {dropped:>6}  Alibaba numéro 4" in told.stdout
    assert "60 articles, 2 watchlists" in told.stderr
    assert filled.counts() == before


def test_test_agrees_with_the_watch(filled: Newsroom) -> None:
    """The rules in force gain and lose nothing."""
    rows = filled.json("watch", "test", "--format", "json")
    assert [(row["gained"], row["lost"]) for row in rows] == [([], [])] * len(WATCHLISTS)
    listed = filled.json("watch", "list", "--format", "json")
    assert [row["hits"] for row in rows] == [row["total"] for row in listed]


def test_test_looks_only_at_what_is_asked(filled: Newsroom) -> None:
    rows = filled.json("watch", "test", "--since", "2099-01-01", "--format", "json")
    assert {(row["hits"], tuple(row["lost"]), tuple(row["days"])) for row in rows} == {(0, (), ())}


# --- lint ------------------------------------------------------------------------------


def test_lint_finds_what_is_not_worth_its_line(filled: Newsroom, server: Web) -> None:
    file = other(
        filled,
        server,
        {"name": "Zèbres", "terms": ["zèbre", "Alibaba"]},
        {"name": "Doublés", "query": 'porte OR "porte numéro" OR douane* OR douane'},
        {"name": "Large", "terms": ["article"]},
        {"name": "Racines", "terms": ["port~", "porte~"]},
        {"name": "Court", "terms": ["an"]},
        {"name": "Bien", "query": "Alibaba AND numéro"},
    )
    done = filled.here("watch", "lint", file, "--format", "json")
    assert done.returncode == 1
    found = {(row["watchlist"], row["term"], row["kind"]) for row in json.loads(done.stdout)}
    assert found >= {
        ("Zèbres", "zèbre", "never"),
        ("Doublés", '"porte numéro"', "subsumed"),
        ("Doublés", "douane", "subsumed"),
        ("Large", "article", "broad"),
        ("Court", "an", "short"),
    }
    assert not [row for row in found if row[0] == "Bien"]
    assert ("Zèbres", "Alibaba", "never") not in found
    assert ("Racines", "porte~") in {row[:2] for row in found}
    told = filled.here("watch", "lint", file).stdout
    assert "Zèbres: `zèbre` matches no article of the archive" in told


def test_lint_says_nothing_of_good_watchlists(filled: Newsroom, server: Web) -> None:
    # Each of these words is in a sixth of this archive, so only a pair of words is narrow.
    file = other(filled, server, {"name": "Bien", "query": "Alibaba AND numéro"})
    done = filled.here("watch", "lint", file)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# --- add -------------------------------------------------------------------------------

HAND_WRITTEN = """\
# Mine.
feeds:
  - https://ex.org/rss   # the only one
watchlists:
  - Cainiao              # a depot
  - {name: B, terms: [b2]}   # last
network: {contact: me@ex.org}
"""


def test_add_changes_nothing_else_in_the_file(tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    newsroom.config.write_text(HAND_WRITTEN)
    assert newsroom.here("watch", "add", "Temu").returncode == 0
    done = newsroom.here(
        "watch", "add", "port d’Anvers", "--name", "Anvers: port", "--severity", "high"
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert "watching for" in done.stderr
    lines = newsroom.config.read_text().splitlines(keepends=True)
    before = HAND_WRITTEN.splitlines(keepends=True)
    assert [line for line in lines if line in before] == before
    added = [line for line in lines if line not in before]
    assert added[0] == "  - Temu\n"
    assert len(added) == 4
    assert newsroom.here("check").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["Cainiao"], "a watchlist is called `Cainiao` already"),
        (["*"], "word"),
        (["x AND y"], "AND in a term"),
        (["temu", "--severity", "loud"], "loud"),
    ],
)
def test_add_refuses_what_is_not_well_and_changes_nothing(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    newsroom = Newsroom(tmp_path)
    newsroom.config.write_text(HAND_WRITTEN)
    done = newsroom.here("watch", "add", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert newsroom.config.read_text() == HAND_WRITTEN
    assert [path.name for path in tmp_path.iterdir()] == ["feeds.yaml"]
