"""`tocsin watch`: the watchlists, what they brought, what they mean, and why they match."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from index.analysis.text_cleaning import clean
from monitor.cli import CliContext, output, say, show
from monitor.cli.lazy_group import LazyCommand, LazyGroup
from monitor.formatting import iso
from monitor.model.watchlist import Baseline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from index.article import Article
    from monitor.model.config import Config, Watchlist
    from monitor.model.feed import Coverage, Feed
    from monitor.model.watchlist import TermRecord, WatchlistRecord


FORMATS = ("table", "json", "jsonl", "csv")

format_option = click.option(
    "--format",
    "style",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="Output format.",
)


TERM_COLUMNS = (
    "watchlist", "term", "total", "relevant", "noise", "verdicts", "precision", "precision_low",
    "precision_high",
)  # fmt: skip
NOTHING = "-"


def row(record: TermRecord) -> dict[str, Any]:
    """Return a term for programs."""
    return {
        "watchlist": record.watchlist,
        "term": record.term,
        "total": record.total,
        "relevant": record.relevant,
        "noise": record.noise,
        **shares(record),
    }


def shares(record: Any) -> dict[str, Any]:
    """Return the precision of a record for programs; null without a verdict."""
    from monitor.watchlists.exclusions import precision

    found = precision(record)
    return {
        "verdicts": found.verdicts if found else 0,
        "precision": round(found.share, 4) if found else None,
        "precision_low": round(found.low, 4) if found else None,
        "precision_high": round(found.high, 4) if found else None,
    }


def share(record: Any) -> str:
    """Return the precision of a record for people."""
    from monitor.watchlists.exclusions import describe_precision, precision

    found = precision(record)
    return NOTHING if found is None else describe_precision(found)


def lines(records: Sequence[TermRecord], room: int) -> Iterator[str]:
    """Yield terms by watchlist, the terms in so many cells at most."""
    from rich.cells import cell_len, set_cell_size

    names = [clean(record.term) for record in records]
    widest = min(max(map(cell_len, ("term", *names))), room)
    last = None
    if names:
        yield click.style(f"  {'term'.ljust(widest)}  {'alerts':>7}  precision", dim=True)
    for name, record in zip(names, records, strict=True):
        if record.watchlist != last:
            yield click.style(clean(record.watchlist), bold=True)
            last = record.watchlist
        yield f"  {set_cell_size(name, widest)}  {record.total:>7}  {share(record)}"


def of(records: Iterable[TermRecord], name: str | None) -> list[TermRecord]:
    """Return the terms of one watchlist, in any case, or of all."""
    wanted = None if name is None else name.casefold()
    return [one for one in records if wanted is None or one.watchlist.casefold() == wanted]


DAY = 86_400.0
COLUMNS = (
    "name", "severity", "total", "untriaged", "last_hit", "relevant", "noise", "verdicts",
    "precision", "precision_low", "precision_high", "feeds", "feeds_with_gaps",
    "today", "usual", "weeks", "surprise", "suppressed", "muted_until",
)  # fmt: skip


@click.command("list")
@click.argument("name", required=False)
@click.option("--terms", is_flag=True, help="Show each term of the watchlists, with its precision.")
@format_option
@click.pass_obj
def watch_list(newsroom: CliContext, name: str | None, terms: bool, style: str) -> None:
    """List watchlists with their alerts and their precision. With a NAME, also its terms.

    Precision is the share of relevant alerts among those with a verdict, with its 95 %
    interval (Wilson's) and the number of verdicts; with fewer than ten verdicts it says
    little. With terms, an alert counts for each term that matched. `gaps` is the number of its
    feeds with coverage gaps in the last day; `tocsin feeds --blind` lists the gaps. `today` is
    the number of alerts since midnight, beside the usual number by this time of this weekday;
    ▲ marks a surprise. `untold` is the number of suppressed alerts of the last day; `tocsin
    alerts --suppressed` lists them. Columns without content are left out.
    """
    service, now = newsroom.service(), newsroom.clock()
    found = service.views.watchlists.records()
    if name is not None:
        found = [record for record in found if record.name.casefold() == name.casefold()]
        if not found:
            raise click.UsageError(f"no watchlist is called {name}; `tocsin watch list` has all")
    if terms:
        _list_terms(service.views.watchlists.term_records(), name, style)
        return
    covered = {one.watchlist: one for one in service.coverage(now - DAY)}
    paces = service.statistics.baselines()
    untold = _untold(service.views.watchlists.suppressed(now - DAY))
    muted = {mute.watchlist: mute.until for mute in service.views.watchlists.silences(now)}
    if style != "table":
        rows = [
            {
                **_row(record, covered.get(record.name)),
                **_pace(paces.get(record.name, Baseline())),
                "suppressed": untold.get(record.name, {}),
                "muted_until": iso(muted.get(record.name)),
            }
            for record in found
        ]
        output.print_rows(rows, style, COLUMNS)
    elif not found:
        say("no watchlists yet; `tocsin watch add TERM` adds one")
    else:
        for line in _table(found, covered, paces, _held(found, untold, muted, now), now):
            click.echo(line)
        if name is not None:
            _list_terms(service.views.watchlists.term_records(), name, style)


def _list_terms(records: Sequence[TermRecord], name: str | None, style: str) -> None:

    found = of(records, name)
    if style != "table":
        output.print_rows(map(row, found), style, TERM_COLUMNS)
        return
    for line in lines(found, max(12, output.width() - 50)):
        click.echo(line)


def _untold(counts: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    """Return how many alerts of each watchlist nobody is told of, by reason."""
    found: dict[str, dict[str, int]] = {}
    for (name, reason), count in sorted(counts.items()):
        found.setdefault(name, {})[reason] = count
    return found


def _held(
    found: Sequence[WatchlistRecord],
    untold: Mapping[str, Mapping[str, int]],
    muted: Mapping[str, float],
    now: float,
) -> list[str]:
    """Return what is held back of each watchlist, and until when it is muted.

    Copies, and what was there before, are nothing that anybody waits for.
    """

    def cell(name: str) -> str:
        reasons = {r: n for r, n in untold.get(name, {}).items() if r not in ("backfill", "copy")}
        words = [f"{sum(reasons.values())}"] if reasons else []
        if name in muted:
            words.append(f"muted until {show.moment(muted[name], now)}")
        return " ".join(words) or NOTHING

    return [cell(one.name) for one in found]


def _row(record: WatchlistRecord, covered: Coverage | None) -> dict[str, Any]:
    return {
        "name": record.name,
        "severity": str(record.severity),
        "total": record.total,
        "untriaged": record.untriaged,
        "last_hit": iso(record.last_hit),
        "relevant": record.relevant,
        "noise": record.noise,
        **shares(record),
        "feeds": covered.feeds if covered else 0,
        "feeds_with_gaps": covered.touched() if covered else 0,
    }


def _pace(pace: Baseline) -> dict[str, Any]:
    usual = None if pace.usual is None else round(pace.usual, 2)
    return {
        "today": pace.today, "usual": usual, "weeks": pace.weeks, "surprise": pace.surprise,
    }  # fmt: skip


def _table(
    found: Sequence[WatchlistRecord],
    covered: Mapping[str, Coverage],
    paces: Mapping[str, Baseline],
    held: list[str],
    now: float,
) -> Iterator[str]:
    """Yield a line for each watchlist; columns of which there is nothing to say are left out."""
    from rich.cells import cell_len, set_cell_size

    columns = (
        ("severity", [str(record.severity) for record in found]),
        ("total", [f"{record.total:>7}" for record in found]),
        ("untriaged", [f"{record.untriaged:>9}" for record in found]),
        ("today", [_today(paces.get(record.name, Baseline())) for record in found]),
        ("last hit", [f"{_last(record, now):>8}" for record in found]),
        ("gaps", [_gaps(covered.get(record.name)) for record in found]),
        ("untold", held),
        ("precision", [share(record) for record in found]),
    )
    shown = [(head, cells) for head, cells in columns if set(cells) != {NOTHING}]
    widths = [max(len(head), *map(len, cells)) for head, cells in shown]
    room = max(12, output.width() - sum(widths) - 2 * len(widths))
    names = [clean(record.name) for record in found]
    widest = min(max(map(cell_len, ("watchlist", *names))), room)

    def row(name: str, cells: Iterable[str]) -> str:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        return "  ".join((set_cell_size(name, widest), *padded)).rstrip()

    heads = [head.rjust(len(cells[0])) if cells[0][:1] == " " else head for head, cells in shown]
    yield click.style(row("watchlist", heads), dim=True)
    for at, name in enumerate(names):
        yield row(name, (cells[at] for _, cells in shown))


def _last(record: WatchlistRecord, now: float) -> str:
    return output.ago(record.last_hit, now) if record.last_hit else "never"


def _today(pace: Baseline) -> str:
    """Return today's alerts, a sign if they are a surprise, and how many are usual."""
    usual = "" if pace.usual is None else f" ({pace.usual:.{int(pace.usual < 10)}f})"
    return f"{pace.today:>5} {'▲' if pace.surprise else ' '}{usual}"


def _gaps(covered: Coverage | None) -> str:
    return f"{covered.touched()} of {covered.feeds}" if covered and covered.gaps else NOTHING


@click.command("explain")
@click.argument("article", type=int)
@click.argument("watchlist")
@click.pass_context
def watch_explain(context: click.Context, article: int, watchlist: str) -> None:
    """Explain why WATCHLIST matches the article with this number: each clause with its text.

    If it does not match, show the clause that fails, and exit with 1.
    """
    from monitor.config import load
    from monitor.match.matcher import explain

    newsroom: CliContext = context.obj
    config = load(newsroom.config_path, data=newsroom.data)
    asked = watchlist_of(config, watchlist)
    reading = newsroom.service().views.articles.details(article) if 0 < article < 2**63 else None
    if reading is None:
        raise click.UsageError(f"there is no article {article}; `tocsin search` shows their ids")
    told = explain(asked, reading.article, _feed(newsroom, config, reading.article))
    for clause in told.reason.split("\n"):
        click.echo(f"{'matches' if told.hit else 'no match'}: {clause}")
    context.exit(0 if told.hit else 1)


def watchlist_of(config: Config, name: str) -> Watchlist:
    """Return a watchlist by its name, in any case; raises UsageError that names the nearest."""
    from monitor.config.validation import nearest

    for watchlist in config.watchlists:
        if watchlist.name.casefold() == name.casefold():
            return watchlist
    close = nearest(name, [watchlist.name for watchlist in config.watchlists])
    raise click.UsageError(f"no watchlist is called `{name}`{close}")


def _feed(newsroom: CliContext, config: Config, article: Article) -> Feed:
    """Return the feed that had an article first, as feeds.yaml describes it today."""
    known = {feed.number: feed for feed in newsroom.service().views.feeds.every()}[article.feeds[0]]
    return next((feed for feed in config.feeds if feed.url == known.url), known)


FORM_COLUMNS = ("term", "form", "articles")


@click.command("forms")
@click.argument("terms", nargs=-1, required=True, metavar="TERM...")
@format_option
@click.pass_context
def watch_forms(context: click.Context, terms: tuple[str, ...], style: str) -> None:
    """List the words of the archive that TERM stands for, the most frequent first.

    Put quotation marks around a term: `tocsin watch forms "espion*" "port~"`. Exits with 1
    when the archive has no such word.
    """
    from contextlib import closing

    from index import open_archive
    from monitor.store.sqlite.connection import INDEX
    from monitor.watchlists.lint import forms

    newsroom: CliContext = context.obj
    newsroom.service().status()  # refuses a folder without a store
    with closing(open_archive(newsroom.archive / INDEX)) as archive:
        found = [form for term in dict.fromkeys(terms) for form in forms(archive, term)]
    if style != "table":
        output.print_rows((form._asdict() for form in found), style, FORM_COLUMNS)
    for term in terms if style == "table" else ():
        click.secho(term, bold=True)
        for form in found:
            if form.term == term:
                click.echo(f"{form.articles:>9}  {form.form}")
    if not found:
        say("the archive has no such word")
        context.exit(1)


COMMANDS = {
    "list": LazyCommand(
        "monitor.cli.watch:watch_list", "List watchlists with their alerts and their precision."
    ),
    "explain": LazyCommand(
        "monitor.cli.watch:watch_explain", "Explain why a watchlist matches an article, or why not."
    ),
    "forms": LazyCommand(
        "monitor.cli.watch:watch_forms", "List the words of the archive that a term stands for."
    ),
    "test": LazyCommand(
        "monitor.cli.watch_quality:watch_test", "Test the watchlists of a file on the archive."
    ),
    "lint": LazyCommand(
        "monitor.cli.watch_quality:watch_lint",
        "Find terms that are useless, redundant or too broad.",
    ),
    "suggest": LazyCommand(
        "monitor.cli.watch_quality:watch_suggest",
        "Propose exclusions that would have spared noise.",
    ),
    "mute": LazyCommand(
        "monitor.cli.watch_edit:watch_mute", "Notify nobody of a watchlist for a while."
    ),
    "unmute": LazyCommand("monitor.cli.watch_edit:watch_unmute", "Notify of a watchlist again."),
    "add": LazyCommand("monitor.cli.watch_edit:watch_add", "Add a watchlist to feeds.yaml."),
    "from-search": LazyCommand(
        "monitor.cli.watch_edit:watch_from_search",
        "Add a watchlist with the query of a saved search.",
    ),
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def watch() -> None:
    """List, explain, test, improve and add watchlists."""
