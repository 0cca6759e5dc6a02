"""An archive on three nodes has everything once, whatever befalls it and those who write there.

This is a slice of `make chaos-cluster`, which takes any fault at any time.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from support.cluster_chaos import inflict

pytestmark = [pytest.mark.costly, pytest.mark.database, pytest.mark.timeout(1_800)]

TURNS = 6


def test_an_archive_survives_what_befalls_it(tmp_path: Path, postgresql: str) -> None:
    seed = random.randrange(1_000_000)
    assert inflict(tmp_path, postgresql, TURNS, seed) == [], seed
