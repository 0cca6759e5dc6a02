"""Draws how cost grows with the archive, from the output of `bench.growth --json`.

python -m bench.growth_chart FILE FOLDER     one growth.svg in FOLDER
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from msgspec import Struct

WIDTH, HEIGHT = 340, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 30, 44, 26
COLUMNS = 2
MARGIN = 0.1
"""Length of an axis beyond its values, in powers of ten."""
COLOURS = ("#2f6fb0", "#c05a1e", "#3f8f4f", "#8a4fa8", "#a08a10")
STYLE = """
svg { font: 11px sans-serif; fill: #333; }
.grid { stroke: #ccc; stroke-width: 0.5; }
.title { font-weight: bold; font-size: 12px; }
@media (prefers-color-scheme: dark) { svg { fill: #ccc; } .grid { stroke: #555; } }
"""

Step = dict[str, Any]
Value = Callable[[Step], float | None]


class Panel(Struct, frozen=True):
    """One chart: named values by the number of articles, on logarithmic axes."""

    title: str
    lines: Sequence[tuple[str, Value]]


PANELS = (
    Panel("On disk, MB", [("index", lambda s: s["index"]), ("store", lambda s: s["store"])]),
    Panel(
        "A search for the newest 50, ms",
        [
            (name, lambda s, kind=kind: s["searches"][kind])  # type: ignore[misc]
            for name, kind in (
                ("rare word", "a rare word"),
                ("common word", "a common word"),
                ("phrase", "a phrase"),
                ("common phrase", "a phrase of two very common words"),
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
    options = parser.parse_args()
    steps = [json.loads(line) for line in options.file.read_text(encoding="utf-8").splitlines()]
    (options.folder / "growth.svg").write_text(chart(steps), encoding="utf-8")


def chart(steps: Sequence[Step]) -> str:
    """Return the panels as one SVG."""
    rows = -(-len(PANELS) // COLUMNS)
    groups = [
        f'<g transform="translate({WIDTH * (number % COLUMNS)},{HEIGHT * (number // COLUMNS)})">'
        f"{''.join(_panel(panel, steps))}</g>"
        for number, panel in enumerate(PANELS)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH * COLUMNS} {HEIGHT * rows}">'
        f"<style>{STYLE}</style>\n" + "\n".join(groups) + "\n</svg>\n"
    )


def _panel(panel: Panel, steps: Sequence[Step]) -> Iterable[str]:
    lines = [
        (name, [(step["articles"], height) for step in steps if (height := value(step))])
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
    name_x = float(LEFT)
    for (name, points), colour in zip(lines, COLOURS, strict=False):
        path = " ".join(f"{across.at(x):.1f},{up.at(y):.1f}" for x, y in points)
        yield f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{path}"/>'
        yield f'<text x="{name_x:g}" y="30" style="fill:{colour}">{escape(name)}</text>'
        name_x += 6 * len(name) + 12


class _Scale:
    """A logarithmic axis, a little longer than the values need."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self._low = math.log10(min(values)) - MARGIN
        self._high = math.log10(max(values)) + MARGIN
        self._start, self._end = start, end

    def at(self, value: float) -> float:
        share = (math.log10(value) - self._low) / (self._high - self._low)
        return self._start + share * (self._end - self._start)

    def ticks(self) -> list[float]:
        """Return the powers of ten on the axis; on a short axis, numbers between them too."""
        powers = range(math.floor(self._low), math.ceil(self._high) + 1)
        for steps in ((1,), (1, 3), (1, 2, 3, 5, 7)):
            ticks = [step * 10.0**power for power in powers for step in steps]
            ticks = [tick for tick in ticks if self._low <= math.log10(tick) <= self._high]
            if len(ticks) > 2:
                break
        return ticks


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="grid" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


if __name__ == "__main__":
    main()
