"""`tocsin demo`: run tocsin on the bundled newsroom."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path

import click
from filelock import FileLock, Timeout

from monitor.base.errors import MonitorError, install_command
from monitor.base.translation import gettext as _
from monitor.cli import DASHBOARD, CliContext, can_draw, output, say
from monitor.cli.options import DurationParam
from monitor.cli.run import describe_summary, run_in_foreground
from monitor.config.feeds import PAGE_READER
from monitor.config.loading import load
from monitor.config.location import STORE_VARIABLE
from monitor.demo.site import NewsroomServer
from monitor.intake.article_import import ArticleImport, parse_article
from monitor.model.alert import AlertState
from monitor.model.config import Config, StoreAddress
from monitor.model.search import Filter
from monitor.model.triage import Change
from monitor.storage.store import open_store, open_views


@click.command()
@click.option(
    "--headless", is_flag=True, help="Show the log of the monitor instead of the dashboard."
)
@click.option(
    "--for", "seconds", type=DurationParam(), help="With --headless: end after this time."
)
@click.pass_context
def demo(context: click.Context, headless: bool, seconds: float | None) -> None:
    """Try tocsin with a bundled newsroom: invented outlets, served on this machine.

    Nothing leaves the machine. The feeds.yaml and the archive of the demo are in demo/ of the
    data folder; each start makes them again. Commands read this archive where there is no other
    one, and no feeds.yaml.
    """
    cli: CliContext = context.obj
    if seconds is not None and not headless:
        raise click.UsageError(_("--for needs --headless"))
    if not headless and not can_draw():
        say(_("this is not a terminal; showing the log instead of the dashboard"))
        headless = True
    with _serve_demo(cli) as demo_cli:
        if headless:
            summary = run_in_foreground(demo_cli, seconds=seconds)
            output.echo(describe_summary(summary))
        else:
            commands = context.find_root().command
            assert isinstance(commands, click.Group)
            dashboard = commands.get_command(context, DASHBOARD)
            assert dashboard is not None
            context.obj = demo_cli
            demo_cli.ensure_monitor()  # so that the dashboard does not offer to leave it running
            context.invoke(dashboard)
    command = f"tocsin -c {demo_cli.config_path} search Cainiao"  # not a message
    say(_("the archive of the demo stays: {command}", command=command))


@contextmanager
def _serve_demo(cli: CliContext) -> Iterator[CliContext]:
    """Serve the bundled newsroom, and yield the context of the monitor that polls it."""
    os.environ.pop(STORE_VARIABLE, None)  # the demo has a store of its own
    folder = cli.folder / "demo"
    demo_cli = CliContext(folder / "feeds.yaml", folder, cli.verbosity)
    with _only_demo(folder), NewsroomServer(cli.clock) as server:
        if demo_cli.stop_monitor() is not None:
            say(_("the monitor of an earlier demo was stopped"))
        _write_demo_folder(folder, server.feeds_yaml())
        store_past(demo_cli.store, load(demo_cli.config_path), server)
        yield demo_cli
        demo_cli.stop_monitor()


@contextmanager
def _only_demo(folder: Path) -> Iterator[None]:
    """Keep other demos out of a folder; raises MonitorError where one runs."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        lock = FileLock(folder.with_suffix(".lock"), timeout=0).acquire()
    except Timeout as error:
        problem = _(
            "{folder}: a demo already runs here; end it, or start this one with --data"
            " and another folder",
            folder=folder,
        )
        raise MonitorError(problem) from error
    with lock:
        yield


def store_past(address: StoreAddress, config: Config, server: NewsroomServer) -> None:
    """Import the weeks before the demo into a new store, as if they had been watched and read."""
    now, content = server.newsroom.opened, server.newsroom.content
    rows = [
        {
            "title": article.title,
            "url": f"{server.url}/{article.outlet}/{article.slug}.html",
            "body": "\n\n".join(article.text),
            "date": now - 60 * article.minutes_ago,
            "feed": content.outlets[article.outlet].name,
        }
        for article in content.past
    ]
    with closing(open_store(address)) as store:
        store.subscribe(config.feeds, config.watchlists, config.concepts)
        importer = ArticleImport(store, lambda: config.watchlists, lambda: now)
        importer.take(parse_article(row, now) for row in rows)
        with store.batch() as batch:
            for at in (begun := now - 60 * content.past[0].minutes_ago, now):
                batch.volumes.note_watched(at, now - begun, begun)
    views = open_views(address)
    views.triage.change(views.alerts.ids(Filter()), Change(state=AlertState.CLOSED), "demo", now)


def _write_demo_folder(folder: Path, feeds_yaml: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    if find_spec(PAGE_READER) is None:
        command = install_command("fulltext")
        say(_("full texts are not read; to read them: {command}", command=command))
        feeds_yaml = feeds_yaml.replace(", full_text: true", "")  # not a message
    comment = _("the archive is in the same folder")
    text = f"{feeds_yaml}\ndata: .    # {comment}\n"  # not a message
    (folder / "feeds.yaml").write_text(text, encoding="utf-8")
