"""Tests of `tocsin init` and of the printed schema."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support import ROOT

from monitor.cli.check import check, init, schema
from monitor.config.keys import json_schema

NEWSROOM = ROOT / "feeds.yaml"
STARTER = ROOT / "monitor" / "config" / "starter.yaml"
IN_FRENCH = ROOT / "monitor" / "config" / "starter.fr.yaml"


def run(*arguments: str, config: Path, command: Any = check) -> Result:
    archive = SimpleNamespace(timed_count=lambda: lambda node: -1)
    service = SimpleNamespace(archive=archive)
    context = SimpleNamespace(config_path=config, data=None, service=lambda read_only: service)
    return CliRunner().invoke(command, list(arguments), obj=context)


def test_schema_prints_it() -> None:
    assert json.loads(run(config=NEWSROOM, command=schema).stdout) == json_schema()


def test_init_writes_a_newsroom_that_check_accepts(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "room"
    result = run(str(folder), config=NEWSROOM, command=init)
    assert result.exit_code == 0
    assert (folder / "feeds.yaml").read_bytes() == STARTER.read_bytes()
    assert "tocsin check" in result.stderr
    assert run(config=folder / "feeds.yaml").exit_code == 0


@pytest.mark.usefixtures("french")
def test_init_explains_the_file_in_the_language_of_the_reader(tmp_path: Path) -> None:
    assert run(str(tmp_path), config=NEWSROOM, command=init).exit_code == 0
    starter = (tmp_path / "feeds.yaml").read_text(encoding="utf-8")
    assert starter == IN_FRENCH.read_text(encoding="utf-8")
    assert "\nlanguage: fr " in starter
    result = run(config=tmp_path / "feeds.yaml")
    assert result.exit_code == 0
    assert "est valide." in result.stdout
    assert "4 listes de veille" in result.stdout


def test_init_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text("mine", encoding="utf-8")
    result = run(str(tmp_path), config=NEWSROOM, command=init)
    assert result.exit_code == 2
    assert "it was not changed" in result.stderr
    assert path.read_text(encoding="utf-8") == "mine"


def test_init_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run(str(tmp_path / "file" / "below"), config=NEWSROOM, command=init)
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr
