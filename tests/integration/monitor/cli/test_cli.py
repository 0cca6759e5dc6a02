"""The command line as people and programs meet it: help, misuse, what it writes, pipes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from support.newsroom import PATIENCE, TOCSIN, Newsroom

from monitor.cli import COMMANDS, main_group
from monitor.model.config import StoreAddress
from monitor.storage.store.sql.store import Store

# --- help ------------------------------------------------------------------------


def test_every_command_helps_and_is_on_the_list(empty: Newsroom) -> None:
    listed = empty.here("--help", TOCSIN_STORE="postgresql://news@db.example/newsroom").stdout
    output = empty.here("--help").stdout
    for name in COMMANDS:
        done = empty.here(name, "--help")
        assert (done.returncode, done.stderr) == (0, ""), name
        assert done.stdout.startswith(f"Usage: tocsin {name}")
        assert re.search(rf"^  {name}  +\S", listed, re.MULTILINE)
        is_shared = name in ("apply", "config", "move")
        assert (f"\n  {name}  " not in output) == is_shared


@pytest.mark.costly
def test_a_command_does_not_load_the_dashboard() -> None:
    code = (
        "import sys\n"
        "from monitor.cli import main_group\n"
        "main_group(['status', '--help'], standalone_mode=False)\n"
        "print([name for name in ('textual', 'tui') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "[]\n")


def commands(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield each command and subcommand with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        yield f"{path}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")


def test_every_command_and_subcommand_takes_the_global_options() -> None:
    by_path = dict(commands(main_group))
    assert {"feeds log", "watch silence", "alerts close", "deliveries retry", "notify test"} <= {
        *by_path
    }
    for name, command in by_path.items():
        options = [option for parameter in command.params for option in parameter.opts]
        for option in ("-c", "--config", "--data", "-v", "-q"):
            assert options.count(option) == 1, (name, option)


def test_every_command_that_formats_json_takes_json_as_an_option() -> None:
    for name, command in commands(main_group):
        options = {o: parameter for parameter in command.params for o in parameter.opts}
        style = options.get("--format")
        offers_json = isinstance(getattr(style, "type", None), click.Choice) and (
            "json" in style.type.choices  # type: ignore[union-attr]
        )
        assert not offers_json or "--json" in options, name


def test_json_is_the_same_as_format_json(filled: Newsroom) -> None:
    for words in (["search", "cainiao"], ["alerts"], ["feeds"], ["watch"], ["show", "1"]):
        as_format = filled.here(*words, "--format", "json").stdout
        assert as_format == filled.here(*words, "--json").stdout, words
        assert json.loads(as_format), words


def test_help_has_its_commands_in_sections_and_a_short_option(empty: Newsroom) -> None:
    done = empty.here("-h")
    assert (done.returncode, done.stdout) == (0, empty.here("--help").stdout), done.stderr
    headings = re.findall(r"^([A-Z]\w+):$", done.stdout, re.MULTILINE)
    assert headings == ["Options", "Watch", "Read", "Triage", "Feeds", "Maintain"]
    assert "141  the program that reads the output has ended" in done.stdout
    assert "Options of `list`" in empty.here("alerts", "-h").stdout
    assert "[NAME]" not in empty.here("watch", "-h").stdout  # `tocsin watch NAME` is no command
    assert "--state" in empty.here("alerts", "-h").stdout


def test_what_is_no_number_is_said(empty: Newsroom) -> None:
    error = empty.here("alerts", "--limit", "many").stderr
    assert error.endswith("Error: Invalid value for “--limit”: `many` is no whole number\n")


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        (["serach", "x"], "search"),
        (["alerts", "clsoe", "1"], "close"),
        (["feeds", "lst"], "list"),
        (["search", "x", "--sicne", "7d"], "--since"),
    ],
    ids=str,
)
def test_a_mistyped_command_or_option_names_the_nearest(
    typed: list[str], nearest: str, empty: Newsroom
) -> None:
    done = empty.here(*typed)
    assert done.returncode == 2
    assert f"“{nearest}”" in done.stderr.splitlines()[-1]


# --- where things are ------------------------------------------------------------


def test_global_options_may_follow_the_command(filled: Newsroom) -> None:
    config = filled.config.rename(filled.folder / "other.yaml")
    data = str(filled.data)
    try:
        assert "collimateur" in filled.here("search", "cainiao", "-c", "other.yaml").stdout
        for words in (
            ["alerts", "-c", "other.yaml", "--limit", "1"],
            ["alerts", "list", "-c", "other.yaml"],
            ["watch", "--config=other.yaml"],
            ["watch", "list", "Alibaba", "--data", data],
            ["search", "--saved", "-c", "other.yaml"],
        ):
            assert filled.here(*words).returncode == 0, words
        assert filled.here("search", "--saved").returncode == 2
    finally:
        config.rename(filled.config)


def test_two_dashes_end_the_options(filled: Newsroom) -> None:
    for command in ("search", "facets", "trend"):
        done = filled.here(command, "--", "-cainiao", "sanctions")
        assert "No such option" not in done.stderr, command
    assert filled.here("search", "--", "-c", "x").returncode == 1


# --- names that do not exist -----------------------------------------------------


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("alerts --watch Alibba", "no watchlist is called `Alibba`; did you mean `Alibaba`?"),
        ("alerts --feed TheWir", "no feed is called `TheWir`; did you mean `The Wire`?"),
        ("alerts ack --watch nobody --yes", "no watchlist is called `nobody`"),
        ("alerts --feed tag:belgque", "no feed has the tag `belgque`; did you mean `belgique`?"),
        ("search x --watch Duanes", "no watchlist is called `Duanes`; did you mean `Douanes`?"),
        ("search x --feed tag:belgque", "no feed has the tag `belgque`; did you mean `belgique`?"),
        ("facets x --feed Nowhere", "no feed is called `Nowhere`"),
        ("trend x --watch Nothing", "no watchlist is called `Nothing`"),
        ("watch list alibba", "no watchlist is called `alibba`; did you mean `Alibaba`?"),
        ("watch silence Nix", "no watchlist is called `Nix`; `tocsin watch list` lists them"),
        ("watch list Nix", "no watchlist is called `Nix`; `tocsin watch list` lists them"),
        ("watch explain 1 Nix", "no watchlist is called `Nix`; `tocsin watch list` lists them"),
        ("watch silence alibba", "no watchlist is called `alibba`; did you mean `Alibaba`?"),
        ("watch unsilence alibba", "no watchlist is called `alibba`; did you mean `Alibaba`?"),
        ("watch suggest alibba", "no watchlist is called `alibba`; did you mean `Alibaba`?"),
        ("watch explain 1 alibba", "no watchlist is called `alibba`; did you mean `Alibaba`?"),
        ("feeds log wir", "no feed is called `wir`; did you mean `The Wire`?"),
        ("feeds log TheWir", "no feed is called `TheWir`; did you mean `The Wire`?"),
        ("deliveries --channel desk", "feeds.yaml has no channel `desk`"),
        ("deliveries retry --channel desk", "feeds.yaml has no channel `desk`"),
        ("notify test desk", "feeds.yaml has no channel `desk`"),
    ],
)
def test_a_name_that_does_not_exist_is_an_error(command: str, words: str, filled: Newsroom) -> None:
    done = filled.here(*command.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Usage:" not in done.stderr


@pytest.mark.parametrize(
    "command",
    ["search", "facets", "trend", "export --stix -", "alerts --query"],
)
def test_a_query_with_a_name_that_does_not_exist_is_a_warning(
    command: str, filled: Newsroom
) -> None:
    done = filled.here(*command.split(), "watch:Alibba OR feed:Journall")
    assert done.returncode == 1
    assert "warning: no watchlist is called `Alibba`; did you mean `Alibaba`?" in done.stderr
    assert "warning: no feed is called `Journall`" in done.stderr


def test_a_watchlist_that_was_removed_still_has_its_alerts(filled: Newsroom) -> None:
    alerts = filled.json("alerts", "--watch", "feed health", "--json")["alerts"]
    assert [alert["watchlist"] for alert in alerts] == ["feed health"]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("search is:new", "did you mean state:new? It selects alerts: `tocsin alerts --query`"),
        ("search is:high", "did you mean severity:high?"),
        ("search state:new", "`tocsin alerts --query` takes it"),
        ("alerts --query is:new", "(did you mean state:new?)"),
    ],
)
def test_a_misplaced_word_is_told_its_place(command: str, message: str, filled: Newsroom) -> None:
    done = filled.here(*command.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_deliveries_say_why_there_are_none(filled: Newsroom) -> None:
    done = filled.here("deliveries")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("no channel is configured; add one under `channels:`")


@pytest.mark.costly
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_asks_tocsin(shell: str, empty: Newsroom) -> None:
    done = empty.here("completion", shell)
    assert done.returncode == 0
    assert f"_TOCSIN_COMPLETE={shell}_complete" in done.stdout


def test_completion_completes_commands(empty: Newsroom) -> None:
    variables = {"_TOCSIN_COMPLETE": "bash_complete", "COMP_WORDS": "tocsin sea", "COMP_CWORD": "1"}
    assert empty.here(**variables).stdout.split() == ["plain,search"]


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


@pytest.mark.parametrize("command", [["status"], ["alerts"], ["feeds"], ["brief"]], ids=" ".join)
def test_a_file_that_is_named_and_missing_is_an_error(command: list[str], empty: Newsroom) -> None:
    Store(StoreAddress(empty.data / "demo")).close()
    for done in (
        empty.here("-c", "nope.yaml", *command),
        empty.here(*command, "-c", "nope.yaml"),
        empty.here(*command, TOCSIN_CONFIG="nope.yaml"),
    ):
        assert (done.returncode, done.stdout) == (2, "")
        assert "nope.yaml: there is no such file" in done.stderr


def test_the_demo_is_not_shown_for_ones_own_newsroom(empty: Newsroom) -> None:
    Store(StoreAddress(empty.data / "demo")).close()
    assert "this is the archive of the demo" in empty.here("status").stderr
    empty.watch([{"url": "https://a.example/rss"}])
    done = empty.here("status")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no archive here yet" in done.stderr


def test_feeds_lists_those_of_feeds_yaml_before_the_first_run(empty: Newsroom) -> None:
    empty.watch([{"url": "https://a.example/rss", "name": "A"}])
    done = empty.here("feeds")
    assert (done.returncode, done.stderr) == (0, "")
    assert "not polled yet" in done.stdout
    (row,) = empty.json("feeds", "--format", "json")
    assert (row["name"], row["health"], row["next_poll"]) == ("A", "new", None)


def test_an_empty_list_of_feeds_can_be_filled(empty: Newsroom, tmp_path: Path) -> None:
    empty.config.write_text("feeds: []\nwatchlists: []\n", encoding="utf-8")
    assert "there are no feeds" in empty.here("check").stderr
    opml = tmp_path / "x.opml"
    opml.write_text(
        '<opml><body><outline text="A" xmlUrl="https://a.example/rss"/></body></opml>',
        encoding="utf-8",
    )
    assert empty.here("feeds", "import", str(opml)).returncode == 0
    assert "https://a.example/rss" in empty.config.read_text(encoding="utf-8")


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
    content = empty.config.read_bytes()
    done = empty.here("init")
    assert (done.returncode, empty.config.read_bytes()) == (2, content)
    assert empty.here("check").returncode == 0
    assert empty.json("check", "--format", "json")["well"] is True


def test_init_writes_the_file_that_is_named(empty: Newsroom) -> None:
    done = empty.here("-c", "other.yaml", "init")
    assert done.returncode == 0
    assert "tocsin -c other.yaml check" in done.stderr
    assert not empty.config.exists()
    assert empty.here("-c", "other.yaml", "check").returncode == 0


def test_check_points_at_every_problem(empty: Newsroom) -> None:
    empty.config.write_text(
        "feeds:\n  - htp://ex.org/rss\nwatchlists:\n  - name: A\n    trems: a\n"
    )
    done = empty.here("check")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(r"^feeds.yaml:2:\d+: ", done.stderr, re.MULTILINE)
    assert re.search(r"^feeds.yaml:5:5: .*terms", done.stderr, re.MULTILINE)
    report = json.loads(empty.here("check", "--format", "json").stdout)
    assert report["well"] is False
    assert {problem["line"] for problem in report["problems"]} >= {2, 5}


def test_a_bad_feeds_yaml_watches_nothing(empty: Newsroom) -> None:
    empty.config.write_text("feeds: [")
    done = empty.once()
    assert done.returncode == 2
    assert done.stderr.startswith("feeds.yaml:1:")
    assert not empty.data.exists()


def test_the_schema_is_one(empty: Newsroom) -> None:
    assert set(empty.json("schema")["properties"]) == {
        "feeds", "watchlists", "searches", "defaults", "tags", "alerts", "archive", "network",
        "briefing", "language", "api", "concepts",
        "channels", "routes", "zone", "data", "hosts", "store",
    }  # fmt: skip


# --- pipes -------------------------------------------------------------------------------


@pytest.mark.costly
@pytest.mark.parametrize(
    "command",
    ["alerts --format jsonl", "search 'alibaba OR port' --format csv", "schema", "feeds"],
)
def test_a_reader_that_leaves_hears_nothing_more(command: str, filled: Newsroom) -> None:
    done = subprocess.run(
        ["bash", "-c", f"'{TOCSIN}' {command} | true; echo ${{PIPESTATUS[0]}}"],
        cwd=filled.folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.strip() in ("141", "0")


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


@pytest.mark.costly
def test_what_ends_a_monitor_at_once_is_told_once(filled: Newsroom, tmp_path: Path) -> None:
    shutil.copytree(filled.data / "index", tmp_path / "var" / "index")
    (tmp_path / "var").chmod(0o700)
    done = filled.tocsin("--data", str(tmp_path / "var"), "api")
    assert done.returncode == 1
    assert done.stderr.count("tocsin: ") == 1
    assert "`tocsin restore --force` puts back a backup" in done.stderr
