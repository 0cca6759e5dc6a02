"""`tocsin backup`, `restore`, `reindex` and `vacuum`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import CliContext, say
from monitor.cli.output import bar
from monitor.formatting import counted

if TYPE_CHECKING:
    from monitor.maintenance.backup import RestorePaths
    from monitor.maintenance.retention import RetentionSweep, SweepResult
    from monitor.model.config import Retention
    from monitor.run_log import Progress
    from monitor.store.sqlite.store import SqliteStore


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, writable=True))
@click.pass_obj
def backup(newsroom: CliContext, file: Path) -> None:
    """Write the newsroom into FILE: all articles, alerts and verdicts, and feeds.yaml.

    A monitor may run at the same time: FILE contains the state of one moment. It is a zip with
    checksums; `tocsin restore` reads it. An older FILE is replaced when the new one is
    complete.
    """
    from monitor.maintenance.backup import back_up

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


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option(
    "--force", is_flag=True, help="Move an existing newsroom into a folder beside its archive."
)
@click.pass_obj
def restore(newsroom: CliContext, file: Path, folder: Path | None, force: bool) -> None:
    """Restore a newsroom from the backup FILE, into FOLDER or the place of -c and --data.

    The whole of FILE is checked first. An existing feeds.yaml or archive is never overwritten;
    --force moves both into a folder beside the archive. Then the search index is built.
    """
    from monitor.maintenance.backup import (
        BackupError,
        config_of,
        read_manifest,
        replace_newsroom,
        unpack,
    )
    from monitor.monitor_lock import MonitorLock

    manifest = read_manifest(file)
    config = config_of(file)
    places = _places(newsroom, folder, config)
    there = ", ".join(map(str, places.in_the_way(config)))
    if there and not force:
        raise BackupError(f"{there}: there already; `--force` moves it aside, nothing was touched")
    moment = datetime.fromtimestamp(newsroom.clock(), UTC).strftime("%Y%m%d-%H%M%S")
    aside = places.data / f"before-restore-{moment}"
    with bar() as progress, MonitorLock(places.data):
        fresh = unpack(file, places, progress or (lambda *_: None))
        replace_newsroom(fresh, config, places, aside)
        searchable = _indexed(places, progress)
    say(f"{places.config}, {places.data}: as of {manifest.taken}")
    articles, alerts = counted(manifest.articles, "article"), counted(manifest.alerts, "alert")
    say(f"{articles}, {alerts}; {searchable:,} can be searched")
    if there:
        say(f"what was there is in {aside}")


def _places(newsroom: CliContext, folder: Path | None, config: bytes | None) -> RestorePaths:
    """Return where the newsroom goes: where its own feeds.yaml says, beside it."""
    from monitor.config import data_folder_of
    from monitor.maintenance.backup import CONFIG, RestorePaths

    path = folder / CONFIG if folder else newsroom.config_path
    return RestorePaths(path, newsroom.data or data_folder_of(config or b"", path))


def _indexed(places: RestorePaths, progress: Progress | None) -> int:
    from monitor.maintenance import indexer
    from monitor.store.sqlite.connection import INDEX
    from monitor.store.sqlite.store import SqliteStore

    store = SqliteStore(places.data)
    try:
        return indexer.catch_up(
            store,
            places.data / INDEX,
            lambda done, total: progress("indexing", done, total) if progress else None,
        )
    finally:
        store.close()


@click.command()
@click.pass_obj
def reindex(newsroom: CliContext) -> None:
    """Build the search index again from the store. Searches go on meanwhile.

    Stop a running monitor first. A monitor repairs the index by itself.
    """
    from monitor.maintenance import indexer
    from monitor.monitor_lock import MonitorLock
    from monitor.store.sqlite.connection import INDEX
    from monitor.store.sqlite.store import SqliteStore
    from monitor.store.sqlite.views import SqliteViews

    SqliteViews(newsroom.folder).totals()  # refuses a folder without a store
    with MonitorLock(newsroom.folder):
        store = SqliteStore(newsroom.folder)
        with bar() as progress:
            done = indexer.reindex(
                store,
                newsroom.folder / INDEX,
                lambda done, total: progress("indexing", done, total) if progress else None,
            )
        store.close()
    say(f"{counted(done, 'article')} can be searched")


PAUSE = 0.01
"""Seconds between two steps, in which a monitor may write."""


@click.command()
@click.option("--dry-run", is_flag=True, help="Only show what would be deleted.")
@click.pass_obj
def vacuum(newsroom: CliContext, dry_run: bool) -> None:
    """Delete what is too old by `archive:` of feeds.yaml, then compact store and index.

    A running monitor deletes it by itself, a little at a time. While a monitor runs, nothing
    is compacted. The command can be interrupted at any time.
    """
    from monitor.config import load
    from monitor.store.sqlite.store import SqliteStore
    from monitor.store.sqlite.views import SqliteViews

    retention = load(newsroom.config_path, data=newsroom.data).retention
    SqliteViews(newsroom.folder).totals()  # refuses a folder without a store
    store = SqliteStore(newsroom.folder)
    try:
        if dry_run:
            _look(newsroom, store, retention)
        else:
            _clean(newsroom, store, retention)
    finally:
        store.close()


def _look(newsroom: CliContext, store: SqliteStore, retention: Retention) -> None:
    """Say what would be dropped, and what room there is to gain."""
    from monitor.maintenance.retention import RetentionSweep
    from monitor.store.sqlite.disk_space import room

    sweep = RetentionSweep(store, retention, newsroom.clock())
    with bar() as progress:
        found = _all(sweep.look, progress)
    free = room(newsroom.folder).free
    click.echo(_words(found, retention, "would be dropped"))
    click.echo(f"{_size(free)} of the store hold nothing any more")


def _clean(newsroom: CliContext, store: SqliteStore, retention: Retention) -> None:
    """Drop, then compact unless a monitor runs."""
    from monitor.errors import AlreadyRunningError
    from monitor.maintenance.retention import RetentionSweep
    from monitor.monitor_lock import MonitorLock
    from monitor.wiring import pause

    with ExitStack() as held, bar() as progress:
        alone = True
        try:
            held.enter_context(MonitorLock(newsroom.folder))
        except AlreadyRunningError:
            alone = False
        sweep = RetentionSweep(store, retention, newsroom.clock())
        found = _all(lambda: _resting(sweep, pause, alone), progress)
        if alone:
            before, after = _compacted(newsroom, store, progress)
    say(_words(found, retention, "dropped"))
    if alone:
        say(f"compacted: {_size(before)}, now {_size(after)}")
    else:
        say(
            "a monitor watches, so nothing was compacted;"
            " `tocsin stop`, then `tocsin vacuum` gives the room back to the disk"
        )


def _resting(sweep: RetentionSweep, pause: Callable[[float], None], alone: bool) -> SweepResult:
    if not alone:
        pause(PAUSE)
    return sweep.step()


def _all(step: Callable[[], SweepResult], progress: Progress | None) -> SweepResult:
    """Take steps until there is nothing left; return what they came to together."""
    from monitor.maintenance.retention import SweepResult

    found = SweepResult()
    while (taken := step()) != SweepResult():
        found += taken
        if progress:
            progress("dropping", found.articles, found.articles + found.spared)
    return found


def _compacted(
    newsroom: CliContext, store: SqliteStore, progress: Progress | None
) -> tuple[int, int]:
    """Compact store and index; return what they took before and after."""
    from index import open_archive_writer
    from monitor.maintenance import indexer
    from monitor.store.sqlite.connection import FILE, INDEX
    from monitor.store.sqlite.disk_space import compact

    folder = newsroom.folder / INDEX

    def taken() -> int:
        files = [newsroom.folder / FILE, *folder.glob("*")]
        return sum(file.stat().st_size for file in files if file.exists())

    before = taken()
    indexer.catch_up(
        store, folder, lambda done, total: progress("indexing", done, total) if progress else None
    )
    writer = open_archive_writer(folder)
    first = 0

    def merging(left: int) -> None:
        nonlocal first
        first = max(first, left)
        if progress:
            progress("merging", first - left, first)

    writer.compact(merging)
    writer.close()
    if progress:
        progress("compacting", 0, 1)
    compact(newsroom.folder)
    return before, taken()


def _words(found: SweepResult, retention: Retention, verb: str) -> str:
    from monitor.config.value_parsers import describe_age

    if retention.keep is None:
        return "nothing is ever dropped: `archive: keep:` of feeds.yaml says for how long"
    kept = f"; {found.spared} of that age are kept" if found.spared else ""
    return (
        f"{counted(found.articles, 'article')} older than {describe_age(retention.keep)},"
        f" {found.characters / 1e6:.1f} MB of text, {verb}{kept}"
    )


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB"
