"""How many stories are usual by this time of this weekday, and how many are a surprise. Pure.

Today's stories, from midnight until now, are compared with those of the same weekday and the
same time of day in the weeks before. If stories came at one constant rate, today's would be
a fair share of all of them; the chance that they are so many is a binomial tail, exact for
any rate (Przyborowski and Wilenski 1940, https://doi.org/10.2307/2332612). As news comes in
bursts, they must also be improbable for a rate that varies as much as it did, up to ten
times what is usual: that many always are a surprise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import count

from index.article import Timestamp
from monitor.model.watchlist import Baseline

WEEKS = 8
"""Weeks before this one that are compared."""
ENOUGH = 2
"""Weeks that must be known before anything is called usual."""
CHANCE = 0.001
"""Probability that a constant rate is called a surprise at one look, at most."""
LEAST = 3
"""Fewer stories are never a surprise: 1 instead of 0 is none."""
TIMES = 2
"""Times the usual number; fewer stories are never a surprise."""
ALWAYS = 10
"""Times the usual number; more stories are a surprise however much the number varies."""
NEVER = 1e-300
"""Smaller probabilities are left out: floating point cannot hold them."""

Window = tuple[Timestamp, Timestamp]


def windows(now: Timestamp, zone: tzinfo) -> list[Window]:
    """Return today until now, then the same weekday of earlier weeks until the same time of day."""
    local = datetime.fromtimestamp(now, zone)
    earlier = (local.date() - timedelta(weeks=week) for week in range(1, WEEKS + 1))
    return [
        (_at(local.date(), time(), zone), now),
        *((_at(day, time(), zone), _at(day, local.time(), zone)) for day in earlier),
    ]


def pace(today: int, before: Sequence[int]) -> Baseline:
    """Compare today's stories with those of the weeks before."""
    if len(before) < ENOUGH:
        return Baseline(today=today, weeks=len(before))
    usual = sum(before) / len(before)
    return Baseline(
        today=today,
        usual=usual,
        weeks=len(before),
        surprise=today >= max(LEAST, TIMES * usual)
        and _share_tail(today, sum(before), len(before)) <= CHANCE
        and (today >= ALWAYS * usual or _bursts_tail(today, before) <= CHANCE),
    )


def _share_tail(today: int, before: int, weeks: int) -> float:
    """Return the probability that today has its number or more, at one constant rate."""
    total, share = today + before, 1 / (weeks + 1)
    chance = math.exp(
        math.lgamma(total + 1)
        - math.lgamma(today + 1)
        - math.lgamma(before + 1)
        + today * math.log(share)
        + before * math.log1p(-share)
    )
    tail = 0.0
    for number in range(today, total + 1):
        tail += chance
        if chance <= max(tail * 1e-9, NEVER):
            break
        chance *= (total - number) / (number + 1) * share / (1 - share)
    return tail


def _bursts_tail(today: int, before: Sequence[int]) -> float:
    """Return the probability of so many or more at a varying rate."""
    weeks, mean = len(before), sum(before) / len(before)
    spread = sum((number - mean) ** 2 for number in before) / (weeks - 1)
    # The mean is not known exactly either.
    return bursts_tail(today, mean, max(spread, mean) * (1 + 1 / weeks))


def bursts_tail(least: int, mean: float, variance: float) -> float:
    """Return the probability of so many or more at a varying rate: negative binomial.

    Args:
        least: A number above the mean, so that what is added up becomes less and less.
        mean: What is usual.
        variance: By how much it varies: more than the mean.
    """
    if mean == 0:
        return 0.0
    size, hit = mean**2 / (variance - mean), 1 - mean / variance
    chance = math.exp(
        math.lgamma(least + size)
        - math.lgamma(least + 1)
        - math.lgamma(size)
        + least * math.log(hit)
        + size * math.log1p(-hit)
    )
    tail = 0.0
    for number in count(least):
        tail += chance
        if chance <= max(tail * 1e-9, NEVER):
            return tail
        chance *= (number + size) / (number + 1) * hit
    raise AssertionError


def _at(day: date, moment: time, zone: tzinfo) -> Timestamp:
    return datetime.combine(day, moment, zone).timestamp()
