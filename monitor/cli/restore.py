"""`tocsin restore`: a newsroom put back from a backup."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import Newsroom, say
from monitor.cli.progress import bar
from monitor.plural import counted

if TYPE_CHECKING:
    from monitor.backup.restoring import Places
    from monitor.report import Progress


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option("--force", is_flag=True, help="Move aside what is there already.")
@click.pass_obj
def restore(newsroom: Newsroom, file: Path, folder: Path | None, force: bool) -> None:
    """Put the newsroom of the backup FILE back, in FOLDER or where -c and --data say.

    FILE is checked whole before anything is touched. Never over a feeds.yaml or an archive
    that is there, unless told --force, which moves them into a folder beside the archive.
    Then the search index is built.
    """
    from monitor.backup.manifest import BackupError
    from monitor.backup.restoring import config_of, put_in_place, read_manifest, unpack
    from monitor.presence import Presence

    manifest = read_manifest(file)
    config = config_of(file)
    places = _places(newsroom, folder, config)
    there = ", ".join(map(str, places.in_the_way(config)))
    if there and not force:
        raise BackupError(f"{there}: there already; `--force` moves it aside, nothing was touched")
    moment = datetime.fromtimestamp(newsroom.clock(), UTC).strftime("%Y%m%d-%H%M%S")
    aside = places.data / f"before-restore-{moment}"
    with bar() as progress, Presence(places.data):
        fresh = unpack(file, places, progress or (lambda *_: None))
        put_in_place(fresh, config, places, aside)
        searchable = _indexed(places, progress)
    say(f"{places.config}, {places.data}: as of {manifest.taken}")
    articles, alerts = counted(manifest.articles, "article"), counted(manifest.alerts, "alert")
    say(f"{articles}, {alerts}; {searchable:,} can be searched")
    if there:
        say(f"what was there is in {aside}")


def _places(newsroom: Newsroom, folder: Path | None, config: bytes | None) -> Places:
    """Return where the newsroom goes: where its own feeds.yaml says, beside it."""
    from monitor.backup.manifest import CONFIG
    from monitor.backup.restoring import Places
    from monitor.config import data_folder_of

    path = folder / CONFIG if folder else newsroom.config_path
    return Places(path, newsroom.data or data_folder_of(config or b"", path))


def _indexed(places: Places, progress: Progress | None) -> int:
    from monitor import indexer
    from monitor.store.connection import INDEX
    from monitor.store.sqlite import SqliteStore

    store = SqliteStore(places.data)
    try:
        return indexer.catch_up(
            store,
            places.data / INDEX,
            lambda done, total: progress("indexing", done, total) if progress else None,
        )
    finally:
        store.close()
