"""Lets the tests of the dashboard import their fake newsroom and how to drive it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
