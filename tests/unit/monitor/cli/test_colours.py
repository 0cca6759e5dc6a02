"""Tests that NO_COLOR, TERM=dumb and --no-color hold for every command."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import main_group

COMMANDS = ["alerts", "watch", "facets alibaba", "search alibaba", "show 4", "watch forms grève",
            "trend alibaba"]  # fmt: skip


def output(words: str, **environ: str) -> str:
    """Return what a command writes on a terminal that has colours."""
    result = CliRunner().invoke(main_group, words.split(), env=environ, color=True)
    assert result.exit_code in (0, 1), (words, result.output, result.exception)
    return result.output


@pytest.fixture(autouse=True)
def colourful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.usefixtures("newsroom")
@pytest.mark.parametrize("words", COMMANDS)
def test_no_colours_where_nobody_wants_them(words: str) -> None:
    assert "\x1b[" in output(words)
    assert "\x1b" not in output(words, NO_COLOR="1")
    assert "\x1b" not in output(words, TERM="dumb")
    for placed in (f"--no-color {words}", f"{words} --no-color"):
        assert "\x1b" not in output(placed, NO_COLOR="")


@pytest.mark.usefixtures("newsroom")
def test_an_empty_variable_asks_for_nothing(newsroom: Path) -> None:
    assert "\x1b[" in output("alerts", NO_COLOR="")
