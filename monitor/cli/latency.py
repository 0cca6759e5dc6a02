"""`tocsin status --latency`: how long news takes, by step, feed and channel."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click
from rich.cells import set_cell_size

from monitor.base.formatting import span
from monitor.base.text_cleaning import truncate
from monitor.base.translation import gettext as _
from monitor.base.translation import mark, mark_all, ngettext, number, pgettext
from monitor.cli import CliContext
from monitor.model.latency import Latency, Spread, Step

FEEDS_SHOWN = 15
"""Feeds that the text output shows."""
NAME_CELLS = 28
"""Width of a name in cells."""
_CAUSES = {
    Step.SEEN: mark("the feed: how late it shows articles, and how often it is polled"),
    Step.MATCHED: mark("parsing, deduplication and matching, and waiting for article pages"),
    Step.SEARCHABLE: mark("the search index"),
    Step.DELIVERED: mark("the channels, and the services behind them"),
}
_STEPS = dict(
    zip(
        Step,
        mark_all(
            "step", "published to seen", "seen to matched", "matched to searchable",
            "matched to delivered",
        ),
        strict=True,
    )
)  # fmt: skip
_COLUMNS = mark_all("latency", "seen", "matched", "searchable")


def print_latency(cli: CliContext, since: float, as_json: bool) -> None:
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
    if not latency.articles and not latency.channels:
        yield _("no new article raised an alert in this time")
        return
    articles = pgettext("column", "articles")
    yield f"{'':{NAME_CELLS}} {articles:>8} {'p50':>8} {'p95':>8}"
    for step in Step:
        if step in latency.steps:
            yield _row(pgettext("step", _STEPS[step]), latency.steps[step])
    yield from _slowest(latency)
    if latency.left_out:
        reasons = ", ".join(f"{count} {_(reason)}" for reason, count in latency.left_out.items())
        yield _("left out: {reasons}", reasons=reasons)
    yield ""
    columns = " ".join(f"{pgettext('latency', name):>17}" for name in _COLUMNS)
    yield f"{_('feed, the slowest first'):{NAME_CELLS}} {articles:>8} {columns}"
    for feed in latency.feeds[:FEEDS_SHOWN]:
        count = max((spread.count for spread in feed.steps.values()), default=0)
        cells = [_pair(feed.steps.get(step)) for step in (Step.SEEN, Step.MATCHED, Step.SEARCHABLE)]
        yield f"{_name(feed.name)} {count:>8} " + " ".join(f"{cell:>17}" for cell in cells)
    if (more := len(latency.feeds) - FEEDS_SHOWN) > 0:
        yield ngettext(
            "and {count} more; `--format json` has all",
            "and {count} more; `--format json` has all",
            more,
        )
    if latency.channels:
        yield ""
        channel, alerts = _("channel, the slowest first"), pgettext("column", "alerts")
        yield f"{channel:{NAME_CELLS}} {alerts:>8} {'p50':>8} {'p95':>8}"
        for name, spread in latency.channels.items():
            yield _row(name, spread)


def _slowest(latency: Latency) -> Iterator[str]:
    if latency.slowest is None:
        return
    yield _("slowest: {step}", step=_describe_step(latency, latency.slowest))
    own = latency.slowest_own
    if latency.slowest is Step.SEEN and own:
        yield _("slowest step apart from the publisher: {step}", step=_describe_step(latency, own))


def _describe_step(latency: Latency, step: Step) -> str:
    return _(
        "{step}, {time} (p95): {cause}",
        step=pgettext("step", _STEPS[step]),
        time=duration(latency.steps[step].p95),
        cause=_(_CAUSES[step]),
    )


def duration(seconds: float) -> str:
    """Return a duration with the digits that matter: `0.24 s`, `3.1 s`, `40 s`, `7 min`."""
    if seconds < 9.95:
        return f"{number(seconds, 2 if seconds < 0.995 else 1)} s"
    return span(seconds)


def _row(name: str, spread: Spread) -> str:
    return f"{_name(name)} {spread.count:>8} {duration(spread.p50):>8} {duration(spread.p95):>8}"


def _pair(spread: Spread | None) -> str:
    return f"{duration(spread.p50)} · {duration(spread.p95)}" if spread else "–"


def _name(name: str) -> str:
    return set_cell_size(truncate(name, NAME_CELLS), NAME_CELLS)


def _steps(steps: dict[Step, Spread]) -> dict[str, Any]:
    return {str(step): _spread(spread) for step, spread in steps.items()}


def _spread(spread: Spread) -> dict[str, Any]:
    return {"count": spread.count, "p50": round(spread.p50, 3), "p95": round(spread.p95, 3)}
