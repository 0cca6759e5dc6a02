"""The command line in French: the environment, feeds.yaml, the locale; help, errors, briefing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import ROOT
from support.newsroom import Newsroom

from monitor.base import translation
from monitor.cli.translated_command import use_language_of_click
from monitor.model.config import StoreAddress

pytestmark = pytest.mark.costly

FEEDS = "feeds:\n- {name: A, url: https://a.example/rss}\nwatchlists: [grève]\n"


def _is_about_languages(name: str) -> bool:
    return name.startswith(("TOCSIN_", "LC_", "LANG"))


@pytest.fixture(autouse=True)
def no_language(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Remove the language from the environment, before and after the test."""
    for name in filter(_is_about_languages, [*os.environ]):
        monkeypatch.delenv(name)
    before = translation.choice()
    yield
    translation.use(*before)
    use_language_of_click()


def tocsin(folder: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, in this process."""
    return Newsroom(folder).here(*words, **environ)


def started(folder: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "monitor", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("language", "environ", "french"),
    [
        ("", {}, False),
        ("", {"TOCSIN_LANGUAGE": "fr"}, True),
        ("", {"LANG": "fr_BE.UTF-8"}, True),
        ("language: fr\n", {}, True),
        ("language: en\n", {"LANG": "fr_BE.UTF-8"}, False),
        ("language: fr\n", {"TOCSIN_LANGUAGE": "en"}, False),
    ],
)
def test_who_chooses_the_language(
    tmp_path: Path, language: str, environ: dict[str, str], french: bool
) -> None:
    (tmp_path / "feeds.yaml").write_text(language + FEEDS)
    help = started(tmp_path, "--help", **environ).stdout
    assert ("Utilisation\N{NO-BREAK SPACE}: tocsin" in help) == french
    assert ("Usage: tocsin" in help) != french
    assert ("depuis hier" in help) == french
    assert ("TOCSIN_CONFIG; default" in help) != french


@pytest.mark.parametrize("words", [["-c", "mine.yaml"], ["--config=mine.yaml"], ["-cmine.yaml"]])
def test_the_file_that_is_named_chooses(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "mine.yaml").write_text("language: fr\n" + FEEDS)
    assert "Utilisation" in tocsin(tmp_path, "brief", *words, "--help").stdout
    assert "Utilisation" in tocsin(tmp_path, *words, "brief", "--help").stdout
    assert "Usage:" in tocsin(tmp_path, "brief", "--help", "--", *words).stdout


def test_mistakes_of_the_command_line_are_told_in_french(tmp_path: Path) -> None:
    done = tocsin(tmp_path, "brif", TOCSIN_LANGUAGE="fr")
    assert done.returncode == 2
    assert "La commande «\N{NO-BREAK SPACE}brif\N{NO-BREAK SPACE}» n’existe pas." in done.stderr


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from monitor.storage.store import open_store

    folder = tmp_path_factory.mktemp("newsroom")
    (folder / "feeds.yaml").write_text(FEEDS)
    open_store(StoreAddress(folder / "var")).close()
    return folder


def test_the_briefing_is_french_and_its_json_is_not(newsroom: Path) -> None:
    def brief(style: str, language: str) -> str:
        done = tocsin(newsroom, "brief", "--format", style, TOCSIN_LANGUAGE=language)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert brief("text", "fr").startswith("Synthèse, du ")
    assert brief("md", "fr").startswith("# Synthèse, du ")
    assert '<html lang="fr">' in brief("html", "fr")
    assert '<html lang="en">' in brief("html", "en")
    french, english = (json.loads(brief("json", language)) for language in ("fr", "en"))
    assert [*french] == [*english]
