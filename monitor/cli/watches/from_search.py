"""`tocsin watch from-search`: a watchlist with the query of a saved search."""

from __future__ import annotations

import click

from monitor.cli import Newsroom, say
from monitor.cli.saved import completed_name, named
from monitor.model import Severity


@click.command("from-search")
@click.argument("name", shell_complete=completed_name)
@click.option(
    "--name", "called", metavar="NAME", help="What to call it; as the search when left out."
)
@click.option(
    "--severity",
    type=click.Choice([str(severity) for severity in Severity]),
    help="How loud its alerts are.  [default: medium]",
)
@click.pass_obj
def command(newsroom: Newsroom, name: str, called: str | None, severity: str | None) -> None:
    """Add a watchlist with the query of the saved search NAME to feeds.yaml.

    Nothing else in the file changes; the search stays. Filters that only the archive
    knows (dates, alerts, stories) are refused: a watchlist asks each article as it comes.
    """
    from index.errors import QueryError
    from monitor.config import load
    from monitor.config.adding import add_watchlist

    path = newsroom.config_path
    search = named(load(path, data=newsroom.data).searches, name.removeprefix("@"))
    query = search.query.text
    try:
        config = add_watchlist(path, newsroom.data, called or search.name, query, severity or "")
    except QueryError as error:
        raise click.UsageError(
            f"the search {search.name} cannot watch: {error} in {query}"
        ) from error
    say(f"{path}: watching for {config.watchlists[-1].query.text}")
