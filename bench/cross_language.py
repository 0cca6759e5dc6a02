"""Measures the links between articles about one event, by names and by vectors, and their cost.

python -m bench.cross_language [--data FOLDER]

Judged pairs of French and English articles of the same days (`crossing`): how many about one
event are linked, and how many links are wrong, with the 95 % interval of Wilson. Links that were
read after all thresholds were chosen, of these days and of other feeds (`feeds-real`):
`links_judged.json` has the CRC-32 of both headlines by judgement, with the pairs that a reader of
all headlines from 29 January on found. Pairs of English articles about one event, about another
event of the same kind, and about other things (EventCorefBank+). Names
only: every pair of real French and English articles that are years apart. Cost: of the names of an
article, of its vector, and of looking for its kin among those of three days.

The vectors need the extra `stories`, and some minutes.
"""

from __future__ import annotations

import itertools
import json
import math
import resource
import tempfile
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from bench.real_articles import arguments, as_article, published, rows
from bench.stories import stories
from index.analysis.text_features import text_features
from monitor.base.article import Article
from monitor.intake.ingest import namesakes
from monitor.intake.similar.vectors import (
    Encoder,
    VectorWindow,
    event_links,
    packed,
    sentence,
    unpacked,
)
from monitor.model.config import StoreAddress
from monitor.model.event_link import LANGUAGES, LEAD, WINDOW, StoredVector, Surety
from monitor.model.feed import Feed, FeedState, Outcome, Poll
from monitor.model.poll import NO_ENTRY, ArticleChange, Names, PollOutcome
from monitor.storage.store.sql.articles import insert_names
from monitor.storage.store.sql.batch import LEAST_NAMES, MOST_BEARERS, MOST_NAMESAKES
from monitor.storage.store.sql.store import Store

Pair = tuple["Item", "Item"]
"""An English and a French article."""
SHARES = (0.2, 0.25, 0.3, namesakes.SHARE, 0.4, 0.5)
STORED = 15_000
"""Articles of three days."""
ASKED = 1_000
ENTRIES = 30
"""Articles of a poll, which are looked up together."""
ALL_READ = 1706486400.0
"""29 January 2024: all pairs were sought among the headlines from then on, but French politics."""
JUDGED = Path(__file__).with_name("links_judged.json")
FEEDS = 10_000
"""Number below which a feed of `real_articles.published` is a document of `feeds-real`."""


class Report(NamedTuple):
    """A real article, and its event."""

    article: Article
    topic: str = ""
    event: str = ""


def _names(article: Article) -> Names:
    (features,) = text_features([(article.title, article.summary, article.body)])
    return namesakes.names(article, features.names)


def main() -> None:
    """Measure, and print."""
    data: Path = arguments(__doc__ or "").parse_args().data
    french, english = list(_french(data)), list(_english(data))
    named = {id(report): _names(report.article) for report in (*french, *english)}
    count = Counter(word for names in named.values() for word in names.words)
    print(f"{len(french)} French and {len(english)} English articles\n")
    print("Names:\n\n| share | one event | one topic | different topics | French × English |")
    print("|---|---|---|---|---|")
    event_reports = [(report, named[id(report)]) for report in english if report.event]
    likely = list(_likely([named[id(r)] for r in french], [named[id(r)] for r in english]))
    for share in SHARES:
        same, alike, other = _judged(event_reports, count, share, len(named))
        linked = sum(_linked(a, b, count, share, len(named)) for a, b in likely)
        pairs = len(french) * len(english)
        print(f"| {share} | {same} | {alike} | {other} | {linked} of {pairs:,} |", flush=True)
    _cost([report.article for report in (*french, *english)])
    encoder = Encoder()
    _crossing(data, encoder)
    _feeds(data, encoder)


class Item(NamedTuple):
    """An article of the judged set."""

    src: str
    title: str
    summary: str
    at: float


