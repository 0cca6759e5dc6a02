"""`tocsin status`: the newsroom at a glance, and how long news takes."""

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

    return set_cell_size(truncate(name, NAME), NAME)


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
@click.option("--latency", "timed", is_flag=True,
              help="Show how long news takes, by step, feed and channel.")  # fmt: skip
@click.option(
    "--since",
    type=MomentParam(),
    metavar="WHEN",
    help="With --latency: alerts from this time on. Without it, the last week.",
)
@click.pass_obj
def status(
    newsroom: CliContext, as_json: bool, style: str, timed: bool, since: float | None
) -> None:
    """Show the state of the newsroom: monitor, feeds, articles, alerts, deliveries.

    With --latency: show how long news takes from the publisher to a channel, step by step.
    """
    as_json = as_json or style == "json"
    if since is not None and not timed:
        raise click.UsageError("--since goes with --latency")
    if timed:
        _latency(newsroom, newsroom.clock() - WEEK if since is None else since, as_json)
        return
    service, now = newsroom.service(), newsroom.clock()
    found, untold = service.status(), Counter[str]()
    for (_, reason), count in service.views.watchlists.suppressed(now - DAY).items():
        untold[reason] += count
    if as_json:
        told = {**_mapping(found), "suppressed": untold}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for line in _lines(found, untold, now):
        click.echo(line)


def _latency(newsroom: CliContext, since: float, as_json: bool) -> None:

    found = newsroom.service().latency(since)
    if as_json:
        click.echo(json.dumps(mapping(found), ensure_ascii=False))
        return
    for line in lines(found):
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


def _lines(status: Status, untold: Counter[str], now: float) -> Iterator[str]:
    if status.monitor:
        monitor = status.monitor
        yield f"monitor   pid {monitor.pid}, watching for {output.ago(monitor.since, now)}"
        yield f"          {monitor.config}"
    else:
        yield "monitor   nobody watches; `tocsin` or `tocsin run` starts"
    if status.log:
        yield f"log       {status.log}"
    if status.config_error:
        yield f"config    the last edit is not active: {status.config_error}"
    if status.network_down:
        yield f"network   {status.network_down}"
    health = ", ".join(f"{count} {health}" for health, count in sorted(status.feeds.items()))
    yield f"feeds     {health or 'none'}"
    if told := _gaps(status):
        yield f"missed    {told} in the last day; `tocsin feeds --blind` tells more"
    yield f"articles  {status.articles}, {status.indexed} of them searchable"
    if status.rebuilt is not None:
        yield f"index     rebuilding {status.rebuilt:.0%}; what is there can be searched"
    if status.backfill:
        done = min(stand.upto for stand in status.backfill)
        until = max(stand.until for stand in status.backfill)
        names = ", ".join(stand.watchlist for stand in status.backfill)
        yield f"backfill  {done} of {counted(until, 'article')}: {names}"
    yield f"alerts    {status.alerts}, {status.untriaged} not yet triaged"
    if status.mutes:
        muted = ", ".join(f"{m.watchlist} until {show.moment(m.until, now)}" for m in status.mutes)
        yield f"muted     {muted}"
    if untold:
        held = ", ".join(f"{count} {reason}" for reason, count in untold.most_common())
        yield f"untold    {held} in the last day; `tocsin alerts --suppressed`"
    if status.unsent or status.dead:
        yield f"unsent    {status.unsent} on their way, {status.dead} given up; `tocsin deliveries`"


def _gaps(status: Status) -> str:
    """Tell of how many feeds articles may be missing, empty for none."""
    said = (("blind", "turned over between two reads"), ("down", "not read in time"))
    counts = {str(kind): count for kind, count in status.gaps.items()}
    return ", ".join(f"{counts[kind]} {words}" for kind, words in said if counts.get(kind))
