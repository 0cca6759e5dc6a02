"""`tocsin status --latency`: how long news takes, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from monitor.model import Step

if TYPE_CHECKING:
    from monitor.model import Latency, Spread

SHOWN = 15
"""Feeds that people are shown."""
NAME = 28
"""Cells of a name."""
_LIES_WITH = {
    Step.SEEN: "the feed's slowness: when it shows what it has, and how often it is read",
    Step.MATCHED: "reading, recognising and matching here; a page is waited for too",
    Step.SEARCHABLE: "the index here",
    Step.DELIVERED: "the channels, and whoever stands behind them",
}


def mapping(found: Latency) -> dict[str, Any]:
    """Return it for programs; durations are seconds."""
    return {
        "articles": found.articles,
        "steps": _steps(found.steps),
        "slowest": found.slowest,
        "slowest_own": found.slowest_own,
        "feeds": [{"feed": feed.name, "steps": _steps(feed.steps)} for feed in found.feeds],
        "channels": {name: _spread(spread) for name, spread in found.channels.items()},
        "left_out": found.left_out,
    }


def lines(found: Latency) -> Iterator[str]:
    """Yield it for people."""
    if not found.articles and not found.channels:
        yield "no alert was raised by news in this time"
        return
    yield f"{'':{NAME}} {'articles':>8} {'p50':>8} {'p95':>8}"
    for step in Step:
        if step in found.steps:
            yield _row(step, found.steps[step])
    yield from _slowest(found)
    if found.left_out:
        said = ", ".join(f"{count} {reason}" for reason, count in found.left_out.items())
        yield f"left out: {said}"
    yield ""
    columns = " ".join(f"{name:>17}" for name in ("seen", "matched", "searchable"))
    yield f"{'feed, the slowest first':{NAME}} {'articles':>8} {columns}"
    for feed in found.feeds[:SHOWN]:
        count = max((spread.count for spread in feed.steps.values()), default=0)
        cells = [_pair(feed.steps.get(step)) for step in (Step.SEEN, Step.MATCHED, Step.SEARCHABLE)]
        yield f"{_name(feed.name)} {count:>8} " + " ".join(f"{cell:>17}" for cell in cells)
    if (more := len(found.feeds) - SHOWN) > 0:
        yield f"and {more} more; `--format json` has all"
    if found.channels:
        yield ""
        yield f"{'channel, the slowest first':{NAME}} {'alerts':>8} {'p50':>8} {'p95':>8}"
        for name, spread in found.channels.items():
            yield _row(name, spread)


def _slowest(found: Latency) -> Iterator[str]:
    if found.slowest is None:
        return
    yield f"slowest: {_said(found, found.slowest)}"
    own = found.slowest_own
    if found.slowest is Step.SEEN and own:
        yield f"slowest of what is not the publisher's: {_said(found, own)}"


def _said(found: Latency, step: Step) -> str:
    return f"{step}, {duration(found.steps[step].p95)} (p95): {_LIES_WITH[step]}"


def duration(seconds: float) -> str:
    """Return a duration with the digits that matter: `0.24 s`, `3.1 s`, `40 s`, `7 min`."""
    from monitor.durations import span

    if seconds < 9.95:
        return f"{seconds:.2f} s" if seconds < 0.995 else f"{seconds:.1f} s"
    return span(seconds)


def _row(name: str, spread: Spread) -> str:
    return f"{_name(name)} {spread.count:>8} {duration(spread.p50):>8} {duration(spread.p95):>8}"


def _pair(spread: Spread | None) -> str:
    return f"{duration(spread.p50)} · {duration(spread.p95)}" if spread else "–"


def _name(name: str) -> str:
    from rich.cells import set_cell_size

    from index.text import truncate

    return set_cell_size(truncate(name, NAME), NAME)


def _steps(steps: dict[Step, Spread]) -> dict[str, Any]:
    return {str(step): _spread(spread) for step, spread in steps.items()}


def _spread(spread: Spread) -> dict[str, Any]:
    return {"count": spread.count, "p50": round(spread.p50, 3), "p95": round(spread.p95, 3)}
