"""The documents hold what they promise: every command, option, key, field and query."""

from __future__ import annotations

import ast
import csv
import importlib
import importlib.util
import io
import json
import re
import shlex
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import closing
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
from support import ROOT
from support.newsroom import Newsroom

from index.errors import QueryError
from index.query.ast import FACETS
from index.query.parser import parse_query
from monitor.base import signs
from monitor.cli import main_group
from monitor.config.keys import json_schema
from monitor.config.loading import understand
from monitor.delivery.export.prometheus import EventCounters, figures
from monitor.model.address_policy import is_allowed
from monitor.model.config import StoreAddress
from monitor.model.status import MonitorPresence
from monitor.storage.monitor_lock import Heartbeat
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views
from tui.app import DashboardApp
from tui.screens.help import key_sections

DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTEXT = click.Context(main_group, **main_group.context_settings)
PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in (
        *sorted(ROOT.glob("README*.md")),
        ROOT / "CONTRIBUTING.md",
        *sorted(DOCS.rglob("*.md")),
    )
}
"""Every document that people read, by its path."""
EVERYTHING = "\n".join(PAGES.values())


def section(page: str, title: str) -> str:
    """Return a section of a page of docs/, to the next one of its level or above."""
    text = PAGES[f"docs/{page}.md"]
    match = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert match, f"no section {title} in {page}"
    return match[1]


def blocks(language: str, text: str = EVERYTHING) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


def cells(text: str) -> Iterator[tuple[str, str]]:
    """Yield first and second cell of each row of the tables in a text."""
    for row in re.findall(r"^\| (.*) \|$", text, re.M):
        first, _, description = row.partition(" | ")
        if not first.startswith("-"):
            yield first, description


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


# --- size ----------------------------------------------------------------------------------


def test_the_readme_is_short() -> None:
    assert len(README.encode()) <= 10_000


@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_long(path: str) -> None:
    assert len(PAGES[path].encode()) <= 15_000


# --- the reference -------------------------------------------------------------------------


