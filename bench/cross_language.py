"""Which articles in two languages are linked as one event, how surely, and what that costs.

python -m bench.cross_language [--data FOLDER]

There is no corpus of French and English articles about the same events here, so that each half
is measured where it can be. False links: every pair of real French and English articles, which
are years apart and tell of different events. Recall: pairs of English articles about one event
(EventCorefBank+), as if one were in another language; what translation changes in names is not
in it. Cost: the names of an article, and looking for its kin among those of three days.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from bench.real_articles import arguments, rows
from index.article import Article
from monitor.ingest import article_changes, cross_language
from monitor.model.feed import Feed, FeedState, Outcome, Poll
from monitor.model.poll import ArticleChange, Names, PollOutcome
from monitor.store.sqlite.articles import insert_names
from monitor.store.sqlite.store import SqliteStore

SHARES = (0.2, 0.25, 0.3, cross_language.SHARE, 0.4, 0.5)
STORED = 15_000
"""Articles of three days."""
ASKED = 1_000


class Report(NamedTuple):
    """A real article, and which event it tells of."""

    article: Article
    topic: str = ""
    event: str = ""


def main() -> None:
    """Measure, and print."""
    data: Path = arguments(__doc__ or "").parse_args().data
    french, english = list(_french(data)), list(_english(data))
    named = {id(each): cross_language.names(each.article) for each in (*french, *english)}
    count = Counter(word for names in named.values() for word in names.words)
    print(f"{len(french)} French and {len(english)} English articles\n")
    print("| share | one event | one topic | different topics | French × English |")
    print("|---|---|---|---|---|")
    own = [(each, named[id(each)]) for each in english if each.event]
    likely = list(_likely([named[id(each)] for each in french], [named[id(e)] for e in english]))
    for share in SHARES:
        same, alike, other = _judged(own, count, share, len(named))
        linked = sum(_linked(one, two, count, share, len(named)) for one, two in likely)
        pairs = len(french) * len(english)
        print(f"| {share} | {same} | {alike} | {other} | {linked} of {pairs:,} |", flush=True)
    _cost([each.article for each in (*french, *english)])


def _linked(one: Names, two: Names, count: Counter[int], share: float, articles: int) -> bool:
    asked, cross_language.SHARE = cross_language.SHARE, share
    try:
        rival = replace(two, lang="fr" if one.lang == "en" else "en")
        return cross_language.same_event(one, {1: rival}, count.__getitem__, articles) is not None
    finally:
        cross_language.SHARE = asked


def _judged(
    own: Sequence[tuple[Report, Names]], count: Counter[int], share: float, articles: int
) -> tuple[str, str, str]:
    met: Counter[tuple[str, bool]] = Counter()
    for (one, names), (two, others) in itertools.combinations(own, 2):
        kind = "same" if one.event == two.event else "alike" if one.topic == two.topic else "other"
        met[kind, _linked(names, others, count, share, articles)] += 1

    def told(kind: str) -> str:
        return f"{met[kind, True]:,} of {met[kind, True] + met[kind, False]:,}"

    return told("same"), told("alike"), told("other")


def _likely(french: Sequence[Names], english: Sequence[Names]) -> Iterator[tuple[Names, Names]]:
    """Yield the pairs that have enough words in common to be asked about."""
    bearers: dict[int, list[int]] = defaultdict(list)
    for at, names in enumerate(french):
        for word in names.words:
            bearers[word].append(at)
    for names in english:
        shared = Counter(at for word in names.words for at in bearers.get(word, ()))
        yield from (
            (names, french[at]) for at, n in shared.items() if n >= cross_language.LEAST_NAMES
        )


def _cost(articles: Sequence[Article]) -> None:
    """Print what an article costs, on a store with the names of three days."""
    cross_language.names(articles[0])  # countries and cities are read once
    began = time.process_time()
    for article in articles[:ASKED]:
        cross_language.names(article)
    naming = (time.process_time() - began) / ASKED
    many = list(itertools.islice(itertools.cycle(articles), STORED))
    with tempfile.TemporaryDirectory() as folder, closing(SqliteStore(Path(folder))) as store:
        (feed,) = store.subscribe([Feed(url="https://a.test/rss", name="A")], [])
        arrived = [_arrival(replace(a, id=at, story=at)) for at, a in enumerate(many, 1)]
        with store.batch() as batch:
            batch.save_poll(_refresh(feed, arrived))
        with store.batch() as batch:
            began = time.process_time()
            for each in arrived[:ASKED]:
                article_changes.same_event(batch, each.names)
            asking = (time.process_time() - began) / ASKED
            fresh = [
                _arrival(replace(each.article, id=STORED + at, story=STORED + at))
                for at, each in enumerate(arrived[:ASKED], 1)
            ]
            began = time.process_time()
            insert_names(store._connection, fresh)
            storing = (time.process_time() - began) / ASKED
    print(f"\nan article: {naming * 1e6:.0f} µs to name, {asking * 1e6:.0f} µs to look for its kin")
    print(f"among {STORED:,}, {storing * 1e6:.0f} µs to store its names")


def _arrival(article: Article) -> ArticleChange:
    names = replace(cross_language.names(article), date=article.date)
    return ArticleChange(
        article=article,
        new=True,
        guid=str(article.id),
        fingerprint=article.id.to_bytes(4),
        canonical="",
        names=names,
    )


def _refresh(feed: Feed, arrived: Sequence[ArticleChange]) -> PollOutcome:
    poll = Poll(at=0.0, outcome=Outcome.READ)
    return PollOutcome(feed=feed, state=FeedState(), poll=poll, arrivals=tuple(arrived))


def _french(data: Path) -> Iterator[Report]:
    for row in rows(data / "text-fr" / "orangesum-dev.jsonl"):
        yield Report(_article("fr", row["title"], f"{row['heading']} {row['text'][:400]}"))
    for row in rows(data / "text-fr" / "wikinews-2012-100.jsonl"):
        yield Report(_article("fr", "", row["text"][:600]))


def _english(data: Path) -> Iterator[Report]:
    wikinews: dict[str, list[str]] = defaultdict(list)
    for row in rows(data / "text-en" / "ud-gum-wikinews.jsonl"):
        wikinews[row["doc"]].append(row["text"])
    for title, *text in wikinews.values():
        yield Report(_article("en", title, " ".join(text[1:5])))
    for row in rows(data / "clusters" / "ecbplus-en-dev.jsonl"):
        lines = [line for line in row["text"].splitlines() if not line.startswith("http")]
        article = _article("en", lines[0], " ".join(lines[1:4]))
        yield Report(article, str(row["topic"]), row["event"])


def _article(lang: str, title: str, summary: str) -> Article:
    return Article(
        id=1, feeds=(1,), url="", title=title, summary=summary, body="", author="", lang=lang,
        seen=0.0,
    )  # fmt: skip


if __name__ == "__main__":
    main()
