"""The documents hold what they promise: every command, option, key, field and query."""

from __future__ import annotations

import importlib
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from running import PATIENCE, Newsroom

from index.errors import QueryError
from index.query import parse
from index.tree import FACETS
from monitor.cli import main_group
from monitor.config import understand
from monitor.config.reference import table
from monitor.config.schema import FileShape
from monitor.fetch.address_guard import is_allowed
from monitor.metrics.counts import Counts
from monitor.metrics.stand import figures
from monitor.model import MonitorPresence
from monitor.presence import Card
from monitor.store.sqlite import SqliteStore
from monitor.store.views import SqliteViews
from tui.screens.help import sections

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTEXT = click.Context(main_group)


def section(title: str) -> str:
    """Return a section of the README, to the next one of its level."""
    found = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^#{{1,2}} |\Z)", README, re.M | re.S)
    assert found, f"no section {title}"
    return found[2]


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


def cells(text: str) -> Iterator[tuple[str, str]]:
    """Yield first and second cell of each row of the tables in a text."""
    for row in re.findall(r"^\| (.*) \|$", text, re.M):
        first, _, rest = row.partition(" | ")
        if not first.startswith("-"):
            yield first, rest


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


COMMANDS = {
    name: command
    for name in main_group.list_commands(CONTEXT)
    if (command := main_group.get_command(CONTEXT, name))
}
ABOUT = {
    first.split()[1].rstrip("`"): first + rest
    for first, rest in cells(section("Commands"))
    if first.startswith("`tocsin ")
}
SHARED = section("Commands").partition("Options of both")[2].partition("### ")[0]
"""About the options of both `search` and `alerts`."""


def options(command: click.Command) -> list[str]:
    """Return the spellings of the options that a command shows, but for those that all have."""
    everywhere = {"-v", "--verbose", "-q", "--quiet", "--help"}
    shown = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    return [spelling for o in shown for spelling in o.opts if spelling not in everywhere]


# --- commands --------------------------------------------------------------------------


def test_the_readme_has_a_row_for_each_command_and_no_other() -> None:
    assert set(ABOUT) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_readme_has_every_option(name: str) -> None:
    there = ABOUT[name] + (SHARED if name in ("search", "alerts") else "")
    for spelling in options(COMMANDS[name]):
        assert re.search(rf"`{spelling}\b", there), f"tocsin {name} {spelling}"


def subcommands() -> Iterator[tuple[str, str, click.Command]]:
    for group, command in COMMANDS.items():
        if isinstance(command, click.Group):
            for name in command.list_commands(CONTEXT):
                if found := command.get_command(CONTEXT, name):
                    yield group, name, found


@pytest.mark.parametrize(
    ("group", "name", "command"), [pytest.param(*s, id=" ".join(s[:2])) for s in subcommands()]
)
def test_the_readme_has_every_option_of_subcommands(
    group: str, name: str, command: click.Command
) -> None:
    rows = [
        (found[1], row)
        for row in re.findall(r"^\| .* \|$", section("Commands"), re.M)
        if (found := re.match(rf"\| `(?:tocsin )?{group} ([\w-]+)", row))
    ]
    assert name in [about for about, _ in rows], f"no row for {group} {name}"
    # What one row says of other commands, it says by their names.
    there = " ".join(row for about, row in rows if about == name or f"`{name}`" in row)
    for spelling in options(command):
        assert re.search(rf"`{spelling}\b", there), f"tocsin {group} {name} {spelling}"


@pytest.mark.parametrize(
    "spelling", [*options(main_group), "-v", "--verbose", "-q", "--quiet", "--help"]
)
def test_the_readme_has_every_option_before_the_command(spelling: str) -> None:
    rows = [first for first, _ in cells(section("Commands")) if first.startswith("`-")]
    assert any(f"`{spelling}" in row for row in rows)


@pytest.mark.parametrize("name", ["search", "alerts"])
def test_the_readme_promises_no_option_that_is_not_there(name: str) -> None:
    promised = set(re.findall(r"`(--[a-z-]+)", SHARED + ABOUT[name]))
    assert promised <= set(options(COMMANDS[name]))


@pytest.mark.parametrize("name", ["search", "alerts", "feeds"])
def test_the_readme_has_every_field_of_jsonl(name: str) -> None:
    columns = importlib.import_module(f"monitor.cli.{name}").COLUMNS
    about = re.search(rf"^`tocsin {name}`: (.*?)^$", section("For programs"), re.M | re.S)
    assert about
    assert set(columns) <= set(quoted(about[1]))


