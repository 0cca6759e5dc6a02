"""`tocsin run` and `tocsin stop`: the monitor in the foreground; the end of any."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from monitor.cli import CliContext, say, set_up_log
from monitor.cli.options import DurationParam
from monitor.cli.output import bar
from monitor.formatting import counted

if TYPE_CHECKING:
    from monitor.model.config import Listening
    from monitor.model.poll import RunSummary


class At(click.ParamType["Listening"]):
    """An address to listen at."""

    name = "address"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Listening:
        """Return it."""
        from monitor.fetch.listen_address import listening

        try:
            return listening(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command()
@click.option("--once", is_flag=True, help="Poll every feed that is due, then end.")
@click.option("--now", "everything", is_flag=True, help="With --once: poll every feed, due or not.")
@click.option("--for", "seconds", type=DurationParam(), help="End after this time: 30s, 10m, 2h.")
@click.option("--metrics", type=At(), metavar="HOST:PORT",
              help="Serve metrics for Prometheus there: 127.0.0.1:9464.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON at the end.")
@click.option("--background", is_flag=True, hidden=True, help="Log to a file.")
@click.pass_context
def run(
    context: click.Context,
    once: bool,
    everything: bool,
    seconds: float | None,
    metrics: Listening | None,
    as_json: bool,
    background: bool,
) -> None:
    """Watch the feeds in the foreground, until interrupted.

    With --once: poll, wait until everything is stored, matched and searchable, print a
    summary, and end. Exits with 1 if no feed could be read, with 2 if feeds.yaml has a
    mistake, with 3 if another monitor watches this newsroom.
    """
    if everything and not once:
        raise click.UsageError("--now goes with --once")
    if metrics and once:
        raise click.UsageError("--metrics is for a watch that goes on, not for --once")
    newsroom: CliContext = context.obj
    summary = watch(
        newsroom,
        once=once,
        everything=everything,
        seconds=seconds,
        background=background,
        metrics=metrics,
    )
    if as_json:
        counted = {name: value for name, value in asdict(summary).items() if name != "failures"}
        click.echo(json.dumps(counted))
    elif once:
        click.echo(in_words(summary))
    if once and summary.feeds and not summary.ok + summary.unchanged:
        context.exit(1)


def watch(
    newsroom: CliContext,
    *,
    once: bool = False,
    everything: bool = False,
    seconds: float | None = None,
    background: bool = False,
    metrics: Listening | None = None,
) -> RunSummary:
    """Run the monitor here; return what came of it."""
    import asyncio

    from monitor.service.service import LOG
    from monitor.wiring import RunOptions, run_monitor

    file = None
    if background:
        newsroom.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = newsroom.folder / LOG
    quiet = -1 if once and not newsroom.verbosity else newsroom.verbosity
    set_up_log(quiet, file)
    if not once and not background:
        say(f"watching {newsroom.config_path}; the archive is in {newsroom.folder}; ^C ends")
    with bar(once and newsroom.verbosity >= 0) as progress:
        orders = RunOptions(
            once=once,
            everything=everything,
            seconds=seconds,
            log_file=str(file.resolve()) if file else "",
            progress=progress,
            metrics=metrics,
        )
        return asyncio.run(run_monitor(newsroom.config_path, newsroom.data, orders))


def in_words(summary: RunSummary) -> str:
    """Return a summary for people."""
    return (
        f"{counted(summary.feeds, 'feed')} polled: {summary.ok} read,"
        f" {summary.unchanged} unchanged, {summary.failed} failed;"
        f" {counted(summary.entries, 'entry', 'entries')}, {summary.new} new,"
        f" {summary.changed} changed; {counted(summary.alerts, 'alert')}; {summary.seconds:.1f} s"
    )


@click.command()
@click.pass_context
def stop(context: click.Context) -> None:
    """Stop the monitor of this newsroom. Exits with 1 if there is none."""
    newsroom: CliContext = context.obj
    pid = newsroom.stop_monitor()
    if pid is None:
        say(f"no monitor watches {newsroom.folder}")
        context.exit(1)
    say(f"the monitor (pid {pid}) has ended")
