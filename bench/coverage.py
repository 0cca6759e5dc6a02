"""Coverage gaps against what was really lost, on feeds that are polled too seldom now and then.

python -m bench.coverage [--polls 200]

The same figures each time: chance has a seed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from tests.support.rolling_feeds import KINDS, SIZES, Polls


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--polls", type=int, default=200, help="polls of each feed")
    polls = parser.parse_args().polls
    print(f"{len(SIZES)} feeds of {', '.join(map(str, SIZES))} entries, {polls} polls of each\n")
    print(
        "| a document holds | intervals | entries lost | of these coverage gaps | needless gaps |"
    )
    print("|---|---|---|---|---|")
    for name, kind in KINDS.items():
        with TemporaryDirectory() as folder:
            tally = Polls(Path(folder)).tally(kind, polls, seed=1)
        share = f"{tally.told:,} ({tally.told / tally.lost:.1%})"
        cells = (f"{tally.intervals:,}", f"{tally.lost:,}", share, f"{tally.needless:,}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
