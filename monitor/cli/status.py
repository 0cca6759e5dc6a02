"""`tocsin status`: the newsroom at a glance."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import Newsroom, output, telling
from monitor.cli.times import Moment
from monitor.plural import counted

if TYPE_CHECKING:
    from monitor.model import Status


DAY = 86_400.0
WEEK = 7 * DAY


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs; as --format json.")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text",
              show_default=True, help="For people, or for programs.")  # fmt: skip
@click.option("--latency", "timed", is_flag=True,
              help="How long news takes, by step, feed and channel.")  # fmt: skip
@click.option("--since", type=Moment(), metavar="WHEN",
              help="With --latency: alerts raised from then on; a week when left out.")  # fmt: skip
@click.pass_obj
def status(newsroom: Newsroom, as_json: bool, style: str, timed: bool, since: float | None) -> None:
    """Tell how the newsroom is doing: articles, alerts, feeds, monitor, log.

    With --latency: how long it takes from the publisher to whoever is told, step by step.
    """
    as_json = as_json or style == "json"
    if since is not None and not timed:
        raise click.UsageError("--since goes with --latency")
    if timed:
        _latency(newsroom, newsroom.clock() - WEEK if since is None else since, as_json)
        return
    service, now = newsroom.service(), newsroom.clock()
    found, untold = service.status(), Counter[str]()
    for (_, reason), count in service.suppressed(now - DAY).items():
        untold[reason] += count
    if as_json:
        told = {**_mapping(found), "suppressed": untold}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for line in _lines(found, untold, now):
        click.echo(line)


def _latency(newsroom: Newsroom, since: float, as_json: bool) -> None:
    from monitor.cli import latency

    found = newsroom.service().latency(since)
    if as_json:
        click.echo(json.dumps(latency.mapping(found), ensure_ascii=False))
        return
    for line in latency.lines(found):
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
            "since": output.iso(monitor.since),
            "config": monitor.config,
            "log": monitor.log,
        },
        "pulse": output.iso(status.pulse),
        "config_error": status.config_error,
        "network_down": status.network_down,
        "log": status.log,
        "backfill": [asdict(stand) for stand in status.backfill],
        "mutes": [{"watchlist": m.watchlist, "until": output.iso(m.until)} for m in status.mutes],
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
        yield f"config    the last edit is not in force: {status.config_error}"
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
        muted = ", ".join(
            f"{m.watchlist} until {telling.moment(m.until, now)}" for m in status.mutes
        )
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
