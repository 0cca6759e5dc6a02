"""`tocsin watch add`: what it writes into feeds.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.newsroom import Newsroom

HAND_WRITTEN = """\
# Mine.
feeds:
  - https://ex.org/rss   # the only one
watchlists:
  - Cainiao              # a depot
  - {name: B, terms: [b2]}   # last
network: {contact: me@ex.org}
"""


def test_add_changes_nothing_else_in_the_file(tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    newsroom.config.write_text(HAND_WRITTEN)
    assert newsroom.here("watch", "add", "Temu").returncode == 0
    done = newsroom.here(
        "watch", "add", "port d’Anvers", "--name", "Anvers: port", "--severity", "high"
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert "watching for" in done.stderr
    lines = newsroom.config.read_text().splitlines(keepends=True)
    before = HAND_WRITTEN.splitlines(keepends=True)
    assert [line for line in lines if line in before] == before
    added = [line for line in lines if line not in before]
    assert added[0] == "  - Temu\n"
    assert len(added) == 4
    assert newsroom.here("check").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["Cainiao"], "a watchlist is called `Cainiao` already"),
        (["*"], "word"),
        (["x AND "], "AND has nothing after it\n    x AND \n      ^"),
        (["ransom OR"], "OR has nothing after it\n    ransom OR\n           ^"),
        (['"unbalanced'], 'this quote is never closed\n    "unbalanced\n    ^'),
        (["été NEAR/5 (b"], "never closed\n    été NEAR/5 (b\n               ^\n"),
        (["port titel:x -y"], "there is no field titel:\n    port titel:x -y\n         ^\n"),
        (["a since:7d"], "since: works in searches only\n    a since:7d\n      ^\n"),
        (["/ali.*/"], "there are no regular expressions\n    /ali.*/\n    ^\n"),
        (["port~5"], "follows no quoted words\n    port~5\n        ^\n"),
        (["x OR y", "--name", "b"], "a watchlist is called `B` already"),
        (["temu", "--severity", "loud"], "loud"),
    ],
)
def test_add_refuses_what_is_not_well_and_changes_nothing(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    newsroom = Newsroom(tmp_path)
    newsroom.config.write_text(HAND_WRITTEN)
    done = newsroom.here("watch", "add", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert newsroom.config.read_text() == HAND_WRITTEN
    assert [path.name for path in tmp_path.iterdir()] == ["feeds.yaml"]


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["x AND y"], ["- name: x AND y", "query: x AND y"]),
        (
            ["hub NEAR/5 Liège", "--name", "Hub", "--severity", "low"],
            ["- name: Hub", "query: hub NEAR/5 Liège", "severity: low"],
        ),
        (["2 OF (a, b, c)"], ['- name: "2 OF (a, b, c)"', 'query: "2 OF (a, b, c)"']),
        (["a -b"], ["- name: a -b", "query: a -b"]),
        (["title:hub"], ["- name: title:hub", "query: title:hub"]),
        (["a OR " + "b" * 90], ["- name: a OR " + "b" * 74 + "…", "query: a OR " + "b" * 90]),
        (['"hub Liège"~5'], ['- "\\"hub Liège\\"~5"']),
    ],
)
def test_add_writes_a_query_where_there_are_operators(
    tmp_path: Path, arguments: list[str], lines: list[str]
) -> None:
    newsroom = Newsroom(tmp_path)
    newsroom.config.write_text(HAND_WRITTEN)
    done = newsroom.here("watch", "add", *arguments)
    assert done.returncode == 0, done.stderr
    added = newsroom.config.read_text().splitlines()
    before = HAND_WRITTEN.splitlines()
    assert [line.strip() for line in added if line not in before] == lines
    assert newsroom.here("check").returncode == 0
