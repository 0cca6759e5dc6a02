"""Which articles are linked as one event, by names and by vectors, and what that costs.

python -m bench.cross_language [--data FOLDER]

Judged pairs of French and English articles of the same days (`crossing`): how many about one
event are linked, and how many links are wrong. Pairs of English articles about one event, about
another event of the same kind, and about other things (EventCorefBank+). Names only: every pair
of real French and English articles that are years apart. Cost: of the names of an article, of its
vector, and of looking for its kin among those of three days.

The vectors need the extra `stories`, and some minutes.
"""

from __future__ import annotations

import itertools
import resource
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from bench.real_articles import arguments, rows
from index.analysis.text_features import text_features
from monitor.base.article import Article
from monitor.intake.ingest import cross_language
from monitor.intake.similar.vectors import (
    Encoder,
    VectorWindow,
    event_links,
    packed,
    sentence,
    unpacked,
)
from monitor.model.config import StoreAddress
from monitor.model.event_link import StoredVector, Surety
from monitor.model.feed import Feed, FeedState, Outcome, Poll
from monitor.model.poll import ArticleChange, Names, PollOutcome
from monitor.storage.store.sql.articles import insert_names
from monitor.storage.store.sql.store import Store

Pair = tuple["Item", "Item"]
"""An English and a French article."""
SHARES = (0.2, 0.25, 0.3, cross_language.SHARE, 0.4, 0.5)
STORED = 15_000
"""Articles of three days."""
ASKED = 1_000
ENTRIES = 30
"""Articles that a poll brings, which are asked for together."""


class Report(NamedTuple):
    """A real article, and which event it tells of."""

    article: Article
    topic: str = ""
    event: str = ""


def _names(article: Article) -> Names:
    (features,) = text_features([(article.title, article.summary, article.body)])
    return cross_language.names(article, features.names)


def main() -> None:
    """Measure, and print."""
    data: Path = arguments(__doc__ or "").parse_args().data
    french, english = list(_french(data)), list(_english(data))
    named = {id(each): _names(each.article) for each in (*french, *english)}
    count = Counter(word for names in named.values() for word in names.words)
    print(f"{len(french)} French and {len(english)} English articles\n")
    print("Names:\n\n| share | one event | one topic | different topics | French × English |")
    print("|---|---|---|---|---|")
    own = [(each, named[id(each)]) for each in english if each.event]
    likely = list(_likely([named[id(each)] for each in french], [named[id(e)] for e in english]))
    for share in SHARES:
        same, alike, other = _judged(own, count, share, len(named))
        linked = sum(_linked(one, two, count, share, len(named)) for one, two in likely)
        pairs = len(french) * len(english)
        print(f"| {share} | {same} | {alike} | {other} | {linked} of {pairs:,} |", flush=True)
    _cost([each.article for each in (*french, *english)])
    _crossing(data, Encoder())


class Item(NamedTuple):
    """An article of the judged set."""

    src: str
    title: str
    summary: str
    at: float


def _crossing(data: Path, encoder: Encoder) -> None:
    """Print what vectors and names link in the judged set, and what vectors link in ECB+."""
    judged = list(rows(data / "crossing" / "judged.jsonl"))
    items: dict[Item, str] = {}
    for lang in ("en", "fr"):
        found = [*rows(data / "crossing" / f"{lang}.jsonl"), *(row[lang] for row in judged)]
        items |= {Item(*map(row.get, Item._fields)): lang for row in found}
    began = time.process_time()
    vectors = encode(items, encoder)
    cost = (time.process_time() - began) / len(items)
    labels = {
        tuple(Item(*map(row[lang].get, Item._fields)) for lang in ("en", "fr")): row["label"]
        for row in judged
    }
    print(f"\n{len(items)} articles, {cost * 1000:.0f} ms of processor for the vector of each")
    print(f"process: {_peak()} MB\n")
    print("| links | one event | one running story | wrong | not judged |\n|---|---|---|---|---|")
    for name, linked in link_judged(items, vectors).items():
        print(f"| {name} | {count_links(linked, labels)} |")
    _same_language([*_english(data)], encoder)


def encode(items: Iterable[Item], encoder: Encoder) -> list[bytes]:
    """Return the vectors of articles, as they are stored."""
    return [packed(encoder.encode(sentence(item.title, item.summary))) for item in items]


def link_judged(items: Mapping[Item, str], vectors: Sequence[bytes]) -> dict[str, set[Pair]]:
    """Return the pairs of English and French articles that each way links."""
    every = list(items)
    keys = [
        StoredVector(at, at, items[item], item.at, "", item.src, b"")
        for at, item in enumerate(every)
    ]
    window = VectorWindow(tuple(keys), unpacked(vectors))
    links = event_links(window, range(len(every)))
    found: dict[str, set[Pair]] = {
        "names": _by_names(items),
        "likely and sure": set(),
        "sure": set(),
    }
    for link in links:
        one, two = every[link.earlier], every[link.later]
        if items[one] != items[two]:
            pair = (one, two) if items[one] == "en" else (two, one)
            found["likely and sure"].add(pair)
            if link.surety is Surety.SURE:
                found["sure"].add(pair)
    return found


