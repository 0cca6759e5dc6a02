"""`tocsin search`: the archive, from the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import Newsroom, output, say
from monitor.cli.hits import COLUMNS
from monitor.cli.queries import QueryCommand
from monitor.cli.saved import completed
from monitor.cli.selection import FORMATS, filter_of, selecting

if TYPE_CHECKING:
    from monitor.model import Filter, Results, SavedSearch, Suggestion
    from monitor.service import Service

__all__ = ["COLUMNS", "search"]

SNIPPET = 300
"""Cells of a snippet for programs."""
ADVICE = 6
"""Suggestions that are told."""


@click.command(cls=QueryCommand)
@click.argument("query", nargs=-1, shell_complete=completed)
@selecting((*FORMATS, "urls", "atom"))
@click.option("--tag", "tags", multiple=True, metavar="NAME", help="Of a feed with this tag.")
@click.option(
    "--severity",
    type=click.Choice(["high", "medium", "low"]),
    help="What an alert of this severity was raised for.",
)
@click.option("--story", type=click.IntRange(min=1), metavar="ID", help="Telling this story.")
@click.option(
    "--has",
    multiple=True,
    type=click.Choice(["alert", "body", "author"]),
    help="With an alert, a text, an author.",
)
@click.option(
    "--sort",
    type=click.Choice(["date", "score"]),
    help="Newest first, or best first.  [default: date]",
)
@click.option(
    "--page", type=click.IntRange(min=1), default=1, metavar="N", help="The N-th page of --limit."
)
@click.option(
    "--after",
    default="",
    metavar="PLACE",
    help="The page behind a place: `next` of --format json. Pages are then those of one result.",
)
@click.option("--list", "listed", is_flag=True, help="List the searches saved in feeds.yaml.")
@click.option("--no-pager", is_flag=True, help="Print long results at once, on a terminal too.")
@click.pass_context
def search(context: click.Context, /, query: tuple[str, ...], **options: Any) -> None:
    """Search the archive for QUERY.

    Words must all be there: `cainiao liege`. Also "words in order", a OR b, -not,
    espionnage~ with its inflections, cyber*, =Orange exactly, a NEAR/10 b, title:word,
    lang:fr feed:lesechos tag:belgique since:7d watch:Alibaba. @NAME is a search saved in
    feeds.yaml; more words narrow it. Exits with 1 when nothing is found, with 2 when the
    query cannot be understood.
    """
    newsroom: Newsroom = context.obj
    if options["listed"]:
        from monitor.cli.saved import listing
        from monitor.config import load

        listing(load(newsroom.config_path).searches, options["style"])
        return
    if not query:
        raise click.UsageError("Missing argument 'QUERY...'.")
    if options["page"] > 1 and (options["after"] or not options["limit"]):
        raise click.UsageError("--page goes with a --limit, and without --after")
    asked = _asked(newsroom, query, options)
    results, suggestions = _answered(newsroom.service(), asked, options)
    if options["style"] == "table":
        _for_people(newsroom, results, suggestions, paged=not options["no_pager"])
    else:
        _for_programs(newsroom, asked.text, results, suggestions, options["style"])
    if results.note:
        say(results.note)
    if not results.found:
        context.exit(1)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is searched for."""

    text: str
    filter: Filter
    sort: str


def _asked(newsroom: Newsroom, words: tuple[str, ...], options: dict[str, Any]) -> _Asked:
    saved: SavedSearch | None = None
    if words[0].startswith("@"):
        from monitor.cli.saved import named
        from monitor.config import load

        saved = named(load(newsroom.config_path).searches, words[0][1:])
        words = words[1:]
    from monitor.search.narrowing import narrowed

    text = " ".join(words)
    facets = [f"has:{what}" for what in options["has"]]
    for name in ("severity", "story"):
        if options[name] is not None:
            facets.append(f"{name}:{options[name]}")
    feeds = (*options["feeds"], *(f"tag:{tag}" for tag in options["tags"]))
    kept = {name: options[name] for name in ("since", "until", "lang", "watchlists")}
    return _Asked(
        narrowed(saved.query.text if saved else text, [text] if saved and text else [], facets),
        filter_of(feeds=feeds, **kept),
        options["sort"] or (saved.sort if saved else "date"),
    )


def _answered(
    service: Service, asked: _Asked, options: dict[str, Any]
) -> tuple[Results, list[Suggestion]]:
    """Return a page, and what would help if that is little."""
    from monitor.cli.hits import room
    from monitor.errors import CursorError
    from monitor.search.helping import FEW

    style = options["style"]
    try:
        results = service.search(
            asked.text,
            asked.filter,
            sort=asked.sort,
            limit=options["limit"],
            width=room(output.width()) if style == "table" else SNIPPET,
            after=options["after"],
            page=options["page"],
        )
    except CursorError as error:
        raise click.BadParameter(str(error), param_hint="--after") from error
    if results.total >= FEW or style not in ("table", "json"):
        return results, []
    return results, service.suggestions(asked.text, asked.filter)


def _for_people(
    newsroom: Newsroom, results: Results, suggestions: list[Suggestion], *, paged: bool
) -> None:
    from monitor.cli.hits import advice, lines, told
    from monitor.cli.pager import show

    now, cells = newsroom.clock(), output.width()
    show([line for found in results.found for line in lines(found, now, cells)], paged=paged)
    if not results.total:
        say("nothing found" + (", but:" if suggestions else ""))
    elif words := told(results):
        say(words)
    for suggestion in suggestions[:ADVICE]:
        say(advice(suggestion))


def _for_programs(
    newsroom: Newsroom,
    text: str,
    results: Results,
    suggestions: list[Suggestion],
    style: str,
) -> None:
    from monitor.cli.hits import document, row

    if style == "json":
        import json

        click.echo(json.dumps(document(results, suggestions), ensure_ascii=False, indent=2))
    elif style == "urls":
        for url in dict.fromkeys(found.article.url for found in results.found):
            if url:
                click.echo(url)
    elif style == "atom":
        from monitor.cli.atom import feed

        click.echo(feed(text, results.found, newsroom.clock()))
    else:
        output.print_rows(map(row, results.found), style, COLUMNS)
