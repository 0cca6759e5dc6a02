"""`tocsin status`: the state of the newsroom, and the latency of news."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import CliContext, output, show
from monitor.cli.options import MomentParam
from monitor.formatting import counted, iso
from monitor.model.latency import Step

if TYPE_CHECKING:
    from monitor.model.latency import Latency, Spread
    from monitor.model.status import Status


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
    from monitor.formatting import span

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


DAY = 86_400.0
WEEK = 7 * DAY


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text",
              show_default=True, help="Output format.")  # fmt: skip
@click.option("--latency", is_flag=True,
              help="Show how long news takes, by step, feed and channel.")  # fmt: skip
@click.option(
    "--since",
    type=MomentParam(),
    metavar="WHEN",
    help="With --latency: alerts from this time on. Without it, the last week.",
)
@click.pass_obj
def status(cli: CliContext, as_json: bool, style: str, latency: bool, since: float | None) -> None:
    """Show the state of the newsroom: monitor, feeds, articles, alerts, deliveries.

    With --latency: show how long news takes from the publisher to a channel, step by step.
    """
    as_json = as_json or style == "json"
    if since is not None and not latency:
        raise click.UsageError("--since needs --latency")
    if latency:
        _print_latency(cli, cli.clock() - WEEK if since is None else since, as_json)
        return
    service, now = cli.service(), cli.clock()
    state, suppressed = service.status(), Counter[str]()
    for (_, reason), count in service.views.watchlists.suppressed(now - DAY).items():
        suppressed[reason] += count
    if as_json:
        mapping = {**_mapping(state), "suppressed": suppressed}
        click.echo(json.dumps(mapping, ensure_ascii=False))
        return
    for line in _lines(state, suppressed, now):
        click.echo(line)


def _print_latency(cli: CliContext, since: float, as_json: bool) -> None:

    latency = cli.service().latency(since)
    if as_json:
        click.echo(json.dumps(latency_mapping(latency), ensure_ascii=False))
        return
    for line in latency_lines(latency):
        click.echo(line)


def _mapping(status: Status) -> dict[str, Any]:
    monitor = status.monitor
    return {
        "articles": status.articles,
        "indexed": status.indexed,
        "rebuilt": status.rebuilt,
        "alerts": status.alerts,
        "untriaged": status.untriaged,
        "feeds": sum(status.feeds.values()),
        "failing": status.failing,
        "health": {str(health): count for health, count in status.feeds.items()},
        "blind": status.blind,
        "gaps": {str(kind): count for kind, count in status.gaps.items()},
        "monitor": monitor
        and {
            "pid": monitor.pid,
            "since": iso(monitor.since),
            "config": monitor.config,
            "log": monitor.log,
        },
        "pulse": iso(status.pulse),
        "config_error": status.config_error,
        "network_down": status.network_down,
        "log": status.log,
        "backfill": [asdict(stand) for stand in status.backfill],
        "mutes": [{"watchlist": m.watchlist, "until": iso(m.until)} for m in status.mutes],
        "unsent": status.unsent,
        "dead": status.dead,
    }


def _lines(status: Status, suppressed: Counter[str], now: float) -> Iterator[str]:
    if status.monitor:
        monitor = status.monitor
        yield f"monitor   pid {monitor.pid}, running for {output.ago(monitor.since, now)}"
        yield f"          {monitor.config}"
    else:
        yield "monitor   not running; start it with `tocsin` or `tocsin run`"
    if status.log:
        yield f"log       {status.log}"
    if status.config_error:
        yield f"config    the last edit is not active: {status.config_error}"
    if status.network_down:
        yield f"network   {status.network_down}"
    health = ", ".join(f"{count} {health}" for health, count in sorted(status.feeds.items()))
    yield f"feeds     {health or 'none'}"
    if gaps := _describe_gaps(status):
        yield f"gaps      {gaps} in the last day; `tocsin feeds --blind` lists them"
    yield f"articles  {status.articles}, {status.indexed} of them searchable"
    if status.rebuilt is not None:
        yield f"index     {status.rebuilt:.0%} rebuilt; the rest cannot be searched yet"
    if status.backfill:
        done = min(stand.upto for stand in status.backfill)
        until = max(stand.until for stand in status.backfill)
        names = ", ".join(stand.watchlist for stand in status.backfill)
        yield f"backfill  {done} of {counted(until, 'article')}: {names}"
    yield f"alerts    {status.alerts}, {status.untriaged} not yet triaged"
    if status.mutes:
        muted = ", ".join(
            f"{m.watchlist} until {show.format_moment(m.until, now)}" for m in status.mutes
        )
        yield f"silenced  {muted}"
    if suppressed:
        reasons = ", ".join(f"{count} {reason}" for reason, count in suppressed.most_common())
        yield f"suppressed {reasons} in the last day; `tocsin alerts --suppressed` lists them"
    if status.unsent or status.dead:
        counts = f"{status.unsent} waiting, {status.dead} given up"
        yield f"unsent    {counts}; `tocsin deliveries` lists them"


def _describe_gaps(status: Status) -> str:
    """Return how many feeds have coverage gaps of each kind; empty for none."""
    kinds = (
        ("blind", "without an entry in common between two polls"),
        ("down", "not polled in time"),
    )
    counts = {str(kind): count for kind, count in status.gaps.items()}
    return ", ".join(f"{counts[kind]} {words}" for kind, words in kinds if counts.get(kind))
