"""`tocsin alerts` and its commands: what is said, of which, how it is shown; hostile words."""

from __future__ import annotations

import csv
import io
import json
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pexpect
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner
from support import article_archive
from support.archive_with_alerts import NOW, ring
from support.newsroom import TOCSIN

from index.query.parser import parse_query
from monitor.cli import main_group
from monitor.cli.alerts import COMMANDS
from monitor.model.watchlist import Severity, Watchlist

pytestmark = pytest.mark.costly

WATCHLISTS = (
    Watchlist(name="Alibaba", query=parse_query("alibaba"), severity=Severity.HIGH),
    Watchlist(name="Espions", query=parse_query("espionnage~")),
)
TITLES = ("Alibaba et espionnage", "Alibaba à Liège", "espionnages au port", "Alibaba, la cave")
HOSTILE = "=HYPERLINK(1)\x1b[31mred\x07\u202e\n\x1b]0;title\x07@next\r\nend\x9b2J"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    articles = [
        article_archive.article(n, title, date=NOW - 60 * n, lang="en" if n == 2 else "fr")
        for n, title in enumerate(TITLES, 1)
    ]
    ring(folder / "var", articles, WATCHLISTS)
    return folder


class Run:
    """Runs the program in this process, as one person or another."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.monkeypatch = monkeypatch

    def __call__(
        self, *words: str, code: int = 0, user: str = "ana", stdin: str = "", raises: bool = False
    ) -> str:
        self.monkeypatch.setenv("TOCSIN_USER", user)
        done = CliRunner().invoke(main_group, words, input=stdin)
        assert done.exit_code == code, done.output
        if raises:
            return str(done.exception)
        return done.output

    def rows(self, *words: str) -> list[dict[str, Any]]:
        self.monkeypatch.setenv("TOCSIN_USER", "ana")
        done = CliRunner().invoke(main_group, ["alerts", *words, "--format", "json"])
        return list(json.loads(done.stdout)["alerts"])

    def ids(self, *words: str) -> list[int]:
        return sorted(map(number, self.rows(*words)))


def number(row: dict[str, Any]) -> int:
    return int(row["alert_id"].removeprefix("a"))


@pytest.fixture
def run(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Alerts 1 and 2 are of one article, then 3, 4 and 5; the second watchlist has 2 and 4."""
    shutil.copytree(archive, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    yield Run(tmp_path, monkeypatch)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_helps_and_is_on_the_list(run: Run, name: str) -> None:
    assert run("alerts", name, "--help").startswith(f"Usage: tocsin alerts {name}")
    assert COMMANDS[name].summary in run("alerts", "--help")


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        (("ack",), "state", "acknowledged"),
        (("close",), "state", "closed"),
        (("noise",), "verdict", "noise"),
        (("noise",), "state", "acknowledged"),
        (("relevant",), "verdict", "relevant"),
        (("star",), "starred", True),
        (("tag", "À Voir"), "tags", ["à-voir"]),
        (("note", "-m", "seen"), "note", "seen"),
    ],
)
def test_what_is_said_of_ids_is_there_and_is_taken_back(
    run: Run, words: tuple[str, ...], field: str, value: object
) -> None:
    before = run.rows("--state", "all")
    name, *arguments = words
    assert "2 alerts " in run("alerts", name, *arguments, "a1", "a3")
    changed = [number(row) for row in run.rows("--state", "all") if row[field] == value]
    assert changed == [1, 3]
    assert "nothing to change" in run("alerts", name, *arguments, "a3")
    undone = run("alerts", "undo")
    assert "Undone: " in undone and " on 2 stories" in undone, "it says what it undid"
    assert run.rows("--state", "all") == before
    assert "nothing to undo" in run("alerts", "undo", code=1)
    assert undone.partition(": ")[2] == run("alerts", "redo").partition(": ")[2]
    assert "nothing to redo" in run("alerts", "redo", code=1)


