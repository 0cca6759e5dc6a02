"""The number of examples of a property: tens in `make test`, thousands in `properties`."""

from __future__ import annotations

from hypothesis import settings

USUAL = 100
"""The default number of examples of Hypothesis."""


def examples(count: int) -> int:
    """Return the number of examples for a costly property.

    Args:
        count: How many would be tried if every other property were tried `USUAL` times.
    """
    maximum = settings().max_examples
    return max(3, min(maximum, count * maximum // USUAL))
