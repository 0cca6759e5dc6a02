"""Counts the warnings about rules that never ring, and the false ones, on names of real texts.

    python -m bench.slips [--data FOLDER]

A rule is a name of the texts as it stands there (`Bonnie and Clyde`), or two of them in a slip: as
a list, with a small operator, in a query. Of each kind every second one was unread while tocsin was
tuned. A name of the texts is in the archive, so a warning about it is a false one, unless the texts
name two things (`Lyon ou Bordeaux`): all that are told are printed, for people to judge.

The unread half, when it was read: 69 of 7,382 names were told. 65 name two things; 4 do not (`Did
Not Practice`). Operators with a capital, as titles have them, are left alone since.
"""

from __future__ import annotations

import random
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.real_articles import arguments, articles
from index.archive import Archive, open_archive, open_archive_writer
from index.query.ast import Node
from index.query.parser import Query, any_of, parse_query
from index.query.suggestions import rule_remarks, slips

SEED, RULES = 1, 600
_WORD = r"[A-ZÉÈÀ][a-zéèêëàâîïôöûüç’-]{2,}"
_NAMES = re.compile(
    rf"{_WORD}(?: (?:(?:et|and|ou|or|de|du|des|of|the|sur|en|not|near|sauf) )?{_WORD})+"
)
SLIPS: dict[str, Callable[[str, str], Node]] = {
    "a term: A, B": lambda a, b: any_of([f"{a}, {b}"]).root,
    "a term: A or B": lambda a, b: any_of([f"{a} or {b}"]).root,
    "a term: A ou B": lambda a, b: any_of([f"{a} ou {b}"]).root,
    "a term: A and B": lambda a, b: any_of([f"{a} and {b}"]).root,
    "a query: A or B": lambda a, b: parse_query(f"{a} or {b}").root,
    "a query: A and not B": lambda a, b: parse_query(f"{a} and not {b}").root,
    "a query: A et B lang:fr": lambda a, b: parse_query(f"{a} et {b} lang:fr").root,
    "a query: A near B": lambda a, b: parse_query(f"{a} near {b}").root,
    "a query: A, B": lambda a, b: parse_query(f"{a}, {b}").root,
}


def main() -> None:
    """Measure, and print."""
    texts = articles(arguments(__doc__ or "").parse_args().data)
    names = sorted({name for a in texts for name in _NAMES.findall(f"{a.title} . {a.body}")})
    random.Random(SEED).shuffle(names)
    with tempfile.TemporaryDirectory() as folder:
        writer = open_archive_writer(Path(folder) / "archive")
        writer.add(texts)
        writer.close()
        archive = open_archive(Path(folder) / "archive")
        for half in (0, 1):
            print("unread half" if half else "half to tune with")
            _measure(archive, names[half::2])


def _measure(archive: Archive, names: Sequence[str]) -> None:
    def count(node: Node) -> int:
        return archive.count(Query(node.text, node))

    def is_unheard(root: Node) -> bool:
        return any(kind == "never" for _written, kind, _remark in rule_remarks(root, count))

    told = [name for name in names if any(slips(any_of([name]).root))]
    print(f"  {len(told)} of {len(names)} names are told: {'; '.join(told)}")
    start = time.process_time()
    unheard = [name for name in names[:RULES] if is_unheard(any_of([name]).root)]
    each = (time.process_time() - start) / RULES
    print(f"  {len(unheard)} of {RULES} unheard, {each * 1e3:.1f} ms each: {'; '.join(unheard)}")
    pairs = list(zip(names[:RULES], names[RULES:], strict=False))
    for kind, rule in SLIPS.items():
        roots = [rule(first, second) for first, second in pairs]
        warned = sum(any(slips(root)) for root in roots)
        unheard_rules = sum(map(is_unheard, roots))
        print(f"  {kind:24} {warned} of {len(roots)} told, {unheard_rules} unheard")


if __name__ == "__main__":
    main()