def test_the_opposites(run: Run) -> None:
    run("alerts", "noise", "a1")
    run("alerts", "star", "a1")
    run("alerts", "tag", "x", "a1")
    run("alerts", "close", "a1")
    for words in (("unjudge",), ("unstar",), ("untag", "X"), ("reopen",), ("note", "-m", "")):
        run("alerts", *words, "a1")
    (row,) = (row for row in run.rows() if number(row) == 1)
    assert (row["state"], row["verdict"], row["starred"], row["tags"]) == ("new", "", False, [])


def test_closed_alerts_leave_the_list_and_come_when_asked_for(run: Run) -> None:
    run("alerts", "close", "a1", "a4")
    run("alerts", "ack", "a2")
    assert run.ids() == [2, 3, 5]
    assert run.ids("--state", "closed") == [1, 4]
    assert run.ids("--state", "new") == [3, 5]
    assert run.ids("--state", "acknowledged") == [2]
    assert run.ids("--state", "all") == [1, 2, 3, 4, 5]
    run("alerts", "reopen", "--watch", "Espions", "--yes")
    assert run.ids("--state", "new") == [2, 3, 4, 5]
    assert "no alerts" in run("alerts", "--verdict", "noise", code=1)


def test_filters_of_what_was_said(run: Run) -> None:
    run("alerts", "relevant", "a1")
    run("alerts", "noise", "a3")
    run("alerts", "star", "a4")
    run("alerts", "note", "a5", "-m", "n")
    run("alerts", "tag", "Port", "a4", "a5")
    assert run.ids("--verdict", "relevant") == [1]
    assert run.ids("--verdict", "none") == [2, 4, 5]
    assert run.ids("--starred") == [4]
    assert run.ids("--query", "is:noted") == [5]
    assert run.ids("--tag", "PORT") == [4, 5]
    misspelt = CliRunner().invoke(main_group, ["alerts", "--tag", "prot"])
    assert "did you mean `port`" in str(misspelt.exception)
    assert run.ids("--query", "watch:alibaba -cave") == [1, 3]
    assert run.ids("--query", "tag:port is:noted") == [5]
    assert run.ids("--query", "is:noise", "--limit", "1") == [3]
    wrong = CliRunner().invoke(main_group, ["alerts", "--query", "cave ("])
    assert "col 7" in str(wrong.exception)


def test_who_works_on_what(run: Run) -> None:
    assert "2 alerts changed: assign to ana" in run("alerts", "assign", "a1", "a3", "me")
    assert "nothing to change" in run("alerts", "assign", "a3", "ana")
    assert run.ids("--mine") == run.ids("--assigned", "ANA") == [1, 3]
    assert run.ids("--assigned", "nobody", "--mine") == [1, 2, 3, 4, 5]
    assert run.ids("--query", "assigned:me watch:alibaba") == [1, 3]
    assert "no alerts" in run("alerts", "--mine", user="bob", code=1)
    assert "did you mean `ana`" in run("alerts", "--assigned", "anna", code=1, raises=True)
    assert "@ana" in run("alerts")
    assert "assigned to ana" in run("show", "a1")
    assert "ana  assigned to ana" in run("alerts", "history", "a1")
    assert "1 alert changed: assign to nobody" in run("alerts", "assign", "a1", "nobody")
    assert "assigned to nobody" in run("alerts", "history", "a1").splitlines()[0]
    assert [row["assignee"] for row in run.rows()] == ["", "", "ana", "", ""]


def test_nobody_takes_what_another_works_on_without_saying_so(run: Run) -> None:
    run("alerts", "assign", "a1", "me")
    output = run("alerts", "assign", "a1", "me", user="bob", code=1)
    assert "1 alert stays assigned to ana: add --take-over" in output
    run("alerts", "assign", "a1", "nobody", user="bob", code=1)
    mixed = run("alerts", "assign", "a1", "a3", "bob", user="bob")
    assert "1 alert changed: assign to bob; 1 alert stays assigned to ana" in mixed
    output = run("alerts", "assign", "a1", "a5", "me", "--format", "json", user="bob")
    assert json.loads(output)["changed"] == ["a5"]
    assert json.loads(output)["left"] == ["a1"]
    takeover = run("alerts", "assign", "a1", "me", "--take-over", user="bob")
    assert "1 alert changed: assign to bob" in takeover
    assert "1 alert changed: assign to ana" in run("alerts", "assign", "a1", "ana", user="bob")
    for words in (("a5",), ("a1", "x,y"), ("ana",)):
        run("alerts", "assign", *words, code=2)


