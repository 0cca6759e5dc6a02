"""`tocsin run` and `tocsin stop`; start and stop of a monitor in the background."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
from msgspec.structs import asdict

from monitor.base.errors import MonitorError
from monitor.base.formatting import alerts as counted_alerts, clauses
from monitor.base.translation import gettext as _, ngettext, number
from monitor.cli import CliContext, say, set_up_log
from monitor.cli.alerts import list_stories, news, print_stories
from monitor.cli.options import DurationParam, with_format
from monitor.cli.output import progress_bar
from monitor.model.config import Listening
from monitor.model.poll import RunSummary
from monitor.presentation.rows.alerts import alert_row
from monitor.presentation.service.health import LOG
from monitor.runtime.machine import monotonic, pause
from monitor.storage import data_folder, monitor_lock


def _listening(
    context: click.Context, option: click.Parameter, address: str | None
) -> Listening | None:
    try:
        return None if address is None else Listening.parse(address)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@click.option("--once", is_flag=True, help="Poll every feed that is due, then end.")
@click.option("--now", "everything", is_flag=True, help="With --once: poll every feed, due or not.")
@click.option("--for", "seconds", type=DurationParam(), help="End after this time: 30s, 10m, 2h.")
@click.option("--metrics", callback=_listening, metavar="HOST:PORT",
              help="Serve metrics for Prometheus there: 127.0.0.1:9464.")  # fmt: skip
@with_format("table", "json", help="`json` prints the summary, with --once the alerts too.")
@click.option("--background", is_flag=True, hidden=True, help="Log to a file.")
@click.pass_context
def run(
    context: click.Context,
    once: bool,
    everything: bool,
    seconds: float | None,
    metrics: Listening | None,
    style: str,
    background: bool,
) -> None:
    """Watch the feeds in the foreground, until interrupted.

    With --once: poll, wait until everything is stored, matched and searchable, and the index is
    mended; then print the stories that raised alerts, the newest first, and a summary on stderr.
    Exits with 1 if no feed could be read, with 2 if feeds.yaml has a mistake, with 3 if another
    monitor watches this newsroom.
    """
    if everything and not once:
        raise click.UsageError(_("--now needs --once"))
    if metrics and once:
        raise click.UsageError(_("--metrics cannot be combined with --once"))
    cli: CliContext = context.obj
    summary = run_in_foreground(
        cli,
        once=once,
        everything=everything,
        seconds=seconds,
        background=background,
        metrics=metrics,
    )
    if style == "json":
        _print_json(cli, summary, once=once)
    elif once:
        _print_raised(cli, summary)
        say(describe_summary(summary))
    if once and summary.feeds and not summary.ok + summary.unchanged:
        context.exit(1)


def _print_raised(cli: CliContext, summary: RunSummary) -> None:
    ids = _raised_ids(cli, summary)
    stories = cli.service().views.alerts.stories(ids, matches=True, timelines=True, silenced=True)
    rows = list_stories(stories, ids, lambda story: news(story, ids))
    print_stories(rows, cli.clock())


def _print_json(cli: CliContext, summary: RunSummary, *, once: bool) -> None:
    fields: dict[str, object] = asdict(summary)
    del fields["failures"], fields["raised"]
    if once:
        ids = _raised_ids(cli, summary)
        alerts = cli.service().views.alerts.get(ids, matches=True, timelines=True) if ids else []
        fields["raised"] = [*map(alert_row, alerts)]
    click.echo(json.dumps(fields, ensure_ascii=False))


def _raised_ids(cli: CliContext, summary: RunSummary) -> list[int]:
    """Return the alerts that a run raised, the newest first, without copies."""
    if not summary.raised:
        return []
    alerts = cli.service().views.alerts.get(summary.raised)
    alerts = [alert for alert in alerts if alert.merged_into is None]
    alerts.sort(key=lambda alert: (alert.stirred_at, alert.id), reverse=True)
    return [alert.id for alert in alerts]


def run_in_foreground(
    cli: CliContext,
    *,
    once: bool = False,
    everything: bool = False,
    seconds: float | None = None,
    background: bool = False,
    metrics: Listening | None = None,
) -> RunSummary:
    """Run the monitor in this process until it ends; return its summary.

    Raises:
        AlreadyRunningError: Another monitor watches this newsroom.
        ConfigError: feeds.yaml has a mistake.
    """
    import asyncio

    from monitor.runtime.wiring import RunOptions, run_monitor

    log_file = None
    if background:
        data_folder.claim(cli.folder)
        log_file = cli.folder / LOG
    verbosity = -1 if once and not cli.verbosity else cli.verbosity
    set_up_log(verbosity, log_file)
    if not once and not background and cli.config_path.exists():
        words = _("watching {config}; the archive is in {folder}; Ctrl-C ends",
                  config=cli.config_path, folder=cli.folder)  # fmt: skip
        say(words)
    with progress_bar(once and cli.verbosity >= 0) as progress:
        options = RunOptions(
            once=once,
            everything=everything,
            seconds=seconds,
            log_file=str(log_file.resolve()) if log_file else "",
            progress=progress,
            metrics=metrics,
        )
        return asyncio.run(run_monitor(cli.config_path, cli.data, options))


def describe_summary(summary: RunSummary) -> str:
    polled = ngettext(
        "{count} feed polled: {read} read, {unchanged} unchanged, {failed} failed",
        "{count} feeds polled: {read} read, {unchanged} unchanged, {failed} failed",
        summary.feeds,
        read=number(summary.ok),
        unchanged=number(summary.unchanged),
        failed=number(summary.failed),
    )
    entries = ngettext(
        "{count} entry, {new} new, {changed} changed",
        "{count} entries, {new} new, {changed} changed",
        summary.entries,
        new=number(summary.new),
        changed=number(summary.changed),
    )
    seconds = f"{number(summary.seconds, 1)} s"
    return clauses([polled, entries, counted_alerts(summary.alerts), seconds])


@click.command()
@click.pass_context
def stop(context: click.Context) -> None:
    """Stop the monitor of this newsroom. Exits with 1 if there is none."""
    cli: CliContext = context.obj
    pid = cli.stop_monitor()
    if pid is None:
        say(_("no monitor is running for {folder}", folder=cli.folder))
        context.exit(1)
    say(_("the monitor (pid {pid}) was stopped", pid=pid))


START_SECONDS = 20.0
STOP_SECONDS = 45.0
HEARTBEAT_SECONDS = 5.0
"""Seconds that a starting monitor has to write its heartbeat."""
CHECK_SECONDS = 0.02
"""Seconds between two checks."""


def start_monitor(path: Path, data: Path, meanwhile: Callable[[], object]) -> bool:
    """Start a monitor in the background unless one is running; return whether one was started.

    Raises:
        MonitorError: The monitor ended at once, or did not start in time.
    """
    if monitor_lock.current_heartbeat(data):
        return False
    command = [sys.executable, "-P", "-m", "monitor", "-c", str(path), "--data", str(data)]
    process = subprocess.Popen(
        [*command, "run", "--background"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    meanwhile()
    deadline = monotonic() + START_SECONDS
    while monotonic() < deadline:
        if heartbeat := monitor_lock.current_heartbeat(data):  # perhaps another new monitor
            assert process.stderr is not None
            process.stderr.close()
            return heartbeat.presence.pid == process.pid
        if process.poll() is not None:
            _output, stderr = process.communicate()
            message = stderr.decode(errors="replace").strip().removeprefix("tocsin: ")
            raise MonitorError(
                message or _("the monitor ended at once (exit {code})", code=process.returncode)
            )
        pause(CHECK_SECONDS)
    raise MonitorError(
        _(
            "the monitor did not start within {seconds} s; see {folder}",
            seconds=f"{START_SECONDS:g}",
            folder=data,
        )
    )


def stop_monitor(data: Path) -> int | None:
    """Stop the monitor of a data folder, return its pid; None if there is none.

    Raises:
        MonitorError: The monitor does not end, or belongs to another user.
    """
    if data.exists():
        data_folder.require_owner(data)  # its files say which process to end
    deadline = monotonic() + HEARTBEAT_SECONDS
    while (heartbeat := monitor_lock.current_heartbeat(data)) is None:
        if not monitor_lock.is_locked(data) or monotonic() > deadline:
            return None
        pause(CHECK_SECONDS)
    try:
        os.kill(heartbeat.presence.pid, signal.SIGTERM)
    except ProcessLookupError:  # it has just ended
        pass
    except PermissionError as error:
        raise MonitorError(
            _(
                "the monitor (pid {pid}) belongs to another user, who must stop it",
                pid=heartbeat.presence.pid,
            )
        ) from error
    deadline = monotonic() + STOP_SECONDS
    while monotonic() < deadline:
        if monitor_lock.current_heartbeat(data) is None:
            return heartbeat.presence.pid
        pause(CHECK_SECONDS)
    raise MonitorError(
        _(
            "the monitor (pid {pid}) has not ended after {seconds} s",
            pid=heartbeat.presence.pid,
            seconds=f"{STOP_SECONDS:g}",
        )
    )
