"""Lets the tests of the dashboard import their fake newsroom, and wait less for counts."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from tui.data import newsroom

newsroom.STATUS_EVERY, newsroom.SHOWN_EVERY, newsroom.COUNTS_EVERY = 1, 2, 3