def generator() -> ModuleType:
    """Return docs/generate_reference.py."""
    spec = importlib.util.spec_from_file_location("reference", DOCS / "generate_reference.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_what_the_code_says() -> None:
    for path, generated in generator().pages().items():
        content = (DOCS / "reference" / path).read_text(encoding="utf-8")
        assert content == generated, "run `make reference`"


# --- commands ------------------------------------------------------------------------------


def commands(group: click.Group = main_group, path: str = "tocsin") -> Iterator[Any]:
    """Yield each command with the words that call it."""
    for name in group.list_commands(CONTEXT):
        command = group.get_command(CONTEXT, name)
        assert command is not None
        yield pytest.param(f"{path} {name}", command, id=f"{path} {name}")
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


COMMANDS = list(commands())
EVERYWHERE = ("help", "verbose", "quiet", "config_path", "data", "no_color")
"""Options that every command has; the overview explains them."""
REFERENCE = "\n## \n".join(text for path, text in PAGES.items() if "/reference/commands/" in path)


def reference(path: str) -> str:
    """Return the reference of a command, with the options of a command that it refers to."""
    (entry,) = re.findall(rf"^## {re.escape(path)}\n(.*?)(?=^## |\Z)", REFERENCE, re.M | re.S)
    for other in re.findall(r"^Options as of \[`(.*?)`\]", entry, re.M):
        entry += reference(other)
    return entry


@pytest.mark.parametrize(("path", "command"), COMMANDS)
def test_the_reference_has_every_command_and_option(path: str, command: click.Command) -> None:
    entry = reference(path)
    for option in command.params:
        if isinstance(option, click.Option) and option.name not in EVERYWHERE and not option.hidden:
            assert option.help, (path, option.name)
            for spelling in option.opts:
                assert re.search(rf"`{spelling}\b", entry), (path, spelling)


@pytest.mark.parametrize(("path", "command"), COMMANDS)
def test_the_reference_names_no_option_that_does_not_exist(
    path: str, command: click.Command
) -> None:
    lines = re.findall(r"^- (`-.*?)(?:: |$)", reference(path), re.M)
    named = {option for line in lines for option in re.findall(r"`(--[\w-]+)", line)}
    assert named <= {spelling for option in command.params for spelling in option.opts}


@pytest.mark.parametrize("option", main_group.params, ids=lambda option: str(option.name))
def test_the_reference_has_every_option_before_the_command(option: click.Parameter) -> None:
    rows = [first for first, _ in cells(PAGES["docs/reference/commands/index.md"])]
    for spelling in option.opts:
        assert any(f"`{spelling}" in row for row in rows), spelling
    if option.envvar:
        assert f"`{option.envvar}`" in section("reference/exit-codes", "Environment")


# --- command lines ----------------------------------------------------------------------


def command_lines() -> Iterator[str]:
    """Yield each `tocsin …` in the code of the documents, the prompt and the rest cut off."""
    for name in ("tocsin.service", "tocsin@.service"):
        unit = (ROOT / "contrib" / name).read_text(encoding="utf-8")
        yield from re.findall(r"^ExecStart=\S*/(tocsin .*)$", unit, re.M)
    compose = (ROOT / "contrib" / "compose.yaml").read_text(encoding="utf-8")
    for command in re.findall(r"^ *command: \[(tocsin.*)\]$", compose, re.M):
        yield command.replace(",", "")
    for block in blocks("console") + blocks("text"):
        yield from re.findall(r"^\$ (tocsin.*)$", block, re.M)
    for block in blocks("sh"):
        yield from re.findall(r"^(tocsin[^|>#\n]*)", block, re.M)
    for code in re.findall(r"(?<!`)`(tocsin [^`]*)`(?!`)", EVERYTHING):
        stands_for_words = re.search(r"\b[A-Z]{2,}\b|\{", code)
        is_name = all(re.fullmatch(r"[a-z-]+", word) for word in code.split())
        if not is_name and not stands_for_words:
            yield code.partition(" > ")[0]


@pytest.mark.parametrize("line", sorted(set(command_lines())))
def test_command_lines_are_understood(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = shlex.split(line)[1:]
    for file in re.findall(r"[\w~./-]*(?:\.(?:csv|jsonl?|opml|yaml|zip)|/urls)\b", line):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    if arguments in ([], ["--version"]):
        return
    with main_group.make_context("tocsin", arguments) as context:
        if remaining := [*context._protected_args, *context.args]:
            parse(main_group, remaining, context)


def test_messages_name_commands_that_exist() -> None:
    catalogue = ROOT / "monitor" / "locale" / "fr" / "LC_MESSAGES" / "tocsin.po"
    messages = catalogue.read_text(encoding="utf-8").replace('"\n"', "")
    for code in set(re.findall(r"`tocsin ([^`]*)`", messages)):
        group: click.Command | None = main_group
        for word in code.split():
            if not isinstance(group, click.Group) or not re.fullmatch(r"[a-z][a-z-]*", word):
                break
            group = group.get_command(CONTEXT, word)
            assert group is not None, code


def parse(group: click.Group, arguments: list[str], parent: click.Context) -> None:
    """Let a group read its arguments, and the command of its that they name."""
    name, command, remaining = group.resolve_command(parent, arguments)
    assert command is not None
    with command.make_context(name, remaining, parent=parent) as context:
        inner = [*context._protected_args, *context.args]
        if isinstance(command, click.Group) and inner:
            parse(command, inner, context)


def tour() -> list[list[str]]:
    """Return the commands of the tutorial."""
    lines = re.findall(r"^\$ tocsin (.*)$", PAGES["docs/tutorial/demo.md"], re.M)
    return [shlex.split(line) for line in lines]


@pytest.mark.costly
def test_the_tutorial_can_be_followed_beside_an_own_newsroom(tmp_path: Path) -> None:
    first, *rest_of_tour = tour()
    assert first[:2] == ["demo", "--headless"]
    newsroom = Newsroom(tmp_path)
    with closing(Store(StoreAddress(newsroom.data))):
        pass  # `make run` leaves an empty archive
    code, summary, log = newsroom.demo(articles=80)
    assert (code, bool(summary)) == (0, True), log
    (variable,) = re.findall(r"^export (\w+)=(.*)$", PAGES["docs/tutorial/demo.md"], re.M)
    for arguments in rest_of_tour:
        done = newsroom.here(*arguments, **dict([variable]))
        assert done.returncode == 0, (arguments, done.stderr)
        assert done.stdout + done.stderr, arguments
    assert_fields_are_documented(newsroom, dict([variable]))


ROWS = {
    "search": ["search Liège"],
    "trend": ["trend Liège"],
    "alerts": ["alerts", "alerts history a1"],
    "watch": [
        *("watch list", "watch list --terms", "watch forms espion*", "watch lint", "watch test"),
        "watch suggest Cainiao",
    ],
    "feeds": ["feeds", "feeds --blind", "feeds log lefilwallon"],
    "deliveries` and `tocsin notify list": ["deliveries", "notify list"],
}
"""Commands that print rows, by the section that explains these."""
OBJECTS = {
    "`tocsin search`": ["search Liège"],
    "`tocsin facets`": ["facets Liège"],
    "`tocsin alerts`": ["alerts ack a1", "alerts undo"],
    "`tocsin show`": ["show 6"],
    "`tocsin feeds`": ["feeds check"],
    "`tocsin status`": ["status"],
    "Other commands": ["status --latency", "verify", "check"],
}
"""Commands that print objects, by the section that explains these."""


def output_section(title: str) -> str:
    """Return a section of the pages about the output for programs."""
    on_the_first = f"## {title}\n" in PAGES["docs/reference/output.md"]
    return section("reference/output" if on_the_first else "reference/output-newsroom", title)


def assert_fields_are_documented(newsroom: Newsroom, environ: dict[str, str]) -> None:
    """Compare the output of commands for programs with the page about it."""
    for title, lines in ROWS.items():
        documented = quoted(output_section(f"`tocsin {title}`"))
        for line in lines:
            printed = newsroom.here(*shlex.split(line), "--format", "csv", **environ).stdout
            header = next(csv.reader(io.StringIO(printed)))
            assert set(header) <= set(documented), (line, set(header) - set(documented))
    for title, lines in OBJECTS.items():
        documented = quoted(output_section(title))
        for line in lines:
            printed = newsroom.here(*shlex.split(line), "--format", "json", **environ).stdout
            document = json.loads(printed)
            fields = set(document if isinstance(document, dict) else document[0])
            assert fields <= set(documented), (line, fields - set(documented))


def program_texts() -> str:
    """Return every text in the code, one per line; a placeholder divides a text in two."""
    files = [
        path for package in ("index", "monitor", "tui") for path in (ROOT / package).rglob("*.py")
    ]
    return "\n".join(
        node.value
        for path in files
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@pytest.mark.costly
def test_the_messages_of_the_troubleshooting_page_are_those_of_the_program() -> None:
    rows = cells(PAGES["docs/how-to/troubleshooting.md"])
    messages = [message for first, _ in rows for message in quoted(first)]
    texts = program_texts()
    assert len(messages) > 10
    assert [message for message in messages if message not in texts] == []


def make_targets() -> list[str]:
    return sorted(set(re.findall(r"make ([a-z-]+)", "\n".join(blocks("sh")))))


@pytest.mark.parametrize("target", make_targets())
def test_make_has_what_the_documents_name(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{target}:.*## ", makefile, re.M)


# --- the query language -------------------------------------------------------------------


SEARCHES_ONLY = "Filters of the archive"


def example_queries() -> list[str]:
    page, _, _ = PAGES["docs/reference/query-language.md"].partition("## Filters of alerts")
    return [query for first, _ in cells(page) for query in quoted(first)]


@pytest.mark.parametrize("query", example_queries())
def test_every_query_of_the_reference_is_understood(query: str) -> None:
    parse_query(query)


@pytest.mark.parametrize("name", FACETS)
def test_the_reference_has_every_filter_and_says_where_it_works(name: str) -> None:
    (query,) = [query for query in example_queries() if query.startswith(f"{name}:")]
    searches_only = f"`{query}`" in section("reference/query-language", SEARCHES_ONLY)
    try:
        parse_query(query, allow_archive_filters=False)
    except QueryError:
        assert searches_only
    else:
        assert not searches_only


# --- feeds.yaml ----------------------------------------------------------------------------


def keys(node: Any) -> Iterator[str]:
    """Yield every key that a JSON Schema knows."""
    if isinstance(node, dict):
        yield from node.get("properties", {})
        for inner in node.values():
            yield from keys(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from keys(inner)


@pytest.mark.parametrize("key", sorted(set(keys(json_schema()))))
def test_the_reference_has_every_key_of_feeds_yaml(key: str) -> None:
    pages = (PAGES["docs/reference/feeds-yaml.md"], PAGES["docs/reference/feeds-yaml-alerts.md"])
    assert any(re.search(rf"^- `{key}` \(.*\): \S", page, re.M) for page in pages)


@pytest.mark.parametrize("example", blocks("yaml"))
def test_every_example_of_feeds_yaml_is_well(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in re.findall(r"env:(\w+)", example):
        monkeypatch.setenv(name, "secret")
    for name in re.findall(r"file:([\w.]+)", example):
        (tmp_path / name).write_text("secret", encoding="utf-8")
    assert understand(example.encode(), tmp_path / "feeds.yaml").feeds


def test_the_examples_show_every_key_at_the_top() -> None:
    shown_keys = set(re.findall(r"^([a-z]+):", "\n".join(blocks("yaml")), re.M))
    assert set(json_schema()["properties"]) - shown_keys == {"data"}


# --- the dashboard -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "keys"), [*key_sections(DashboardApp), ("Legend of signs", signs.LEGEND)]
)
def test_the_reference_has_every_key_and_sign(title: str, keys: Sequence[tuple[str, str]]) -> None:
    listed = section("reference/keys", title)
    lines = re.findall(r"^- (.*?): (.*?)(?: \(`[\w-]*`\))?$", listed, re.M)
    rows = [(first.replace("`", ""), meaning) for first, meaning in lines]
    assert rows == [(key, meaning.replace("_", r"\_")) for key, meaning in keys]


# --- numbers and names ----------------------------------------------------------------------

NUMBERS = [
    ("monitor.intake.fetch.client", "MAX_BYTES", "{:.0f} MB", 1 << 20),
    ("monitor.intake.fetch.client", "TIMEOUT", "longer than {:.0f} seconds", 1),
    ("monitor.intake.fetch.host_limiter", "SLOTS", "{:.0f} at once in all", 1),
    ("monitor.model.cost", "READING", "these for at most {:.0f} seconds", 1),
    ("monitor.intake.parse.workers", "MEMORY", "take {:.0f} MB", 1 << 20),
    ("monitor.intake.ingest.schedule", "DEFAULT", "Every {:.0f} minutes", 60),
    ("monitor.intake.ingest.schedule", "ADAPTED", "down to {:.0f} minutes", 60),
    ("monitor.intake.ingest.schedule", "LONGEST_HINT", "up to {:.0f} days", 86_400),
]
"""Module, name, text of the documents about the constant, and its unit."""


@pytest.mark.parametrize(("module", "name", "words", "unit"), NUMBERS)
def test_the_documents_have_the_numbers_of_the_code(
    module: str, name: str, words: str, unit: int
) -> None:
    number = getattr(importlib.import_module(module), name)
    assert words.format(number / unit) in " ".join(EVERYTHING.split())


def test_the_reference_has_every_metric(tmp_path: Path) -> None:
    with closing(Store(StoreAddress(tmp_path))):
        card = Heartbeat(presence=MonitorPresence(pid=1, since=0.0, config="", log=""), pulse=0.0)
        registry = figures(Views(StoreAddress(tmp_path)), lambda: 0.0, "1", lambda: card)
        EventCounters(registry)
        families = [family for family in registry.collect() if "tocsin" in family.name]
    ends = {"counter": "_total", "info": "_info"}
    names = {family.name + ends.get(family.type, "") for family in families}
    promised = re.findall(r"`(tocsin_\w+)[`{]", PAGES["docs/reference/metrics.md"])
    assert names == set(promised)


def test_the_documents_are_right_about_addresses() -> None:
    assert not any(map(is_allowed, ("127.0.0.1", "10.0.0.1", "169.254.1.1", "::1", "fe80::1")))


def test_the_documents_name_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {version('tocsin')} – " in changelog
    assert f"tocsin-{version('tocsin')}-py3-none-any.whl" in EVERYTHING
    assert f"tocsin/{version('tocsin')}" in EVERYTHING


def test_the_notice_lists_every_library() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8").lower()
    extras = PROJECT["project"]["optional-dependencies"]
    libraries = [extras[name] for name in ("api", "fulltext", "mcp", "notify", "share", "web")]
    for requirement in chain(PROJECT["project"]["dependencies"], *libraries):
        name = re.split(r"[^\w.-]", requirement)[0]
        assert re.search(rf"^ +{re.escape(name.lower())} +\S", notice, re.M), name


def anchors(path: Path) -> set[str]:
    """Return the anchors of the headings of a page."""
    text = path.read_text(encoding="utf-8")
    titles = re.findall(r"^#+ (.*)$", text, re.M)
    named = re.findall(r'^<a id="([\w-]+)"></a>$', text, re.M)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles} | {*named}


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for target in re.findall(r"\]\(([^)\s]+)\)", PAGES[name]):
        if target.startswith("http"):
            continue
        path, _, anchor = target.partition("#")
        linked = page.parent / path if path else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    named = {f"docs/{path}" for path in re.findall(r"- ([\w/-]+\.md)", navigation)}
    english = {path for path in PAGES if not path.endswith(".fr.md")}
    assert named == {path for path in english if path.startswith("docs/")}


def test_files_that_contributing_names_exist() -> None:
    named = re.findall(r"`((?:monitor|index|tui|tests)/[\w./-]+)`", CONTRIBUTING)
    assert len(named) > 10
    for path in named:
        assert (ROOT / path).exists(), path


CONTRACTS = {
    contract["containers"][0]: [re.split(" [|:] ", layer) for layer in contract["layers"]]
    for contract in PROJECT["tool"]["importlinter"]["contracts"]
    if "containers" in contract
}


@pytest.mark.parametrize("package", ["index", "monitor"])
def test_the_pictures_draw_everything_at_the_top(package: str) -> None:
    picture = importlib.import_module(package).__doc__ or ""
    parts = {part for layer in CONTRACTS[package] for part in layer}
    assert {part for part in parts if not re.search(rf"\b{part}\b", picture)} <= {"__main__"}