def _by_names(items: Mapping[Item, str]) -> set[Pair]:
    """Return the pairs that names link: for each article the best of the other language."""
    named = {
        item: replace(_names(_article(lang, item.title, item.summary)), date=item.at)
        for item, lang in items.items()
    }
    count = Counter(word for names in named.values() for word in names.words)
    every = list(items)
    bearers: dict[int, list[int]] = defaultdict(list)
    for at, item in enumerate(every):
        for word in named[item].words:
            bearers[word].append(at)
    found: set[Pair] = set()
    for item, lang in items.items():
        shared = Counter(
            at
            for word in named[item].words
            if count[word] <= cross_language.MOST_BEARERS
            for at in bearers[word]
            if items[every[at]] != lang and every[at].at <= item.at
        )
        likely = [
            at
            for at, n in shared.most_common(cross_language.MOST_CANDIDATES)
            if n >= cross_language.LEAST_NAMES
        ]
        rivals = {at: named[every[at]] for at in likely}
        for best in cross_language.same_event(named[item], rivals, count.__getitem__, len(items))[
            :1
        ]:
            found.add((item, every[best]) if lang == "en" else (every[best], item))
    return found


def count_links(linked: Collection[Pair], labels: Mapping[Any, str]) -> str:
    """Return how many judged pairs of each kind are linked, as cells of a table."""
    met = Counter(labels.get(pair, "") for pair in linked)
    whole = Counter(labels.values())
    judged = met["E"] + met["S"] + met["N"]
    wrong = f"{met['N']} of {judged} ({met['N'] / max(1, judged):.0%})"
    share = f"{met['E']} of {whole['E']} ({met['E'] / whole['E']:.0%})"
    return f"{share} | {met['S']} of {whole['S']} | {wrong} | {met['']}"


def _same_language(reports: Sequence[Report], encoder: Encoder) -> None:
    """Print how many pairs of English articles about one event are linked by vectors."""
    reports = [each for each in reports if each.event]
    items = [Item("", one.article.title, one.article.summary, 0.0) for one in reports]
    keys = tuple(StoredVector(at, at, "en", 0.0, "", str(at), b"") for at in range(len(items)))
    window = VectorWindow(keys, unpacked(encode(items, encoder)))
    links = event_links(window, range(len(items)))
    print(
        "\n| links of one language | one event | one topic | different topics |\n|---|---|---|---|"
    )
    for least, name in ((Surety.LIKELY, "likely and sure"), (Surety.SURE, "sure")):
        met: Counter[str] = Counter(
            _kind(reports[link.earlier], reports[link.later])
            for link in links
            if link.surety >= least
        )
        print(f"| {name} | {met['same']} | {met['alike']} | {met['other']} |")
    whole = Counter(_kind(one, two) for one, two in itertools.combinations(reports, 2))
    print(f"| all pairs | {whole['same']} | {whole['alike']} | {whole['other']} |")


def _kind(one: Report, two: Report) -> str:
    return "same" if one.event == two.event else "alike" if one.topic == two.topic else "other"


def _peak() -> int:
    """Return the most memory that this process had, in MB; pages of the model's file included."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _linked(one: Names, two: Names, count: Counter[int], share: float, articles: int) -> bool:
    asked, cross_language.SHARE = cross_language.SHARE, share
    try:
        rival = replace(two, lang="fr" if one.lang == "en" else "en")
        return bool(cross_language.same_event(one, {1: rival}, count.__getitem__, articles))
    finally:
        cross_language.SHARE = asked


def _judged(
    own: Sequence[tuple[Report, Names]], count: Counter[int], share: float, articles: int
) -> tuple[str, str, str]:
    met: Counter[tuple[str, bool]] = Counter()
    for (one, names), (two, others) in itertools.combinations(own, 2):
        kind = _kind(one, two)
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
    _names(articles[0])  # countries and cities are read once
    began = time.process_time()
    for article in articles[:ASKED]:
        _names(article)
    naming = (time.process_time() - began) / ASKED
    many = list(itertools.islice(itertools.cycle(articles), STORED))
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(Store(StoreAddress(Path(folder)))) as store,
    ):
        (feed,) = store.subscribe([Feed(url="https://a.test/rss", name="A")], [])
        arrived = [_arrival(replace(a, id=at, story=at)) for at, a in enumerate(many, 1)]
        with store.batch() as batch:
            batch.save_poll(_refresh(feed, arrived))
        with store.batch() as batch:
            began = time.process_time()
            for at in range(0, ASKED, ENTRIES):
                cross_language.same_events(batch, feed, arrived[at : at + ENTRIES])
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
    names = replace(_names(article), date=article.date)
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
