"""`tocsin watch test`, `lint` and `suggest`: watchlists tried and judged."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from index.analysis.text_cleaning import clean
from monitor.cli import CliContext, output, say
from monitor.cli.options import MomentParam
from monitor.cli.output import bar
from monitor.cli.watch import format_option
from monitor.formatting import counted

if TYPE_CHECKING:
    from index.archive import Archive
    from index.article import Article
    from monitor.model.config import Config, Watchlist
    from monitor.store.sqlite.views import SqliteViews
    from monitor.watchlists.backtest import TrialTallies, TrialTally
    from monitor.watchlists.exclusions import Exclusion, JudgedArticle
    from monitor.watchlists.lint import LintRemark


TEST_COLUMNS = ("name", "severity", "hits", "days", "terms", "samples", "gained", "lost")
SAMPLES = 3
NOISIEST = 3
SPARK = 30
"""Bars of a sparkline at most."""


@click.command("test")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--since", type=MomentParam(), metavar="WHEN",
              help="Only articles from this time on: 30d, 2023-10, yesterday.")  # fmt: skip
@format_option
@click.pass_obj
def watch_test(newsroom: CliContext, file: Path | None, since: float | None, style: str) -> None:
    """Test the watchlists of FILE, or of feeds.yaml, on the archive.

    Shows for each watchlist how many articles match, by day; the terms that match most
    articles; the newest examples; and which alerts would be gained and lost. Nothing is
    changed.
    """
    from monitor.store.sqlite.views import SqliteViews

    views = SqliteViews(newsroom.archive)
    tried = _tried(newsroom, views, file or newsroom.config_path, since)
    ids = [id for tally in tried.tallies for id in _shown(tally)]
    titles = {article.id: article for article in views.articles.get(list(dict.fromkeys(ids)))}
    if style != "table":
        rows = (_row(tally, tried, titles) for tally in tried.tallies)
        output.print_rows(rows, style, TEST_COLUMNS)
        return
    for tally in tried.tallies:
        _tell(tally, tried, titles)
    tallies = counted(len(tried.tallies), "watchlist")
    say(f"{counted(len(tried.dates), 'article')}, {tallies}")


def _tried(
    newsroom: CliContext, views: SqliteViews, file: Path, since: float | None
) -> TrialTallies:  # fmt: skip
    from monitor.config import load
    from monitor.watchlists.backtest import ArchiveReplay, TrialTallies, known_feeds, replay

    config = load(file, data=newsroom.data)
    newest = views.version().article
    tallies = TrialTallies(config.watchlists)
    asked = ArchiveReplay(
        folder=newsroom.archive,
        watchlists=config.watchlists,
        feeds=known_feeds(views.feeds.every(), config.feeds),
        since=since,
    )
    with bar() as progress:
        for stretch in replay(asked, newest):
            tallies.take(stretch)
            if progress:
                progress("matching", min(stretch.upto, newest), newest)
    tallies.compare(lambda name: views.articles.ids(watchlist=name))
    return tallies


def _shown(tally: TrialTally) -> list[int]:
    """Return the articles whose titles are shown."""
    return [
        *tally.newest(tally.dates, SAMPLES),
        *tally.gained[-SAMPLES:],
        *tally.lost[-SAMPLES:],
    ]


def _days(tally: TrialTally, tried: TrialTallies) -> list[int]:
    from monitor.watchlists.backtest import histogram

    if not tried.dates:
        return []
    every = tried.dates.values()
    return histogram(tally.dates.values(), min(every), max(every))


def _row(tally: TrialTally, tried: TrialTallies, titles: dict[int, Article]) -> dict[str, Any]:
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


def _tell(tally: TrialTally, tried: TrialTallies, titles: dict[int, Article]) -> None:
    from monitor.formatting import sparkline

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


WORTH_A_LINE = 3
"""Noise hits that an exclusion must have spared."""
LINT_COLUMNS = ("watchlist", "term", "kind", "words")


@click.command("lint")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@format_option
@click.pass_context
def watch_lint(context: click.Context, file: Path | None, style: str) -> None:
    """Find weak terms in the watchlists of FILE, or of feeds.yaml.

    Finds terms that never match in the archive, that add nothing to another term, that match a
    tenth of all articles, that share a stem, that contain curly quotation marks, or that are
    very short; and exclusions that would have spared three alerts called noise or more. Exits
    with 1 if it finds something.
    """
    from monitor.config import load
    from monitor.watchlists.lint import FEW, count, lint

    newsroom: CliContext = context.obj
    config = load(file or newsroom.config_path, data=newsroom.data)
    archive = _archive(newsroom)
    articles = archive.article_count if archive else 0
    if articles < FEW:
        few = counted(articles, "article")
        say(f"too few to tell what never matches, or too often: {few}")
    having = functools.cache(lambda node: count(archive, node) if archive else 0)
    found = [said for w in config.watchlists for said in lint(w, having, articles)]
    found += _spared(newsroom, config)
    if style != "table":
        output.print_rows((remark._asdict() for remark in found), style, LINT_COLUMNS)
    for remark in found if style == "table" else ():
        click.echo(f"{click.style(remark.watchlist, bold=True)}: `{remark.term}` {remark.words}")
    context.exit(1 if found else 0)


def _spared(newsroom: CliContext, config: Config) -> Iterator[LintRemark]:
    """Yield for each watchlist the exclusion that would have spared most noise, if that is much."""
    from monitor.errors import StoreError
    from monitor.watchlists.lint import LintRemark

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
            yield LintRemark(watchlist.name, best.term, "noise", words)


def _archive(newsroom: CliContext) -> Archive | None:
    """Return the archive; None if there is none yet."""
    from index import open_archive
    from monitor.store.sqlite.connection import INDEX

    folder = newsroom.archive / INDEX
    return open_archive(folder) if folder.exists() else None


SUGGEST_COLUMNS = (
    "watchlist", "term", "kind", "yaml", "noise", "noise_judged", "relevant", "relevant_judged",
    "unjudged", "unjudged_looked_at", "strength",
)  # fmt: skip


@click.command("suggest")
@click.argument("name")
@click.option("--limit", type=click.IntRange(0), default=5, show_default=True, metavar="N",
              help="At most this many. 0 means all.")  # fmt: skip
@format_option
@click.pass_context
def watch_suggest(context: click.Context, name: str, limit: int, style: str) -> None:
    """Propose what the watchlist NAME could exclude: a word, a phrase, a feed, a language.

    A proposal would have spared alerts called noise and no relevant one. Each is tested with
    the watchlist as it is in feeds.yaml. Prints the line for feeds.yaml with the counts; what
    is most typical of the noise comes first. A watchlist that is a bare term must become
    `terms: [TERM]` first. Exits with 1 when there is no proposal.
    """
    from monitor.cli.watch import watchlist_of
    from monitor.config import load

    newsroom: CliContext = context.obj
    config = load(newsroom.config_path, data=newsroom.data)
    watchlist = watchlist_of(config, name)
    rung, found = Judging(newsroom, config).suggested(watchlist)
    shown = found[:limit] if limit else found
    if style != "table":
        output.print_rows(
            (_exclusion_row(watchlist, one, rung) for one in shown), style, SUGGEST_COLUMNS
        )
    else:
        for line in _lines(watchlist, shown, rung):
            click.echo(line)
        say(_judged(watchlist, rung))
    if not shown:
        context.exit(1)


class Judging:
    """What the watchlists of a file rang for, and what each could exclude. Raises StoreError."""

    def __init__(self, newsroom: CliContext, config: Config) -> None:
        from monitor.store.sqlite.views import SqliteViews
        from monitor.watchlists.backtest import known_feeds

        self._service = newsroom.service()
        self._views = SqliteViews(newsroom.archive)
        self._feeds = known_feeds(self._views.feeds.every(), config.feeds)
        self._articles = self._views.totals().articles

    def noise(self) -> dict[str, int]:
        """Return how many alerts of each watchlist were called noise."""
        return {record.name: record.noise for record in self._service.views.watchlists.records()}

    def suggested(self, watchlist: Watchlist) -> tuple[JudgedArticle, list[Exclusion]]:
        """Return the articles that a watchlist rang for, and what it could exclude."""
        from index.errors import ArchiveError
        from monitor.watchlists.exclusions import judged_articles, suggest_exclusions

        judged = self._service.views.watchlists.verdicts(watchlist.name)
        read = judged_articles(judged, self._views.articles.get, self._feeds)
        with bar() as progress:

            def tell(done: int, of: int) -> None:
                if progress:
                    progress(f"judging {clean(watchlist.name)}", done, of)

            try:
                count, articles = self._service.statistics.count, self._articles
                return read, suggest_exclusions(watchlist, read, count, articles, tell)
            except ArchiveError as error:
                say(f"{error}; ranked without the archive")
                return read, suggest_exclusions(watchlist, read, tell=tell)


def line_for(watchlist: Watchlist, term: str) -> str:
    """Return the line of feeds.yaml that excludes a term beside what is excluded already."""
    from monitor.config.yaml_edit import scalar

    return f"not: [{', '.join(map(scalar, (*watchlist.excluded, term)))}]"


def _lines(watchlist: Watchlist, found: list[Exclusion], rung: JudgedArticle) -> Iterator[str]:
    for one in found:
        line = click.style(clean(line_for(watchlist, one.term)), bold=True)
        lost = f"none of {len(rung.relevant)} relevant" if rung.relevant else "nothing relevant"
        also = f"; {one.unjudged} of {len(rung.unjudged)} without a verdict" if one.unjudged else ""
        yield line
        yield f"    spares {len(one.spared)} of {len(rung.noise)} noise, costs {lost}{also}"


def _judged(watchlist: Watchlist, rung: JudgedArticle) -> str:
    from monitor.watchlists.exclusions import LEAST

    said = f"{watchlist.name}: {len(rung.noise)} called noise, {len(rung.relevant)} relevant"
    if len(rung.noise) < LEAST:
        return f"{said}; too few to learn from, `tocsin alerts noise` and `relevant` say more"
    if not rung.relevant:
        return f"{said}: nothing speaks for what is to be kept; judge some of these too"
    return said


def _exclusion_row(watchlist: Watchlist, one: Exclusion, rung: JudgedArticle) -> dict[str, Any]:
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
