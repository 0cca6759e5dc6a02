"""How many examples of a property are tried: tens in `make test`, thousands in `properties`."""

from __future__ import annotations

from hypothesis import settings

USUAL = 100
"""Examples that Hypothesis tries where nothing else is said."""


def examples(count: int) -> int:
    """Return how many examples to try of a costly property.

    Args:
        count: How many would be tried if every other property were tried `USUAL` times.
    """
    maximum = settings().max_examples
    return max(3, min(maximum, count * maximum // USUAL))