@pytest.mark.parametrize("option", main_group.params, ids=lambda option: str(option.name))
def test_the_readme_has_every_variable(option: click.Parameter) -> None:
    if option.envvar:
        assert f"`{option.envvar}`" in section("Environment")


# --- command lines ----------------------------------------------------------------------


def command_lines() -> Iterator[str]:
    """Yield each `tocsin …` in the code of the documents, the prompt and the rest cut off."""
    unit = (ROOT / "contrib/tocsin.service").read_text(encoding="utf-8")
    yield from re.findall(r"^ExecStart=\S*/(tocsin .*)$", unit, re.M)
    for block in blocks("console"):
        yield from re.findall(r"^\$ (tocsin.*)$", block, re.M)
    for block in blocks("sh"):
        yield from re.findall(r"^(tocsin[^|>#\n]*)", block, re.M)
    for code in re.findall(r"(?<!`)`(tocsin [^`]*)`(?!`)", README):
        stands_for_words = re.search(r"\b[A-Z]{2,}\b", code)
        if len(code.split()) > 2 and not stands_for_words:  # else it is a name
            yield code.partition(" > ")[0]


@pytest.mark.parametrize("line", sorted(set(command_lines())))
def test_command_lines_are_understood(line: str) -> None:
    arguments = shlex.split(line)[1:]
    if arguments in ([], ["--version"]):
        return
    with main_group.make_context("tocsin", arguments) as context:
        if rest := [*context._protected_args, *context.args]:
            name, command, left = main_group.resolve_command(context, rest)
            assert command is not None, line
            with command.make_context(name, left, parent=context):
                pass


def test_the_tour_can_be_taken(tmp_path: Path) -> None:
    tour = [
        line
        for block in blocks("console", section("Five minutes with the demo"))
        for line in re.findall(r"^\$ tocsin (.*)$", block, re.M)
    ]
    assert tour[0].startswith("demo --headless")
    code, summary, log = Newsroom(tmp_path).demo(articles=80)
    assert (code, bool(summary)) == (0, True), log
    for line in tour[1:]:
        command = [sys.executable, "-m", "monitor", *shlex.split(line)]
        ended = subprocess.run(
            command, cwd=tmp_path, capture_output=True, timeout=PATIENCE, check=False
        )
        assert ended.returncode == 0, (line, ended.stderr.decode())
        assert ended.stdout, line


def make_targets() -> list[str]:
    return sorted(
        set(re.findall(r"make ([a-z-]+)", "\n".join(blocks("sh", README + CONTRIBUTING))))
    )


