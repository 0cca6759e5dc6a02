"""`tocsin import`: articles from elsewhere into the archive."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from monitor.cli import CliContext, say
from monitor.cli.output import bar
from monitor.formatting import counted

if TYPE_CHECKING:
    from monitor.imports.json_articles import ImportedArticle, JsonPiece
    from monitor.model.config import Config
    from monitor.run_log import Progress
    from monitor.store.sqlite.store import SqliteStore

TOLD = 20
"""Bad lines that are told one by one; further ones are counted."""


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, allow_dash=True))
@click.option("--feed", default="imported", show_default=True, metavar="NAME",
              help="Feed of the articles that name none.")  # fmt: skip
@click.option("--rejected", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the lines that cannot be read into this file.")  # fmt: skip
@click.pass_context
def import_(context: click.Context, file: Path, feed: str, rejected: Path | None) -> None:
    """Import articles into the archive. FILE has one JSON object a line; `-` is stdin.

    Fields: title, url, summary, body, author, lang, published, seen, feed. One of title,
    summary and body is needed. FILE may also be a JSON list, or a folder that `tocsin export`
    wrote. Articles that are in the archive already are not added again, so that an interrupted
    import can be repeated. Watchlists are matched against the new articles. A monitor may run
    at the same time. Exits with 1 if a line cannot be read; all other lines are imported.
    """
    newsroom: CliContext = context.obj
    with ExitStack() as held:
        told = _Rejects(held.enter_context(rejected.open("wb")) if rejected else None)
        new, known, alerts = _take_all(newsroom, file, feed, told)
    say(f"{counted(new, 'article')} added, {known:,} there already; {counted(alerts, 'alert')}")
    if told.count:
        say(f"{told.count} could not be read" + ("" if rejected else "; `--rejected` keeps them"))
        context.exit(1)


def _take_all(
    newsroom: CliContext, file: Path, feed: str, rejects: _Rejects
) -> tuple[int, int, int]:
    from monitor.alerts.routing import routing
    from monitor.imports.article_import import ArticleImport
    from monitor.store.sqlite.store import SqliteStore
    from monitor.wiring import local_zone

    in_force, zone = _in_force(newsroom), local_zone()
    store = SqliteStore(newsroom.folder)
    taking = ArticleImport(
        store,
        lambda: in_force().watchlists,
        newsroom.clock,
        feed,
        lambda: routing(in_force(), zone),
    )
    try:
        with bar() as progress:
            try:
                for batch in _batches(_given(file, newsroom.clock, rejects, progress)):
                    taking.take(batch)
            except BaseException:
                if taking.new:
                    say(f"cut short after {counted(taking.new, 'article')}; run it again to go on")
                raise
            finally:
                if taking.new:
                    _index(newsroom, store, progress)
    finally:
        store.close()
    return taking.new, taking.known, taking.alerts


def _in_force(newsroom: CliContext) -> Callable[[], Config]:
    """Return what tells the configuration in force; an edit that is broken changes nothing."""
    from monitor.config import load
    from monitor.errors import ConfigError

    config = load(newsroom.config_path, data=newsroom.data)
    read = newsroom.config_path.stat().st_mtime_ns

    def in_force() -> Config:
        nonlocal config, read
        try:
            if (stamp := newsroom.config_path.stat().st_mtime_ns) != read:
                read = stamp
                config = load(newsroom.config_path, data=newsroom.data)
        except (ConfigError, OSError):
            pass
        return config

    return in_force


def _given(
    file: Path, clock: Callable[[], float], rejects: _Rejects, progress: Progress | None
) -> Iterator[ImportedArticle]:
    """Yield the articles of a file; those that cannot be read are told."""
    from monitor.imports import json_articles
    from monitor.imports.json_articles import parse_article

    stdin = str(file) == "-"
    total = 0 if stdin else json_articles.total_bytes(file)
    pieces = (
        json_articles.split_json(sys.stdin.buffer, "-")
        if stdin
        else json_articles.read_pieces(file)
    )
    for one in pieces:
        try:
            yield parse_article(one.value(), clock())
        except ValueError as error:
            rejects.take(one, str(error))
        if progress:
            progress("importing", one.read, max(total, one.read))


def _batches(given: Iterable[ImportedArticle]) -> Iterator[list[ImportedArticle]]:
    from itertools import islice

    from monitor.imports.article_import import BATCH

    rest = iter(given)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _index(newsroom: CliContext, store: SqliteStore, progress: Progress | None) -> None:
    """Make what came in searchable; a running monitor does it by itself."""
    from monitor.errors import AlreadyRunningError
    from monitor.maintenance import indexer
    from monitor.monitor_lock import MonitorLock
    from monitor.store.sqlite.connection import INDEX

    try:
        with MonitorLock(newsroom.folder):
            indexer.catch_up(
                store,
                newsroom.folder / INDEX,
                lambda done, total: progress("indexing", done, total) if progress else None,
            )
    except AlreadyRunningError:
        say("the monitor makes them searchable within seconds")


class _Rejects:
    """Tells what could not be read, and keeps it."""

    def __init__(self, file: BinaryIO | None) -> None:
        self._file = file
        self.count = 0

    def take(self, one: JsonPiece, reason: str) -> None:
        self.count += 1
        if self.count <= TOLD:
            say(f"{one.place}: {reason}")
        elif self.count == TOLD + 1:
            say("…")
        if self._file:
            self._file.write(one.raw.replace(b"\n", b" ") + b"\n")
