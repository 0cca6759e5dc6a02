"""What reading feeds.yaml does not load."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.costly

WATCHLIST = b"feeds: [https://a.example/rss]\nwatchlists: [{terms: a, match: b}]\n"


def test_reading_a_file_does_not_run_the_matcher() -> None:
    code = (
        "import sys; from pathlib import Path; from monitor.config.loading import understand;"
        f"assert understand({WATCHLIST!r}, Path('feeds.yaml')).watchlists[0].match == ('b',);"
        "print(*(name for name in sys.modules if name == 'monitor.judgement.match.matcher'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
