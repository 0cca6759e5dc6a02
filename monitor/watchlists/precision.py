"""Precision: the share of relevant alerts of a watchlist or a term, with its uncertainty."""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

FEW = 10
"""Verdicts below which the share says little: the interval is wider than half of all."""
_Z = 1.96
"""Of 95 % confidence."""


class Judgeable(Protocol):
    """A watchlist or a term with verdicts."""

    @property
    def relevant(self) -> int:
        """Alerts judged relevant; alerts without a verdict do not count."""

    @property
    def noise(self) -> int:
        """Alerts with this verdict."""


class Precision(NamedTuple):
    """A share of relevant alerts, with the 95 % interval it lies in."""

    share: float
    low: float
    high: float
    verdicts: int
    """Number of verdicts."""

    @property
    def few(self) -> bool:
        """Whether there are too few verdicts."""
        return self.verdicts < FEW


def precision(record: Judgeable) -> Precision | None:
    """Return the share of relevant alerts among those with a verdict, None without any.

    The interval is Wilson's: honest for few verdicts and for shares near 0 and 1.
    """
    judged = record.relevant + record.noise
    if not judged:
        return None
    share = record.relevant / judged
    spread = _Z * math.sqrt(share * (1 - share) / judged + _Z**2 / (4 * judged**2))
    middle, scale = share + _Z**2 / (2 * judged), 1 + _Z**2 / judged
    low, high = (middle - spread) / scale, (middle + spread) / scale
    return Precision(share, max(0.0, min(low, share)), min(1.0, max(high, share)), judged)


def describe_precision(found: Precision) -> str:
    """Return a precision in words: `75% (55%–88%) of 24`."""
    few = ", too few" if found.few else ""
    return f"{found.share:.0%} ({found.low:.0%}–{found.high:.0%}) of {found.verdicts}{few}"
