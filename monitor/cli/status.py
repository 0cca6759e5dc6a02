"""`tocsin status`: the state of the newsroom."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from monitor.cli import CliContext, output
from monitor.cli.options import MomentParam
from monitor.formatting import counted

if TYPE_CHECKING:
    from monitor.model.status import Status


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

    Exits with 1 while a monitor runs that has found the store damaged.
    """
    as_json = as_json or style == "json"
    if since is not None and not latency:
        raise click.UsageError("--since needs --latency")
    if latency:
        from monitor.cli.latency import print_latency

        print_latency(cli, cli.clock() - WEEK if since is None else since, as_json)
        return
    service, now = cli.service(), cli.clock()
    state, suppressed = service.status(), service.suppressed()
    if as_json:
        from monitor.export.serialization.status import status_row

        click.echo(json.dumps(status_row(state, suppressed), ensure_ascii=False))
    else:
        for line in _lines(state, suppressed, now):
            click.echo(line)
    if state.store_damage:
        click.get_current_context().exit(1)


def _lines(status: Status, suppressed: Counter[str], now: float) -> Iterator[str]:
    if status.monitor:
        monitor = status.monitor
        yield f"monitor   pid {monitor.pid}, running for {output.ago(monitor.since, now)}"
        yield f"          {monitor.config}"
    else:
        yield "monitor   not running; start it with `tocsin` or `tocsin run`"
    if status.log:
        yield f"log       {status.log}"
    yield from _trouble_lines(status)
    health = ", ".join(f"{count} {health.label}" for health, count in sorted(status.feeds.items()))
    yield f"feeds     {health or 'none'}"
    if gaps := _describe_gaps(status):
        yield f"gaps      {gaps} in the last day; `tocsin feeds --blind` lists them"
    yield f"articles  {status.articles}, {status.indexed} of them searchable"
    yield from _set_aside_line(status)
    if status.rebuilt is not None:
        yield f"index     {status.rebuilt:.0%} rebuilt; the rest cannot be searched yet"
    if status.monitor:
        none = f"none are made: {status.no_vectors}"
        yield f"vectors   {none if status.no_vectors else 'are made of new articles'}"
    if status.backfill:
        done = min(stand.upto for stand in status.backfill)
        until = max(stand.until for stand in status.backfill)
        names = ", ".join(stand.watchlist for stand in status.backfill)
        yield f"backfill  {done} of {counted(until, 'article')}: {names}"
    untriaged = counted(status.untriaged, "story", "stories")
    yield f"alerts    {status.alerts}; {untriaged} not yet triaged"
    if status.mutes:
        from monitor.cli.show import format_moment

        muted = ", ".join(
            f"{m.watchlist} until {format_moment(m.until, now)}" for m in status.mutes
        )
        yield f"silenced  {muted}"
    if suppressed:
        from monitor.alerts.description import describe_counts

        counts = describe_counts(suppressed)
        yield f"suppressed in the last day: {counts}; `tocsin alerts --suppressed` lists them"
    if status.unsent or status.dead:
        counts = f"{status.unsent} waiting, {status.dead} given up"
        yield f"unsent    {counts}; `tocsin deliveries` lists them"


def _set_aside_line(status: Status) -> Iterator[str]:
    if status.set_aside:
        yield (
            f"set aside {counted(status.set_aside, 'article')} that took too much time or memory to"
            " match or to index; `tocsin feeds` says whose, `tocsin show NUMBER` why"
        )


def _trouble_lines(status: Status) -> Iterator[str]:
    if status.config_error:
        yield f"config    the last edit is not active: {status.config_error}"
    if status.store_damage:
        yield f"store     {status.store_damage}"
    if status.network_down:
        yield f"network   {status.network_down}"


def _describe_gaps(status: Status) -> str:
    """Return how many feeds have coverage gaps of each kind; empty for none."""
    kinds = (
        ("blind", "without an entry in common between two polls"),
        ("down", "not polled in time"),
    )
    counts = {str(kind): count for kind, count in status.gaps.items()}
    return ", ".join(f"{counts[kind]} {words}" for kind, words in kinds if counts.get(kind))
