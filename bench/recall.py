"""Measures how well tocsin says how many articles an outlet published, where the truth is known.

    python -m bench.recall              1,000 weeks of each press, in a minute
    python -m bench.recall --runs 100   fewer

A press is invented: an outlet publishes by day more than by night, and in bursts. Its feed shows
the last articles, leaves some out, and is read every quarter of an hour; its sitemap shows those of
two days, some of them late, leaves others out, and is read every hour. For hours either answers
403. Articles get another address or headline after one of the two has shown them, and sitemaps
list some under two addresses.

Where the two are independent, each leaves out what it likes. Two kinds of press are not: one
refuses both at once for days, which shows in gaps; one hides up to 8 % of its articles from both,
which no reader can know.
"""

from __future__ import annotations

import argparse
import math
import random
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean

from msgspec.structs import replace

from monitor.intake.ingest.article_changes import New
from monitor.intake.ingest.witness import witnessed_entries
from monitor.judgement.recall import PATIENCE, estimate, joined, witnessed
from monitor.model.feed import Feed, Gap, GapKind, Source, SourceKind
from monitor.model.poll import NO_ENTRY
from monitor.model.recall import Estimate, Refusal, ShownArticle
from monitor.presentation.service.recall import are_dependent

HOUR, DAY = 3_600.0, 86_400.0
DAYS = 7
RUNS = 1_000
SEED = 4
SIZES = (12, 30, 60, 150, 400)
"""Articles of a week, in the mean."""
BY_HOUR = [1, 1, 1, 1, 1, 2, 5, 8, 9, 9, 8, 8, 7, 7, 8, 8, 8, 7, 6, 5, 4, 3, 2, 1]
Interval = tuple[float, float]
RSS = Feed(url="http://journal.example/rss", name="feed")
SITEMAP = Feed(url="http://journal.example/map", name="map", source=Source(kind=SourceKind.SITEMAP))


@dataclass
class Press:
    """A kind of press."""

    name: str
    goal: str
    refuses_together: float = 0.0
    """Times in a week that the site answers 403 to all for days."""
    hides: float = 0.0
    """Most of the share of articles that it shows in neither."""


PRESSES = (
    Press("independent", "93–97 %, bias ≤ 10 %"),
    Press("refused together", "lower end ≥ 90 %", refuses_together=1.2),
    Press("hidden by both", "lower end ≥ 90 %", hides=0.08),
)


@dataclass
class Article:
    """An article as it was published, and how each witness calls it."""

    at: float
    feed_name: tuple[int, str]
    """Address and headline."""
    map_names: list[tuple[int, str]]


def published(rng: random.Random, size: int) -> list[Article]:
    """Return the articles of a week, in order."""
    times: list[float] = []
    while len(times) < size * rng.uniform(0.8, 1.2):
        hour = rng.choices(range(24), BY_HOUR)[0]
        at = rng.randrange(DAYS) * DAY + (hour + rng.random()) * HOUR
        burst = 1 + (rng.randrange(2, 6) if rng.random() < 0.08 else 0)
        times += [at + rng.uniform(0, HOUR / 2) for _ in range(burst)]
    articles = []
    for number, at in enumerate(sorted(times)):
        address, headline = (number, 0), f"headline {number}"
        change = rng.random()
        other = {0: (-number - 1, headline), 1: (number, f"edited {number}")}
        name = other.get(int(change * 20), (number, headline))  # one in twenty each
        twice = [(number + 10**6, name[1])] if rng.random() < 0.05 else []
        articles.append(Article(at, (address[0], headline), [name, *twice]))
    return articles


def refusals(rng: random.Random, times: float, hours: float) -> list[Interval]:
    """Return intervals of a week in which a server answers 403."""
    starts = [rng.uniform(0, DAYS * DAY) for _ in range(int(times + rng.random()))]
    return [(start, start + rng.expovariate(1 / (hours * HOUR))) for start in starts]


def reads(rng: random.Random, interval: float, refused: Sequence[Interval]) -> list[float]:
    """Return the times at which a source was read."""
    start, count = rng.uniform(0, interval), int((DAYS + 2) * DAY / interval)
    times = (start + place * interval * rng.uniform(1, 1.02) for place in range(count))
    read = sorted(t for t in times if not any(begin <= t < end for begin, end in refused))
    return read or [start]


def first_read(times: Sequence[float], appears: float, goes: float) -> float | None:
    """Return when a source was first read while it showed an article; None for never."""
    place = bisect_left(times, appears)
    return times[place] if place < len(times) and times[place] < goes else None


def gaps(times: Sequence[float], feed: Feed, common: Callable[[float, float], bool]) -> list[Gap]:
    """Return the gaps between two reads that had nothing in common."""
    return [
        Gap(feed=feed, start=start, end=end, kind=GapKind.BLIND)
        for start, end in pairwise(times)
        if not common(start, end)
    ]


