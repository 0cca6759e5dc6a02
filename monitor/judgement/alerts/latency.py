"""Measures the duration of each step from publication to delivery. Pure."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from monitor.base.translation import mark
from monitor.model.latency import ArticleTimes, DeliveryTimes, FeedLatency, Latency, Spread, Step

UNDATED, FUTURE, EDITED = mark("undated"), mark("dated in the future"), mark("edited later")
DELAYED = mark("delayed by quiet hours or a digest")
UNSEARCHABLE = mark("not noted as searchable")
"""Reasons to leave articles and deliveries out: programs read the English, people a translation."""
OWN_STEPS = (Step.MATCHED, Step.SEARCHABLE, Step.DELIVERED)
"""Steps that take place here, not at the publisher."""


def latency(
    articles: Sequence[ArticleTimes], deliveries: Sequence[DeliveryTimes], names: Mapping[int, str]
) -> Latency:
    """Measure how long each step took: in all, by feed and by channel.

    `names` are those of the feeds, by number. A date that is missing, in the future, or that
    of an article edited since says nothing of the way here: it is left out and counted.
    """
    left_out = Counter(reason for article in articles for reason in _left_out(article))
    left_out[DELAYED] += sum(delivery.delayed for delivery in deliveries)
    sent = [delivery for delivery in deliveries if not delivery.delayed]
    steps = _steps(articles)
    if delivered := spread(delivery.sent_at - delivery.raised_at for delivery in sent):
        steps[Step.DELIVERED] = delivered
    return Latency(
        articles=len(articles),
        steps=steps,
        feeds=_by_feed(articles, names),
        channels=_by_channel(sent),
        slowest=_slowest(steps, Step),
        slowest_own=_slowest(steps, OWN_STEPS),
        left_out={reason: count for reason, count in left_out.items() if count},
    )


def spread(durations: Iterable[float]) -> Spread | None:
    """Return the spread of durations, by nearest rank; None if there are none."""
    ordered = sorted(max(0.0, seconds) for seconds in durations)
    if not ordered:
        return None
    return Spread(len(ordered), _rank(ordered, 0.5), _rank(ordered, 0.95))


def durations(article: ArticleTimes) -> Iterator[tuple[Step, float]]:
    """Yield the known steps of an article, each with its seconds."""
    if article.published is not None and not article.edited and article.published <= article.seen:
        yield Step.SEEN, article.seen - article.published
    yield Step.MATCHED, article.matched - article.seen
    if article.searchable is not None:
        yield Step.SEARCHABLE, article.searchable - article.matched


def _left_out(article: ArticleTimes) -> Iterator[str]:
    if article.edited:
        yield EDITED
    elif article.published is None:
        yield UNDATED
    elif article.published > article.seen:
        yield FUTURE
    if article.searchable is None:
        yield UNSEARCHABLE


def _rank(ordered: Sequence[float], share: float) -> float:
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _steps(articles: Iterable[ArticleTimes]) -> dict[Step, Spread]:
    samples: dict[Step, list[float]] = defaultdict(list)
    for article in articles:
        for step, seconds in durations(article):
            samples[step].append(seconds)
    return {step: times for step in Step if (times := spread(samples[step]))}


def _by_feed(articles: Iterable[ArticleTimes], names: Mapping[int, str]) -> tuple[FeedLatency, ...]:
    groups: dict[int, list[ArticleTimes]] = defaultdict(list)
    for article in articles:
        groups[article.feed].append(article)
    latencies = [FeedLatency(names.get(feed, "?"), _steps(group)) for feed, group in groups.items()]
    return tuple(sorted(latencies, key=lambda feed: (-_worst(feed.steps), feed.name)))


def _by_channel(deliveries: Iterable[DeliveryTimes]) -> dict[str, Spread]:
    samples: dict[str, list[float]] = defaultdict(list)
    for delivery in deliveries:
        samples[delivery.channel].append(delivery.sent_at - delivery.raised_at)
    spreads = {channel: times for channel, sample in samples.items() if (times := spread(sample))}
    return dict(sorted(spreads.items(), key=lambda pair: (-pair[1].p95, pair[0])))


def _worst(steps: Mapping[Step, Spread]) -> float:
    return sum(times.p95 for times in steps.values())


def _slowest(steps: Mapping[Step, Spread], candidates: Iterable[Step]) -> Step | None:
    present = [step for step in candidates if step in steps]
    return max(present, key=lambda step: steps[step].p95, default=None)
