"""The cost of attacks by strangers: each attack prints seconds and megabytes.

    python -m bench.hostile            every attack
    python -m bench.hostile runs …     these attacks

An attack is a function that takes an empty folder and yields its costs. Attacks of one kind are in
one module, and each has a name in `ATTACKS`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import hostile_connections, hostile_memory, hostile_neighbours, hostile_queries
from bench.hostile_cost import Harm

Attack = Callable[[Path], Iterator[Harm]]

ATTACKS: dict[str, Attack] = {
    "runs": hostile_memory.runs,
    "pieces": hostile_memory.pieces,
    "neighbours": hostile_neighbours.neighbours,
    "feed": hostile_queries.feed,
    "queries": hostile_queries.queries,
    "archive": hostile_queries.archive,
    "metrics": hostile_connections.metrics,
    "serve": hostile_connections.serve,
}


def main() -> None:
    """Run the attacks that are named, or all of them."""
    arguments = argparse.ArgumentParser(prog="python -m bench.hostile", description=__doc__)
    arguments.add_argument("names", nargs="*", metavar="ATTACK", help=", ".join(ATTACKS))
    names = arguments.parse_args().names or list(ATTACKS)
    if unknown := [name for name in names if name not in ATTACKS]:
        arguments.error(f"no attack is called {', '.join(unknown)}: {', '.join(ATTACKS)}")
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            for harm in ATTACKS[name](Path(folder)):
                print(f"{name:14}{harm.line()}", flush=True)


if __name__ == "__main__":
    main()