def week(rng: random.Random, press: Press, size: int) -> tuple[int, list[ShownArticle], bool]:
    """Return how many articles an outlet published in a week, and what its witnesses showed.

    And whether these are known to depend on each other.
    """
    articles = published(rng, size)
    shared = refusals(rng, press.refuses_together, 60) if press.refuses_together else []
    feed_reads = reads(rng, HOUR / 4, [*shared, *refusals(rng, 1.5, 8)])
    map_reads = reads(rng, HOUR, [*shared, *refusals(rng, 1.0, 12)])
    hidden = rng.uniform(0, press.hides)
    left_out, left_out_by_map = rng.uniform(0.02, 0.3), rng.uniform(0.02, 0.2)
    window = rng.choice((10, 20, 30))
    listed = [a for a in articles if rng.random() >= left_out]
    place = {id(article): number for number, article in enumerate(listed)}
    shown: dict[int, ShownArticle] = {}

    def show(name: tuple[int, str], at: float, **by: float | None) -> None:
        old = shown.get(name[0], ShownArticle(title=name[1], published=at))
        shown[name[0]] = ShownArticle(
            title=old.title,
            published=at,
            by_feed=by.get("feed", old.by_feed),
            by_sitemap=by.get("sitemap", old.by_sitemap),
        )

    for article in articles:
        if rng.random() < hidden:
            continue
        number = place.get(id(article))
        if number is not None:
            pushed = number + window
            goes = listed[pushed].at if pushed < len(listed) else math.inf
            if (seen := first_read(feed_reads, article.at, goes)) is not None:
                show(article.feed_name, article.at, feed=seen)
        if rng.random() >= left_out_by_map:
            appears = article.at + rng.expovariate(1 / HOUR)
            seen = first_read(map_reads, appears, article.at + 2 * DAY)
            if seen is not None:
                entries = [
                    New(
                        entry=replace(NO_ENTRY, url=str(address), title=title, published=article.at)
                    )
                    for address, title in article.map_names
                ]
                for decision in witnessed_entries(entries, article.at + DAY):
                    entry = decision.entry
                    show((int(entry.url), entry.title), article.at, sitemap=seen)
    moments = [article.at for article in listed]

    def in_feed(start: float, end: float) -> bool:
        return bisect_left(moments, end) - bisect_left(moments, start) < window

    feed_gaps = gaps(feed_reads, RSS, in_feed)
    map_gaps = gaps(map_reads, SITEMAP, lambda start, end: end - start < 2 * DAY)
    dependent = are_dependent([*feed_gaps, *map_gaps])
    begin, end = max(feed_reads[0], map_reads[0]), map_reads[-1] - PATIENCE
    in_time = [piece for piece in shown.values() if begin <= piece.published < end]
    return sum(begin <= article.at < end for article in articles), in_time, dependent


@dataclass
class Result:
    """What tocsin says of a week, beside the truth."""

    truth: int
    seen: int
    answer: Estimate | Refusal


def results(press: Press, runs: int) -> Iterator[tuple[int, Result]]:
    """Yield sizes with results."""
    rng = random.Random(SEED)
    for run in range(runs):
        size = SIZES[run % len(SIZES)]
        truth, articles, is_dependent = week(rng, press, size)
        pieces = joined(articles)
        counts = witnessed(pieces, dependent=is_dependent)
        yield size, Result(truth, len(pieces), estimate(counts))


def row(name: str, rows: Sequence[Result], goal: str = "") -> None:
    """Print the results of some weeks."""
    told = [(result.truth, a) for result in rows if isinstance(a := result.answer, Estimate)]
    exact = [(truth, answer) for truth, answer in told if answer.high is not None]
    holding = [answer.low <= truth <= (answer.high or truth) for truth, answer in exact]
    cells = (
        f"{len(rows)}",
        f"{mean(result.seen / result.truth for result in rows if result.truth):.1%}",
        f"{len(rows) - len(told)}",
        f"{len(told) - len(exact)}",
        f"{mean(holding):.1%}" if holding else "–",
        f"{mean(answer.low <= truth for truth, answer in told):.1%}",
        f"{mean(answer.published / truth - 1 for truth, answer in told):+.1%}",
        f"{sum(result.seen > result.truth for result in rows)}",
        goal,
    )
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    runs = parser.parse_args().runs
    heads = (
        *("press", "weeks", "seen", "refused", "lower bounds", "the interval holds the truth"),
        *("the lower end does", "bias", "more seen than published", "goal"),
    )
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for press in PRESSES:
        all_results = [*results(press, runs)]
        row(f"**{press.name}**", [result for _, result in all_results], press.goal)
        for size in SIZES:
            row(f"{press.name}, {size} a week", [r for s, r in all_results if s == size])


if __name__ == "__main__":
    main()
