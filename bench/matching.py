"""Measures how many articles a second watchlists match, and errors, beside three other matchers.

python -m bench.matching [--rules 10 1000 50000] [--concepts 1000 50000] [--data FOLDER]

The texts are real (see `bench.real_articles`). The names and words of watchlists are from the first
third; the first two thirds warm up the caches; the last third, with many new word forms, is
measured. Times are of the processor, of one core.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from bench.matching_peers import Alternation, Automaton, Fts5, Matcher, Matches, Tocsin
from bench.real_articles import DATA, arguments, articles, as_article
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
"""Seconds after which a matcher is stopped."""
SLICE = 50
"""Articles between two looks at the clock; for FTS5, a batch."""


def main() -> None:
    """Measure, and print."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--rules", type=int, nargs="*", default=[10, 1_000, 50_000])
    parser.add_argument("--concepts", type=int, nargs="*", default=[1_000, 50_000])
    options = parser.parse_args()
    collect_rarely()  # as in the process of the monitor
    errors()
    corpus = articles(options.data if options.data else DATA)
    vocabulary = Vocabulary.of(corpus[::3])
    warm, measured = [*corpus[::3], *corpus[1::3]], corpus[2::3]
    words = sum(len(f"{a.title} {a.summary} {a.body}".split()) for a in measured)
    print(
        f"\n{len(measured):,} articles of {words / len(measured):.0f} words,"
        f" load {os.getloadavg()[0]:.1f}\n"
    )
    print("| watchlists | matcher | built, s | articles/s | hits/article | articles with a hit |")
    print("|---|---|---|---|---|---|", flush=True)
    author = Author(vocabulary)
    for count in options.rules:
        watchlists = Author(vocabulary).watchlists(count)
        for name, make in MATCHERS.items():
            row(f"{count:,} | {name}", make, watchlists, warm, measured)
    for count in options.concepts:
        for kind, watchlists in zip(("OR", "concept"), author.with_concepts(count), strict=True):
            row(f"{count:,}, a third {kind} | tocsin", Tocsin, watchlists, warm, measured)


def row(
    name: str,
    make: Make,
    watchlists: Sequence[Watchlist],
    warm: Sequence[Article],
    measured: Sequence[Article],
) -> None:
    """Measure a matcher, and print its row."""
    start = time.process_time()
    matcher = make(watchlists)
    built = time.process_time() - start
    gc.collect()  # of 50,000 watchlists it takes 0.7 s, and would fall into a part by chance
    _timed(matcher, warm)
    matches, seconds = _timed(matcher, measured)
    hits, matched = sum(map(len, matches)) / len(matches), sum(map(bool, matches)) / len(matches)
    rate = len(matches) / seconds
    print(f"| {name} | {built:.2f} | {rate:,.0f} | {hits:.2f} | {matched:.0%} |", flush=True)


def _timed(matcher: Matcher, articles: Sequence[Article]) -> tuple[Matches, float]:
    """Return the matches of a matcher and the seconds; it stops after `ENOUGH` seconds."""
    size = 500 if isinstance(matcher, Fts5) else SLICE
    matches: Matches = []
    start = time.process_time()
    for first in range(0, len(articles), size):
        matches += matcher.match(articles[first : first + size])
        if time.process_time() - start > ENOUGH:
            break
    return matches, time.process_time() - start


def errors() -> None:
    """Print the errors of each matcher on the golden cases: speed alone says nothing."""
    print(f"| {len(GOLDEN)} golden cases | missed | false alarms | right |")
    print("|---|---|---|---|")
    for name, make in MATCHERS.items():
        missed = [case for case in GOLDEN if case.matches and not _finds(make, case)]
        false = [case for case in GOLDEN if not case.matches and _finds(make, case)]
        right = 1 - (len(missed) + len(false)) / len(GOLDEN)
        print(f"| {name} | {len(missed)} | {len(false)} | {right:.0%} |", flush=True)


def _finds(make: Make, case: Golden) -> bool:
    query = parse_query(case.query)
    article = replace(as_article(1, "", "", "", ""), body=case.text)
    return bool(make([Watchlist(name=query.text, query=query)]).match([article])[0])


if __name__ == "__main__":
    main()
