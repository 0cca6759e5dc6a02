"""`tocsin watch`, through the real executable: what it prints, where, and its exit code."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from support.newsroom import Newsroom
from support.scripted_server import Web
from support.watched_articles import COUNT, WATCHLISTS, fill, publish

from monitor.cli.watch import COMMANDS


@pytest.fixture(scope="module")
def server() -> Iterator[Web]:
    with Web() as web:
        publish(web)
        yield web


@pytest.fixture(scope="module")
def filled(server: Web, tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    return fill(Newsroom(tmp_path_factory.mktemp("watched")), server)


def article(newsroom: Newsroom, title: str) -> str:
    ((id,),) = newsroom.sql("SELECT id FROM articles WHERE title = ?", title)
    return str(id)


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
    table = filled.here("watch", "list", COLUMNS="120").stdout.splitlines()
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
    row, *_ = json.loads(filled.here(*done.args[-4:], "--json").stdout)
    clause = words.partition("match: ")[2] or words.partition("matches: ")[2] or words
    assert row["matches"] is (code == 0) and clause in " ".join(row["clauses"])


def test_the_list_says_where_alerts_about_feeds_are(filled: Newsroom) -> None:
    listed, shown = filled.here("watch", "list"), filled.here("watch", "list", "feed health")
    message = "`tocsin alerts --watch 'feed health'` lists the alerts about feeds"
    assert "feed health" not in listed.stdout
    assert shown.returncode == 2 and message in shown.stderr


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
        ("espion*", "espionnage", 10),
        ("espion*", "espionnages", 10),
        ("texte", "texte", COUNT),  # and none in capitals
    ]
    assert "       10  port\n" in filled.here("watch", "forms", "port~").stdout
    done = filled.here("watch", "forms", "zebra*")
    assert (done.returncode, done.stderr) == (1, "the archive has no such word\n")
    assert filled.here("watch", "forms", "a*").returncode == 2
