"""`tocsin vacuum`: drop what is older than it is to be kept, and give its room back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from monitor.cli import Newsroom, say
from monitor.cli.progress import bar
from monitor.plural import counted

if TYPE_CHECKING:
    from monitor.model import Retention
    from monitor.report import Progress
    from monitor.store.sqlite import SqliteStore
    from monitor.upkeep.keeping import Sweep, Swept

PAUSE = 0.01
"""Seconds between two steps, in which a monitor may write."""


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.pass_obj
def vacuum(newsroom: Newsroom, dry_run: bool) -> None:
    """Drop now what `archive:` of feeds.yaml says is too old; compact store and index.

    A running monitor drops it by itself, a little at a time. While one runs nothing is
    compacted. Interrupting it loses nothing; what was dropped is dropped.
    """
    from monitor.config import load
    from monitor.store.sqlite import SqliteStore
    from monitor.store.views import SqliteViews

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


def _look(newsroom: Newsroom, store: SqliteStore, retention: Retention) -> None:
    """Say what would be dropped, and what room there is to gain."""
    from monitor.store.room import room
    from monitor.upkeep.keeping import Sweep

    sweep = Sweep(store, retention, newsroom.clock())
    with bar() as progress:
        found = _all(sweep.look, progress)
    free = room(newsroom.folder).free
    click.echo(_words(found, retention, "would be dropped"))
    click.echo(f"{_size(free)} of the store hold nothing any more")


def _clean(newsroom: Newsroom, store: SqliteStore, retention: Retention) -> None:
    """Drop, then compact unless a monitor runs."""
    from monitor.bootstrap import pause
    from monitor.errors import AlreadyRunningError
    from monitor.presence import Presence
    from monitor.upkeep.keeping import Sweep

    with ExitStack() as held, bar() as progress:
        alone = True
        try:
            held.enter_context(Presence(newsroom.folder))
        except AlreadyRunningError:
            alone = False
        sweep = Sweep(store, retention, newsroom.clock())
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


def _resting(sweep: Sweep, pause: Callable[[float], None], alone: bool) -> Swept:
    if not alone:
        pause(PAUSE)
    return sweep.step()


def _all(step: Callable[[], Swept], progress: Progress | None) -> Swept:
    """Take steps until there is nothing left; return what they came to together."""
    from monitor.upkeep.keeping import Swept

    found = Swept()
    while (taken := step()) != Swept():
        found += taken
        if progress:
            progress("dropping", found.articles, found.articles + found.spared)
    return found


def _compacted(
    newsroom: Newsroom, store: SqliteStore, progress: Progress | None
) -> tuple[int, int]:
    """Compact store and index; return what they took before and after."""
    from index.writer import open_or_create
    from monitor import indexer
    from monitor.store.connection import FILE, INDEX
    from monitor.store.room import compact

    folder = newsroom.folder / INDEX

    def taken() -> int:
        files = [newsroom.folder / FILE, *folder.glob("*")]
        return sum(file.stat().st_size for file in files if file.exists())

    before = taken()
    indexer.catch_up(
        store, folder, lambda done, total: progress("indexing", done, total) if progress else None
    )
    writer = open_or_create(folder)
    first = 0

    def merging(left: int) -> None:
        nonlocal first
        first = max(first, left)
        if progress:
            progress("merging", first - left, first)

    writer.compact(merging)
    if progress:
        progress("compacting", 0, 1)
    compact(newsroom.folder)
    return before, taken()


def _words(found: Swept, retention: Retention, verb: str) -> str:
    from monitor.config.ages import in_words

    if retention.keep is None:
        return "nothing is ever dropped: `archive: keep:` of feeds.yaml says for how long"
    kept = f"; {found.spared} of that age are kept" if found.spared else ""
    return (
        f"{counted(found.articles, 'article')} older than {in_words(retention.keep)},"
        f" {found.characters / 1e6:.1f} MB of text, {verb}{kept}"
    )


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB"
