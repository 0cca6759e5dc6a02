"""`tocsin searches`: the searches saved in feeds.yaml."""

from __future__ import annotations

import click

from monitor.base.translation import gettext as _
from monitor.cli import CliContext, output, say
from monitor.cli.lazy_group import LazyCommand, LazyGroup
from monitor.cli.options import complete_search_name, find_search, format_option
from monitor.config.loading import load

COLUMNS = ("name", "query", "sort")
COMMANDS = {
    "list": LazyCommand("monitor.cli.searches:searches_list", "List the saved searches."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, default="list")
def searches() -> None:
    """List the searches saved in feeds.yaml. `tocsin search @NAME` runs one.

    Without a command: `list`.
    """


@click.command("list")
@click.argument("name", required=False, shell_complete=complete_search_name)
@format_option
@click.pass_obj
def searches_list(cli: CliContext, name: str | None, style: str) -> None:
    """List the searches saved in feeds.yaml, in the order of the file. With a NAME, only that."""
    saved = load(cli.config_path, data=cli.data).searches
    listed = saved if name is None else [find_search(saved, name.removeprefix("@"))]
    rows = [{"name": s.name, "query": s.query.text, "sort": s.sort} for s in listed]
    if style != "table":
        output.print_rows(rows, style, COLUMNS)
        return
    if not rows:
        say(_("there are no saved searches yet; add them under `searches:` in feeds.yaml"))
    for row in rows:
        order = f"  {_('(by relevance)')}" if row["sort"] == "score" else ""
        click.echo(f"@{row['name']}\n    {row['query']}{order}")
