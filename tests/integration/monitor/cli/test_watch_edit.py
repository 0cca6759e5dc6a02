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
        (["x AND y"], "AND in a term"),
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
