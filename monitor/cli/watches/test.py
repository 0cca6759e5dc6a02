"""`tocsin watch test`: the watchlists of a file, tried on the archive."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import Newsroom, output, say
from monitor.cli.progress import bar
from monitor.cli.times import Moment
from monitor.cli.watches.options import format_option
from monitor.plural import counted

if TYPE_CHECKING:
    from index.article import Article
    from monitor.store.views import SqliteViews
    from monitor.watching.tally import Tallies, Tally

COLUMNS = ("name", "severity", "hits", "days", "terms", "samples", "gained", "lost")
SAMPLES = 3
NOISIEST = 3
SPARK = 30
"""Bars of a sparkline at most."""


@click.command("test")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--since", type=Moment(), metavar="WHEN",
              help="Only articles from then on: 30d, 2023-10, yesterday.")  # fmt: skip
@format_option
@click.pass_obj
def command(newsroom: Newsroom, file: Path | None, since: float | None, style: str) -> None:
    """Try the watchlists of FILE (feeds.yaml when left out) on the archive.

    Tells what each would have brought: hits, by day; the terms that match most articles;
    the newest samples; and against the alerts there are, what is gained and lost.
    Nothing is changed.
    """
    from monitor.store.views import SqliteViews

    views = SqliteViews(newsroom.archive)
    tried = _tried(newsroom, views, file or newsroom.config_path, since)
    ids = [id for tally in tried.tallies for id in _shown(tally)]
    titles = {article.id: article for article in views.articles(list(dict.fromkeys(ids)))}
    if style != "table":
        rows = (_row(tally, tried, titles) for tally in tried.tallies)
        output.print_rows(rows, style, COLUMNS)
        return
    for tally in tried.tallies:
        _tell(tally, tried, titles)
    tallies = counted(len(tried.tallies), "watchlist")
    say(f"{counted(len(tried.dates), 'article')}, {tallies}")


def _tried(
    newsroom: Newsroom, views: SqliteViews, file: Path, since: float | None
) -> Tallies:  # fmt: skip
    from monitor.config import load
    from monitor.watching.replay import Archived, known_feeds, replay
    from monitor.watching.tally import Tallies

    config = load(file, data=newsroom.data)
    newest = views.newest_article()
    tallies = Tallies(config.watchlists)
    asked = Archived(
        folder=newsroom.archive,
        watchlists=config.watchlists,
        feeds=known_feeds(views.every_feed(), config.feeds),
        since=since,
    )
    with bar() as progress:
        for stretch in replay(asked, newest):
            tallies.take(stretch)
            if progress:
                progress("matching", min(stretch.upto, newest), newest)
    tallies.compare(lambda name: views.alerted(name, None))
    return tallies


def _shown(tally: Tally) -> list[int]:
    """Return the articles whose titles are shown."""
    return [
        *tally.newest(tally.dates, SAMPLES),
        *tally.gained[-SAMPLES:],
        *tally.lost[-SAMPLES:],
    ]


def _days(tally: Tally, tried: Tallies) -> list[int]:
    from monitor.watching.tally import histogram

    if not tried.dates:
        return []
    every = tried.dates.values()
    return histogram(tally.dates.values(), min(every), max(every))


def _row(tally: Tally, tried: Tallies, titles: dict[int, Article]) -> dict[str, Any]:
    return {
        "name": tally.watchlist.name,
        "severity": str(tally.watchlist.severity),
        "hits": len(tally.dates),
        "days": _days(tally, tried),
        "terms": [
            {"term": term, "articles": articles}
            for term, articles in tally.terms.most_common(NOISIEST)
        ],
        "samples": [
            {"id": id, "title": titles[id].title} for id in tally.newest(tally.dates, SAMPLES)
        ],
        "gained": tally.gained,
        "lost": tally.lost,
    }


def _tell(tally: Tally, tried: Tallies, titles: dict[int, Article]) -> None:
    from monitor.watching.tally import sparkline

    hits = len(tally.dates)
    changed = f"+{len(tally.gained)} −{len(tally.lost)}"
    name = click.style(tally.watchlist.name, bold=True)
    click.echo(f"{name}  {counted(hits, 'hit')}  {changed}")
    if hits:
        click.echo(f"    by day    {sparkline(_days(tally, tried), SPARK)}")
        noisy = (f"{term} {count}" for term, count in tally.terms.most_common(NOISIEST))
        click.echo(f"    by term   {', '.join(noisy)}")
    _list("for example", tally.newest(tally.dates, SAMPLES), titles)
    _list("gained", tally.gained[-SAMPLES:], titles)
    _list("lost", tally.lost[-SAMPLES:], titles)


def _list(what: str, ids: Sequence[int], titles: dict[int, Article]) -> None:
    for number, id in enumerate(ids):
        click.echo(f"    {'' if number else what:<11} {id:>6}  {titles[id].title or '(untitled)'}")
