"""`tocsin backup`: the whole newsroom in one file."""

from __future__ import annotations

from pathlib import Path

import click

from monitor.cli import Newsroom, say
from monitor.cli.progress import bar
from monitor.plural import counted


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, writable=True))
@click.pass_obj
def backup(newsroom: Newsroom, file: Path) -> None:
    """Write the newsroom into FILE: all articles, alerts and verdicts, and feeds.yaml.

    A monitor may run meanwhile; what is in FILE is of one moment. It is a zip with
    checksums; `tocsin restore` puts it back. An older FILE is replaced when the new one is
    whole.
    """
    from monitor.backup.taking import back_up

    with bar() as progress:
        taken = back_up(
            newsroom.folder,
            newsroom.config_path,
            file,
            newsroom.clock(),
            progress or (lambda *_: None),
        )
    size = file.stat().st_size / 1e6
    articles, alerts = counted(taken.articles, "article"), counted(taken.alerts, "alert")
    say(f"{file}: {articles}, {alerts}, {size:.1f} MB")
