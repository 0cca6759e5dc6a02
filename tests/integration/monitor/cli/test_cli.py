"""The command line as people and programs meet it: help, misuse, what it writes, pipes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from support.newsroom import PATIENCE, TOCSIN, Newsroom

from monitor.cli import COMMANDS, main_group

# --- help ------------------------------------------------------------------------


def test_every_command_helps_and_is_on_the_list(empty: Newsroom) -> None:
    listed = empty.here("--help").stdout
    for name in COMMANDS:
        done = empty.here(name, "--help")
        assert (done.returncode, done.stderr) == (0, ""), name
        assert done.stdout.startswith(f"Usage: tocsin {name}")
        assert re.search(rf"^  {name}  +\S", listed, re.MULTILINE)


@pytest.mark.costly
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


def test_every_command_and_subcommand_takes_v_and_q() -> None:
    def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None, name
            yield f"{path}{name}", command
            if isinstance(command, click.Group):
                yield from commands(command, f"{path}{name} ")

    every = dict(commands(main_group, ""))
    assert {"feeds log", "watch mute", "alerts close", "deliveries retry", "notify test"} <= {
        *every
    }
    for name, command in every.items():
        options = [option for parameter in command.params for option in parameter.opts]
        assert (options.count("-v"), options.count("-q")) == (1, 1), name


@pytest.mark.costly
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_asks_tocsin(shell: str, empty: Newsroom) -> None:
    done = empty.here("completion", shell)
    assert done.returncode == 0
    assert f"_TOCSIN_COMPLETE={shell}_complete" in done.stdout


def test_completion_completes_commands(empty: Newsroom) -> None:
    asked = {"_TOCSIN_COMPLETE": "bash_complete", "COMP_WORDS": "tocsin sea", "COMP_CWORD": "1"}
    assert empty.here(**asked).stdout.split() == ["plain,search"]


@pytest.mark.costly
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
    done = empty.once()
    assert done.returncode == 2
    assert done.stderr.startswith("feeds.yaml:1:")
    assert not empty.data.exists()


def test_the_schema_is_one(empty: Newsroom) -> None:
    assert set(empty.json("schema")["properties"]) == {
        "feeds", "watchlists", "searches", "defaults", "tags", "alerts", "archive", "network",
        "channels", "routes", "zone", "data",
    }  # fmt: skip


# --- pipes -------------------------------------------------------------------------------


@pytest.mark.costly
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


@pytest.mark.costly
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
