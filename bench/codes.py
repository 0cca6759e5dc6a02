"""Measures how many articles with a code, as AK-47, each way of writing the code finds.

python -m bench.codes [--data FOLDER] [--half 0|1] [--show NUMBER]

The texts are real (see `bench.real_articles`), and so are the codes: letters, the first a capital,
and a number, in two articles or more. Each is written AK-47, AK47 and `AK 47`, or F-16 and F16,
and read by a plain regular expression besides. The half of the articles with even numbers was
looked at while the rules were made.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bench.real_articles import DATA, arguments, published
from index.query.parser import any_of
from monitor.base.article import Article
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.watchlist import Watchlist

_CODE = re.compile(r"(?<![\w.,/-])([A-Z][A-Za-z]{0,7})-?(\d{1,4})(?!\w|[-.,/]\d)")
_MIN_ARTICLES = 2


class Finding(NamedTuple):
    """A term that finds an article, or should."""

    term: str
    article: int


def main() -> None:
    """Measure, and print."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--half", type=int, choices=(0, 1), default=1, help="1: the unread half")
    parser.add_argument("--show", type=int, default=0, help="examples of each kind of mistake")
    options = parser.parse_args()
    articles = published(options.data or DATA)
    codes = _codes(articles)
    texts = {
        a.id: f"{a.title}\n{a.summary}\n{a.body}" for a in articles if a.id % 2 == options.half
    }
    terms = {term: code for code in codes for term in _spellings(*code)}
    rules = WatchlistMatcher([Watchlist(name=t, query=any_of([t])) for t in terms])
    found = {
        Finding(hit.watchlist.name, article.id): hit.matches[0].text
        for article in articles
        if article.id in texts
        for hit in rules.match(article)
    }
    wanted = set(_read(texts, terms))
    print(f"{len(codes):,} codes in {len(texts):,} articles; each in two or three spellings\n")
    print("| found as read | not found | found besides |\n|---|---|---|")
    missed, besides = wanted - found.keys(), found.keys() - wanted
    print(f"| {len(wanted & found.keys()):,} | {len(missed):,} | {len(besides):,} |")
    for kind in (missed, besides):
        for finding in random.Random(1).sample(sorted(kind), min(options.show, len(kind))):
            print(f"{finding.term} in {finding.article}: {found.get(finding, '')!r}")


def _codes(articles: Sequence[Article]) -> list[tuple[str, str]]:
    """Return the letters and the number of each code."""
    counts: Counter[tuple[str, str]] = Counter()
    for article in articles:
        counts.update(set(_CODE.findall(f"{article.title} {article.summary} {article.body}")))
    return [code for code, count in counts.items() if count >= _MIN_ARTICLES]


def _spellings(letters: str, number: str) -> tuple[str, ...]:
    """Return the ways to write a code; `A 10` is no code, but words that were written so."""
    spaced = (f"{letters} {number}",) if len(letters) > 1 else ()
    return f"{letters}-{number}", f"{letters}{number}", *spaced


def _read(texts: dict[int, str], terms: dict[str, tuple[str, str]]) -> Iterator[Finding]:
    """Yield what each term should find: the code in one piece, with a hyphen or with a blank.

    One letter counts with a blank only where it is not `A` and the term has a hyphen.
    """
    for term, (letters, number) in terms.items():
        capitals = {letters, letters.capitalize()} if len(letters) < 6 else {letters}
        is_split = len(letters) > 1 or ("-" in term and letters != "A")
        spaced = rf"|(?:{'|'.join(capitals)})\s{number}" if is_split else ""
        pattern = re.compile(
            rf"(?<![^\W_])(?:(?i:{letters}[-‐‑]?{number}){spaced})(?![^\W_]|[.,]\d)"
        )
        for id, text in texts.items():
            if number in text and pattern.search(text):
                yield Finding(term, id)


if __name__ == "__main__":
    main()
