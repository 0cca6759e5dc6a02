"""`tocsin similar`: the articles that are most like one, in either language."""

from __future__ import annotations

import json

import click
from msgspec.structs import replace

from index.evaluation.highlight import snippet
from monitor.base.translation import gettext as _
from monitor.cli import CliContext, output, say
from monitor.cli.numbers import ArticleNumber, no_article
from monitor.cli.options import FORMATS, NumberParam, with_format
from monitor.cli.search import hit_lines, snippet_width
from monitor.presentation.rows import columns
from monitor.presentation.rows.searches import HitRow, hit_row, similar_row


@click.command()
@click.argument("id", type=ArticleNumber(), metavar="ARTICLE")
@click.option("--limit", type=NumberParam(min=1, max=1000), default=10, show_default=True,
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
        raise no_article(service, id)
    hits = service.similar(id, limit)
    if style == "table":
        now, cells = cli.clock(), output.width()
        for hit in hits:
            short = replace(hit, snippet=snippet(hit.article, (), snippet_width(cells))[0])
            output.print_lines([*hit_lines(short, now, cells)], paged=False)
    elif style == "json":
        click.echo(json.dumps(similar_row(id, hits), ensure_ascii=False, indent=2))
    elif style == "urls":
        for url in dict.fromkeys(hit.article.url for hit in hits):
            if url:
                click.echo(url)
    else:
        output.print_rows(map(hit_row, hits), style, columns(HitRow))
    if not hits:
        say(_("no article has a vector yet; `tocsin check` says whether articles get them"))
        context.exit(1)
