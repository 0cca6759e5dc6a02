"""`tocsin reindex` and `tocsin vacuum`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import click
from msgspec.structs import replace

from index.archive import archive_engine, open_archive
from monitor.base.errors import AlreadyRunningError
from monitor.base.formatting import clauses, megabytes, spelled
from monitor.base.translation import gettext as _, ngettext
from monitor.cli import CliContext, output, say
from monitor.cli.output import progress_bar
from monitor.config.loading import archive_cluster, load
from monitor.model.config import STORE_FILE, Retention
from monitor.model.status import Progress
from monitor.runtime.machine import pause
from monitor.storage.maintenance import archive_comparison, indexer
from monitor.storage.maintenance.index_follower import follower_lock, is_followed
from monitor.storage.maintenance.index_notes import write_progress
from monitor.storage.maintenance.indexer_process import FollowedStore
from monitor.storage.maintenance.retention import RetentionSweep, SweepResult, compact, disk_usage
from monitor.storage.monitor_lock import MonitorLock
from monitor.storage.store import open_store, open_views
from monitor.storage.store.sql.store import Store


@click.command()
@click.option("--update", is_flag=True, help="Only add and replace what the index lacks.")
@click.option("--to", "target", type=click.Path(path_type=Path, dir_okay=False, exists=True),
              metavar="FILE", help="Build it where another feeds.yaml says.")  # fmt: skip
@click.pass_obj
def reindex(cli: CliContext, update: bool, target: Path | None) -> None:
    """Build the search index again from the store. Searches go on meanwhile.

    With --to, another index is built beside the one in use, and both are compared: articles by
    month, and a thousand searches. Use that feeds.yaml before a monitor runs again.

    Stop a running monitor first: it repairs the index by itself. With a store that several machines
    share, the index of a machine without a monitor is updated when somebody searches there, while a
    dashboard is open, and with --update.
    """
    open_views(cli.store).totals()  # raises StoreError if there is no store
    cli.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside_monitors = update and cli.store.has_own_archive
    with ExitStack() as stack:
        if not beside_monitors:
            stack.enter_context(MonitorLock(cli.folder))
        if is_followed(cli.folder) and beside_monitors:
            raise click.ClickException(_("the index is kept up to date by another program"))
        stack.enter_context(follower_lock(cli.folder))
        with progress_bar() as progress:

            def report(done: int, total: int) -> None:
                write_progress(cli.folder, done, total)
                progress("indexing", done, total)

            if target:
                done = _index_elsewhere(cli, report, partial(progress, "comparing"), target)
            else:
                done = _index(cli, report, update=update)
    say(ngettext("{count} article indexed", "{count} articles indexed", done))
    if target:
        say(_("both archives have the same articles, and answer alike"))


def _index(cli: CliContext, report: Callable[[int, int], None], *, update: bool) -> int:
    path = cli.store
    # the outbox of a shared store belongs to its monitors
    with closing(FollowedStore(path) if path.is_shared else open_store(path)) as store:
        if not update:
            done = indexer.reindex(store, report)
        if update or path.cluster:  # to which other monitors write meanwhile
            done = indexer.catch_up(store, report, every_byte=False)
        return done


def _index_elsewhere(
    cli: CliContext,
    indexing: Callable[[int, int], None],
    comparing: Callable[[int, int], None],
    target: Path,
) -> int:
    """Build the archive where another feeds.yaml says, and compare it; return its articles."""
    here, place = cli.store.archive, replace(cli.store, cluster=archive_cluster(target)).archive
    if place == here:
        raise click.ClickException(_("{file} names the archive that is in use", file=target))
    with closing(open_store(cli.store)) as store:
        done = indexer.reindex(store, indexing, place)
        ids = store.article_ids()
        sample = [ids[len(ids) * number // COMPARED] for number in range(COMPARED)] if ids else []
        headlines = [article.title for article in store.articles.get(sample)]
    with closing(open_archive(here)) as old, closing(open_archive(place)) as new:
        problems = list(archive_comparison.differences(old, new, headlines, comparing))
    for problem in problems:
        say(problem)
    if problems:
        raise click.ClickException(_("the archives differ; keep the one in use"))
    return done


COMPARED = 1_000
"""Searches that two archives are compared by."""
PAUSE = 0.01
"""Seconds between two steps, so that a running monitor can write."""


@click.command()
@click.option("--dry-run", is_flag=True, help="Only show what would be deleted.")
@click.pass_obj
def vacuum(cli: CliContext, dry_run: bool) -> None:
    """Delete what is too old by `archive:` of feeds.yaml, then compact store and index.

    A running monitor deletes it by itself; while it runs, nothing is compacted.
    """
    retention = load(cli.config_path, data=cli.data).retention
    open_views(cli.store).totals()  # raises StoreError if there is no store
    with closing(open_store(cli.store)) as store:
        act = _preview_vacuum if dry_run else _run_vacuum
        act(cli, store, retention)


def _preview_vacuum(cli: CliContext, store: Store, retention: Retention) -> None:
    """Print what would be deleted, and how much disk space is free in the store."""
    sweep = RetentionSweep(store, retention, cli.clock())
    with progress_bar() as progress:
        result = _sweep_all(lambda: sweep.step(dry=True), progress)
    output.echo(_describe_sweep(result, retention, done=False))
    if not cli.shared:
        free = megabytes(disk_usage(cli.folder).free)
        output.echo(_("{size} of the store are unused", size=free))


def _run_vacuum(cli: CliContext, store: Store, retention: Retention) -> None:
    """Delete old articles, then compact unless a monitor is running."""
    with ExitStack() as stack, progress_bar() as progress:
        has_lock = True
        try:
            stack.enter_context(MonitorLock(cli.folder))
        except AlreadyRunningError:
            has_lock = False
        sweep = RetentionSweep(store, retention, cli.clock())
        result = _sweep_all(lambda: _sweep_step(sweep, pause, not has_lock), progress)
        if has_lock:
            before, after = _compact(cli, store, progress)
    say(_describe_sweep(result, retention, done=True))
    if has_lock:
        sizes = {"before": megabytes(before), "now": megabytes(after)}
        say(_("compacted: {before} before, {now} now", **sizes))
    else:
        say(
            _(
                "a monitor is running, so nothing was compacted;"
                " run `tocsin stop`, then `tocsin vacuum`, to free the disk space"
            )
        )


def _sweep_step(sweep: RetentionSweep, pause: Callable[[float], None], slow: bool) -> SweepResult:
    if slow:
        pause(PAUSE)
    return sweep.step()


def _sweep_all(step: Callable[[], SweepResult], progress: Progress) -> SweepResult:
    """Take steps until nothing is left to delete; return their sum."""
    result = SweepResult()
    while (step_result := step()) != SweepResult():
        result += step_result
        progress("deleting", result.articles, result.articles + result.spared)
    return result


def _compact(cli: CliContext, store: Store, progress: Progress) -> tuple[int, int]:
    """Compact store and index; return their size in bytes before and after."""
    engine = archive_engine(cli.store.archive)
    file = cli.folder / STORE_FILE

    def disk_usage() -> int:
        return engine.size() + (file.stat().st_size if file.exists() else 0)

    before = disk_usage()
    indexer.catch_up(store, partial(progress, "indexing"))
    writer = engine.open_writer()
    total = 0

    def merging(remaining: int) -> None:
        nonlocal total
        total = max(total, remaining)
        progress("merging", total - remaining, total)

    writer.compact(merging)
    writer.close()
    progress("compacting", 0, 1)
    if not cli.shared:  # PostgreSQL frees space by itself
        compact(cli.folder)
    return before, disk_usage()


def _describe_sweep(result: SweepResult, retention: Retention, *, done: bool) -> str:
    if retention.keep is None:
        return _(
            "nothing is ever deleted; `archive: keep:` of feeds.yaml limits the age of articles"
        )
    age, size = spelled(retention.keep), megabytes(result.characters)
    if done:
        summary = ngettext(
            "{count} article older than {age}, {size} of text, deleted",
            "{count} articles older than {age}, {size} of text, deleted",
            result.articles, age=age, size=size,
        )  # fmt: skip
    else:
        summary = ngettext(
            "{count} article older than {age}, {size} of text, would be deleted",
            "{count} articles older than {age}, {size} of text, would be deleted",
            result.articles, age=age, size=size,
        )  # fmt: skip
    if not result.spared:
        return summary
    spared = ngettext(
        "{count} article of that age kept", "{count} articles of that age kept", result.spared
    )
    return clauses([summary, spared])
