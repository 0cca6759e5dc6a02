"""The screens look as they did; `make snapshots` when they are meant to change."""

from __future__ import annotations

import pytest
from support.screen_snapshots import FOLDER, SNAPSHOTS, Snapshot, take


@pytest.mark.parametrize("snapshot", SNAPSHOTS, ids=lambda s: s.path.stem)
def test_a_screen_looks_as_it_did(snapshot: Snapshot) -> None:
    expected = snapshot.path.read_text(encoding="utf-8")
    assert take(snapshot, expected) == expected


def test_no_snapshot_is_left_over() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {s.path.name for s in SNAPSHOTS}
