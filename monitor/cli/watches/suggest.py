"""`tocsin watch suggest`: exclusions that would have spared noise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from index.text import clean
from monitor.cli import Newsroom, output, say
from monitor.cli.progress import bar
from monitor.cli.watches.options import format_option

if TYPE_CHECKING:
    from monitor.model import Config, Watchlist
    from monitor.watching.suggest import Exclusion, Rung

COLUMNS = (
    "watchlist", "term", "kind", "yaml", "noise", "noise_judged", "relevant", "relevant_judged",
    "unjudged", "unjudged_looked_at", "strength",
)  # fmt: skip


@click.command("suggest")
@click.argument("name")
@click.option("--limit", type=click.IntRange(0), default=5, show_default=True, metavar="N",
              help="At most so many; 0 is all.")  # fmt: skip
@format_option
@click.pass_context
def command(context: click.Context, name: str, limit: int, style: str) -> None:
    """Find what NAME could exclude: a word, a phrase, a feed, a language.

    Of alerts called noise it would have spared some, of relevant ones none: each is tried with
    the watchlist as it is in feeds.yaml. The line to put there is printed, with the counts;
    what is most the noise's own comes first. A watchlist that is a bare term must become
    `terms: [TERM]` to take it. Exits with 1 when there is nothing to suggest.
    """
    from monitor.cli.watches.explain import watchlist_of
    from monitor.config import load

    newsroom: Newsroom = context.obj
    config = load(newsroom.config_path, data=newsroom.data)
    watchlist = watchlist_of(config, name)
    rung, found = Judging(newsroom, config).suggested(watchlist)
    shown = found[:limit] if limit else found
    if style != "table":
        output.print_rows((_row(watchlist, one, rung) for one in shown), style, COLUMNS)
    else:
        for line in _lines(watchlist, shown, rung):
            click.echo(line)
        say(_judged(watchlist, rung))
    if not shown:
        context.exit(1)


class Judging:
    """What the watchlists of a file rang for, and what each could exclude. Raises StoreError."""

    def __init__(self, newsroom: Newsroom, config: Config) -> None:
        from monitor.store.views import SqliteViews
        from monitor.watching.replay import known_feeds

        self._service = newsroom.service()
        self._views = SqliteViews(newsroom.archive)
        self._feeds = known_feeds(self._views.every_feed(), config.feeds)
        self._articles, *_ = self._views.totals()

    def noise(self) -> dict[str, int]:
        """Return how many alerts of each watchlist were called noise."""
        return {record.name: record.noise for record in self._service.records()}

    def suggested(self, watchlist: Watchlist) -> tuple[Rung, list[Exclusion]]:
        """Return the articles that a watchlist rang for, and what it could exclude."""
        from index.errors import ArchiveError
        from monitor.watching.rung import rung
        from monitor.watching.suggest import suggest

        judged = self._service.judged(watchlist.name)
        read = rung(judged, self._views.articles, self._feeds)
        with bar() as progress:

            def tell(done: int, of: int) -> None:
                if progress:
                    progress(f"judging {clean(watchlist.name)}", done, of)

            try:
                count, articles = self._service.articles_with, self._articles
                return read, suggest(watchlist, read, count, articles, tell)
            except ArchiveError as error:
                say(f"{error}; ranked without the archive")
                return read, suggest(watchlist, read, tell=tell)


def line_for(watchlist: Watchlist, term: str) -> str:
    """Return the line of feeds.yaml that excludes a term beside what is excluded already."""
    from monitor.config.written import scalar

    return f"not: [{', '.join(map(scalar, (*watchlist.excluded, term)))}]"


def _lines(watchlist: Watchlist, found: list[Exclusion], rung: Rung) -> Iterator[str]:
    for one in found:
        line = click.style(clean(line_for(watchlist, one.term)), bold=True)
        lost = f"none of {len(rung.relevant)} relevant" if rung.relevant else "nothing relevant"
        also = f"; {one.unjudged} of {len(rung.unjudged)} without a verdict" if one.unjudged else ""
        yield line
        yield f"    spares {len(one.spared)} of {len(rung.noise)} noise, costs {lost}{also}"


def _judged(watchlist: Watchlist, rung: Rung) -> str:
    from monitor.watching.suggest import LEAST

    said = f"{watchlist.name}: {len(rung.noise)} called noise, {len(rung.relevant)} relevant"
    if len(rung.noise) < LEAST:
        return f"{said}; too few to learn from, `tocsin alerts noise` and `relevant` say more"
    if not rung.relevant:
        return f"{said}: nothing speaks for what is to be kept; judge some of these too"
    return said


def _row(watchlist: Watchlist, one: Exclusion, rung: Rung) -> dict[str, Any]:
    return {
        "watchlist": watchlist.name,
        "term": one.term,
        "kind": one.kind,
        "yaml": line_for(watchlist, one.term),
        "noise": len(one.spared),
        "noise_judged": len(rung.noise),
        "relevant": 0,
        "relevant_judged": len(rung.relevant),
        "unjudged": one.unjudged,
        "unjudged_looked_at": len(rung.unjudged),
        "strength": round(one.strength, 2),
    }