def _crossing(data: Path, encoder: Encoder) -> None:
    """Print the links by vectors and names in the judged set."""
    judged = list(rows(data / "crossing" / "judged.jsonl"))
    items: dict[Item, str] = {}
    for lang in ("en", "fr"):
        texts = [*rows(data / "crossing" / f"{lang}.jsonl"), *(row[lang] for row in judged)]
        items |= {Item(*map(row.get, Item._fields)): lang for row in texts}
    start = time.process_time()
    vectors = encode(items, encoder)
    cost = (time.process_time() - start) / len(items)
    labels: dict[Any, str] = {
        tuple(Item(*map(row[lang].get, Item._fields)) for lang in ("en", "fr")): row["label"]
        for row in judged
    }
    print(f"\n{len(items)} articles, {cost * 1000:.0f} ms of processor for the vector of each")
    print(f"process: {_peak()} MB\n")
    linked = link_judged(items, vectors)
    for half, half_labels, pairs in halves(labels, linked):
        _print_links(f"{half} half", pairs, half_labels)
    rest = {method: pairs - labels.keys() for method, pairs in linked.items()}
    later_labels = read_later(items)
    _print_links("not judged then", rest, later_labels)
    read = {
        pair: label for pair, label in (later_labels | labels).items() if pair[1].at >= ALL_READ
    }
    late = {method: {p for p in pairs if p[1].at >= ALL_READ} for method, pairs in linked.items()}
    _print_links("29 January to 5 February, all headlines read", late, read)


def _feeds(data: Path, encoder: Encoder) -> None:
    """Print the links between feeds of `feeds-real`, of which no threshold knows."""
    dated = [
        (Item(str(a.feeds[0]), a.title, a.summary or a.body[:LEAD], a.published), a.lang)
        for a in published(data)
        if a.published and a.lang in LANGUAGES and a.feeds[0] < FEEDS
    ]
    items = {
        item: lang
        for item, lang in dated
        if any(lang != other and abs(item.at - i.at) <= WINDOW for i, other in dated)
    }
    linked = link_judged(items, encode(items, encoder))
    _print_links(f"{len(items)} articles of feeds", linked, read_later(items))


def read_later(items: Mapping[Item, str]) -> dict[Pair, str]:
    """Return the judgements of pairs that were read after all thresholds were chosen."""
    by_title = {(zlib.crc32(item.title.encode()), lang): item for item, lang in items.items()}
    judged: dict[str, list[list[int]]] = json.loads(JUDGED.read_bytes())
    return {
        (by_title[en, "en"], by_title[fr, "fr"]): label
        for label, pairs in judged.items()
        for en, fr in pairs
        if (en, "en") in by_title and (fr, "fr") in by_title
    }


def _print_links(
    source: str, linked: Mapping[str, Collection[Pair]], labels: Mapping[Pair, str]
) -> None:
    print(f"\n| links, {source} | one event | one running story | wrong (95 %) | not judged |")
    print("|---|---|---|---|---|")
    for name, pairs in linked.items():
        print(f"| {name} | {count_links(pairs, labels)} |", flush=True)


def encode(items: Iterable[Item], encoder: Encoder) -> list[bytes]:
    """Return the stored form of the vectors of articles."""
    return [packed(encoder.encode(sentence(item.title, item.summary))) for item in items]


def link_judged(items: Mapping[Item, str], vectors: Sequence[bytes]) -> dict[str, set[Pair]]:
    """Return the pairs of English and French articles that each method links."""
    ordered = list(items)
    told = _stories(items)
    keys = [
        StoredVector(
            i, told[i], items[item], item.at, "", item.src, b"", _stored_names(item, items[item])
        )
        for i, item in enumerate(ordered)
    ]
    window = VectorWindow(tuple(keys), unpacked(vectors))
    links = event_links(window, range(len(ordered)))
    linked: dict[str, set[Pair]] = {
        "names": _by_names(items),
        "likely and sure": set(),
        "sure": set(),
    }
    for link in links:
        first, second = ordered[link.earlier], ordered[link.later]
        if items[first] != items[second]:
            pair = (first, second) if items[first] == "en" else (second, first)
            linked["likely and sure"].add(pair)
            if link.surety is Surety.SURE:
                linked["sure"].add(pair)
    return linked


