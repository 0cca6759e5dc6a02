"""Commands on a terminal: no colour that nobody wants, no word broken, nothing cut unseen."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pexpect
import pytest
from rich.cells import cell_len
from support import ROOT, article_archive
from support.archive_with_alerts import NOW, ring

from monitor.config.loading import load

pytestmark = pytest.mark.costly

LONG = "Marchandises dangereuses au port d’Anvers-Bruges"
TITLES = [
    "Alibaba à Liège",
    "Grève au port",
    "Alibaba et la grève des dockers du port de Zeebrugge",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a newsroom with long names, alerts, and a feed that cannot be read."""
    folder = tmp_path_factory.mktemp("newsroom")
    feeds = [{"url": f.url, "name": f.name} for f in article_archive.FEEDS]
    terms = ["grève", "alibaba", "dangereux~", "conteneur~ NEAR/10 explosion"]
    settings = {
        "feeds": [*feeds, {"url": "http://127.0.0.1:9/rss", "name": "Le Quotidien du conteneur"}],
        "watchlists": [
            "Alibaba", {"name": LONG, "query": " OR ".join(terms[:3]), "severity": "high"},
        ],
    }  # fmt: skip
    (folder / "feeds.yaml").write_text(json.dumps(settings), encoding="utf-8")
    articles = [
        article_archive.article(n, title, date=NOW - n) for n, title in enumerate(TITLES, 1)
    ]
    ring(folder / "var", articles, load(folder / "feeds.yaml").watchlists)
    return folder


def shown(folder: Path, *words: str, columns: int = 60, **environ: str) -> str:
    """Return what a command writes on a terminal."""
    env = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    env |= {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "PAGER": "cat", **environ}
    child = pexpect.spawn(
        sys.executable, ["-m", "monitor", *words], cwd=str(folder), env=env,  # type: ignore[arg-type]
        dimensions=(200, columns), timeout=60, encoding="utf-8",
    )  # fmt: skip
    child.expect(pexpect.EOF)
    child.close()
    return str(child.before)


def test_a_command_has_colours_unless_nobody_wants_them(folder: Path) -> None:
    assert "\x1b[" in shown(folder, "alerts")
    assert "\x1b" not in shown(folder, "alerts", NO_COLOR="1")
    assert "\x1b" not in shown(folder, "alerts", TERM="dumb")
    assert "\x1b" not in shown(folder, "alerts", "--no-color")


def test_a_terminal_that_cannot_move_its_cursor_gets_no_dashboard(folder: Path) -> None:
    refusal = shown(folder, "dashboard", "--no-monitor", TERM="dumb")
    assert refusal.startswith("tocsin: the dashboard needs a terminal")


def test_a_short_story_is_one_line_with_its_outlet_however_narrow(folder: Path) -> None:
    lines = shown(folder, "alerts", "--short", "--no-color").splitlines()
    assert lines == [
        "    a2 ▲ Alibaba à Liège · Marchandises d… · A",
        "    a3 ▲ Grève au port · Marchandises d… · A",
        "    a5 ▲ Alibaba et la grève des dock… · Marchandises d… · A",
    ]
    assert cell_len(lines[2]) == 60


COMMANDS = [
    "status", "feeds", "watch", "watch list --terms", "alerts", "facets alibaba", "show a1",
    "status --latency", "check", "watch lint", "feeds --bland",
]  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS)
def test_no_line_is_wider_than_a_narrow_terminal(folder: Path, words: str) -> None:
    output = shown(folder, *words.split(), "--no-color", TOCSIN_LANGUAGE="fr")
    lines = output.splitlines()
    assert not [line for line in lines if cell_len(line) > 60 and len(line.split(" ")) > 1]
    text = " ".join(output.split())
    for name in (LONG, "Le Quotidien du conteneur"):
        for start in re.finditer(name[:12], text):
            part, sign, _rest = text[start.start() :][: len(name)].partition("…")
            assert part == name or (sign and name.startswith(part))
