"""Concepts in a file of their own: what it says, and its mistakes at its own lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from index.query.concepts import Definition
from monitor.base.errors import ConfigError, Problem
from monitor.cli.check import describe_problems
from monitor.config.loading import load, signature

CONCEPTS = """# shared
Alibaba:
  names: [Alibaba, 阿里巴巴]
  also: Taobao
  with: [Hangzhou]
Chine: {names: ["concept:alibaba", Pékin], note: whatever}
"""


def newsroom(
    folder: Path,
    concepts: str | bytes | None,
    where: str = "concepts.yaml",
    watchlists: str = "['concept:Chine']",
) -> Path:
    path = folder / "feeds.yaml"
    path.write_text(f"feeds: []\nconcepts: {where}\nwatchlists: {watchlists}\n", encoding="utf-8")
    if concepts is not None:
        content = concepts.encode() if isinstance(concepts, str) else concepts
        (folder / where).write_bytes(content)
    return path


def problems(path: Path) -> list[Problem]:
    with pytest.raises(ConfigError) as error:
        load(path)
    return error.value.problems


@pytest.mark.parametrize("where", ["concepts.yaml", "/{folder}/notions.yml"])
def test_concepts_may_stand_in_a_file_of_their_own(tmp_path: Path, where: str) -> None:
    config = load(newsroom(tmp_path, CONCEPTS, where.format(folder=str(tmp_path)[1:])))
    assert config.concepts == (
        Definition("Alibaba", ("Alibaba", "阿里巴巴"), (), ("Hangzhou",), ("Taobao",)),
        Definition("Chine", ("concept:alibaba", "Pékin")),
    )


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("A: {names: [a]}\nChine: {names: ['concept:Alibi', b]}\n", 2, 18, "no concept `Alibi`"),
        ("A: {names: [a]}\n\nChine: {nmes: [b]}\n", 3, 9, "did you mean `names`?"),
        ("Chine: {names: [b, 'a AND b']}\n", 1, 23, "AND in a term"),
        ("Chine: {names: [b], with: ['a OR b']}\n", 1, 31, "OR in a term"),
        ("- Chine\n", 1, 1, "`concepts` must be a mapping"),
        ("Chine: [b}\n", 1, 8, "is not closed"),
        (b"Chine: {names: [caf\xe9]}\n", 1, 20, "is not UTF-8"),
    ],
)
def test_a_mistake_is_named_with_the_file_and_its_own_line(
    tmp_path: Path, text: str | bytes, line: int, column: int, message: str
) -> None:
    cannot_be_read = isinstance(text, bytes) or "names" not in text
    path = newsroom(tmp_path, text, watchlists="[]" if cannot_be_read else "['concept:Chine']")
    found = problems(path)
    place = str(tmp_path / "concepts.yaml")
    assert [(p.line, p.column, p.file) for p in found] == [(line, column, place)]
    assert message in found[0].message
    described = list(describe_problems(path, found))
    assert described[0].startswith(f"{place}:{line}:{column}: ")
    if isinstance(text, str):
        assert described[1].strip() == text.splitlines()[line - 1]
    with pytest.raises(ConfigError, match=f"{place}: line {line}"):
        load(path)


def test_a_file_that_is_missing_is_a_mistake_of_feeds_yaml(tmp_path: Path) -> None:
    found = problems(newsroom(tmp_path, None))
    assert [(p.line, p.column, p.file) for p in found if "cannot be read" in p.message] == [
        (2, 11, "")
    ]


def test_an_empty_file_has_no_concepts(tmp_path: Path) -> None:
    assert load(newsroom(tmp_path, "# nothing yet\n", watchlists="[]")).concepts == ()


@pytest.mark.parametrize("as_json", [False, True])
def test_an_edit_of_the_file_changes_the_signature(tmp_path: Path, as_json: bool) -> None:
    path = newsroom(tmp_path, CONCEPTS)
    if as_json:
        content = {"feeds": [], "watchlists": [], "concepts": "concepts.yaml"}
        path.write_text(json.dumps(content), encoding="utf-8")
    first = signature(path)
    assert signature(path) == first
    (tmp_path / "concepts.yaml").write_text(CONCEPTS + "Liège: {}\n", encoding="utf-8")
    second = signature(path)
    assert second != first
    (tmp_path / "concepts.yaml").unlink()
    assert signature(path) not in (first, second)
