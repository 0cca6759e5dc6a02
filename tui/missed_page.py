"""What may have been missed in the last week: by feed, then by watchlist."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import tzinfo

from index.article import Timestamp
from index.text import line
from monitor.blindness import interval, words
from monitor.durations import span
from monitor.model import Coverage, Gap, GapKind
from tui.ink import Line, fit, wrap

_MARKS = {GapKind.BLIND: ("! ", "late"), GapKind.DOWN: ("✗ ", "bad")}


def missed(
    gaps: Sequence[Gap],
    covered: Sequence[Coverage],
    cells: int,
    now: Timestamp,
    zone: tzinfo | None,
) -> list[Line]:
    """Return the intervals in which feeds were not seen, the latest first, and whom they concern.

    Blind is a feed of which all was new at once, down one that was not read.
    """
    if not gaps:
        return wrap(
            "Nothing was missed: each read had something in common with the one before.",
            cells,
            "plain",
        )
    lines = wrap("By watchlist", cells, "title")
    alike: dict[str, list[str]] = defaultdict(list)
    for one in covered:
        alike[words(one, now, zone)].append(line(one.watchlist))
    for told, names in alike.items():
        lines += [*wrap(", ".join(names), cells, "list"), *wrap(told, cells, "plain", "    ")]
    lines += [[], *wrap("By feed", cells, "title")]
    name = max(6, min(30, cells // 3))
    for gap in sorted(gaps, key=lambda gap: -gap.start):
        lasted = span((now if gap.end is None else gap.end) - gap.start)
        when = f"{gap.kind} {interval(gap.start, gap.end, now, zone)}, {lasted}"
        lines.append(
            [
                _MARKS[gap.kind],
                (fit(gap.feed.name, name), "plain"),
                (" ", ""),
                (fit(when, max(1, cells - name - 3)), "quiet"),
            ]
        )
    return lines
