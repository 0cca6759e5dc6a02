"""`tocsin export`: articles as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import Newsroom, say
from monitor.cli.progress import bar
from monitor.cli.queries import QueryCommand

if TYPE_CHECKING:
    from monitor.exporting import Written


@click.command(cls=QueryCommand)
@click.argument("query", nargs=-1)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--format", "style", type=click.Choice(["md", "json"]), default="md",
              show_default=True, help="For people, or for `tocsin import`.")  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="Every article instead of a query's.")
@click.pass_context
def export(
    context: click.Context, query: tuple[str, ...], folder: Path, style: str, everything: bool
) -> None:
    """Write what QUERY finds into DIR, a file for each article.

    Markdown with the metadata and matches in front, or JSON, which `tocsin import` reads.
    Files are named after date, feed, title and id. Run again, it writes only what is
    missing or has changed; what is interrupted leaves no half file. Filters are words of
    the query: since:7d lang:fr feed:lesoir watch:Alibaba has:alert. Exits with 1 when
    nothing is found.
    """
    from monitor.exporting import export as write

    newsroom: Newsroom = context.obj
    if everything == bool(query):
        raise click.UsageError("give a query, or --all for every article, before the folder")
    service = newsroom.service()
    found = service.found(None if everything else _joined(query))
    with bar() as progress:

        def tell(done: Written) -> None:
            if progress:
                progress("exporting", done.written + done.unchanged, len(found))

        done = write(service.readings(found), folder, style, tell)
    say(f"{folder}: {done.written} articles written, {done.unchanged} as they were")
    if not found:
        context.exit(1)


def _joined(words: tuple[str, ...]) -> str:
    """Return the query; raises NoSuchOption for what looks like an option."""
    for word in words:
        if word.startswith("--"):
            raise click.NoSuchOption(word)
    return " ".join(words)
