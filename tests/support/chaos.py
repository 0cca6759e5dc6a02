"""`make chaos`: every moment at which a monitor could be killed, then real ones at random.

PYTHONPATH=tests python -m support.chaos [--kills 200] [--seed N] [--every 1]

The sweep lives through the half hour once, and takes down what each kill would leave: before every
SQL statement, every row of several, every connection, request and answer. From each of these
that differs from the others a monitor goes on to the end, and all promises must hold.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import tempfile
import time
from pathlib import Path

from support.busy_half_hour import record, resume
from support.monitor_kills import Killing


def sweep(folder: Path, stride: int) -> int:
    """Resume from every moment; return the number of moments with a broken promise."""
    (folder / "whole").mkdir()
    trace = record(folder / "whole", thorough=True)
    assert trace.half_hour
    if problems := trace.half_hour.broken():
        print("without any kill:", *problems, sep="\n  ")
        return 1
    moments, failures = trace.moments[::stride], 0
    print(f"{trace.steps} steps, at {len(trace.moments)} of which a kill leaves something new")
    for number, moment in enumerate(moments, 1):
        if problems := resume(moment, folder / "resumed").live().broken():
            failures += 1
            print(f"\nstep {moment.step}, before {moment.before[:70]}:", *problems, sep="\n  ")
        progress(f"{number} of {len(moments)} moments")
    print(f"\n{len(moments)} kills, {failures} with a broken promise")
    return failures


def kill(folder: Path, kills: int, seed: int) -> int:
    """Kill real monitors; return the number of broken promises."""
    (folder / "real").mkdir()
    killing = Killing(folder / "real", seed, progress)
    problems = killing.kill(kills)
    print(f"\n{kills} kills (seed {seed}), {len(killing.accepted)} messages accepted;", end=" ")
    print("all promises held" if not problems else "broken:", *problems, sep="\n  ")
    return len(problems)


def progress(line: str) -> None:
    """Print the progress."""
    if sys.stderr.isatty():
        print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)


def main() -> None:
    """Sweep and kill; exit with 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description="kill the monitor at every moment")
    parser.add_argument("--kills", type=int, default=200, help="real kills after the sweep")
    parser.add_argument("--every", type=int, default=1, help="try only one moment of so many")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    options = parser.parse_args()
    logging.disable()
    shm, began = Path("/dev/shm"), time.monotonic()
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder:
        failed = sweep(Path(folder), options.every)
    with tempfile.TemporaryDirectory() as folder:
        failed += kill(Path(folder), options.kills, options.seed) if options.kills else 0
    print(f"{time.monotonic() - began:.0f} s")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