def test_in_bulk_the_count_comes_first(run: Run) -> None:
    output = run("alerts", "close", "--query", "watch:alibaba", code=2)
    assert "3 alerts (Alibaba 3): add --yes to close" in output
    assert run.ids("--state", "closed") == []
    done = run("alerts", "close", "--query", "watch:alibaba", "--yes")
    assert "3 alerts (Alibaba 3)" in done and "3 alerts changed: close" in done
    assert run.ids("--state", "closed") == [1, 3, 5]
    assert "no alerts" in run("alerts", "close", "--query", "watch:alibaba", "--yes", code=1)
    assert "Undone: closed on 3 stories" in run("alerts", "undo")
    out = run("alerts", "ack", "--lang", "en", "--yes", "--format", "json")
    answer = json.loads(out.splitlines()[-1])
    assert (answer["changed"], answer["unchanged"]) == (["a3"], 0)
    assert json.loads(run("alerts", "undo", "--format", "json"))["undoes"] == answer["act"]


@pytest.mark.parametrize(("answer", "code", "closed"), [("y", 0, 3), ("n", 1, 0), ("\x03", 130, 0)])
def test_on_a_terminal_it_asks(run: Run, answer: str, code: int, closed: int) -> None:
    child = pexpect.spawn(
        str(TOCSIN), ["alerts", "close", "--watch", "alibaba"], cwd=run.folder, timeout=60
    )
    child.expect_exact("3 alerts (Alibaba 3): close? [y/N]")
    child.send(answer if answer == "\x03" else f"{answer}\r")
    child.expect(pexpect.EOF)
    child.close()
    interrupted = answer == "\x03" and child.signalstatus == signal.SIGINT
    assert child.exitstatus == code or interrupted, child.before
    assert len(run.ids("--state", "closed")) == closed


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("close",), "give alerts, such as a5"),
        (("close", "a99", "a1"), "there is no alert a99"),
        (("close", "a0"), "there is no alert a0"),
        (("close", "a" + "9" * 30), "there is no alert a999"),
        (("close", "x"), "x is no number; write 5 for an article, a5 for an alert"),
        (("close", "1"), "1 is the number of an article; `tocsin show 1` names its alerts"),
        (("close", "a1", "--watch", "Alibaba"), "not both"),
        (("tag", "12", "a1"), "is no tag"),
        (("note", "a1", "-m", "x" * 10_001), "10,000 characters at most"),
        (("history", "a99"), "there is no alert a99"),
        (("--tag", "1,2"), "no tag"),
        (("--follow", "--query", "x"), "--query"),
        (("--short", "--json"), "--short"),
        (("clsoe", "1"), "No such command"),
    ],
)
def test_what_is_not_understood_changes_nothing(
    run: Run, words: tuple[str, ...], message: str
) -> None:
    assert message in run("alerts", *words, code=2)
    with closing(sqlite3.connect(run.folder / "var/newsroom.db")) as sql:
        assert sql.execute("SELECT count(*) FROM acts").fetchone() == (0,)


def test_history_tells_who_said_what_and_when(run: Run) -> None:
    assert "was never changed" in run("alerts", "history", "a1", code=1)
    run("alerts", "noise", "a1", "a3")
    run("alerts", "tag", "b", "a1", user="bob")
    run("alerts", "note", "a1", user="bob", stdin="from\nstdin")
    run("alerts", "undo")
    out = run("alerts", "history", "a1").splitlines()
    assert len(out) == 4
    for line, words in zip(
        out,
        [
            "ana  acknowledged → new, noise → no verdict, undoes 1",
            "bob  note “from stdin”",
            "bob  +#b",
            "ana  new → acknowledged, no verdict → noise",
        ],
        strict=True,
    ):
        assert line.endswith(words)
    rows = [json.loads(x) for x in run("alerts", "history", "a1", "--format", "jsonl").splitlines()]
    assert [row["who"] for row in rows] == ["ana", "bob", "bob", "ana"]
    assert rows[3]["after"] == {"state": "acknowledged", "verdict": "noise"}
    assert rows[0]["undoes"] == rows[3]["act"]


