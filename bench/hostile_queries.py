"""Hostile queries and texts that take long: on one article, and on an archive."""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.generated_articles import mixed_articles
from bench.hostile_cost import Harm
from bench.real_articles import DATA
from index.archive import open_archive, open_archive_writer
from index.evaluation.spans import MemoryDocument, matches
from index.query.parser import Query, parse_query
from monitor.base.article import Article
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.feed import Feed
from monitor.model.watchlist import Watchlist

SIZE = 200_000
"""Characters of a hostile article."""
ARTICLES = 20_000
SEED = 1944

_LETTERS = [2 * letter for letter in "abcdefghijklmnop"]
_WORDS = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel"]
_CHAIN = " NEAR/5 ".join(_LETTERS)


def _drawn(words: Sequence[str]) -> str:
    """Return a text of words in random order."""
    rng = random.Random(SEED)
    return " ".join(rng.choices(words, k=SIZE))[:SIZE]


def _repeated(text: str, end: str = "") -> str:
    return (text * (1 + SIZE // len(text)))[: SIZE - len(end)] + end


ON_A_TEXT: Sequence[tuple[str, str]] = (
    (f'"{" ".join(_WORDS)}"~30', _drawn(_WORDS)),
    (f'"{" ".join(_WORDS)}"~1', _drawn(_WORDS)),
    (f'"{" ".join(_WORDS)}"~30', _drawn(_WORDS[:7])),
    (
        f'"{" ".join(_WORDS)}"~30',
        _repeated(f"{' '.join(_WORDS[:7])} {'x ' * 35} hotel {'x ' * 40}"),
    ),
    ('"a b c d e f g h"~30', _drawn("abcdefgh")),
    ('"a b c d e f g h"~1000', _drawn("abcdefgh")),
    ('"aa aa aa aa aa aa aa bb"~30', _repeated("aa ", "x " * 50 + "bb")),
    ('"al* *al *la* aliba*"~30', _drawn(["alpha", "alibaba", "alal", "alia"])),
    ('"al* *ala* *al* al*l a*al a*al* al*a ali*"~30', _drawn(["alpha", "alibaba", "alal", "alia"])),
    ('"al* *ala* *al* al*l a*al a*al* al*a zzz"~1', _drawn(["alpha", "alibaba", "alal", "alia"])),
    (_CHAIN, _drawn(_LETTERS)),
    (_CHAIN.replace("/5", "/1"), _drawn(_LETTERS)),
    (_CHAIN.replace("/5", "/1000"), _drawn(_LETTERS)),
    (_CHAIN.replace("NEAR", "W"), _drawn(_LETTERS)),
    (_CHAIN, _repeated(" ".join(_LETTERS[:15]) + " x" * 6 + " ", "pp")),
    ("(aa W/1000 bb) W/1000 (bb W/1000 aa)", _drawn(["aa", "bb"])),
    ("(aa W/1000 bb) W/1000 (cc W/1000 aa)", _drawn(["aa", "bb"])),
    ("aa NEAR/5 (bb NEAR/5 (cc NEAR/5 (dd W/5 (ee NEAR/5 ff))))", _drawn(_LETTERS)),
    ('(aa OR bb OR (ee NEAR/5 ff)) NEAR/9 (gg OR hh OR "ii jj")', _drawn(_LETTERS)),
    ("aa NEAR/1000 bb", _drawn(["aa", "bb"])),
    ("aa NEAR/3 bb", _repeated("aa x x bb x x ")),
    ("aa NEAR/2 bb", _repeated("aa x x bb x x ")),
    ("aa NEAR/3 aa", _repeated("aa ")),
    (f'"{" ".join(["aa"] * 200)}"', _repeated("aa ")),
    (f'"{" ".join(["aa", "bb"] * 100)}"', _drawn(["aa", "bb"])),
    (f'"{" ".join(["aa*"] * 100)}"', _drawn(["aa-aa", "aa"])),
    ("3 OF (aa NEAR/9 bb, bb NEAR/9 cc, cc NEAR/9 dd)", _drawn(_LETTERS)),
    (" OR ".join(f"w{number}" for number in range(5_000)), _drawn(_LETTERS)),
)

_OFTEN = ["de", "la", "le", "les", "et", "des", "en", "un", "du", "une", "que", "est"]
_PAIRS = [f"{a} NEAR/3 {b}" for a in _OFTEN[:4] for b in _OFTEN[5:9]]
ON_AN_ARCHIVE: Sequence[str] = (
    *(f'"{" ".join(_OFTEN[:count])}"~{words}' for count in (3, 5, 8) for words in (5, 30, 1000)),
    *(f" {operator} ".join(_OFTEN) for operator in ("NEAR/5", "NEAR/1000", "W/5", "W/1000")),
    "(de W/30 la) W/30 (la W/30 de)",
    "de NEAR/5 (la NEAR/5 (le NEAR/5 (les NEAR/5 et)))",
    f'"{" ".join(["de", "la"] * 100)}"',
    '"de la"', "de NEAR/1000 la", "de W/1 de", '"de de de de"~1000',
    "an*", "*an*", "*en*", "?nt*", "*e*s", "*a*e*", '"an* en*"', '"*en* *an* *on*"~5',
    "*an* NEAR/5 *en*", "*an* NEAR/5 *en* NEAR/5 *on*",
    '"*an* *en* *on* *in* *ou* *es* *er* *re*"~9',
    "être~", "avoir~ NEAR/5 être~", '"être avoir faire aller"~', "=de =la",
    '"=de la"', "=le NEAR/3 =la",
    f"8 OF ({', '.join(_OFTEN)})", f"5 OF ({', '.join(_PAIRS)})",
    " OR ".join(f"w{number}" for number in range(5_000)),
    " OR ".join(f"{a}{b}*" for a in "abcdefghij" for b in "aeiou"),
    "de" + " NOT zz" * 500,
    "(" * 40 + "de NEAR/5 la" + ")" * 40,
)  # fmt: skip


def feed(_: Path) -> Iterator[Harm]:
    """Attack a watchlist of four words with 60 articles of these words."""
    words = ["surete", "etat", "alibaba", "liege"]
    rules = _rules(f'"{" ".join(words)}"~50')
    rng = random.Random(SEED)
    for length in (140, 3_000):
        texts = [" ".join(rng.choices(words, k=length)) for _ in range(60)]
        seconds = _timed(lambda: [rules.match(_article(text), _FEED) for text in texts])  # noqa: B023
        yield Harm(f"60 articles of {length} watched words", seconds, _peak())


def queries(_: Path) -> Iterator[Harm]:
    """Attack with queries on hostile articles of 200,000 characters."""
    for written, text in ON_A_TEXT:
        query = parse_query(written)
        document = MemoryDocument.of(_article(text))
        seconds = min(_timed(lambda: matches(query.root, document)) for _ in range(3))  # noqa: B023
        outcome = "" if seconds <= 0.05 else "over 50 ms"
        yield Harm(_short(written), seconds, _peak(), outcome)


def archive(folder: Path) -> Iterator[Harm]:
    """Attack an archive of 20,000 articles with queries of its most frequent words."""
    open_archive_writer(folder).add(mixed_articles(DATA, ARTICLES))
    opened = open_archive(folder)
    for written in ON_AN_ARCHIVE:
        query: Query = parse_query(written)
        seconds = _timed(lambda: opened.search(query))  # noqa: B023
        outcome = f"{opened.count(query)} articles" if seconds < 2 else "over 2 s"
        yield Harm(_short(written), seconds, _peak(), outcome)


_FEED = Feed(url="https://a.example/rss", name="A")


def _rules(written: str) -> WatchlistMatcher:
    return WatchlistMatcher([Watchlist(name="W", query=parse_query(written))], [_FEED])


def _article(text: str) -> Article:
    return Article(id=1, feeds=(1,), url="", title="", summary="", body=text, seen=0.0)


def _short(written: str) -> str:
    return written if len(written) <= 46 else f"{written[:30]}… ({len(written)})"


def _peak() -> float:
    """Return the peak memory of this process, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
