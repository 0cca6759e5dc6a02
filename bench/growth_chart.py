"""Draws how cost grows with the archive, from what `bench.growth --json` wrote.

python -m bench.growth_chart FILE FOLDER     one growth.svg in FOLDER
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 340, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 44, 26
COLUMNS = 2
COLOURS = ("#2f6fb0", "#c05a1e", "#3f8f4f", "#8a4fa8", "#a08a10")
STYLE = """
svg { font: 11px sans-serif; fill: #333; }
.grid { stroke: #ccc; stroke-width: 0.5; }
.title { font-weight: bold; font-size: 12px; }
@media (prefers-color-scheme: dark) { svg { fill: #ccc; } .grid { stroke: #555; } }
"""

Step = dict[str, Any]
Value = Callable[[Step], float | None]


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: named values by the number of articles, both axes logarithmic."""

    title: str
    lines: Sequence[tuple[str, Value]]


PANELS = (
    Panel("On disk, MB", [("index", lambda s: s["index"]), ("store", lambda s: s["store"])]),
    Panel(
        "A search for the newest 50, ms",
        [
            (name, lambda s, name=name: s["searches"][name])  # type: ignore[misc]
            for name in (
                "a rare word",
                "a common word",
                "a phrase",
                "a phrase of two very common words",
            )
        ],
    ),
    Panel(
        "A commit of 20 articles, ms",
        [("median", lambda s: s["commit"]), ("worst of 40", lambda s: s["worst_commit"])],
    ),
    Panel(
        "A command with its start, s",
        [
            (name, lambda s, name=name: s["starts"][name])  # type: ignore[misc]
            for name in ("search", "status", "alerts")
        ],
    ),
    Panel("200 articles dropped, ms", [("retention", lambda s: s["retention"])]),
    Panel("Articles indexed in a second", [("bulk", lambda s: s["bulk"])]),
)


def main() -> None:
    """Draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    steps = [json.loads(line) for line in asked.file.read_text(encoding="utf-8").splitlines()]
    (asked.folder / "growth.svg").write_text(chart(steps), encoding="utf-8")


def chart(steps: Sequence[Step]) -> str:
    """Return the panels as one SVG."""
    rows = -(-len(PANELS) // COLUMNS)
    drawn = [
        f'<g transform="translate({WIDTH * (at % COLUMNS)},{HEIGHT * (at // COLUMNS)})">'
        f"{''.join(_panel(panel, steps))}</g>"
        for at, panel in enumerate(PANELS)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH * COLUMNS} {HEIGHT * rows}">'
        f"<style>{STYLE}</style>\n" + "\n".join(drawn) + "\n</svg>\n"
    )


def _panel(panel: Panel, steps: Sequence[Step]) -> Iterable[str]:
    lines = [
        (name, [(step["articles"], found) for step in steps if (found := value(step))])
        for name, value in panel.lines
    ]
    across = _Scale([x for _, points in lines for x, _ in points], LEFT, WIDTH - RIGHT)
    up = _Scale([y for _, points in lines for _, y in points], HEIGHT - BOTTOM, TOP)
    yield f'<text class="title" x="{LEFT}" y="14">{escape(panel.title)}</text>'
    for tick in across.ticks():
        yield _line(across.at(tick), TOP, across.at(tick), HEIGHT - BOTTOM)
        yield _text(across.at(tick), HEIGHT - 10, f"{tick:,.0f}", "middle")
    for tick in up.ticks():
        yield _line(LEFT, up.at(tick), WIDTH - RIGHT, up.at(tick))
        yield _text(LEFT - 4, up.at(tick) + 4, f"{tick:,g}", "end")
    at = LEFT
    for (name, points), colour in zip(lines, COLOURS, strict=False):
        path = " ".join(f"{across.at(x):.1f},{up.at(y):.1f}" for x, y in points)
        yield f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{path}"/>'
        label = name if len(lines) < 4 else name.replace("a phrase of two very", "phrase, very")
        yield f'<text x="{at}" y="30" style="fill:{colour}">{escape(label)}</text>'
        at += 6 * len(label) + 8


class _Scale:
    """A logarithmic axis from the power of ten below the least value to that above the most."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self._low = math.floor(math.log10(min(values)))
        self._high = max(math.ceil(math.log10(max(values))), self._low + 1)
        self._start, self._end = start, end

    def at(self, value: float) -> float:
        share = (math.log10(value) - self._low) / (self._high - self._low)
        return self._start + share * (self._end - self._start)

    def ticks(self) -> list[float]:
        return [10.0**power for power in range(self._low, self._high + 1)]


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="grid" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


if __name__ == "__main__":
    main()
