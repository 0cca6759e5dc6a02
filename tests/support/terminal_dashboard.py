"""Runs the dashboard on a fake newsroom in the terminal it is started from."""

import os
import sys
from pathlib import Path

from support.fake_newsroom import FakeNewsroom
from tui.app import DashboardApp

TITLE = "\x1b]52;c;cGF5bG9hZA==\x07[MAJ] Grève \u202e\x9b2Jà Orly"


def main() -> None:
    """Show as many alerts as the first argument says, then print the exit code."""
    count = int(sys.argv[1])
    newsroom = FakeNewsroom(count, title=lambda n: TITLE)
    newsroom.start = count
    newsroom.config = Path(os.environ["CONFIG"]) if "CONFIG" in os.environ else None
    if os.environ.get("CRASH"):
        newsroom.watchlists = lambda: 1 / 0  # type: ignore[assignment, return-value]
    ending = DashboardApp(newsroom, clock=newsroom.clock).run() or "quit"  # type: ignore[arg-type]
    sys.stdout.write(f"ended: {ending}\n")


if __name__ == "__main__":
    main()
