"""`tocsin demo`: the same program on a newsroom that comes with it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import click

from monitor.cli import DASHBOARD, CliContext, on_terminal, say
from monitor.cli.options import DurationParam
from monitor.cli.run import in_words, watch


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
    data folder; each start makes them again. Commands read this archive as long as there is no
    other one.
    """
    newsroom: CliContext = context.obj
    if seconds is not None and not headless:
        raise click.UsageError("--for goes with --headless")
    if not headless and not on_terminal():
        say("no terminal here: the log instead of the dashboard")
        headless = True
    with _bundled(newsroom) as bundled:
        if headless:
            summary = watch(bundled, seconds=seconds)
            click.echo(in_words(summary))
        else:
            commands = context.find_root().command
            assert isinstance(commands, click.Group)
            dashboard = commands.get_command(context, DASHBOARD)
            assert dashboard is not None
            context.obj = bundled
            context.invoke(dashboard)
    say(f"the demo's archive stays: tocsin -c {bundled.config_path} search Cainiao")


@contextmanager
def _bundled(newsroom: CliContext) -> Iterator[CliContext]:
    """Serve the bundled newsroom, and give the newsroom that watches it."""
    from monitor.demo.server import NewsroomServer

    folder = newsroom.folder / "demo"
    bundled = replace(newsroom, config_path=folder / "feeds.yaml", data=folder)
    if bundled.stop_monitor() is not None:
        say("the monitor of an earlier demo has ended")
    with NewsroomServer(newsroom.clock) as server:
        _write_anew(folder, server.feeds_yaml())
        yield bundled
        bundled.stop_monitor()


def _write_anew(folder: Path, feeds_yaml: str) -> None:
    from monitor.config.feeds import PAGE_READER

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    if find_spec(PAGE_READER) is None:
        say('full text is not read: pip install "tocsin[fulltext]" adds it')
        feeds_yaml = feeds_yaml.replace(", full_text: true", "")
    text = f"{feeds_yaml}\ndata: .    # the archive is beside this file\n"
    (folder / "feeds.yaml").write_text(text, encoding="utf-8")
