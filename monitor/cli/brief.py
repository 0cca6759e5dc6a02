"""`tocsin brief`: what happened since yesterday, in one page."""

from __future__ import annotations

import sys
from contextlib import suppress

import click

from monitor.base.errors import ConfigError
from monitor.base.translation import gettext as _
from monitor.cli import CliContext, output
from monitor.cli.options import (
    KnownNames,
    complete_watchlist,
    several,
    with_format,
    with_limit,
    with_since,
)
from monitor.config.loading import load
from monitor.delivery.export.briefing import document, markdown, plain_text
from monitor.model.search import Filter
from monitor.presentation.rows.newsroom import briefing_row
from monitor.runtime.machine import local_zone


@click.command()
@with_since(
    "From this time on: 24h, 7d, yesterday, hier, 2023-10-01T07:00.",
    default="24h",
    show_default=True,
)
@several(
    "--watch",
    "watchlists",
    "Of this watchlist. Without it, of all.",
    shell_complete=complete_watchlist,
)
@with_limit(20, "At most this many stories of a watchlist besides the top stories. 0 means all.")
@with_format("text", "md", "html", "json")
@click.pass_obj
def brief(
    cli: CliContext, since: float, watchlists: tuple[str, ...], limit: int, style: str
) -> None:
    """Print a briefing: top stories, those of each watchlist, and what may be missing.

    A story is listed once, at the top if many outlets have it, else under the watchlist whose alert
    is the most severe. Noise, what was raised in a silence, and old articles that nobody was
    notified of are counted only. `html` is one file without scripts.
    """
    if since >= cli.clock():
        raise click.BadParameter(_("that is in the future"), param_hint="--since")
    service = cli.service(read_only=True)
    KnownNames(cli, service).validate(Filter(watchlists=watchlists))
    briefing = service.briefing(since, watchlists=watchlists, limit=limit)
    pages, zone = "", local_zone()
    with suppress(ConfigError):
        pages = load(cli.config_path, data=cli.data).pages
    if style == "json":
        output.print_json(briefing_row(briefing))
    elif style == "text":
        lines = plain_text(briefing, zone).rstrip("\n").split("\n")
        if sys.stdout.isatty():
            lines = [*output.folded(lines, output.text_width())]
        output.print_lines(lines, paged=True)
    else:
        render = document if style == "html" else markdown
        click.echo(render(briefing, zone, pages).rstrip("\n"))
