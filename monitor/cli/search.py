"""`tocsin search`: the archive, from the command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from index.article import Timestamp
from monitor.cli import CliContext, output, say
from monitor.cli.options import FORMATS, QueryCommand, completed, filter_of, selecting
from monitor.cli.output import Span, wrapped
from monitor.formatting import iso

if TYPE_CHECKING:
    from monitor.model.config import SavedSearch
    from monitor.model.search import Filter, Found, Results, Suggestion
    from monitor.service.service import Service


COLUMNS = ("id", "title", "url", "feed", "lang", "published", "seen", "score", "snippet")
_MARGIN = " " * 8
"""Before all but the title: the number of the article and two spaces are as wide."""
_FORMS = 6
"""Forms of a word that are named."""
_WIDEST = 120
"""Cells of a line; the eye loses longer ones."""


def room(cells: int) -> int:
    """Return how wide a snippet is for people: two lines of a narrow terminal, one of others."""
    line = min(cells, _WIDEST) - len(_MARGIN)
    return line if line > 90 else 2 * line - 10  # lines are broken at spaces


def row(found: Found) -> dict[str, Any]:
    """Return a hit for programs."""
    article = found.article
    return {
        "id": article.id,
        "title": article.title,
        "url": article.url,
        "feed": found.feed,
        "lang": article.lang,
        "published": iso(article.published),
        "seen": iso(article.seen),
        "score": round(found.score, 4),
        "snippet": found.snippet,
    }


def lines(found: Found, now: Timestamp, cells: int) -> Iterator[str]:
    """Yield a hit as lines of at most so many cells, its matches lit."""
    article = found.article
    width = min(cells, _WIDEST) - len(_MARGIN)
    lit = [(start, end) for part, start, end in found.spans if part == "title"]
    title = _block(article.title or "(untitled)", lit, width)
    yield f"{article.id:>6}  {next(title)}"
    yield from (_MARGIN + line for line in title)
    when = output.ago(article.date, now)
    about = f"{found.feed} · {when} · {article.lang or 'und'}"
    for line, _ in wrapped(about, (), width):
        yield _MARGIN + (click.style(line, dim=True) if output.coloured() else line)
    if found.snippet and found.snippet != article.title:
        yield from (_MARGIN + line for line in _block(found.snippet, found.lit, width))


def _block(text: str, lit: Sequence[Span], width: int) -> Iterator[str]:
    return (output.lit(line, places) for line, places in wrapped(text, lit, width))


def told(results: Results) -> str:
    """Return which hits of how many are shown; empty when it is all of them."""
    shown = len(results.found)
    if shown == results.total:
        return ""
    if not shown:
        return f"that is behind the last page; there are {results.total} in all"
    if not results.before:
        words = f"{shown} of {results.total}"
    else:
        words = f"{results.before + 1} to {results.before + shown} of {results.total}"
    return f"{words}; --page shows the others, --limit 0 all of them"


def document(results: Results, suggestions: Sequence[Suggestion]) -> dict[str, Any]:
    """Return a page of a result as one value for programs."""
    return {
        "total": results.total,
        "before": results.before,
        "next": results.next or None,
        "note": results.note or None,
        "forms": {word: list(forms) for word, forms in results.forms.items()},
        "suggestions": [_suggestion(one) for one in suggestions],
        "hits": [row(found) for found in results.found],
    }


def _suggestion(suggestion: Suggestion) -> dict[str, Any]:
    return {
        "kind": suggestion.kind,
        "query": suggestion.query,
        "without": [f"--{option}" for option in suggestion.without],
        "total": suggestion.total,
        "gained": suggestion.gained,
        "forms": list(suggestion.forms),
    }


def advice(suggestion: Suggestion) -> str:
    """Return a suggestion as words: +37 with sanction~: sanction, sanctions, sanctionné."""
    gain = f"+{suggestion.gained}"
    if not suggestion.instead:
        gone = suggestion.written or " ".join(f"--{option}" for option in suggestion.without)
        return f"{gain:>5} without {gone}"
    forms = ", ".join(suggestion.forms[:_FORMS])
    more = ", …" if len(suggestion.forms) > _FORMS else ""
    return f"{gain:>5} with {suggestion.instead}" + (f": {forms}{more}" if forms else "")


SNIPPET = 300
"""Cells of a snippet for programs."""
ADVICE = 6
"""Suggestions that are told."""


@click.command(cls=QueryCommand)
@click.argument("query", nargs=-1, shell_complete=completed)
@selecting((*FORMATS, "urls", "atom"))
@click.option("--tag", "tags", multiple=True, metavar="NAME", help="Of feeds with this tag.")
@click.option(
    "--severity",
    type=click.Choice(["high", "medium", "low"]),
    help="Articles that raised an alert of this severity.",
)
@click.option("--story", type=click.IntRange(min=1), metavar="ID", help="Articles of this story.")
@click.option(
    "--has",
    multiple=True,
    type=click.Choice(["alert", "body", "author"]),
    help="Articles with an alert, a text, or an author.",
)
@click.option(
    "--sort",
    type=click.Choice(["date", "score"]),
    help="`date` puts the newest first, `score` the most relevant.  [default: date]",
)
@click.option(
    "--page",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="Page N of the result. `--limit` is the length of a page.",
)
@click.option(
    "--after",
    default="",
    metavar="PLACE",
    help="The page after this place, which is `next` of `--format json`.",
)
@click.option("--list", "listed", is_flag=True, help="List the searches saved in feeds.yaml.")
@click.option("--no-pager", is_flag=True, help="Print long results without a pager.")
@click.pass_context
def search(context: click.Context, /, query: tuple[str, ...], **options: Any) -> None:
    """Search the archive for QUERY.

    An article must contain all words: `cainiao liege`. Other forms: `"words in order"`, `a OR
    b`, `-not`, `espionnage~` with its inflections, `cyber*`, `=Orange` exactly so, `a NEAR/10
    b`, `title:word`, `lang:fr`, `feed:lesechos`, `tag:belgique`, `since:7d`, `watch:Alibaba`.
    `@NAME` is a saved search of feeds.yaml; more words narrow it. Exits with 1 when nothing is
    found, with 2 when the query cannot be understood.
    """
    newsroom: CliContext = context.obj
    if options["listed"]:
        from monitor.cli.options import listing
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


def _asked(newsroom: CliContext, words: tuple[str, ...], options: dict[str, Any]) -> _Asked:
    saved: SavedSearch | None = None
    if words[0].startswith("@"):
        from monitor.cli.options import named
        from monitor.config import load

        saved = named(load(newsroom.config_path).searches, words[0][1:])
        words = words[1:]
    from monitor.search.query_resolution import narrow_query

    text = " ".join(words)
    facets = [f"has:{what}" for what in options["has"]]
    for name in ("severity", "story"):
        if options[name] is not None:
            facets.append(f"{name}:{options[name]}")
    feeds = (*options["feeds"], *(f"tag:{tag}" for tag in options["tags"]))
    kept = {name: options[name] for name in ("since", "until", "lang", "watchlists")}
    return _Asked(
        narrow_query(saved.query.text if saved else text, [text] if saved and text else [], facets),
        filter_of(feeds=feeds, **kept),
        options["sort"] or (saved.sort if saved else "date"),
    )


def _answered(
    service: Service, asked: _Asked, options: dict[str, Any]
) -> tuple[Results, list[Suggestion]]:
    """Return a page, and what would help if that is little."""
    from monitor.errors import CursorError
    from monitor.search.suggestions import FEW

    style = options["style"]
    try:
        results = service.archive.search(
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
    return results, service.archive.suggestions(asked.text, asked.filter)


def _for_people(
    newsroom: CliContext, results: Results, suggestions: list[Suggestion], *, paged: bool
) -> None:
    from monitor.cli.output import show

    now, cells = newsroom.clock(), output.width()
    show([line for found in results.found for line in lines(found, now, cells)], paged=paged)
    if not results.total:
        say("nothing found" + (", but:" if suggestions else ""))
    elif words := told(results):
        say(words)
    for suggestion in suggestions[:ADVICE]:
        say(advice(suggestion))


def _for_programs(
    newsroom: CliContext,
    text: str,
    results: Results,
    suggestions: list[Suggestion],
    style: str,
) -> None:

    if style == "json":
        import json

        click.echo(json.dumps(document(results, suggestions), ensure_ascii=False, indent=2))
    elif style == "urls":
        for url in dict.fromkeys(found.article.url for found in results.found):
            if url:
                click.echo(url)
    elif style == "atom":
        from monitor.export.search_atom import search_atom

        click.echo(search_atom(text, results.found, newsroom.clock()))
    else:
        output.print_rows(map(row, results.found), style, COLUMNS)
