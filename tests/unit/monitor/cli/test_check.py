"""Tests of `tocsin check`."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support import ROOT

from monitor.cli.check import check
from monitor.model.event_link import turned_off

NEWSROOM = ROOT / "feeds.yaml"


def run(*arguments: str, config: Path, command: Any = check) -> Result:
    archive = SimpleNamespace(timed_count=lambda: lambda node: -1)
    service = SimpleNamespace(archive=archive)
    context = SimpleNamespace(config_path=config, data=None, service=lambda read_only: service)
    return CliRunner().invoke(command, list(arguments), obj=context)


def test_check_says_what_would_be_done(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(
        "feeds:\n"
        "  - {url: https://a.example/rss, tags: [belgique, presse]}\n"
        "  - {url: https://b.example/rss, tags: presse, every: 2h}\n"
        "  - {url: https://c.example/rss, enabled: no}\n"
        "watchlists:\n"
        "  - {name: Liège, query: a AND b, severity: high, lang: fr, feeds: tag:presse}\n"
        "data: news\n"
        "archive: {vectors: false}\n",
        encoding="utf-8",
    )
    result = run(config=path)
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines == [
        f"{path} is valid.",
        "",
        "3 feeds",
        "(no tag) 1 feed",
        "belgique 1 feed",
        "presse 2 feeds",
        "",
        "1 watchlist",
        "high Liège a AND b; lang fr; feeds tag:presse",
        "",
        f"archive in {tmp_path / 'news'}",
        f"similar articles are not found by what they are about: {turned_off()}",
    ]


def test_check_for_programs(tmp_path: Path) -> None:
    report = json.loads(run("--format", "json", config=NEWSROOM).stdout)
    assert report["well"] is True
    assert (report["archive"], report["warnings"]) == (None, [])
    path = tmp_path / "feeds.yaml"
    path.write_text("feeds: [a]\nwatchlists: []\n", encoding="utf-8")
    result = run("--format", "json", config=path)
    assert result.exit_code == 2
    (problem,) = json.loads(result.stdout)["problems"]
    assert (problem["line"], problem["column"]) == (1, 9)


def test_check_points_at_the_mistake(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    text = "feeds: [https://a.example/rss]\nwatchlists:\n  - {name: 菜鸟, tearms: [a]}\n"
    path.write_text(text, encoding="utf-8")
    result = run(config=path)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        f"{path}:3:16: unknown key `tearms`; did you mean `terms`?",
        "      - {name: 菜鸟, tearms: [a]}",
        "                     ^",
    ]


def test_check_shows_a_long_line_around_the_mistake(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(f"feeds: [{'https://a.example, ' * 30}b]\nwatchlists: []\n", encoding="utf-8")
    *_, line, caret = run(config=path).stderr.splitlines()
    assert len(line) <= 110
    assert line[caret.index("^")] == "b"


def test_check_lets_no_escape_through(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_bytes(b"feeds: [a\x1b[31m]\n")
    assert "\x1b" not in run(config=path).stderr


WARNINGS = [
    ("watchlists: [ai]", "`ai` is short"),
    ("watchlists: [{name: x, terms: [Alibaba, ai]}]", "`ai` is short"),
    ("watchlists: [{name: x, query: 'a AND tag:nowhere'}]", "holds for no article"),
    ("watchlists: [{name: x, query: 'a AND feed:nobody'}]", "holds for no article"),
    ("watchlists: [{terms: Liège, lang: nl}]", "no feed of it is in nl"),
    ("watchlists: [{terms: Liège, feeds: tag:off}]", "all its feeds are disabled"),
]
VALID = [
    "watchlists: [AI, =ai, 菜鸟]",
    "watchlists: [{name: x, query: '\"sûreté de l''État\" AND (ai OR eu)'}]",
    "watchlists: [{terms: Liège, lang: fr, feeds: [tag:on, a.example]}]",
]
TWO_FEEDS = """feeds:
  - {url: https://a.example/rss, lang: fr, tags: on}
  - {url: https://b.example/rss, lang: en, tags: off, enabled: off}
"""


@pytest.mark.parametrize(("watchlists", "words"), WARNINGS)
def test_check_warns(watchlists: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(TWO_FEEDS + watchlists, encoding="utf-8")
    result = run(config=path)
    assert result.exit_code == 0
    assert words in result.stderr


@pytest.mark.parametrize("watchlists", VALID)
def test_check_is_calm(watchlists: str, tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(TWO_FEEDS + watchlists, encoding="utf-8")
    assert run(config=path).stderr == ""


def test_check_warns_of_a_private_address(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    private_urls = ", ".join(f"http://127.0.0.1/{n}" for n in range(40))
    text = f"feeds: [http://10.0.0.1/rss, http://localhost/rss, {private_urls}]\nwatchlists: []\n"
    path.write_text(text, encoding="utf-8")
    assert run(config=path).stderr.splitlines() == [
        "warning: 10.0.0.1: 10.0.0.1 is not a public address:"
        " `network: {allow: [10.0.0.1]}` allows it",
        "warning: localhost: localhost is 127.0.0.1, not a public address:"
        " `network: {allow: [127.0.0.1]}` allows it",
        "warning: 40 feeds: 127.0.0.1 is not a public address:"
        " `network: {allow: [127.0.0.1]}` allows it",
    ]
    path.write_text(text + "network: {allow: [10.0.0.0/8, 127.0.0.0/8]}\n", encoding="utf-8")
    assert run(config=path).stderr == ""