def _stories(items: Mapping[Item, str]) -> dict[int, int]:
    """Return the story of each article by its place."""
    numbers: dict[str, int] = {}
    articles = []
    for id, (item, lang) in enumerate(items.items()):
        feed = numbers.setdefault(item.src, len(numbers))
        url = f"https://www.f{feed}.example/{id}"
        article = as_article(id, lang, item.title, item.summary, "")
        articles.append(replace(article, feeds=(feed,), url=url, seen=item.at))
    return stories(sorted(articles, key=lambda article: article.date))


def _stored_names(item: Item, lang: str) -> str:
    groups = _names(_article(lang, item.title, item.summary)).groups
    return json.dumps([sorted(group) for group in groups])


def _by_names(items: Mapping[Item, str]) -> set[Pair]:
    """Return the pairs that names link: for each article the best of the other language."""
    named = {
        item: replace(_names(_article(lang, item.title, item.summary)), date=item.at)
        for item, lang in items.items()
    }
    count = Counter(word for names in named.values() for word in names.words)
    ordered = list(items)
    bearers: dict[int, list[int]] = defaultdict(list)
    for number, item in enumerate(ordered):
        for word in named[item].words:
            bearers[word].append(number)
    linked: set[Pair] = set()
    for item, lang in items.items():
        shared = Counter(
            number
            for word in named[item].words
            if count[word] <= MOST_BEARERS
            for number in bearers[word]
            if items[ordered[number]] != lang and ordered[number].at <= item.at
        )
        likely = [number for number, n in shared.most_common(MOST_NAMESAKES) if n >= LEAST_NAMES]
        rivals = {number: named[ordered[number]] for number in likely}
        for best in namesakes.same_event(named[item], rivals, count.__getitem__, len(items))[:1]:
            linked.add((item, ordered[best]) if lang == "en" else (ordered[best], item))
    return linked


def halves(
    labels: Mapping[Pair, str], linked: Mapping[str, set[Pair]]
) -> Iterator[tuple[str, dict[Pair, str], dict[str, set[Pair]]]]:
    """Yield the earlier half by date, on which thresholds are chosen, and the later one."""
    dates = sorted(map(_date, labels))
    middle = dates[len(dates) // 2]
    for name, is_later in (("earlier", False), ("later", True)):
        yield (
            name,
            {pair: label for pair, label in labels.items() if (_date(pair) >= middle) is is_later},
            {
                method: {pair for pair in pairs if (_date(pair) >= middle) is is_later}
                for method, pairs in linked.items()
            },
        )


def _date(pair: Pair) -> float:
    return max(item.at for item in pair)


def count_links(linked: Collection[Pair], labels: Mapping[Any, str]) -> str:
    """Return the numbers of linked pairs of each judgement, as cells of a table."""
    counts = Counter(labels.get(pair, "") for pair in linked)
    totals = Counter(labels.values())
    judged = counts["E"] + counts["S"] + counts["N"]
    event, wrong = _share(counts["E"], totals["E"]), _share(counts["N"], judged)
    return f"{event} | {counts['S']} of {totals['S']} | {wrong} | {counts['']}"


def _share(count: int, total: int) -> str:
    """Return a count, its share of a total, and the interval of Wilson at 95 %."""
    if not total:
        return "0 of 0"
    z, share = 1.96, count / total
    middle = share + z**2 / (2 * total)
    reach = z * math.sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2)
    low, high = ((middle + sign * reach) / (1 + z**2 / total) for sign in (-1, 1))
    return f"{count} of {total} ({share:.0%}; {max(0.0, low):.1%}–{high:.1%})"


