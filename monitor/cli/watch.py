"""`tocsin watch`: list, explain and silence watchlists, list the words of a term."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any

import click

from index.archive import open_archive
from monitor.base import signs
from monitor.base.article import Timestamp
from monitor.base.errors import ConfigError, UnknownNameError
from monitor.base.formatting import clauses
from monitor.base.text_cleaning import clean
from monitor.base.translation import gettext as _, mark_all, ngettext, number, pgettext
from monitor.cli import CliContext, output, say
from monitor.cli.lazy_group import LazyCommand, LazyGroup
from monitor.cli.options import (
    ArticleNumber,
    DurationParam,
    InputError,
    complete_watchlist,
    format_option,
    hinted,
    no_article,
)
from monitor.cli.output import EMPTY_CELL
from monitor.config.loading import load
from monitor.model.analyst import user
from monitor.model.feed import Coverage
from monitor.model.shown_names import (
    describe_ended_silence,
    list_name,
    severity_name,
    written_list_name,
)
from monitor.model.watchlist import FEED_HEALTH, Baseline, TermRecord, WatchlistRecord
from monitor.presentation.rows import columns
from monitor.presentation.rows.watchlists import TermRow, WatchlistRow, term_row, watchlist_rows
from monitor.presentation.service.known_names import find_watchlist
from monitor.presentation.service.matching import explain_match
from monitor.presentation.service.service import Service
from monitor.presentation.service.triage import USUAL
from monitor.watchlists.exclusions import describe_precision, precision
from monitor.watchlists.lint import Form, forms

DAY = 86_400.0


@click.command("list")
@click.argument("name", required=False, shell_complete=complete_watchlist)
@click.option("--terms", is_flag=True, help="Show each term of the watchlists, with its precision.")
@format_option
@click.pass_obj
def watch_list(cli: CliContext, name: str | None, terms: bool, style: str) -> None:
    """List watchlists with their alerts and their precision. With a NAME, also its terms.

    Precision is the share of relevant alerts among those with a verdict, with its 95 % interval;
    with fewer than ten verdicts it says little. With terms, an alert counts for each term that
    matched. `gaps` is the number of its feeds with coverage gaps in the last day (`tocsin feeds
    --blind`), `today` that of stories since midnight, beside the usual number by now; ⇈ and ⇊ mark
    what alerts call unusual. `not sent` is the number of alerts of the last day of which nobody was
    notified (`tocsin alerts --suppressed`). Empty columns are left out.
    """
    _list_watchlists(cli, name, style, terms=terms)


def _feed_health_elsewhere() -> str:
    command = f"tocsin alerts --watch '{list_name(FEED_HEALTH)}'"  # not a message
    return _("`{command}` lists the alerts about feeds", command=command)


def _list_watchlists(cli: CliContext, name: str | None, style: str, *, terms: bool = False) -> None:
    service, now = cli.service(), cli.clock()
    records = _records(cli, service)
    if name is not None:
        names = [record.name for record in records]
        records = [record for record in records if record.name.casefold() == name.casefold()]
        if not records:
            if written_list_name(name).casefold() == FEED_HEALTH:
                problem = _("`{name}` is no watchlist", name=list_name(FEED_HEALTH))
                raise InputError(clauses([problem, _feed_health_elsewhere()]))
            problem = _("no watchlist is called `{name}`", name=name)
            raise InputError(hinted(problem, name, names, _("`tocsin watch list` lists them")))
    if terms:
        _list_terms(service, name, style)
        return
    if style != "table":
        output.print_rows(watchlist_rows(service, records, now), style, columns(WatchlistRow))
        return
    if not records:
        say(_("there are no watchlists yet; `tocsin watch add TERM` adds one"))
        return
    output.print_lines(_table(service, records, now))
    if name is not None:
        _list_terms(service, name, style)
        return
    count = service.views.watchlists.untriaged().by_watchlist.get(FEED_HEALTH, 0)
    if count:
        words = ngettext(
            "{count} new story of {name}",
            "{count} new stories of {name}",
            count,
            name=list_name(FEED_HEALTH),
        )
        say(clauses([words, _feed_health_elsewhere()]))


def _records(cli: CliContext, service: Service) -> list[WatchlistRecord]:
    """Return the watchlists in force, then those of feeds.yaml that no monitor has read yet."""
    records = service.views.watchlists.records()
    names = {record.name for record in records}
    try:
        exists = cli.config_path.exists()
        written = load(cli.config_path, data=cli.data).watchlists if exists else ()
    except ConfigError as error:
        if not records:
            raise
        say(str(error))
        return records
    new = [watchlist for watchlist in written if watchlist.name not in names]
    return [*records, *(WatchlistRecord(name=w.name, severity=w.severity) for w in new)]


def _list_terms(service: Service, name: str | None, style: str) -> None:
    """Print the terms of a watchlist, or of all."""
    terms = [
        record
        for record in service.views.watchlists.term_records()
        if name is None or record.watchlist.casefold() == name.casefold()
    ]
    output.print_listing(style, map(term_row, terms), columns(TermRow), term_lines(terms))


TERM_HEADS = mark_all("column", "watchlist", "term", "alerts", "precision")


def term_lines(records: Iterable[TermRecord]) -> Iterator[str]:
    rows = [
        (clean(record.watchlist), clean(record.term), f"{record.total}", _precision(record))
        for record in records
    ]
    if rows:
        heads = [pgettext("column", name) for name in TERM_HEADS]
        yield from output.table_lines(heads, rows, "<<><")


def _precision(record: Any) -> str:
    share = precision(record)
    return EMPTY_CELL if share is None else describe_precision(share)


HEADS = mark_all(
    "column", "watchlist", "severity", "alerts", "new stories", "today", "last hit", "gaps",
    "not sent", "precision",
)  # fmt: skip


def _table(service: Service, records: Sequence[WatchlistRecord], now: Timestamp) -> Iterator[str]:
    """Yield a line for each watchlist, without the columns that are empty."""
    watchlists = service.views.watchlists
    coverage = {item.watchlist: item for item in service.health.coverage(now - DAY)}
    baselines = service.statistics.baselines()
    silenced_until = {silence.watchlist: silence.until for silence in watchlists.silences(now)}
    suppressed: Counter[str] = Counter()
    for (name, reason), count in watchlists.suppressed(now - DAY).items():
        if reason not in ("backfill", "copy"):  # older articles, and duplicates
            suppressed[name] += count

    def suppression(name: str) -> str:
        """Return the number of suppressed alerts, and the end of a silence of the watchlist."""
        words = [f"{suppressed[name]}"] if suppressed[name] else []
        if name in silenced_until:
            until = output.format_moment(silenced_until[name], now)
            words.append(_("silenced until {moment}", moment=until))
        return " ".join(words) or EMPTY_CELL

    rows = [
        (
            clean(record.name),
            severity_name(record.severity),
            f"{record.total}",
            f"{record.untriaged}",
            _today_cell(baselines.get(record.name, Baseline())),
            output.ago(record.last_hit, now) if record.last_hit else _("never"),
            _gap_cell(coverage.get(record.name)),
            suppression(record.name),
            _precision(record),
        )
        for record in records
    ]
    heads = [pgettext("column", name) for name in HEADS]
    yield from output.table_lines(heads, rows, "<<>><><<<")


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
    lines = (
        _("matches: {clause}", clause=clause)
        if explanation.hit
        else _("no match: {clause}", clause=clause)
        for clause in clauses
    )
    output.print_listing(style, [row], tuple(row), lines)
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
    concepts = cli.service().views.watchlists.concepts()
    with closing(open_archive(cli.store.archive)) as archive:
        found_forms = [
            form for term in dict.fromkeys(terms) for form in forms(archive, term, concepts)
        ]
    rows = (form._asdict() for form in found_forms)
    output.print_listing(style, rows, FORM_COLUMNS, _form_lines(terms, found_forms))
    if not found_forms:
        say(_("the archive has no such word"))
        context.exit(1)


def _form_lines(terms: Iterable[str], found_forms: Sequence[Form]) -> Iterator[str]:
    for term in terms:
        yield click.style(term, bold=True)
        yield from (f"{form.articles:>9}  {form.form}" for form in found_forms if form.term == term)


@click.command("silence")
@click.argument("name", shell_complete=complete_watchlist)
@click.option(
    "--for",
    "duration",
    type=DurationParam(),
    metavar="DURATION",
    default=USUAL,
    help="How long: at most 30d. Without it, 1h.",
)
@click.pass_obj
def watch_silence(cli: CliContext, name: str, duration: float) -> None:
    """Notify nobody of a watchlist's alerts for a while.

    Its alerts are raised and stored all the same; `tocsin alerts --suppressed` lists them, and
    `tocsin status` the silences. When the time is over, the channels are told how many there were.
    """
    try:
        silence = cli.service().triage.silence(name, duration, user(os.environ))
    except (ValueError, UnknownNameError) as error:
        raise InputError(str(error)) from None
    moment = output.format_moment(silence.until, cli.clock())
    output.echo(
        _(
            "{watchlist} is silenced until {moment}",
            watchlist=list_name(silence.watchlist),
            moment=moment,
        )
    )


@click.command("unsilence")
@click.argument("name", shell_complete=complete_watchlist)
@click.pass_context
def watch_unsilence(context: click.Context, name: str) -> None:
    """End the silence of a watchlist, and show how many alerts were not sent.

    The channels are told as well. Exits with 1 when the watchlist was not silenced.
    """
    cli: CliContext = context.obj
    try:
        silence = cli.service().triage.end_silence(name)
    except UnknownNameError as error:
        raise InputError(str(error)) from None
    if silence is None:
        output.echo(_("{watchlist} is not silenced", watchlist=name))
        context.exit(1)
    since = output.format_moment(silence.since, cli.clock())
    output.echo(describe_ended_silence(silence, since))
    if silence.suppressed:
        watchlist = list_name(silence.watchlist)
        command = f'tocsin alerts --suppressed --watch "{watchlist}"'  # not a message
        output.echo(_("`{command}` lists them", command=command))


COMMANDS = {
    "list": LazyCommand(
        "watch:watch_list", "List watchlists with their alerts and their precision."
    ),
    "explain": LazyCommand(
        "watch:watch_explain", "Explain why a watchlist matches an article, or why not."
    ),
    "forms": LazyCommand(
        "watch:watch_forms", "List the words of the archive that a term stands for."
    ),
    "test": LazyCommand("watch_edit:watch_test", "Test the watchlists of a file on the archive."),
    "lint": LazyCommand(
        "watch_edit:watch_lint", "Find terms that are useless, redundant or too broad."
    ),
    "suggest": LazyCommand(
        "watch_edit:watch_suggest", "Propose exclusions that would have spared noise."
    ),
    "silence": LazyCommand("watch:watch_silence", "Notify nobody of a watchlist for a while."),
    "unsilence": LazyCommand("watch:watch_unsilence", "Notify of a watchlist again."),
    "from": LazyCommand(
        "watch_edit:watch_from", "Write the query that some articles have in common."
    ),
    "add": LazyCommand("watch_edit:watch_add", "Add a watchlist to feeds.yaml."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, default="list")
def watch() -> None:
    """List, explain, test, improve and add watchlists. Without a command: `list`."""
