"""How many of a watchlist's alerts are worth reading, and how sure that is."""

from __future__ import annotations

import math
from typing import NamedTuple

from monitor.model import WatchlistRecord

_Z = 1.96
"""Of 95 % confidence."""


class Precision(NamedTuple):
    """A share of relevant alerts, with the 95 % interval it lies in."""

    share: float
    low: float
    high: float


def precision(record: WatchlistRecord) -> Precision | None:
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
    return Precision(share, max(0.0, min(low, share)), min(1.0, max(high, share)))
