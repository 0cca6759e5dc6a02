"""`tocsin watch from`: a watchlist from examples."""

from __future__ import annotations

import click

from index.query.suggestions import suggested_name
from monitor.base.errors import MonitorError
from monitor.cli import CliContext, output
from monitor.cli.names import AnyNumber, InputError, Number, no_alert, no_article
from monitor.cli.options import format_option
from monitor.cli.watch_edit import shown_article_ids, tally_lines, watch_add, watchlist_item
from monitor.config.loading import load
from monitor.config.yaml_edit import item_block
from monitor.model.watchlist import Watchlist
from monitor.watchlists.backtest import DAY, backtest

DAYS = 90
"""Days of the archive on which the query is tried."""
COLUMNS = ("query", "examples", "missed", "noise", "noise_judged", "hits")


@click.command("from")
@click.argument("numbers", type=AnyNumber(), nargs=-1, required=True, metavar="NUMBER...")
@click.option(
    "--name", metavar="NAME", help="Name of the watchlist. Without it, words of the query."
)
@click.option("--add", is_flag=True, help="Add the watchlist to feeds.yaml.")
@format_option
@click.pass_context
def watch_from(
    context: click.Context, numbers: tuple[Number, ...], name: str | None, add: bool, style: str
) -> None:
    """Write the query that three to ten examples have in common: articles (5) or alerts (a5).

    It asks for some of the words and concepts that the examples share and the archive seldom has,
    and excludes what only noise has. Shows which examples it misses, which articles judged noise
    it finds, and what it finds in the last 90 days. Prints the lines for feeds.yaml; --add adds
    them.
    """
    cli: CliContext = context.obj
    service, feeds = cli.service(), load(cli.config_path, data=cli.data).feeds
    try:
        draft = service.example_query(_articles(cli, numbers))
    except MonitorError as error:
        raise InputError(str(error)) from None
    query = draft.query
    name = name or suggested_name(query.text) or None
    watchlists, since = [Watchlist(name=name or query.text, query=query)], cli.clock() - DAYS * DAY
    trial = backtest(service.archive, service.views, watchlists, feeds, since)
    (tally,) = trial.tallies
    missed, noise = [a.id for a in draft.missed], [a.id for a in draft.noise]
    values = query.text, draft.examples, missed, noise, draft.judged, len(tally.dates)
    titles = {a.id: a for a in service.views.articles.get(shown_article_ids(tally))}
    lines = [*draft.remarks, "", *tally_lines(tally, trial, titles), "", "watchlists:"]
    lines += item_block("", 2, [watchlist_item(query.text, name, None)]).splitlines()
    output.print_listing(style, [dict(zip(COLUMNS, values, strict=True))], COLUMNS, lines)
    if add:
        context.invoke(watch_add, term=query.text, name=name, severity=None, yes=False)


def _articles(cli: CliContext, numbers: tuple[Number, ...]) -> list[int]:
    """Return the ids of articles; alerts stand for theirs, those about feeds for none."""
    views, alert_ids = cli.service().views, [number.id for number in numbers if number.is_alert]
    articles = {alert.id: alert.article for alert in views.alerts.get(alert_ids)}
    if missing := [id for id in alert_ids if id not in articles]:
        raise no_alert(*missing)
    ids = [articles[number.id] if number.is_alert else number.id for number in numbers]
    known = [id for id in ids if id is not None]
    if unknown := {*known} - {article.id for article in views.articles.get(known)}:
        raise no_article(min(unknown))
    return known
