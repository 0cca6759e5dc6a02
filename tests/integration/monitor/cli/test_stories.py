"""Stories on the command line: one block or line each, with all their alerts."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from support import article_archive
from support.archive_with_alerts import NOW, ring
from support.newsroom import Item, Newsroom, rss
from support.scripted_server import Reply, Web

from index.query.parser import parse_query
from monitor.cli import main_group
from monitor.model.watchlist import Severity, Watchlist

WATCHLISTS = (
    Watchlist(name="Alibaba", query=parse_query("alibaba"), severity=Severity.HIGH),
    Watchlist(name="Espions", query=parse_query("espionnage~")),
)
STORIES = (
    ("Alibaba et espionnage", 1),
    ("Espionnage au port", 2),
    ("Alibaba, encore l’espionnage", 1),
)
"""Headlines, and the article that begins the story of each: alerts a1, a2; a3; a4, a5."""

TEXT = (
    "La sûreté de l’État soupçonne le groupe d’espionnage depuis son centre logistique de Liège,"
    " selon un quotidien britannique qui cite des responsables belges. Le groupe dément toute"
    " activité malveillante et rappelle que ses entrepôts sont ouverts aux douanes."
)
Run = Callable[..., str]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stories")
    articles = [
        article_archive.article(n, title, date=NOW + 60 * n, story=story)
        for n, (title, story) in enumerate(STORIES, 1)
    ]
    articles[0] = replace(articles[0], summary="Un début…", body="Un début\net la suite.")
    ring(folder / "var", articles, WATCHLISTS)
    with closing(sqlite3.connect(folder / "var/newsroom.db")) as sql, sql:
        sql.execute("UPDATE alerts SET story_alert = CASE WHEN id = 3 THEN 3 ELSE 1 END")
    return folder


@pytest.fixture
def run(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs the program on three stories, two of them one story."""
    shutil.copytree(archive, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOCSIN_USER", "ana")

    def command(*words: str, code: int = 0, talk: bool = True) -> str:
        done = CliRunner().invoke(main_group, words)
        assert done.exit_code == code, done.output
        return done.output if talk else done.stdout

    return command


def test_a_story_is_one_block_with_its_watchlists_and_alerts(run: Run) -> None:
    first, second = run("alerts", "--limit", "1", talk=False), run("alerts")
    assert first.splitlines()[:2] == [
        "    a5 ▲ Alibaba, encore l’espionnage",
        "         Alibaba a1 a4, Espions a2 a5",
    ]
    assert second.startswith(first)
    assert "    a3 ● Espionnage au port\n         Espions · A +" not in second
    assert "    a3 ● Espionnage au port\n         Espions · A · " in second
    assert second.count("espionnage\n") == 1


def test_limit_counts_stories_for_people_and_alerts_for_programs(run: Run) -> None:
    output = run("alerts", "--limit", "2", talk=False)
    assert re.findall(r"^ +(a\d+) ", output, re.M) == ["a5", "a3"]
    rows = json.loads(run("alerts", "--limit", "4", "--json", talk=False))["alerts"]
    assert [(row["alert_id"], row["story"]) for row in rows] == [
        ("a5", "a1"), ("a4", "a1"), ("a3", "a3"), ("a2", "a1"),
    ]  # fmt: skip


def test_a_filter_selects_stories_and_its_newest_alert_leads(run: Run) -> None:
    assert "    a4 ▲ Alibaba, encore" in run("alerts", "--watch", "Alibaba")
    assert "Espions a2 a5" in run("alerts", "--watch", "Alibaba", "--query", "encore")
    run("alerts", "close", "a4")
    assert "Alibaba a1, Espions a2 a5" in run("alerts")
    closed = run("alerts", "--state", "closed")
    assert "Alibaba a4 (closed) a1 (new)" in closed or "Alibaba a1 (new) a4 (closed)" in closed
    assert "Alibaba a1 (new) a4 (closed)" in run("alerts", "--state", "all")


def test_states_are_said_of_the_story_or_of_each_watchlist(run: Run) -> None:
    run("alerts", "noise", "a2", "a5")
    output = run("alerts", "--limit", "1")
    assert "Alibaba a1 a4 (new), Espions a2 a5 (acknowledged, noise)\n" in output
    run("alerts", "noise", "a1", "a4")
    output = run("alerts", "--limit", "1")
    assert "Alibaba a1 a4, Espions a2 a5\n" in output
    assert "         acknowledged, noise\n" in output


def test_show_tells_the_whole_story_of_an_alert(run: Run) -> None:
    run("alerts", "ack", "a5")
    output = run("show", "a1")
    assert output.startswith("alert a1 of article 1\n    a1 ▲ Alibaba et espionnage\n")
    head, _, siblings = output.partition("other alerts of its story:\n")
    assert "Espions (medium): alert a2, new" in head
    assert "Espions (medium): alert a5, acknowledged, by ana " in siblings
    assert "    A: Alibaba, encore l’espionnage · article 3\n" in siblings
    row = json.loads(run("show", "a1", "--json"))
    assert (row["story"], row["story_alerts"]) == ("a1", ["a1", "a2", "a4", "a5"])


@pytest.mark.parametrize("done", [(), ("ack", "a5"), ("noise", "a3"), ("close", "a1", "--story")])
def test_status_watch_list_and_alerts_agree_in_stories(done: tuple[str, ...], run: Run) -> None:
    if done:
        run("alerts", *done)

    def new(*words: str) -> int:
        output = run("alerts", "--state", "new", "--limit", "0", *words, "--json")
        rows = json.loads(output)["alerts"]
        return len({row["story"] for row in rows})

    total = json.loads(run("status", "--json"))["untriaged"]
    assert total == new()
    stories = "1 new story" if total == 1 else f"{total} new stories"
    assert f"; {stories}\n" in run("status")
    for row in json.loads(run("watch", "list", "--json")):
        untriaged = row["untriaged"]
        assert untriaged == (new("--watch", row["name"]) if untriaged else 0), row["name"]


def test_show_prints_no_summary_that_the_text_repeats(run: Run) -> None:
    assert "Un début\net la suite.\n" in run("show", "1")
    assert run("show", "1").count("Un début") == 1


def test_triage_changes_the_alert_named_or_with_an_option_its_story(run: Run) -> None:
    assert "1 alert changed: acknowledge; 3 more of the same story: add --story;" in run(
        "alerts", "ack", "a5"
    )
    assert "Alibaba a1 a4 (new), Espions a2 (new) a5 (acknowledged)" in run("alerts")
    done = run("alerts", "close", "a5", "--story")
    assert "4 alerts changed: close; `tocsin alerts undo`" in done
    assert "Alibaba a1 a4, Espions a2 a5\n" in run("alerts", "--state", "closed")
    answer = json.loads(run("alerts", "reopen", "a1", "--story", "--format", "json"))
    assert answer["changed"] == ["a1", "a2", "a4", "a5"]
    assert "4 alerts (Alibaba 2, Espions 2)" in run(
        "alerts", "star", "--query", "watch:Alibaba", "--story", "--yes"
    )


@pytest.fixture
def told_once(web: Web, tmp_path: Path) -> Newsroom:
    """A newsroom with two feeds, of which `a` has a story that `b` can tell too."""
    newsroom = Newsroom(tmp_path)
    first = Item("Alibaba à Liège", TEXT, "un", "https://a.be/un")
    web.on("/a", Reply(body=rss(first, lang="fr")))
    web.on("/b", Reply(body=rss(Item("Rien", "Rien du tout.", "rien"), lang="fr")))
    feeds = [{"url": web.url(f"/{name}"), "name": name, "lang": "fr"} for name in ("a", "b")]
    newsroom.watch(feeds, ["Alibaba"])
    assert newsroom.once("--now").returncode == 0
    return newsroom


AGAIN = Item("Alibaba : la sûreté enquête", TEXT, "deux", "https://b.be/deux")


@pytest.mark.costly
def test_follow_prints_a_story_again_with_what_is_new(web: Web, told_once: Newsroom) -> None:
    newsroom = told_once
    with newsroom.running("alerts", "--follow") as following:
        assert following.stdout is not None
        head = following.stdout.readline()
        assert "Alibaba à Liège" in head, following.stderr and following.stderr.read()
        web.on("/b", Reply(body=rss(AGAIN, lang="fr")))
        done = newsroom.once("--now", "--format", "table")
        lines = iter(following.stdout.readline, "")
        again = next(line for line in lines if "la sûreté enquête" in line)
        lines_new = [next(lines), next(lines)]
        following.terminate()
    assert again.startswith("    a2 ")
    assert lines_new == ["         new: Alibaba a2, b ≡1\n", "         Alibaba a1 a2\n"]
    assert again + lines_new[0] in done.stdout


@pytest.mark.costly
def test_short_prints_a_line_a_story_with_what_is_new(web: Web, told_once: Newsroom) -> None:
    first = "    a1 ● Alibaba à Liège · Alibaba · a\n"
    assert told_once.here("alerts", "--short").stdout == first
    with told_once.running("alerts", "--follow", "--short") as following:
        assert following.stdout is not None
        assert following.stdout.readline() == first
        web.on("/b", Reply(body=rss(AGAIN, lang="fr")))
        told_once.once("--now")
        again = following.stdout.readline()
        following.terminate()
        assert following.stdout.read() == ""
    assert again == "    a2 ● Alibaba : la sûreté enquête · Alibaba · Alibaba a2, b ≡1\n"


@pytest.mark.parametrize("options", [("--suppressed",), ("--state", "all")], ids=" ".join)
def test_short_takes_the_filters(options: tuple[str, ...], told_once: Newsroom) -> None:
    lines = told_once.here("alerts", "--short", *options).stdout.splitlines()
    assert [line[:8] for line in lines] == ["    a1 ●"]
