"""How long each step takes from publication to delivery. Pure."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from monitor.base.translation import mark
from monitor.model.latency import ArticleTimes, DeliveryTimes, FeedLatency, Latency, Spread, Step

UNDATED, FUTURE, EDITED = mark("undated"), mark("dated in the future"), mark("edited later")
DELAYED = mark("delayed by quiet hours or a digest")
UNSEARCHABLE = mark("not noted as searchable")
"""Why articles and deliveries are left out: programs read the English, people a translation."""
OWN = (Step.MATCHED, Step.SEARCHABLE, Step.DELIVERED)
"""Steps that take place here, not at the publisher."""


def latency(
    clocked: Sequence[ArticleTimes], carried: Sequence[DeliveryTimes], names: Mapping[int, str]
) -> Latency:
    """Return how long each step took, of all, by feed and by channel.

    `names` are those of the feeds, by number. A date that is missing, in the future, or that
    of an article edited since says nothing of the way here: it is left out and counted.
    """
    left_out = Counter(reason for one in clocked for reason in _left_out(one))
    left_out[DELAYED] += sum(one.delayed for one in carried)
    sent = [one for one in carried if not one.delayed]
    steps = _steps(clocked)
    if delivered := spread(one.sent_at - one.raised_at for one in sent):
        steps[Step.DELIVERED] = delivered
    return Latency(
        articles=len(clocked),
        steps=steps,
        feeds=_by_feed(clocked, names),
        channels=_by_channel(sent),
        slowest=_slowest(steps, Step),
        slowest_own=_slowest(steps, OWN),
        left_out={reason: count for reason, count in left_out.items() if count},
    )


def spread(durations: Iterable[float]) -> Spread | None:
    """Return how long something took, by nearest rank; None if it never happened."""
    ordered = sorted(max(0.0, seconds) for seconds in durations)
    if not ordered:
        return None
    return Spread(len(ordered), _rank(ordered, 0.5), _rank(ordered, 0.95))


def durations(one: ArticleTimes) -> Iterator[tuple[Step, float]]:
    """Yield the known steps of an article, each with its seconds."""
    if one.published is not None and not one.edited and one.published <= one.seen:
        yield Step.SEEN, one.seen - one.published
    yield Step.MATCHED, one.matched - one.seen
    if one.searchable is not None:
        yield Step.SEARCHABLE, one.searchable - one.matched


def _left_out(one: ArticleTimes) -> Iterator[str]:
    if one.edited:
        yield EDITED
    elif one.published is None:
        yield UNDATED
    elif one.published > one.seen:
        yield FUTURE
    if one.searchable is None:
        yield UNSEARCHABLE


def _rank(ordered: Sequence[float], share: float) -> float:
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _steps(clocked: Iterable[ArticleTimes]) -> dict[Step, Spread]:
    taken: dict[Step, list[float]] = defaultdict(list)
    for one in clocked:
        for step, seconds in durations(one):
            taken[step].append(seconds)
    return {step: found for step in Step if (found := spread(taken[step]))}


def _by_feed(clocked: Iterable[ArticleTimes], names: Mapping[int, str]) -> tuple[FeedLatency, ...]:
    of: dict[int, list[ArticleTimes]] = defaultdict(list)
    for one in clocked:
        of[one.feed].append(one)
    found = [FeedLatency(names.get(feed, "?"), _steps(ones)) for feed, ones in of.items()]
    return tuple(sorted(found, key=lambda feed: (-_worst(feed.steps), feed.name)))


def _by_channel(carried: Iterable[DeliveryTimes]) -> dict[str, Spread]:
    of: dict[str, list[float]] = defaultdict(list)
    for one in carried:
        of[one.channel].append(one.sent_at - one.raised_at)
    found = {channel: times for channel, taken in of.items() if (times := spread(taken))}
    return dict(sorted(found.items(), key=lambda pair: (-pair[1].p95, pair[0])))


def _worst(steps: Mapping[Step, Spread]) -> float:
    return sum(found.p95 for found in steps.values())


def _slowest(steps: Mapping[Step, Spread], among: Iterable[Step]) -> Step | None:
    known = [step for step in among if step in steps]
    return max(known, key=lambda step: steps[step].p95, default=None)
