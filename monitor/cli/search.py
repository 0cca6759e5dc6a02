"""`tocsin search` and `tocsin similar`: articles as a table, Atom, JSON, CSV and more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click
from msgspec.structs import replace

from index.evaluation.highlight import snippet
from monitor.base.article import Timestamp
from monitor.base.formatting import clauses, shown_title
from monitor.base.translation import gettext as _, ngettext, number
from monitor.cli import CliContext, output, say
from monitor.cli.options import (
    FORMATS,
    ArticleNumber,
    KnownNames,
    NumberParam,
    QueryCommand,
    build_filter,
    complete_query,
    find_search,
    no_article,
    with_filters,
    with_format,
    with_limit,
)
from monitor.cli.output import LONGEST_LINE, print_lines
from monitor.config.loading import load
from monitor.model.config import SavedSearch
from monitor.model.search import Filter, Results, SearchHit, Suggestion
from monitor.presentation.spans import marked
from monitor.storage.search.query_resolution import narrow_query

SAVED_COLUMNS = ("name", "query", "sort")
_MARGIN = " " * 8
"""Indent of all lines but the first, which begins with the article number."""


def snippet_width(cells: int) -> int:
    """Return the cells of a snippet: two lines on a narrow terminal, else one."""
    line = min(cells, LONGEST_LINE) - len(_MARGIN)
    return line if line > 90 else 2 * line - 10  # lines break at spaces


def hit_lines(hit: SearchHit, now: Timestamp, cells: int) -> Iterator[str]:
    """Yield a hit as lines of at most `cells` cells, with its matches highlighted."""
    article = hit.article
    width = min(cells, LONGEST_LINE) - len(_MARGIN)
    spans = [(start, end) for part, start, end in hit.spans if part == "title"]
    title = [*output.draw_lines(marked(shown_title(article.title), spans), width)]
    yield f"{article.id:>6}  {title[0]}"
    yield from (_MARGIN + line for line in title[1:])
    when = output.ago(article.date, now)
    byline = f"{hit.publisher} · {when} · {article.lang or 'und'}"
    yield from output.draw_lines([(byline, "quiet")], width + len(_MARGIN), _MARGIN)
    if hit.snippet and hit.snippet != article.title:
        yield from output.draw_lines(marked(hit.snippet, hit.lit), width + len(_MARGIN), _MARGIN)


def describe_page(results: Results) -> str:
    """Return the range of hits on a page, and their total; empty if all are shown."""
    count = len(results.hits)
    if count == results.total:
        return ""
    if not count:
        return ngettext(
            "there is no such page; the query has {count} result",
            "there is no such page; the query has {count} results",
            results.total,
        )
    if not results.before:
        words = _("{some} of {all}", some=number(count), all=number(results.total))
    else:
        words = _(
            "{first} to {last} of {all}",
            first=number(results.before + 1),
            last=number(results.before + count),
            all=number(results.total),
        )
    return clauses([words, _("--page shows other pages, --limit 0 shows all")])


SNIPPET_CELLS = 300
"""Characters of a snippet in formats other than the table."""
SUGGESTIONS_SHOWN = 6
"""Most suggestions that are shown."""


@click.command(cls=QueryCommand)
@click.argument("query", nargs=-1, shell_complete=complete_query)
@with_filters
@with_limit(50)
@with_format(*FORMATS, "urls", "atom")
@click.option(
    "--sort",
    type=click.Choice(["date", "score"]),
    help="`date` puts the newest first, `score` the most relevant.  [default: date]",
)
@click.option(
    "--page",
    type=NumberParam(min=1),
    default=1,
    metavar="N",
    help="Page N of the result. `--limit` is the length of a page.",
)
@click.option("--saved", is_flag=True, help="List the saved searches of feeds.yaml instead.")
@click.pass_context
def search(context: click.Context, /, query: tuple[str, ...], **options: Any) -> None:
    """Search the archive for QUERY.

    An article must contain all words: `cainiao liege`. Other forms: `"words in order"`, `a OR
    b`, `-not`, `espionnage~` with its inflections, `cyber*`, `=Orange` exactly so, `a NEAR/10
    b`, `title:word`, `lang:fr`, `feed:lesechos`, `tag:belgique`, `since:7d`, `watch:Alibaba`.
    `@NAME` is a saved search of feeds.yaml; more words narrow it. Exits with 1 when nothing is
    found, with 2 when the query cannot be understood.
    """
    cli: CliContext = context.obj
    if options["saved"]:
        if query:
            raise click.UsageError(_("--saved takes no query"))
        _print_saved(cli, options["style"])
        return
    if not query:
        hint = f"'{_('QUERY')}...'"
        raise click.MissingParameter(ctx=context, param_hint=hint, param_type="argument")
    if options["page"] > 1 and not options["limit"]:
        raise click.UsageError(_("--page needs a --limit"))
    text, filter, sort = _queried(cli, query, options)
    service, style = cli.service(), options["style"]
    cli.update_index()
    known_names = KnownNames(cli, service)
    known_names.validate(filter)
    results = service.archive.search(
        text,
        filter,
        sort=sort,
        limit=options["limit"],
        width=snippet_width(output.width()) if style == "table" else SNIPPET_CELLS,
        page=options["page"],
    )
    suggestions: list[Suggestion] = []
    if style in ("table", "json"):
        suggestions = service.archive.suggestions(text, results.total, filter)
    known_names.warn(text)
    if style == "table":
        _print_table(cli, results, suggestions)
    elif style == "json":
        from monitor.presentation.rows import articles

        output.print_json(articles.results_row(results, suggestions))
    elif style == "atom":
        from monitor.delivery.export.atom import search_feed

        click.echo(search_feed(text, results.hits, cli.clock()))
    else:
        _print_hits(results.hits, style)
    if results.note:
        say(results.note)
    if not results.hits:
        _warn_of_options(query)
        context.exit(1)


def _warn_of_options(words: Sequence[str]) -> None:
    """Warn of words that look like short options, which a search does not have."""
    for word in words:
        if len(word) == 2 and word.startswith("-") and word[1].isalpha():
            say(
                _(
                    "`{word}` leaves out articles with `{letter}`; options are whole words,"
                    " as --limit 2",
                    word=word, letter=word[1],
                )
            )  # fmt: skip


def _queried(
    cli: CliContext, words: tuple[str, ...], options: dict[str, Any]
) -> tuple[str, Filter, str]:
    """Return the query, the filter and the order of a search."""
    saved: SavedSearch | None = None
    if words[0].startswith("@"):
        saved = find_search(load(cli.config_path).searches, words[0][1:])
        words = words[1:]
    text = " ".join(words)
    filters = {name: options[name] for name in ("since", "until", "lang", "feeds", "watchlists")}
    return (
        narrow_query(saved.query.text, [text] if text else []) if saved else text,
        build_filter(**filters),
        options["sort"] or (saved.sort if saved else "date"),
    )


def _print_saved(cli: CliContext, style: str) -> None:
    """Print the saved searches, in the order of feeds.yaml."""
    if style not in FORMATS:
        raise click.UsageError(_("--saved cannot be combined with --format {format}", format=style))
    searches = load(cli.config_path, data=cli.data).searches
    rows = [{"name": s.name, "query": s.query.text, "sort": s.sort} for s in searches]
    orders = {"score": "  " + _("(by relevance)")}
    lines = (f"@{s.name}\n    {s.query.text}{orders.get(s.sort, '')}" for s in searches)
    output.print_listing(style, rows, SAVED_COLUMNS, lines)
    if not searches:
        say(_("there are no saved searches yet; add them under `searches:` in feeds.yaml"))


def _print_table(cli: CliContext, results: Results, suggestions: list[Suggestion]) -> None:
    now, cells = cli.clock(), output.width()
    lines = [line for hit in results.hits for line in hit_lines(hit, now, cells)]
    print_lines(lines, paged=True)
    if not results.total:
        say(_("nothing found; you could search:") if suggestions else _("nothing found"))
    elif words := describe_page(results):
        say(words)
    for suggestion in suggestions[:SUGGESTIONS_SHOWN]:
        say(f"{f'+{number(suggestion.gained)}':>5} {suggestion.described('--')}")


def _print_hits(hits: Sequence[SearchHit], style: str) -> None:
    """Print addresses, or rows for programs."""
    if style != "urls":
        from monitor.presentation.rows import articles, columns

        output.print_rows(map(articles.hit_row, hits), style, columns(articles.HitRow))
        return
    for url in dict.fromkeys(hit.article.url for hit in hits):
        if url:
            click.echo(url)


@click.command()
@click.argument("id", type=ArticleNumber(), metavar="ARTICLE")
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True,
              metavar="N", help="At most this many.")  # fmt: skip
@with_format(*FORMATS, "urls")
@click.pass_context
def similar(context: click.Context, id: int, limit: int, style: str) -> None:
    """Find what is most like the article with this number, in French and English.

    It compares what articles are about, not their words. Needs the extra `stories`. Exits with 1
    when no article can be compared.
    """
    cli: CliContext = context.obj
    service = cli.service()
    if not service.views.articles.get([id]):
        raise no_article(id)
    hits = service.similar(id, limit)
    if style == "table":
        now, cells = cli.clock(), output.width()
        for hit in hits:
            shortened = replace(hit, snippet=snippet(hit.article, (), snippet_width(cells))[0])
            output.print_lines([*hit_lines(shortened, now, cells)], paged=False)
    elif style == "json":
        from monitor.presentation.rows import articles

        output.print_json(articles.similar_row(id, hits))
    else:
        _print_hits(hits, style)
    if not hits:
        say(_("no articles can be compared yet; `tocsin check` says why"))
        context.exit(1)
