"""`tocsin search`: the archive, from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from monitor.cli import Newsroom, output, say
from monitor.cli.selection import filter_of, selection

if TYPE_CHECKING:
    from monitor.model import Found, Results

COLUMNS = ("id", "title", "url", "feed", "lang", "published", "seen", "score", "snippet")
SNIPPET = 300
"""Cells of a snippet for programs."""


# A query may begin with a minus: `tocsin search alibaba -cave`.
@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("query", nargs=-1, required=True)
@selection
@click.option(
    "--sort",
    type=click.Choice(["date", "score"]),
    default="date",
    show_default=True,
    help="Newest first, or best first.",
)
@click.pass_context
def search(
    context: click.Context,
    /,
    query: tuple[str, ...],
    sort: str,
    limit: int,
    style: str,
    **selected: Any,
) -> None:
    """Search the archive for QUERY.

    Words must all be there: `cainiao liege`. Also "words in order", a OR b, -not,
    espionnage~ with its inflections, cyber*, =Orange exactly, a NEAR/10 b, title:word,
    lang:fr feed:lesechos tag:belgique since:7d watch:Alibaba. Exits with 1 when nothing
    is found, with 2 when the query cannot be understood.
    """
    newsroom: Newsroom = context.obj
    as_table = style == "table"
    results = newsroom.service().search(
        _joined(query),
        filter_of(**selected),
        sort=sort,
        limit=limit,
        width=output.width() - 4 if as_table else SNIPPET,
    )
    if as_table:
        _table(results, newsroom.clock())
    else:
        output.print_rows(map(_row, results.found), style, COLUMNS)
    if results.note:
        say(results.note)
    if not results.total:
        if as_table:
            say("nothing found")
        context.exit(1)


def _joined(words: tuple[str, ...]) -> str:
    """Return the query; raises NoSuchOption for what looks like an option."""
    for word in words:
        if word.startswith("--"):
            raise click.NoSuchOption(word)
    return " ".join(words)


def _row(found: Found) -> dict[str, Any]:
    article = found.article
    return {
        "id": article.id,
        "title": article.title,
        "url": article.url,
        "feed": found.feed,
        "lang": article.lang,
        "published": output.iso(article.published),
        "seen": output.iso(article.seen),
        "score": round(found.score, 4),
        "snippet": found.snippet,
    }


def _table(results: Results, now: float) -> None:
    for found in results.found:
        article = found.article
        head = output.lit(
            article.title or "(untitled)", [(a, b) for part, a, b in found.spans if part == "title"]
        )
        when = output.ago(article.date, now)
        click.echo(
            f"{article.id:>6}  {head}\n        "
            + click.style(f"{found.feed} · {when} · {article.lang or 'und'}", dim=True)
        )
        if found.snippet and found.snippet != article.title:
            click.echo(f"        {output.lit(found.snippet, found.lit)}")
    if results.total > len(results.found):
        say(f"{len(results.found)} of {results.total}; --limit 0 shows all")