def test_the_list_shows_what_was_said(run: Run) -> None:
    run("alerts", "relevant", "a3")
    run("alerts", "star", "a3")
    run("alerts", "tag", "x", "a3")
    run("alerts", "note", "a3", "-m", "one\ntwo")
    output = run("alerts", "--starred")
    assert "         acknowledged, relevant · ★ · #x\n         ✎ one\n         ✎ two\n" in output
    output = run("show", "2")
    assert "alert a3, acknowledged, by ana " in output
    assert " · relevant · ★ · #x\n    ✎ one\n    ✎ two\n" in output


# --- hostile words -----------------------------------------------------------------------------


def _written_into(run: Run) -> None:
    """Put words into the store that the program itself would never let in."""
    with closing(sqlite3.connect(run.folder / "var/newsroom.db")) as sql, sql:
        sql.execute("INSERT INTO notes VALUES (1, ?)", (HOSTILE,))
        sql.execute("INSERT INTO alert_tags VALUES (1, ?)", (HOSTILE,))
        sql.execute("INSERT INTO acts VALUES (1, 1.0, ?, ?, NULL)", (HOSTILE, HOSTILE))
        sql.execute(
            "INSERT INTO decisions VALUES (1, 1, ?, ?)",
            (
                json.dumps({"note": "", "tags": []}),
                json.dumps({"note": HOSTILE, "tags": [HOSTILE]}),
            ),
        )


@pytest.mark.parametrize("stored", ["by the program", "by somebody else"])
def test_no_note_tag_or_name_acts_on_a_terminal(run: Run, stored: str) -> None:
    if stored == "by the program":
        run("alerts", "note", "a1", "-m", HOSTILE, user=HOSTILE)
        run("alerts", "tag", HOSTILE[:40], "a1", user=HOSTILE)
    else:
        _written_into(run)
    for words in (
        ("alerts",), ("alerts", "history", "a1"), ("show", "a1"), ("alerts", "close", "a1"),
        ("alerts", "undo"), ("alerts", "--format", "csv"),
        ("alerts", "history", "a1", "--format", "csv"), ("alerts", "--format", "json"),
    ):  # fmt: skip
        out = run(*words)
        assert not {c for c in out if (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0}, words
        assert "\u202e" not in out, words


def test_a_note_is_no_formula_and_one_cell(run: Run) -> None:
    run("alerts", "note", "a1", "-m", "=1+1\n@x")
    run("alerts", "note", "a3", "-m", "-2", user="=cmd")
    rows = list(csv.DictReader(io.StringIO(run("alerts", "--format", "csv"))))
    notes = {row["alert_id"]: row["note"] for row in rows}
    assert (notes["a1"], notes["a3"]) == ("'=1+1\n@x", "'-2")
    assert all(len(row) == len(rows[0]) and None not in row for row in rows)
    (decision,) = csv.DictReader(io.StringIO(run("alerts", "history", "a3", "--format", "csv")))
    assert decision["who"] == "'=cmd"


# --- the shell -----------------------------------------------------------------------------------


def complete(words: list[str], begun: str) -> list[str]:
    shell = ShellComplete(main_group, {}, "tocsin", "_TOCSIN_COMPLETE")
    return [item.value for item in shell.get_completions(words, begun)]


def test_a_shell_completes_ids_and_tags(run: Run) -> None:
    run("alerts", "tag", "port", "a3")
    run("alerts", "tag", "presse", "a3", "a4")
    assert complete(["alerts", "close"], "") == ["a5", "a4", "a3", "a2", "a1"]
    assert complete(["alerts", "history"], "a4") == ["a4"]
    assert complete(["alerts", "--tag"], "p") == ["port", "presse"]
    assert complete(["alerts", "untag"], "pr") == ["presse"]
    assert "relevant" in complete(["alerts"], "re")