@pytest.mark.parametrize("target", make_targets())
def test_make_has_what_the_documents_name(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{target}:.*## ", makefile, re.M)


# --- the query language -------------------------------------------------------------------


def example_queries() -> list[str]:
    rows = list(cells(section("The query language")))[1:]
    return [query for first, _ in rows for query in quoted(first)]


@pytest.mark.parametrize("query", example_queries())
def test_every_query_of_the_readme_is_understood(query: str) -> None:
    parse(query)


def test_the_readme_has_every_filter_and_marks_those_for_searches_only() -> None:
    rows = list(cells(section("The query language")))
    for name in FACETS:
        row = [first + rest for first, rest in rows if f"`{name}:" in first + rest]
        assert row, name
        query = next(q for q in quoted(row[0]) if q.startswith(f"{name}:"))
        try:
            parse(query, allow_archive_filters=False)
            for_watchlists = True
        except QueryError:
            for_watchlists = False
        assert row[0].endswith("*") != for_watchlists, name


# --- feeds.yaml ----------------------------------------------------------------------------


def test_the_readme_has_the_table_of_keys() -> None:
    assert f"\n{table()}\n" in section("feeds.yaml")


@pytest.mark.parametrize("example", blocks("yaml"))
def test_every_example_of_feeds_yaml_is_well(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in re.findall(r"env:(\w+)", example):
        monkeypatch.setenv(name, "secret")
    for name in re.findall(r"file:([\w.]+)", example):
        (tmp_path / name).write_text("secret", encoding="utf-8")
    assert understand(example.encode(), tmp_path / "feeds.yaml").watchlists


def test_the_examples_show_every_key_at_the_top() -> None:
    shown = set(re.findall(r"^([a-z]+):", "\n".join(blocks("yaml")), re.M))
    assert set(FileShape.model_fields) - shown == {"data"}


# --- the dashboard -------------------------------------------------------------------------


@pytest.mark.parametrize(("title", "keys"), sections())
def test_the_readme_has_every_key(title: str, keys: list[tuple[str, str]]) -> None:
    rows = list(cells(section("Keys of the dashboard").partition(f"| {title} | |\n")[2]))
    assert [(" ".join(quoted(first)), rest) for first, rest in rows[: len(keys)]] == keys


# --- numbers and names ----------------------------------------------------------------------

NUMBERS = [
    ("monitor.fetch.client", "CAP", "{:.0f} MB", 1 << 20),
    ("monitor.fetch.client", "SECONDS", "longer than {:.0f} seconds", 1),
    ("monitor.fetch.slot_pool", "PLACES", "{:.0f} at once in all", 1),
    ("monitor.workers", "SECONDS", "ended after {:.0f} seconds", 1),
    ("monitor.workers", "MEMORY", "take {:.0f} MB", 1 << 20),
    ("monitor.polling.schedule", "DEFAULT", "Every {:.0f} minutes", 60),
    ("monitor.polling.schedule", "ADAPTED", "down to {:.0f} where", 60),
    ("monitor.polling.schedule", "LONGEST_HINT", "up to {:.0f} days", 86_400),
]
"""Module, name, what the README says of it, and in which unit."""


@pytest.mark.parametrize(("module", "name", "words", "unit"), NUMBERS)
def test_the_readme_has_the_numbers_of_the_code(
    module: str, name: str, words: str, unit: int
) -> None:
    number = getattr(importlib.import_module(module), name)
    assert words.format(number / unit) in " ".join(README.split())


def test_the_readme_has_every_figure(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path)):
        card = Card(presence=MonitorPresence(pid=1, since=0.0, config="", log=""), pulse=0.0)
        registry = figures(SqliteViews(tmp_path), lambda: 0.0, "1", lambda: card)
        Counts(registry)
        families = [family for family in registry.collect() if "tocsin" in family.name]
    ends = {"counter": "_total", "info": "_info"}
    told = {family.name + ends.get(family.type, "") for family in families}
    promised = re.findall(r"`(tocsin_\w+)[`{]", section("Figures for Prometheus"))
    assert told == set(promised)


def test_the_readme_is_right_about_addresses() -> None:
    assert not any(map(is_allowed, ("127.0.0.1", "10.0.0.1", "169.254.1.1", "::1", "fe80::1")))


def test_the_documents_name_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {version('tocsin')} – " in changelog
    assert f"tocsin-{version('tocsin')}-py3-none-any.whl" in README
    assert f"tocsin/{version('tocsin')}" in README


def test_the_notice_lists_every_library() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8").lower()
    for requirement in PROJECT["project"]["dependencies"]:
        name = re.split(r"[^\w.-]", requirement)[0]
        assert re.search(rf"^ +{re.escape(name.lower())} +\S", notice, re.M), name


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    anchors = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", text, re.M)
    }
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("#"):
            assert target[1:] in anchors, target
        elif not target.startswith("http"):
            assert (ROOT / target).exists(), target


def test_files_that_contributing_names_exist() -> None:
    named = re.findall(r"`((?:monitor|index|tui|tests)/[\w./-]+)`", CONTRIBUTING)
    assert len(named) > 10
    for path in named:
        assert (ROOT / path).exists(), path


CONTRACTS = {
    contract["containers"][0]: [layer.split(" | ") for layer in contract["layers"]]
    for contract in PROJECT["tool"]["importlinter"]["contracts"]
    if "containers" in contract
}


@pytest.mark.parametrize("package", ["index", "monitor"])
def test_the_pictures_draw_files_that_exist(package: str) -> None:
    picture = importlib.import_module(package).__doc__ or ""
    places = CONTRACTS[package]
    # What stands below the steps of the flow is part of one of them.
    steps = next((n for n, place in enumerate(places) if "identify" in place), len(places))
    drawn = {file for place in places[: steps + 1] for file in place}
    for inner, its_places in CONTRACTS.items():
        if inner.startswith(f"{package}."):
            drawn |= {file for place in its_places for file in place}
    undrawn = {file for file in drawn if not re.search(rf"\b{file}\b", picture)}
    assert undrawn <= {"__main__", "report", "demo", "moments"}, undrawn
