"""`tocsin watch forms`: the words of the archive that a term stands for."""

from __future__ import annotations

import click

from monitor.cli import Newsroom, output, say
from monitor.cli.watches.options import format_option

COLUMNS = ("term", "form", "articles")


@click.command("forms")
@click.argument("terms", nargs=-1, required=True, metavar="TERM...")
@format_option
@click.pass_context
def command(context: click.Context, terms: tuple[str, ...], style: str) -> None:
    """List the words of the archive that TERM stands for, the most frequent first.

    Put a term in quotation marks: `tocsin watch forms "espion*" "port~"`. Exits with 1
    when the archive has none of them.
    """
    from index.searcher import Archive
    from monitor.store.connection import INDEX
    from monitor.watching.forms import forms

    newsroom: Newsroom = context.obj
    newsroom.service().status()  # refuses a folder without a store
    archive = Archive(newsroom.archive / INDEX)
    found = [form for term in dict.fromkeys(terms) for form in forms(archive, term)]
    if style != "table":
        output.print_rows((form._asdict() for form in found), style, COLUMNS)
    for term in terms if style == "table" else ():
        click.secho(term, bold=True)
        for form in found:
            if form.term == term:
                click.echo(f"{form.articles:>9}  {form.form}")
    if not found:
        say("the archive has no such word")
        context.exit(1)
