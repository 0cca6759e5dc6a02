"""Tests of `tocsin export`."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import stix2
from click.testing import CliRunner
from support.store_with_alerts import raised

from monitor.cli import main_group
from monitor.model.config import StoreAddress
from monitor.storage.store.sql.store import Store


def objects(text: str) -> list[Any]:
    """Return the objects of a bundle, read by the library of the standard."""
    parsed = stix2.parse(text, allow_custom=False, version="2.1")
    for record in json.loads(text)["objects"]:
        stix2.parse(record, allow_custom=False, version="2.1")
    return list(parsed.objects)


def kinds(records: list[Any]) -> Counter[str]:
    return Counter(record["type"] for record in records)


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main_group, ["--data", str(folder / "var"), "export", *arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    from support.store_with_alerts import ALIBABA, FEED

    with closing(Store(StoreAddress(tmp_path / "var"))) as store:
        store.subscribe((FEED,), (ALIBABA,))
        raised(store)
        raised(store)
    return tmp_path


def test_the_command_writes_a_bundle(folder: Path) -> None:
    bundle = folder / "b.json"
    code, _, err = run(folder, "--all", "--stix", str(bundle), "--tlp", "clear")
    assert (code, err.count("2 articles")) == (0, 1)
    text = bundle.read_text(encoding="utf-8")
    assert kinds(objects(text))["report"] == 2
    assert "evidence: record 3, SHA-256" in text
    assert run(folder, "--all", "--stix", "-", "--tlp", "clear")[1] == text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--all", "--tlp", "red", "x"], "needs"),
        (["--stix", "x"], "give a query"),
        (["--all", "port", "--stix", "x"], "give a query"),
        (["--all"], "name the folder"),
        (["port"], "give a query, or --all for every article, and then the folder"),
        (["--all", "--stix", "x", "--tlp", "white"], "'white' is not one of"),
    ],
)
def test_what_the_command_does_not_understand(
    folder: Path, arguments: list[str], words: str
) -> None:
    code, _, err = run(folder, *arguments)
    assert code == 2
    assert words in err


def test_a_hyphen_is_no_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    code, _, stderr = run(folder, "--all", "-")
    assert code == 2
    assert "name the folder to write into" in stderr
    assert not (folder / "-").exists()
