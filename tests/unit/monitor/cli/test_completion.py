"""Tests that the shell completes the names of feeds.yaml where a command takes one."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from monitor.cli import main_group

FILE = """\
feeds:
  - {url: https://a.example/rss, name: Les Échos, tags: [presse]}
  - {url: https://b.example/rss, name: Le Soir, tags: [presse, belgique]}
watchlists:
  - Alibaba
  - {name: Export controls, terms: [export]}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "feeds.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


def complete_words(config: Path, words: str, prefix: str) -> list[str]:
    shell = ShellComplete(main_group, {}, "tocsin", "_TOCSIN_COMPLETE")
    completions = shell.get_completions(["-c", str(config), *words.split()], prefix)
    return [item.value for item in completions]


@pytest.mark.parametrize(
    "words",
    ["watch list", "watch silence", "watch unsilence", "watch suggest",
     "alerts --watch", "brief --watch", "alerts close --watch"],
)  # fmt: skip
def test_names_of_watchlists(config: Path, words: str) -> None:
    assert complete_words(config, words, "") == ["Alibaba", "Export controls"]
    assert complete_words(config, words, "ali") == ["Alibaba"]


@pytest.mark.parametrize("words", ["feeds check", "feeds log", "feeds remove"])
def test_names_of_feeds(config: Path, words: str) -> None:
    assert complete_words(config, words, "le ") == ["Le Soir"]


def test_names_of_feeds_and_their_tags(config: Path) -> None:
    expected = ["Les Échos", "Le Soir", "tag:belgique", "tag:presse"]
    assert complete_words(config, "alerts --feed", "") == expected
    assert complete_words(config, "alerts --feed", "tag:p") == ["tag:presse"]


def test_bash_gets_blanks_with_a_backslash(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TOCSIN_COMPLETE", "bash_complete")
    assert complete_words(config, "watch list", "exp") == ["Export\\ controls"]


def test_a_file_with_a_mistake_completes_nothing(config: Path) -> None:
    config.write_text("feeds: [", encoding="utf-8")
    assert complete_words(config, "watch list", "") == []