def _kind(a: Report, b: Report) -> str:
    return "same" if a.event == b.event else "alike" if a.topic == b.topic else "other"


def _peak() -> int:
    """Return the peak memory of this process, in MB, with pages of the model's file."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _linked(names: Names, other: Names, count: Counter[int], share: float, articles: int) -> bool:
    old_share, namesakes.SHARE = namesakes.SHARE, share
    try:
        rival = replace(other, lang="fr" if names.lang == "en" else "en")
        return bool(namesakes.same_event(names, {1: rival}, count.__getitem__, articles))
    finally:
        namesakes.SHARE = old_share


def _judged(
    reports: Sequence[tuple[Report, Names]], count: Counter[int], share: float, articles: int
) -> tuple[str, str, str]:
    counts: Counter[tuple[str, bool]] = Counter()
    for (report, names), (other, other_names) in itertools.combinations(reports, 2):
        kind = _kind(report, other)
        counts[kind, _linked(names, other_names, count, share, articles)] += 1

    def cell(kind: str) -> str:
        return f"{counts[kind, True]:,} of {counts[kind, True] + counts[kind, False]:,}"

    return cell("same"), cell("alike"), cell("other")


def _likely(french: Sequence[Names], english: Sequence[Names]) -> Iterator[tuple[Names, Names]]:
    """Yield the pairs with enough common words to be compared."""
    bearers: dict[int, list[int]] = defaultdict(list)
    for number, names in enumerate(french):
        for word in names.words:
            bearers[word].append(number)
    for names in english:
        shared = Counter(number for word in names.words for number in bearers.get(word, ()))
        yield from ((names, french[i]) for i, n in shared.items() if n >= LEAST_NAMES)


def _cost(articles: Sequence[Article]) -> None:
    """Print the cost of an article on a store with the names of three days."""
    _names(articles[0])  # countries and cities are read once
    start = time.process_time()
    for article in articles[:ASKED]:
        _names(article)
    naming = (time.process_time() - start) / ASKED
    stored = list(itertools.islice(itertools.cycle(articles), STORED))
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(Store(StoreAddress(Path(folder)))) as store,
    ):
        (feed,) = store.subscribe([Feed(url="https://a.test/rss", name="A")], [])
        arrived = [_arrival(replace(a, id=id, story=id)) for id, a in enumerate(stored, 1)]
        with store.batch() as batch:
            batch.save_poll(_refresh(feed, arrived))
        with store.batch() as batch:
            start = time.process_time()
            for number in range(0, ASKED, ENTRIES):
                entries = arrived[number : number + ENTRIES]
                likely = batch.namesakes([change.names for change in entries])
                namesakes.stories_told(batch, entries, likely)
                namesakes.same_events(batch, feed, entries, likely)
            asking = (time.process_time() - start) / ASKED
            fresh = [
                _arrival(replace(change.article, id=STORED + number, story=STORED + number))
                for number, change in enumerate(arrived[:ASKED], 1)
            ]
            start = time.process_time()
            insert_names(store._connection, fresh)
            storing = (time.process_time() - start) / ASKED
    print(f"\nan article: {naming * 1e6:.0f} µs to name, {asking * 1e6:.0f} µs to look for its kin")
    print(f"among {STORED:,}, {storing * 1e6:.0f} µs to store its names")


def _arrival(article: Article) -> ArticleChange:
    names = replace(_names(article), date=article.date)
    return ArticleChange(
        article=article,
        entry=replace(NO_ENTRY, key=str(article.id), fingerprint=article.id.to_bytes(4)),
        new=True,
        names=names,
    )


def _refresh(feed: Feed, arrived: Sequence[ArticleChange]) -> PollOutcome:
    poll = Poll(at=0.0, outcome=Outcome.READ)
    return PollOutcome(feed=feed, state=FeedState(), poll=poll, changes=tuple(arrived))


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
