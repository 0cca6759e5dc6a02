"""`tocsin status --latency`: how long news takes, by step, feed and channel."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from monitor.cli import CliContext
from monitor.formatting import span
from monitor.model.latency import Latency, Spread, Step

FEEDS_SHOWN = 15
"""Feeds that the text output shows."""
NAME_CELLS = 28
"""Width of a name in cells."""
_CAUSES = {
    Step.SEEN: "the feed: how late it shows articles, and how often it is polled",
    Step.MATCHED: "parsing, deduplication and matching, and waiting for article pages",
    Step.SEARCHABLE: "the search index",
    Step.DELIVERED: "the channels, and the services behind them",
}


def print_latency(cli: CliContext, since: float, as_json: bool) -> None:
    """Print how long each step took for the alerts since a time."""
    latency = cli.service().latency(since)
    if as_json:
        click.echo(json.dumps(latency_mapping(latency), ensure_ascii=False))
        return
    for line in latency_lines(latency):
        click.echo(line)


def latency_mapping(latency: Latency) -> dict[str, Any]:
    """Return the latency as JSON values; durations are in seconds."""
    return {
        "articles": latency.articles,
        "steps": _steps(latency.steps),
        "slowest": latency.slowest,
        "slowest_own": latency.slowest_own,
        "feeds": [{"feed": feed.name, "steps": _steps(feed.steps)} for feed in latency.feeds],
        "channels": {name: _spread(spread) for name, spread in latency.channels.items()},
        "left_out": latency.left_out,
    }


def latency_lines(latency: Latency) -> Iterator[str]:
    """Yield the latency as lines."""
    if not latency.articles and not latency.channels:
        yield "no new article raised an alert in this time"
        return
    yield f"{'':{NAME_CELLS}} {'articles':>8} {'p50':>8} {'p95':>8}"
    for step in Step:
        if step in latency.steps:
            yield _row(step, latency.steps[step])
    yield from _slowest(latency)
    if latency.left_out:
        reasons = ", ".join(f"{count} {reason}" for reason, count in latency.left_out.items())
        yield f"left out: {reasons}"
    yield ""
    columns = " ".join(f"{name:>17}" for name in ("seen", "matched", "searchable"))
    yield f"{'feed, the slowest first':{NAME_CELLS}} {'articles':>8} {columns}"
    for feed in latency.feeds[:FEEDS_SHOWN]:
        count = max((spread.count for spread in feed.steps.values()), default=0)
        cells = [_pair(feed.steps.get(step)) for step in (Step.SEEN, Step.MATCHED, Step.SEARCHABLE)]
        yield f"{_name(feed.name)} {count:>8} " + " ".join(f"{cell:>17}" for cell in cells)
    if (more := len(latency.feeds) - FEEDS_SHOWN) > 0:
        yield f"and {more} more; `--format json` has all"
    if latency.channels:
        yield ""
        yield f"{'channel, the slowest first':{NAME_CELLS}} {'alerts':>8} {'p50':>8} {'p95':>8}"
        for name, spread in latency.channels.items():
            yield _row(name, spread)


def _slowest(latency: Latency) -> Iterator[str]:
    if latency.slowest is None:
        return
    yield f"slowest: {_describe_step(latency, latency.slowest)}"
    own = latency.slowest_own
    if latency.slowest is Step.SEEN and own:
        yield f"slowest step apart from the publisher: {_describe_step(latency, own)}"


def _describe_step(latency: Latency, step: Step) -> str:
    return f"{step}, {duration(latency.steps[step].p95)} (p95): {_CAUSES[step]}"


def duration(seconds: float) -> str:
    """Return a duration with the digits that matter: `0.24 s`, `3.1 s`, `40 s`, `7 min`."""
    if seconds < 9.95:
        return f"{seconds:.2f} s" if seconds < 0.995 else f"{seconds:.1f} s"
    return span(seconds)


def _row(name: str, spread: Spread) -> str:
    return f"{_name(name)} {spread.count:>8} {duration(spread.p50):>8} {duration(spread.p95):>8}"


def _pair(spread: Spread | None) -> str:
    return f"{duration(spread.p50)} · {duration(spread.p95)}" if spread else "–"


def _name(name: str) -> str:
    from rich.cells import set_cell_size

    from index.analysis.text_cleaning import truncate

    return set_cell_size(truncate(name, NAME_CELLS), NAME_CELLS)


def _steps(steps: dict[Step, Spread]) -> dict[str, Any]:
    return {str(step): _spread(spread) for step, spread in steps.items()}


def _spread(spread: Spread) -> dict[str, Any]:
    return {"count": spread.count, "p50": round(spread.p50, 3), "p95": round(spread.p95, 3)}
