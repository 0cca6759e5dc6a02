"""Every command, through the real executable: what it prints, where, and its exit code."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running import PATIENCE, TOCSIN, Item, Newsroom, rss, until
from scripted import Reply, Web, conditional

from monitor.cli import ABOVE, COMMANDS

FORMULA = '=HYPERLINK("http://ex.org/steal","Alibaba")'
FRENCH = (
    Item(
        "Alibaba dans le collimateur de la sûreté belge",
        "Les services de renseignement belges surveillent le centre de Cainiao à Liège.",
        link="https://ex.org/fr/1",
        date="Mon, 09 Oct 2023 09:09:00 +0200",
    ),
    Item(FORMULA, link="https://ex.org/fr/2", date="Thu, 02 Nov 2023 10:00:00 GMT"),
    Item(
        "La grève du port d’Anvers continue",
        "Les dockers ne déchargent plus les navires depuis lundi matin.",
        link="https://ex.org/fr/3",
    ),
)
ENGLISH = (
    Item(
        "Customs officers seize counterfeit parts at the port",
        "They were found in small parcels on their way to the warehouse, and that was the end.",
        link="https://ex.org/en/1",
        date="Fri, 20 Oct 2023 08:00:00 GMT",
    ),
)
WATCHLISTS = ("Alibaba", {"name": "Douanes", "terms": ["customs"], "severity": "high"})

FOUND = {"id", "title", "url", "feed", "lang", "published", "seen", "score", "snippet"}
ALERT = {
    "id", "kind", "watchlist", "article", "title", "url", "feed", "severity", "state", "raised_at",
    "matches", "copies", "outlets", "elsewhere", "escalations", "held", "held_until", "backfill",
    "rule", "article_version", "lost", "merged_into", "verdict", "starred", "tags", "note",
}  # fmt: skip
MATCH = {"field", "start", "end", "text", "term"}
FEED = {
    "name", "url", "health", "words", "articles", "last_ok", "next_poll", "failures", "reason",
    "blind", "moved_to", "former", "tags",
}  # fmt: skip
ROUND = {"feeds", "ok", "unchanged", "failed", "entries", "new", "changed", "alerts", "seconds"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture(scope="module")
def server() -> Iterator[Web]:
    with Web() as web:
        web.on("/fil", conditional(rss(*FRENCH)))
        web.on("/wire", conditional(rss(*ENGLISH)))
        web.on("/gone", Reply(410))
        yield web


def subscriptions(web: Web) -> list[dict[str, Any]]:
    return [
        {"url": web.url("/fil"), "name": "Le Fil", "lang": "fr", "tags": ["belgique"]},
        {"url": web.url("/wire"), "name": "The Wire", "lang": "en"},
        {"url": web.url("/gone"), "name": "Gone"},
    ]


@pytest.fixture(scope="module")
def filled(server: Web, tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    """A newsroom after one round: four articles with three alerts, a feed that is gone."""
    newsroom = Newsroom(tmp_path_factory.mktemp("filled"))
    newsroom.watch(subscriptions(server), WATCHLISTS)
    done = newsroom.tocsin("run", "--once", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said.keys() == ROUND
    assert said.pop("seconds") > 0
    assert said == {
        "feeds": 3, "ok": 2, "unchanged": 0, "failed": 1, "entries": 4, "new": 4, "changed": 0,
        "alerts": 4,
    }  # fmt: skip
    return newsroom


@pytest.fixture
def empty(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path)


def rows(printed: str, style: str) -> list[dict[str, Any]]:
    """Read what was printed back."""
    if style == "json":
        found = json.loads(printed)
        listed: list[dict[str, Any]] = found["hits"] if isinstance(found, dict) else found
        return listed
    if style == "jsonl":
        return [json.loads(line) for line in printed.splitlines()]
    return [dict(row) for row in csv.DictReader(io.StringIO(printed, newline=""), strict=True)]


# --- help ------------------------------------------------------------------------


def test_every_command_helps_and_is_on_the_list(empty: Newsroom) -> None:
    listed = empty.tocsin("--help").stdout
    for name in (*ABOVE, *COMMANDS):
        done = empty.tocsin(name, "--help")
        assert (done.returncode, done.stderr) == (0, ""), name
        assert done.stdout.startswith(f"Usage: tocsin {name}")
        assert re.search(rf"^  {name}  +\S", listed, re.MULTILINE)


def test_the_command_line_works_without_the_dashboard() -> None:
    code = (
        "import sys\n"
        "class Without:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'tui': raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Without())\n"
        "from monitor.cli import main\n"
        "main()"
    )

    def said(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stderr.strip().rpartition("\n")[2]

    assert said("status", "--help") == (0, "")
    assert said("dashboard") == (2, "Error: No such command 'dashboard'.")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_asks_tocsin(shell: str, empty: Newsroom) -> None:
    done = empty.here("completion", shell)
    assert done.returncode == 0
    assert f"_TOCSIN_COMPLETE={shell}_complete" in done.stdout


def test_completion_completes_commands(empty: Newsroom) -> None:
    asked = {"_TOCSIN_COMPLETE": "bash_complete", "COMP_WORDS": "tocsin sea", "COMP_CWORD": "1"}
    assert empty.here(**asked).stdout.split() == ["plain,search"]


def test_the_version_is_that_of_the_distribution(empty: Newsroom) -> None:
    from importlib.metadata import version

    assert empty.tocsin("--version").stdout == f"tocsin {version('tocsin')}\n"


@pytest.mark.parametrize(
    "command",
    [
        ["nonsense"],
        ["search"],
        ["search", "x", "--since", "tomorrowish"],
        ["search", "x", "--limit", "-1"],
        ["search", "x", "--format", "xml"],
        ["search", "x", "--sotr", "date"],
        ["show", "one"],
        ["run", "--now"],
        ["run", "--for", "10"],
        ["demo", "--for", "10s"],
        ["alerts", "--follow", "--format", "json"],
        ["completion", "cmd"],
    ],
    ids=" ".join,
)
def test_misuse_exits_with_2_and_says_how(command: list[str], filled: Newsroom) -> None:
    done = filled.here(*command)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Error: " in done.stderr
    assert "Traceback" not in done.stderr


# --- nothing there yet -------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [["search", "x"], ["alerts"], ["show", "1"], ["feeds"], ["status"], ["reindex"]],
    ids=" ".join,
)
def test_without_an_archive_commands_say_so(command: list[str], empty: Newsroom) -> None:
    done = empty.here(*command)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "no archive here yet" in done.stderr
    assert "Traceback" not in done.stderr
    assert not empty.data.exists()


def test_without_a_monitor_stop_exits_with_1(empty: Newsroom) -> None:
    done = empty.here("stop")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no monitor" in done.stderr


@pytest.mark.parametrize("command", [["run", "--once"], ["check"], ["run"]], ids=" ".join)
def test_without_feeds_yaml_there_is_nothing_to_watch(command: list[str], empty: Newsroom) -> None:
    done = empty.here(*command)
    assert done.returncode == 2
    assert "feeds.yaml" in done.stderr
    assert "tocsin init" in done.stderr


def test_an_archive_that_is_no_archive_is_told_without_a_trace(empty: Newsroom) -> None:
    empty.data.mkdir()
    (empty.data / "newsroom.db").write_bytes(b"not a database " * 1000)
    done = empty.here("status")
    assert done.returncode == 1
    assert "not a database" in done.stderr
    assert "Traceback" not in done.stderr


# --- init, check, schema -------------------------------------------------------------


def test_init_writes_once_what_check_accepts(empty: Newsroom) -> None:
    assert empty.here("init").returncode == 0
    written = empty.config.read_bytes()
    again = empty.here("init")
    assert (again.returncode, empty.config.read_bytes()) == (2, written)
    assert empty.here("check").returncode == 0
    assert empty.json("check", "--format", "json")["well"] is True


def test_check_points_at_every_problem(empty: Newsroom) -> None:
    empty.config.write_text(
        "feeds:\n  - htp://ex.org/rss\nwatchlists:\n  - name: A\n    trems: a\n"
    )
    done = empty.here("check")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(r"^feeds.yaml:2:\d+: ", done.stderr, re.MULTILINE)
    assert re.search(r"^feeds.yaml:5:5: .*terms", done.stderr, re.MULTILINE)
    said = json.loads(empty.here("check", "--format", "json").stdout)
    assert said["well"] is False
    assert {problem["line"] for problem in said["problems"]} >= {2, 5}


def test_a_bad_feeds_yaml_watches_nothing(empty: Newsroom) -> None:
    empty.config.write_text("feeds: [")
    done = empty.tocsin("run", "--once")
    assert done.returncode == 2
    assert done.stderr.startswith("feeds.yaml:1:")
    assert not empty.data.exists()


def test_the_schema_is_one(empty: Newsroom) -> None:
    assert set(empty.json("schema")["properties"]) == {
        "feeds", "watchlists", "searches", "defaults", "tags", "alerts", "archive", "network",
        "channels", "routes", "zone", "data",
    }  # fmt: skip


# --- search --------------------------------------------------------------------------


def titles(newsroom: Newsroom, *args: str) -> list[str]:
    """Return the titles that a search finds, in its order."""
    done = newsroom.here("search", *args, "--format", "jsonl")
    assert done.returncode == (0 if done.stdout else 1), done.stderr
    return [row["title"] for row in rows(done.stdout, "jsonl")]


@pytest.mark.parametrize("style", ["json", "jsonl", "csv"])
def test_a_search_for_programs_has_the_documented_keys(style: str, filled: Newsroom) -> None:
    done = filled.here("search", "cainiao liege", "--format", style)
    assert (done.returncode, done.stderr) == (0, "")
    (row,) = rows(done.stdout, style)
    assert row.keys() == FOUND
    assert row["title"] == FRENCH[0].title
    assert row["url"] == "https://ex.org/fr/1"
    assert (row["feed"], row["lang"]) == ("Le Fil", "fr")
    assert row["published"] == "2023-10-09T07:09:00Z"
    assert MOMENT.fullmatch(row["seen"])
    assert "Cainiao à Liège" in row["snippet"]


def test_a_search_in_markdown_has_links(filled: Newsroom) -> None:
    done = filled.here("search", "collimateur", "--format", "md")
    assert done.stdout.startswith(
        f"- [{FRENCH[0].title}](<https://ex.org/fr/1>) — Le Fil · 2023-10-09\n"
    )


def test_a_search_for_people(filled: Newsroom) -> None:
    done = filled.here("search", "Liège")
    assert FRENCH[0].title in done.stdout
    assert "\x1b" not in done.stdout


def test_no_spreadsheet_runs_a_title(filled: Newsroom) -> None:
    for command in (["search", "hyperlink"], ["alerts"]):
        (title,) = {
            row["title"]
            for row in rows(filled.here(*command, "--format", "csv").stdout, "csv")
            if "HYPERLINK" in row["title"]
        }
        assert title == "'" + FORMULA


def test_nothing_found_exits_with_1(filled: Newsroom) -> None:
    done = filled.here("search", "nulle-part")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("nothing found")
    said = json.loads(filled.here("search", "nulle-part", "--format", "json").stdout)
    assert (said["total"], said["next"], said["hits"]) == (0, None, [])
    assert filled.here("search", "nulle-part", "--format", "csv").stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("query", "column"), [("alibaba AND", 9), ("(liège", 1), ("x langue:fr", 3)]
)
def test_a_query_that_cannot_be_understood_names_its_column(
    query: str, column: int, filled: Newsroom
) -> None:
    done = filled.here("search", query)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"col {column}:" in done.stderr


def test_queries_need_no_quotes_and_words_order_as_asked(filled: Newsroom) -> None:
    assert titles(filled, "cainiao", "liege") == [FRENCH[0].title]
    assert titles(filled, '"services de renseignement"') == [FRENCH[0].title]
    assert titles(filled, "alibaba", "-cainiao") == [FORMULA]


def test_filters_narrow_a_search(filled: Newsroom) -> None:
    anything = "alibaba OR port OR customs"
    everything = set(titles(filled, anything))
    assert len(everything) == 4
    english = {ENGLISH[0].title}
    assert set(titles(filled, anything, "--lang", "en")) == english
    assert set(titles(filled, anything, "--lang", "EN", "--lang", "fr")) == everything
    assert set(titles(filled, anything, "--feed", "the wire")) == english
    assert set(titles(filled, anything, "--feed", "tag:belgique")) == everything - english
    assert set(titles(filled, anything, "--watch", "douanes")) == english
    assert titles(filled, anything, "--watch", "nobody") == []
    october = titles(filled, anything, "--since", "2023-10", "--until", "2023-10")
    assert october == [ENGLISH[0].title, FRENCH[0].title]
    assert titles(filled, anything, "--until", "2023-10-09") == [FRENCH[0].title]
    assert titles(filled, anything, "--since", "1h") == [FRENCH[2].title]
    assert titles(filled, f"({anything}) since:2023-11 until:2023-11") == [FORMULA]
    assert titles(filled, f"({anything}) watch:Alibaba -lang:en", "--until", "2023-10") == [
        FRENCH[0].title
    ]


def test_limit_and_order(filled: Newsroom) -> None:
    anything = "alibaba OR port"
    newest_first = [FRENCH[2].title, FORMULA, ENGLISH[0].title, FRENCH[0].title]
    assert titles(filled, anything, "--limit", "0") == newest_first
    assert titles(filled, anything, "--limit", "2") == newest_first[:2]
    scores = [
        row["score"]
        for row in filled.json("search", anything, "--sort", "score", "--format", "json")["hits"]
    ]
    assert len(scores) == 4
    assert scores == sorted(scores, reverse=True)
    done = filled.here("search", anything, "--limit", "1")
    assert "1 of 4; --page shows the others, --limit 0 all of them" in done.stderr


# --- alerts ----------------------------------------------------------------------------


@pytest.mark.parametrize("style", ["json", "jsonl", "csv"])
def test_alerts_for_programs_have_the_documented_keys(style: str, filled: Newsroom) -> None:
    done = filled.here("alerts", "--watch", "alibaba", "--until", "today", "--format", style)
    assert (done.returncode, done.stderr) == (0, "")
    row = rows(done.stdout, style)[0]
    assert row.keys() == ALERT
    assert (row["title"], row["watchlist"]) == (FRENCH[0].title, "Alibaba")
    assert (row["severity"], row["state"], row["feed"]) == ("medium", "new", "Le Fil")
    assert MOMENT.fullmatch(row["raised_at"])
    found = json.loads(row["matches"]) if style == "csv" else row["matches"]
    assert [match.keys() for match in found] == [MATCH]
    (match,) = found
    assert (match["field"], match["text"], match["term"]) == ("title", "Alibaba", "Alibaba")
    assert row["title"][match["start"] : match["end"]] == "Alibaba"


def test_filters_narrow_the_alerts(filled: Newsroom) -> None:
    def of(*args: str) -> list[str]:
        found = filled.here("alerts", *args, "--format", "jsonl")
        assert found.returncode == (0 if found.stdout else 1)
        return [row["watchlist"] for row in rows(found.stdout, "jsonl")]

    assert sorted(of()) == ["Alibaba", "Alibaba", "Douanes", "feed health"]
    assert of("--feed", "Gone") == of("--watch", "feed health") == ["feed health"]
    assert of("--lang", "en") == ["Douanes"]
    assert of("--feed", "The Wire") == ["Douanes"]
    assert of("--feed", "tag:nowhere") == []
    assert of("--until", "2023") == []
    assert len(of("--since", "1h", "--limit", "2")) == 2
    assert len(of("--limit", "0")) == 4


def test_alerts_for_people_and_in_markdown(filled: Newsroom) -> None:
    shown = filled.here("alerts").stdout
    assert shown.index("Alibaba") >= 0
    assert "▲ Douanes" in shown
    assert "(<https://ex.org/en/1>) — Douanes · The Wire" in (
        filled.here("alerts", "--format", "md").stdout
    )


def test_no_alerts_exits_with_1(filled: Newsroom) -> None:
    done = filled.here("alerts", "--watch", "nobody")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "no alerts\n")


@pytest.mark.parametrize("style", ["jsonl", "csv"])
def test_follow_prints_what_is_new_and_only_that(style: str, server: Web, empty: Newsroom) -> None:
    server.on(f"/{style}", Reply(body=rss(FRENCH[0])))
    feed = {"url": server.url(f"/{style}"), "name": "F"}
    empty.watch([feed], WATCHLISTS)
    assert empty.tocsin("run", "--once").returncode == 0
    with empty.running("alerts", "--follow", "--format", style) as follower:
        assert follower.stdout is not None
        first = [follower.stdout.readline() for _ in range({"jsonl": 1, "csv": 2}[style])]
        assert FRENCH[0].title in "".join(first)
        server.on(f"/{style}", Reply(body=rss(FRENCH[0], ENGLISH[0])))
        assert empty.tocsin("run", "--once", "--now").returncode == 0
        second = follower.stdout.readline()
        assert ENGLISH[0].title in second
        follower.terminate()
        rest = follower.stdout.read()
    assert FRENCH[0].title not in second + rest


# --- show, feeds, status ---------------------------------------------------------------


def test_show_an_article(filled: Newsroom) -> None:
    (found,) = filled.json("search", "cainiao", "--format", "json")["hits"]
    said = filled.json("show", str(found["id"]), "--format", "json")
    assert said.keys() == {
        "id", "title", "url", "feed", "lang", "author", "published", "seen", "summary", "body",
        "versions", "alerts", "others", "outlets", "elsewhere", "page_trouble", "page_retry",
    }  # fmt: skip
    (alert,) = said["alerts"]
    assert alert.keys() == {
        "id", "watchlist", "severity", "state", "matches", "escalations", "held", "rule",
        "article_version", "lost", "verdict", "starred", "tags", "note",
    }  # fmt: skip
    assert said["summary"] == FRENCH[0].text
    assert (said["versions"], said["others"]) == (1, [])
    shown = filled.here("show", str(found["id"])).stdout
    for part in (FRENCH[0].title, "https://ex.org/fr/1", "“Alibaba” in the title", "2023-10-09"):
        assert part in shown


def test_show_an_article_that_is_not_there(filled: Newsroom) -> None:
    done = filled.here("show", "4711")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no article 4711" in done.stderr


@pytest.mark.parametrize("style", ["json", "jsonl", "csv"])
def test_feeds_for_programs_have_the_documented_keys(style: str, filled: Newsroom) -> None:
    done = filled.here("feeds", "--format", style)
    assert (done.returncode, done.stderr) == (0, "")
    found = rows(done.stdout, style)
    assert [row.keys() for row in found] == [FEED] * 3
    assert [row["health"] for row in found] == ["gone", "ok", "ok"]
    gone, fil, _ = found
    assert (gone["name"], str(gone["articles"])) == ("Gone", "0")
    assert gone["next_poll"] in (None, "")
    assert "410" in gone["reason"]
    assert (fil["name"], str(fil["articles"])) == ("Le Fil", "3")
    assert MOMENT.fullmatch(fil["next_poll"])


def test_feeds_for_people(filled: Newsroom) -> None:
    shown = filled.here("feeds").stdout.splitlines()
    assert len(shown) == 3
    assert "gone (410)" in shown[0]
    assert shown[1].startswith("✓ Le Fil")


def test_status(filled: Newsroom) -> None:
    said = filled.json("status", "--json")
    assert said == {
        "articles": 4, "indexed": 4, "alerts": 4, "untriaged": 4, "feeds": 3, "failing": 1,
        "health": {"gone": 1, "ok": 2}, "blind": 0, "gaps": {}, "monitor": None, "pulse": None,
        "rebuilt": None,
        "config_error": "", "network_down": "", "backfill": [], "log": "",
        "unsent": 0, "dead": 0, "mutes": [], "suppressed": {"backfill": 3},
    }  # fmt: skip
    shown = filled.here("status").stdout
    assert "nobody watches" in shown
    assert "4, 4 of them searchable" in shown


def test_reindex_builds_a_deleted_archive_again(server: Web, empty: Newsroom) -> None:
    import shutil

    empty.watch(subscriptions(server), WATCHLISTS)
    assert empty.tocsin("run", "--once").returncode == 0
    shutil.rmtree(empty.data / "index")
    lost = empty.here("search", "cainiao")
    assert lost.returncode == 1
    assert "tocsin reindex" in lost.stderr
    done = empty.tocsin("reindex")
    assert (done.returncode, done.stdout) == (0, "")
    assert "4 articles can be searched" in done.stderr
    assert titles(empty, "cainiao") == [FRENCH[0].title]


# --- run, stop ---------------------------------------------------------------------------


def test_once_in_words_then_unchanged(server: Web, empty: Newsroom) -> None:
    empty.watch(subscriptions(server)[:2], WATCHLISTS)
    first = empty.tocsin("run", "--once")
    assert (first.returncode, first.stderr) == (0, "")
    assert "2 read, 0 unchanged, 0 failed; 4 entries, 4 new, 0 changed; 3 alerts" in first.stdout
    asked = len(server.asked("/fil"))
    assert json.loads(empty.tocsin("run", "--once", "--json").stdout)["feeds"] == 0
    assert len(server.asked("/fil")) == asked
    again = json.loads(empty.tocsin("run", "--once", "--now", "--json").stdout)
    assert (again["feeds"], again["unchanged"], again["new"]) == (2, 2, 0)
    assert server.asked("/fil")[-1].header("If-None-Match") == b'"1"'


def test_once_exits_with_1_if_no_feed_could_be_read(server: Web, empty: Newsroom) -> None:
    server.on("/broken", Reply(500))
    broken = {"url": server.url("/broken"), "name": "Broken"}
    empty.watch([broken])
    done = empty.tocsin("run", "--once")
    assert done.returncode == 1
    assert "1 failed" in done.stdout
    assert "Broken: 500" in done.stderr
    empty.watch([broken, *subscriptions(server)[:1]])
    assert empty.tocsin("run", "--once", "--now").returncode == 0


def test_for_ends_by_itself_and_verbosity_decides_what_is_said(
    server: Web, empty: Newsroom
) -> None:
    empty.watch(subscriptions(server)[:2], WATCHLISTS)
    with empty.running("run", "--for", "1h") as plain:
        until(lambda: empty.counts()[0] == 4)
        plain.terminate()
        said = plain.communicate(timeout=PATIENCE)[1]
    assert plain.returncode == 0
    assert "Le Fil: 3 new" in said
    assert "▲ Douanes" in said
    quiet = empty.tocsin("-q", "run", "--for", "1s")
    assert (quiet.returncode, quiet.stdout) == (0, "")
    assert "new" not in quiet.stderr
    loud = empty.tocsin("-v", "run", "--once", "--now")
    assert "nothing new" in loud.stderr


def test_without_a_terminal_tocsin_watches_until_it_is_stopped(
    server: Web, empty: Newsroom
) -> None:
    empty.watch(subscriptions(server)[:1], WATCHLISTS)
    with empty.running() as monitor:
        until(lambda: empty.counts() == (3, 2, 0))
        card = empty.json("status", "--json")["monitor"]
        assert card.keys() == {"pid", "since", "config", "log"}
        assert (card["pid"], card["config"]) == (monitor.pid, str(empty.config.resolve()))
        second = empty.tocsin("run")
        assert second.returncode == 3
        assert f"pid {monitor.pid}" in second.stderr
        refused = empty.here("reindex")
        assert refused.returncode == 3
        assert titles(empty, "cainiao") == [FRENCH[0].title]
        stopped = empty.tocsin("stop")
        assert (stopped.returncode, stopped.stdout) == (0, "")
        assert f"pid {monitor.pid}" in stopped.stderr
        assert monitor.wait(PATIENCE) == 0
    assert empty.tocsin("stop").returncode == 1


def test_environment_says_where_things_are(server: Web, empty: Newsroom) -> None:
    other = empty.folder / "elsewhere"
    other.mkdir()
    empty.watch(subscriptions(server)[:1])
    config = empty.config.rename(other / "watch.yaml")
    where = {"TOCSIN_CONFIG": str(config), "TOCSIN_DATA": str(empty.folder / "archive")}
    assert empty.tocsin("run", "--once", **where).returncode == 0
    assert (empty.folder / "archive" / "newsroom.db").exists()
    assert empty.here("search", "cainiao", **where).returncode == 0
    assert empty.here("--data", "archive", "search", "cainiao").returncode == 0
    assert empty.here("-c", str(config), "search", "cainiao").returncode == 1
    assert not (other / "var").exists()


def test_data_in_feeds_yaml_is_used_by_every_command(server: Web, empty: Newsroom) -> None:
    empty.watch(subscriptions(server)[:1], data="kept/here")
    assert empty.tocsin("run", "--once").returncode == 0
    assert (empty.folder / "kept" / "here" / "newsroom.db").exists()
    assert (empty.folder / "kept" / "here").stat().st_mode & 0o777 == 0o700
    assert titles(empty, "cainiao") == [FRENCH[0].title]


# --- pipes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    ["alerts --format jsonl", "search 'alibaba OR port' --format csv", "schema", "feeds"],
)
def test_a_reader_that_leaves_hears_nothing_more(command: str, filled: Newsroom) -> None:
    done = subprocess.run(
        f"'{TOCSIN}' {command} | true",
        shell=True,
        cwd=filled.folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("", "")


def test_output_is_utf8_whatever_the_terminal_says(filled: Newsroom) -> None:
    done = subprocess.run(
        [TOCSIN, "search", "collimateur"],
        cwd=filled.folder,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "sûreté" in done.stdout.decode()


# --- the demo ------------------------------------------------------------------------------


def test_the_demo_raises_alerts_without_a_network(empty: Newsroom) -> None:
    code, summary, log = empty.demo(articles=60)
    assert code == 0, log
    assert re.search(r"\d+ alerts;", summary)
    assert "Traceback" not in log
    found = empty.here("alerts", "--watch", "Cainiao", "--format", "json")
    assert found.returncode == 0
    assert "the demo's" in found.stderr
    assert {alert["severity"] for alert in json.loads(found.stdout)} == {"high"}
