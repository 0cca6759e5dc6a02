"""Places: where the words of a document are, as a segment keeps it.

Codes (`index.analysis.term_positions`) leave a million positions to each part of an article. A
segment numbers the positions without these gaps: each part begins where the longest one before it
ends. So the places of short articles fit into a byte each, those of most others into two.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from index.analysis.term_positions import PART_WIDTH, part_range
from monitor.base.article import PARTS


class PlaceLayout:
    """Where the parts of the articles of a segment begin."""

    def __init__(self, widths: Sequence[int]) -> None:
        """Take the number of positions of each part, one of which is never taken.

        Raises:
            ValueError: There cannot be such parts.
        """
        if len(widths) != len(PARTS) or not all(0 <= width <= 2 * PART_WIDTH for width in widths):
            raise ValueError("parts that cannot be")  # not a message
        self.widths = tuple(widths)
        self.starts = tuple(accumulate(widths, initial=0))
        """The first place of each part; then the number of places in all."""
        self._shifts = [number * PART_WIDTH - at for number, at in enumerate(self.starts)]

    def codes(self, places: Iterable[int], *, with_lengths: bool) -> list[int]:
        """Return the codes that places stand for.

        Args:
            places: Places as a posting list has them.
            with_lengths: Whether each is shifted by two bits, in which its length less one is.
        """
        starts, shifts = self.starts[1:], self._shifts
        if with_lengths:
            return [
                (place & 3) | (((place >> 2) + shifts[bisect_right(starts, place >> 2)]) << 2)
                for place in places
            ]
        return [(place + shifts[bisect_right(starts, place)]) << 2 for place in places]

    def of_part(self, part: str) -> tuple[int, int]:
        """Return the places a part may have: from the first to below the second."""
        number = part_range(part)[0] // (PART_WIDTH << 2)
        return self.starts[number], self.starts[number + 1]


EMPTY = PlaceLayout([0] * len(PARTS))
"""That of a segment without words."""
