"""`tocsin watch`: list watchlists, explain their matches, list the words of a term."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click
from rich.cells import cell_len, set_cell_size

from index import open_archive
from monitor.base import signs
from monitor.base.formatting import clauses
from monitor.base.text_cleaning import clean
from monitor.base.translation import gettext as _
from monitor.base.translation import mark_all, ngettext, number, pgettext
from monitor.cli import CliContext, output, say
from monitor.cli.lazy_group import LazyCommand, LazyGroup
from monitor.cli.names import ArticleNumber, InputError, hinted, no_article
from monitor.cli.options import complete_watchlist, format_option
from monitor.config.loading import load
from monitor.model.feed import Coverage
from monitor.model.shown_names import severity_name
from monitor.model.watchlist import FEED_HEALTH, Baseline, TermRecord, WatchlistRecord
from monitor.presentation.rows import columns
from monitor.presentation.rows.watchlists import TermRow, WatchlistRow, term_row
from monitor.presentation.service.explanation import explain_match, find_watchlist
from monitor.presentation.service.listings import watchlist_rows
from monitor.storage.data_folder import archive_path
from monitor.watchlists.exclusions import describe_precision, precision
from monitor.watchlists.lint import forms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


EMPTY_CELL = "-"


def format_precision(record: Any) -> str:
    share = precision(record)
    return EMPTY_CELL if share is None else describe_precision(share)


def term_lines(records: Sequence[TermRecord], room: int) -> Iterator[str]:
    """Yield terms by watchlist; a term takes at most `room` cells."""
    names = [clean(record.term) for record in records]
    head, alerts, share = (pgettext("column", name) for name in TERM_HEADS)
    widest = min(max(map(cell_len, (head, *names))), room)
    last = None
    if names:
        yield click.style(f"  {set_cell_size(head, widest)}  {alerts:>7}  {share}", dim=True)
    for name, record in zip(names, records, strict=True):
        if record.watchlist != last:
            yield click.style(clean(record.watchlist), bold=True)
            last = record.watchlist
        yield f"  {set_cell_size(name, widest)}  {record.total:>7}  {format_precision(record)}"


TERM_HEADS = mark_all("column", "term", "alerts", "precision")


def terms_of(records: Iterable[TermRecord], name: str | None) -> list[TermRecord]:
    folded = None if name is None else name.casefold()
    return [record for record in records if folded is None or record.watchlist.casefold() == folded]


DAY = 86_400.0


@click.command("list")
@click.argument("name", required=False, shell_complete=complete_watchlist)
@click.option("--terms", is_flag=True, help="Show each term of the watchlists, with its precision.")
@format_option
@click.pass_obj
def watch_list(cli: CliContext, name: str | None, terms: bool, style: str) -> None:
    """List watchlists with their alerts and their precision. With a NAME, also its terms.

    Precision is the share of relevant alerts among those with a verdict, with its 95 %
    interval (Wilson's) and the number of verdicts; with fewer than ten verdicts it says
    little. With terms, an alert counts for each term that matched. `gaps` is the number of its
    feeds with coverage gaps in the last day; `tocsin feeds --blind` lists the gaps. `today` is
    the number of stories since midnight, beside the usual number by this time; ⇈ and ⇊ mark what
    alerts call unusual: far more than usual, and none any more. `suppressed` is the number of
    suppressed alerts of the last day; `tocsin alerts --suppressed` lists them. Columns without
    content are left out.
    """
    _list_watchlists(cli, name, style, terms=terms)


@click.command("show")
@click.argument("name", shell_complete=complete_watchlist)
@format_option
@click.pass_obj
def watch_show(cli: CliContext, name: str, style: str) -> None:
    """Show the watchlist NAME and its terms, as `tocsin watch list NAME` does."""
    _list_watchlists(cli, name, style)


def _feed_health_elsewhere() -> str:
    return _("`{command}` lists the alerts about feeds", command=_FEED_HEALTH_COMMAND)


_FEED_HEALTH_COMMAND = f"tocsin alerts --watch '{FEED_HEALTH}'"  # not a message


def _list_watchlists(cli: CliContext, name: str | None, style: str, *, terms: bool = False) -> None:
    service, now = cli.service(), cli.clock()
    records = service.views.watchlists.records()
    if name is not None:
        known = [record.name for record in records]
        records = [record for record in records if record.name.casefold() == name.casefold()]
        if not records:
            if name.casefold() == FEED_HEALTH:
                problem = _("`{name}` is no watchlist", name=FEED_HEALTH)
                raise InputError(clauses([problem, _feed_health_elsewhere()]))
            problem = _("no watchlist is called `{name}`", name=name)
            raise InputError(hinted(problem, name, known, _("`tocsin watch list` lists them")))
    if terms:
        _list_terms(service.views.watchlists.term_records(), name, style)
        return
    if style != "table":
        output.print_rows(watchlist_rows(service, records, now), style, columns(WatchlistRow))
        return
    coverage = {item.watchlist: item for item in service.coverage(now - DAY)}
    baselines = service.statistics.baselines()
    suppressed = _suppressed_by_watchlist(service.views.watchlists.suppressed(now - DAY))
    silenced_until = {
        silence.watchlist: silence.until for silence in service.views.watchlists.silences(now)
    }
    if not records:
        say(_("there are no watchlists yet; `tocsin watch add TERM` adds one"))
    else:
        for line in _table(
            records,
            coverage,
            baselines,
            _suppression_cells(records, suppressed, silenced_until, now),
            now,
        ):
            click.echo(line)
        about_feeds = service.views.watchlists.untriaged().by_watchlist.get(FEED_HEALTH, 0)
        if name is None and about_feeds:
            many = ngettext(
                "{count} new story of {name}",
                "{count} new stories of {name}",
                about_feeds,
                name=FEED_HEALTH,
            )
            say(clauses([many, _feed_health_elsewhere()]))
        if name is not None:
            _list_terms(service.views.watchlists.term_records(), name, style)


def _list_terms(records: Sequence[TermRecord], name: str | None, style: str) -> None:
    terms = terms_of(records, name)
    if style != "table":
        output.print_rows(map(term_row, terms), style, columns(TermRow))
        return
    for line in term_lines(terms, max(12, output.width() - 50)):
        click.echo(line)


def _suppressed_by_watchlist(counts: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    counts_by_name: dict[str, dict[str, int]] = {}
    for (name, reason), count in sorted(counts.items()):
        counts_by_name.setdefault(name, {})[reason] = count
    return counts_by_name


def _suppression_cells(
    records: Sequence[WatchlistRecord],
    suppressed: Mapping[str, Mapping[str, int]],
    silenced_until: Mapping[str, float],
    now: float,
) -> list[str]:
    """Return how many alerts of each watchlist are suppressed, and until when it is silenced.

    Duplicates and alerts about older articles are not counted.
    """

    def cell(name: str) -> str:
        reasons = {
            r: n for r, n in suppressed.get(name, {}).items() if r not in ("backfill", "copy")
        }
        words = [f"{sum(reasons.values())}"] if reasons else []
        if name in silenced_until:
            until = output.format_moment(silenced_until[name], now)
            words.append(_("silenced until {moment}", moment=until))
        return " ".join(words) or EMPTY_CELL

    return [cell(record.name) for record in records]


def _table(
    records: Sequence[WatchlistRecord],
    coverage: Mapping[str, Coverage],
    baselines: Mapping[str, Baseline],
    suppression: list[str],
    now: float,
) -> Iterator[str]:
    """Yield a line for each watchlist, without the columns that are empty."""
    cells_by_column = (
        [severity_name(record.severity) for record in records],
        [f"{record.total:>6}" for record in records],
        [f"{record.untriaged:>11}" for record in records],
        [_today_cell(baselines.get(record.name, Baseline())) for record in records],
        [f"{_last_hit(record, now):>8}" for record in records],
        [_gap_cell(coverage.get(record.name)) for record in records],
        suppression,
        [format_precision(record) for record in records],
    )
    heads = (pgettext("column", name) for name in HEADS)
    columns = zip(heads, cells_by_column, strict=True)
    filled = [(head, cells) for head, cells in columns if set(cells) != {EMPTY_CELL}]
    widths = [max(len(head), *map(len, cells)) for head, cells in filled]
    room = max(12, output.width() - sum(widths) - 2 * len(widths))
    names = [clean(record.name) for record in records]
    first = pgettext("column", "watchlist")
    widest = min(max(map(cell_len, (first, *names))), room)

    def row(name: str, cells: Iterable[str]) -> str:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        return "  ".join((set_cell_size(name, widest), *padded)).rstrip()

    headers = [head.rjust(len(cells[0])) if cells[0][:1] == " " else head for head, cells in filled]
    yield click.style(row(first, headers), dim=True)
    for at, name in enumerate(names):
        yield row(name, (cells[at] for _head, cells in filled))


HEADS = mark_all(
    "column", "severity", "alerts", "new stories", "today", "last hit", "gaps", "suppressed",
    "precision",
)  # fmt: skip


def _last_hit(record: WatchlistRecord, now: float) -> str:
    return output.ago(record.last_hit, now) if record.last_hit else _("never")


def _today_cell(baseline: Baseline) -> str:
    """Return the stories of today, a mark if the number is unusual, and the usual number."""
    usual = (
        "" if baseline.usual is None else f" ({number(baseline.usual, int(baseline.usual < 10))})"
    )
    mark = signs.SPIKE if baseline.surprise else signs.QUIET if baseline.quiet else " "
    return f"{baseline.today:>5} {mark}{usual}"


def _gap_cell(coverage: Coverage | None) -> str:
    if not coverage or not coverage.gaps:
        return EMPTY_CELL
    return _("{some} of {all}", some=number(coverage.touched()), all=number(coverage.feeds))


@click.command("explain")
@click.argument("article", type=ArticleNumber())
@click.argument("watchlist")
@format_option
@click.pass_context
def watch_explain(context: click.Context, article: int, watchlist: str, style: str) -> None:
    """Explain why WATCHLIST matches the article with this number: each clause with its text.

    Exits with 1 when it does not match, and shows the clause that fails.
    """
    cli: CliContext = context.obj
    config = load(cli.config_path, data=cli.data)
    target = find_watchlist(config, watchlist)
    service = cli.service()
    details = service.views.articles.details(article)
    if details is None:
        raise no_article(article)
    explanation = explain_match(service.views, config, target, details.article)
    clauses = explanation.reason.split("\n")
    row = {
        "article_id": article,
        "watchlist": target.name,
        "matches": explanation.hit is not None,
        "clauses": clauses,
    }
    if style != "table":
        output.print_rows([row], style, tuple(row))
    for clause in clauses if style == "table" else ():
        click.echo(
            _("matches: {clause}", clause=clause)
            if explanation.hit
            else _("no match: {clause}", clause=clause)
        )
    context.exit(0 if explanation.hit else 1)


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
    cli: CliContext = context.obj
    cli.service().status()  # raises StoreError if there is no store
    with closing(open_archive(archive_path(cli.archive))) as archive:
        found_forms = [form for term in dict.fromkeys(terms) for form in forms(archive, term)]
    if style != "table":
        output.print_rows((form._asdict() for form in found_forms), style, FORM_COLUMNS)
    for term in terms if style == "table" else ():
        click.secho(term, bold=True)
        for form in found_forms:
            if form.term == term:
                click.echo(f"{form.articles:>9}  {form.form}")
    if not found_forms:
        say(_("the archive has no such word"))
        context.exit(1)


COMMANDS = {
    "list": LazyCommand(
        "watch:watch_list", "List watchlists with their alerts and their precision."
    ),
    "show": LazyCommand("watch:watch_show", "Show a watchlist and its terms with their precision."),
    "explain": LazyCommand(
        "watch:watch_explain", "Explain why a watchlist matches an article, or why not."
    ),
    "forms": LazyCommand(
        "watch:watch_forms", "List the words of the archive that a term stands for."
    ),
    "test": LazyCommand(
        "watch_quality:watch_test", "Test the watchlists of a file on the archive."
    ),
    "lint": LazyCommand(
        "watch_quality:watch_lint", "Find terms that are useless, redundant or too broad."
    ),
    "suggest": LazyCommand(
        "watch_quality:watch_suggest", "Propose exclusions that would have spared noise."
    ),
    "silence": LazyCommand("watch_edit:watch_silence", "Notify nobody of a watchlist for a while."),
    "unsilence": LazyCommand("watch_edit:watch_unsilence", "Notify of a watchlist again."),
    "add": LazyCommand("watch_edit:watch_add", "Add a watchlist to feeds.yaml."),
    "from-search": LazyCommand(
        "watch_edit:watch_from_search", "Add a watchlist with the query of a saved search."
    ),
}
ALIASES = {"mute": "silence", "unmute": "unsilence"}


@click.group(cls=LazyGroup, lazy=COMMANDS, aliases=ALIASES, default="list")
def watch() -> None:
    """List, explain, test, improve and add watchlists. Without a command: `list`."""
