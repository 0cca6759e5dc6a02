"""Concepts of feeds.yaml in watchlists, searches and filters of alerts."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from support.newsroom import Newsroom

from monitor.base.formatting import iso

DAY = 86_400.0
ARTICLES = (
    "Ali Baba au théâtre",
    "Taobao quitte Liège",
    "Alibaba Clouds chante à Liège, et bien plus loin Alibaba paie",
    "Le port d’Anvers ferme",
    "Le maire Martin démissionne",
    "Martin gagne la course",
)
MARTIN = {"names": ["Martin"], "with": ["maire~"], "note": "of Gand"}
ALIBABA = {
    "names": ["Alibaba", "阿里巴巴"],
    "also": ["Taobao"],
    "not": ["Ali Baba", "Alibaba Clouds"],
}
WATCHLISTS = [
    {"name": "Ali", "terms": ["concept:Alibaba"]},
    {"name": "Liège", "query": "notion:alibaba NEAR/2 Liège"},
    {"name": "Mayors", "query": 'concept:"Jean Martin"'},
]

pytestmark = pytest.mark.costly


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    room = Newsroom(tmp_path_factory.mktemp("concepts"))
    room.watch(
        [],
        WATCHLISTS,
        concepts={"Alibaba": ALIBABA, "Jean Martin": MARTIN},
        alerts={"backfill": "notify"},
    )
    lines = (
        json.dumps({"title": title, "url": f"https://x.example/{number}"})
        for number, title in enumerate(ARTICLES)
    )
    (room.folder / "articles.jsonl").write_text("\n".join(lines), encoding="utf-8")
    done = room.here("import", "articles.jsonl")
    assert done.returncode == 0, done.stderr
    return room


def titles(room: Newsroom, query: str) -> list[str]:
    found = room.here("search", query, "--json")
    return sorted(hit["title"] for hit in json.loads(found.stdout)["hits"])


def test_searches_and_watchlists_find_the_same(newsroom: Newsroom) -> None:
    assert titles(newsroom, "concept:Alibaba") == sorted(ARTICLES[1:3])
    assert titles(newsroom, "watch:Ali") == sorted(ARTICLES[1:3])
    assert titles(newsroom, "concept:Alibaba NEAR/2 Liège") == [ARTICLES[1]]
    assert titles(newsroom, "watch:Liège") == [ARTICLES[1]]
    assert titles(newsroom, "Liège NOT concept:Alibaba") == []


def test_the_alert_says_which_name_of_which_concept(newsroom: Newsroom) -> None:
    assert "“Taobao” in the title, by Taobao (Alibaba)" in newsroom.here("show", "2").stdout
    assert newsroom.here("show", "3").stdout.count("“Alibaba” in the title, by Alibaba") == 1


def test_a_name_without_its_words_around_it_is_marked(newsroom: Newsroom) -> None:
    mark = "by Martin (Jean Martin), perhaps a namesake"
    assert mark not in newsroom.here("show", "5").stdout
    assert mark in newsroom.here("show", "6").stdout
    listed = newsroom.here("alerts", "--watch", "Mayors").stdout
    assert listed.count("“Martin”, perhaps a namesake") == 1
    explained = newsroom.here("watch", "explain", "6", "Mayors")
    assert "Martin (Jean Martin), perhaps a namesake: “Martin”" in explained.stdout
    (sure,), (unsure,) = (
        newsroom.json("show", number, "--json")["alerts"][0]["matches"] for number in ("5", "6")
    )
    assert (sure["concept"], sure["ambiguous"]) == ("Jean Martin", False)
    assert (unsure["concept"], unsure["ambiguous"]) == ("Jean Martin", True)
    assert titles(newsroom, 'concept:"Jean Martin"') == sorted(ARTICLES[4:])


def test_the_briefing_says_which_name_of_which_concept(newsroom: Newsroom) -> None:
    briefing = newsroom.here("brief", "--since", "1d").stdout
    assert "Taobao (Alibaba)" in briefing
    assert "Martin (Jean Martin), perhaps a namesake" in briefing


def test_filters_of_alerts_forms_and_facets_know_concepts(newsroom: Newsroom) -> None:
    alerts = newsroom.here("alerts", "--query", "concept:Alibaba").stdout
    assert "Taobao quitte" in alerts
    assert "Anvers" not in alerts
    forms = newsroom.here("watch", "forms", "concept:Alibaba").stdout
    assert [line.split()[-1] for line in forms.splitlines()[1:]] == ["alibaba", "taobao"]
    assert newsroom.json("facets", "concept:Alibaba", "--json")["total"] == 2


@pytest.mark.parametrize("command", ["list", "suggest"])
def test_a_command_names_an_unknown_concept_without_talk_of_queries(
    newsroom: Newsroom, command: str
) -> None:
    done = newsroom.here("concepts", command, "Alibabba")
    assert done.returncode == 2
    assert "query" not in done.stderr
    assert "there is no concept `Alibabba` (did you mean `Alibaba`?)" in done.stderr


@pytest.mark.parametrize("command", [("search",), ("alerts", "--query")])
def test_an_unknown_concept_is_a_mistake_with_the_nearest_name(
    newsroom: Newsroom, command: tuple[str, ...]
) -> None:
    done = newsroom.here(*command, "concept:Alibabba")
    assert done.returncode == 2
    assert "there is no concept `Alibabba` (did you mean `Alibaba`?)" in done.stderr


def test_facets_and_trends_go_by_name(newsroom: Newsroom) -> None:
    names = {
        share["name"]: share["articles"]
        for share in newsroom.json("facets", "concept:Alibaba", "--json")["names"]
    }
    assert names == {"Taobao (Alibaba)": 1, "Alibaba": 1}
    assert "names of concepts" in newsroom.here("facets", "concept:Alibaba").stdout
    assert newsroom.json("facets", "Liège", "--json")["names"] == []
    series = newsroom.json("trend", "concept:Alibaba", "--split", "name", "--by", "day", "--json")
    assert {row["series"] for row in series if row["count"]} == {"Taobao (Alibaba)", "Alibaba"}
    without = newsroom.here("trend", "Liège", "--split", "name")
    assert without.returncode == 1
    assert "the query has no concept" in without.stderr


def test_the_list_says_how_often_each_name_rang(newsroom: Newsroom) -> None:
    rows = {row["name"]: row for row in newsroom.json("concepts", "--json")}
    assert [*rows] == ["Alibaba", "阿里巴巴", "Taobao", "Martin"]
    assert [row["total"] for row in rows.values()] == [1, 0, 2, 2]
    assert rows["Martin"]["concept"] == "Jean Martin"
    assert rows["Martin"]["articles"] == 2
    assert not any(row["remarks"] for row in rows.values())
    assert newsroom.json("concepts", "list", "jean martin", "--json") == [rows["Martin"]]
    unknown = newsroom.here("concepts", "list", "Alibabba")
    assert unknown.returncode == 2
    assert "there is no concept `Alibabba` (did you mean `Alibaba`?)" in unknown.stderr


def test_a_name_that_brings_noise_or_nothing_is_pointed_at(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    concepts = {"Alibaba": ALIBABA, "Jean Martin": MARTIN}
    room.watch([], WATCHLISTS, concepts=concepts)
    days = {"Taobao revient": 100, "Martin court": 3, "Martin gagne": 2, "Alibaba bouge": 700}
    lines = (
        json.dumps(
            {
                "title": title,
                "url": f"https://x.example/{age}",
                "published": iso(time.time() - age * DAY),
            }
        )
        for title, age in days.items()
    )
    (tmp_path / "old.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert room.here("import", "old.jsonl").returncode == 0
    alerts = [
        row["alert_id"] for row in room.json("alerts", "--watch", "Mayors", "--json")["alerts"]
    ]
    assert room.here("alerts", "noise", *alerts).returncode == 0
    remarks = {row["name"]: row["remarks"] for row in room.json("concepts", "--json")}
    assert remarks == {
        "Alibaba": ["nothing in a year"],
        "阿里巴巴": ["nothing in a year"],
        "Taobao": [],
        "Martin": ["only noise"],
    }
    table = room.here("concepts").stdout
    assert re.search(r"Martin +2 .* only noise", table)


def test_other_names_come_from_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_encoder() -> None:
        pytest.fail("feeds.yaml says `vectors: false`")

    monkeypatch.setattr("monitor.intake.similar.vectors.Encoder", no_encoder)
    newsroom = Newsroom(tmp_path)
    brume = {"names": ["Agence contre la brume"], "also": ["Brumes réunies"]}
    newsroom.watch([], WATCHLISTS[2:], concepts={"Brume": brume, "Jean Martin": MARTIN})
    texts = {
        "agence": "L’Agence contre la brume (ACB) enquête à Liège",
        "acb": "L’ACB ferme ses bureaux",
    }
    lines = (json.dumps({"title": t, "url": f"https://y.example/{u}"}) for u, t in texts.items())
    (newsroom.folder / "acb.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert newsroom.here("import", "acb.jsonl").returncode == 0
    (row,) = newsroom.json("concepts", "suggest", "brume", "--json")
    assert (row["name"], row["kinds"], row["articles"], row["added"]) == ("ACB", ["acronym"], 2, 1)
    assert row["yaml"] == "names: [Agence contre la brume, ACB]"
    shown = newsroom.here("concepts", "suggest", "Brume").stdout
    assert "adds 1 of 2 articles (acronym)" in shown
    assert texts["agence"] in shown
    none = newsroom.here("concepts", "suggest", "Jean Martin")
    assert none.returncode == 1
    assert "the archive has no other name of Jean Martin" in none.stderr
    unknown = newsroom.here("concepts", "suggest", "Brme")
    assert unknown.returncode == 2
    assert "there is no concept `Brme`" in unknown.stderr
