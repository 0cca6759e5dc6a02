"""`tocsin watch lint`: terms that are useless, doubled or too broad."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import Newsroom, output, say
from monitor.cli.watches.options import format_option
from monitor.plural import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.searcher import Archive
    from monitor.model import Config
    from monitor.watching.lint import Remark

WORTH_A_LINE = 3
"""Noise hits that an exclusion must have spared."""
COLUMNS = ("watchlist", "term", "kind", "words")


@click.command("lint")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@format_option
@click.pass_context
def command(context: click.Context, file: Path | None, style: str) -> None:
    """Find terms of FILE (feeds.yaml when left out) that are not worth their line.

    Those that never match in the archive, add nothing to another of the same watchlist,
    match a tenth of all articles, share a stem, hold curly quotes, are very short; and an
    exclusion that would have spared three noise hits or more. Exits with 1 if there is
    something to say.
    """
    from monitor.config import load
    from monitor.watching.forms import count
    from monitor.watching.lint import FEW, lint

    newsroom: Newsroom = context.obj
    config = load(file or newsroom.config_path, data=newsroom.data)
    archive = _archive(newsroom)
    articles = archive.count if archive else 0
    if articles < FEW:
        few = counted(articles, "article")
        say(f"too few to tell what never matches, or too often: {few}")
    having = functools.cache(lambda node: count(archive, node) if archive else 0)
    found = [said for w in config.watchlists for said in lint(w, having, articles)]
    found += _spared(newsroom, config)
    if style != "table":
        output.print_rows((remark._asdict() for remark in found), style, COLUMNS)
    for remark in found if style == "table" else ():
        click.echo(f"{click.style(remark.watchlist, bold=True)}: `{remark.term}` {remark.words}")
    context.exit(1 if found else 0)


def _spared(newsroom: Newsroom, config: Config) -> Iterator[Remark]:
    """Yield for each watchlist the exclusion that would have spared most noise, if that is much."""
    from monitor.cli.watches.suggest import Judging
    from monitor.errors import StoreError
    from monitor.watching.lint import Remark

    try:
        judging = Judging(newsroom, config)
        noise = judging.noise()
    except StoreError:  # nothing was called noise where there is no archive
        return
    for watchlist in config.watchlists:
        if noise.get(watchlist.name, 0) < WORTH_A_LINE:
            continue
        _, found = judging.suggested(watchlist)
        best = max(found, key=lambda one: len(one.spared), default=None)
        if best is not None and len(best.spared) >= WORTH_A_LINE:
            words = (
                f"under `not:` would have spared {len(best.spared)} noise hits and cost nothing"
                " relevant; `tocsin watch suggest` tells more"
            )
            yield Remark(watchlist.name, best.term, "noise", words)


def _archive(newsroom: Newsroom) -> Archive | None:
    """Return the archive; None if there is none yet."""
    from index.searcher import Archive
    from monitor.store.connection import INDEX

    folder = newsroom.archive / INDEX
    return Archive(folder) if folder.exists() else None
