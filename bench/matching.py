"""Watchlists against articles: how many a second, beside three other ways, and what each misses.

python -m bench.matching [--rules 10 1000 50000] [--data FOLDER]

Real texts (see `bench.real_articles`). A third of them lends names and words to the watchlists and
warms up; so does the second; the last third, of which many word forms were never met
before, is measured. Times are of the processor, of one core.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from bench.matching_peers import Alternation, Automaton, Found, Fts5, Matcher, Tocsin
from bench.real_articles import DATA, arguments, articles, made
from bench.real_watchlists import Author, Vocabulary
from index.query.parser import parse_query
from monitor.base.article import Article
from monitor.base.garbage import collect_rarely
from monitor.model.watchlist import Watchlist

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from tests.support.golden_cases import GOLDEN, Golden

Make = Callable[[Sequence[Watchlist]], Matcher]
MATCHERS: dict[str, Make] = {
    "tocsin": Tocsin,
    "re, one alternation": Alternation,
    "pyahocorasick": Automaton,
    "FTS5, batches of 500": Fts5,
}
ENOUGH = 30.0
"""Seconds after which a matcher need not go on."""
SLICE = 50
"""Articles between two looks at the clock; FTS5's batch is one look."""


def main() -> None:
    """Measure, and print."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--rules", type=int, nargs="+", default=[10, 1_000, 50_000])
    asked = parser.parse_args()
    collect_rarely()  # as in the process of the monitor
    errors()
    every = articles(asked.data if asked.data else DATA)
    vocabulary = Vocabulary.of(every[::3])
    warm, measured = [*every[::3], *every[1::3]], every[2::3]
    words = sum(len(f"{a.title} {a.summary} {a.body}".split()) for a in measured)
    print(
        f"\n{len(measured):,} articles of {words / len(measured):.0f} words,"
        f" load {os.getloadavg()[0]:.1f}\n"
    )
    print("| watchlists | matcher | built, s | articles/s | hits/article | articles with a hit |")
    print("|---|---|---|---|---|---|", flush=True)
    for count in asked.rules:
        watchlists = Author(vocabulary).watchlists(count)
        for name, make in MATCHERS.items():
            row(f"{count:,} | {name}", make, watchlists, warm, measured)


def row(
    name: str,
    make: Make,
    watchlists: Sequence[Watchlist],
    warm: Sequence[Article],
    measured: Sequence[Article],
) -> None:
    """Measure a matcher, print its row."""
    start = time.process_time()
    matcher = make(watchlists)
    built = time.process_time() - start
    gc.collect()  # of 50,000 watchlists it takes 0.7 s, and would fall into a part by chance
    _timed(matcher, warm)
    found, seconds = _timed(matcher, measured)
    hits, lucky = sum(map(len, found)) / len(found), sum(map(bool, found)) / len(found)
    rate = len(found) / seconds
    print(f"| {name} | {built:.2f} | {rate:,.0f} | {hits:.2f} | {lucky:.0%} |", flush=True)


def _timed(matcher: Matcher, articles: Sequence[Article]) -> tuple[Found, float]:
    """Return what it finds, and the seconds; of as many articles as there is patience for."""
    size = 500 if isinstance(matcher, Fts5) else SLICE
    found: Found = []
    start = time.process_time()
    for at in range(0, len(articles), size):
        found += matcher.match(articles[at : at + size])
        if time.process_time() - start > ENOUGH:
            break
    return found, time.process_time() - start


def errors() -> None:
    """Print what each makes of the golden cases: a speed says nothing without."""
    print(f"| {len(GOLDEN)} golden cases | missed | false alarms | right |")
    print("|---|---|---|---|")
    for name, make in MATCHERS.items():
        missed = [case for case in GOLDEN if case.matches and not _finds(make, case)]
        false = [case for case in GOLDEN if not case.matches and _finds(make, case)]
        right = 1 - (len(missed) + len(false)) / len(GOLDEN)
        print(f"| {name} | {len(missed)} | {len(false)} | {right:.0%} |", flush=True)


def _finds(make: Make, case: Golden) -> bool:
    query = parse_query(case.query)
    article = replace(made(1, "", "", "", ""), body=case.text)
    return bool(make([Watchlist(name=query.text, query=query)]).match([article])[0])


if __name__ == "__main__":
    main()
