"""A slice of an analyst's hour; `make hour` spends the whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.analyst_hour import ARRIVALS, GROWTH, LEAST, spend


@pytest.mark.parametrize("seed", [1, 1944])
def test_an_hour_passes_without_a_fault_and_without_growing(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # one of the keys saves pictures of the screen
    hour = spend(seed, seconds=2.5)
    assert hour.keys >= LEAST
    assert hour.arrivals == ARRIVALS
    assert hour.growth < 2.5 * GROWTH  # what it remembers of alerts is still filling
