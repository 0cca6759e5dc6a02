"""`tocsin export`: write articles as Markdown, JSON or STIX."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from monitor.base.errors import requires_extra
from monitor.base.files import atomic_write
from monitor.base.formatting import articles as counted_articles
from monitor.base.translation import gettext as _, ngettext, number
from monitor.cli import CliContext, say
from monitor.cli.options import InputError, KnownNames, QueryCommand
from monitor.cli.output import progress_bar
from monitor.delivery.export.article_files import ExportCount, export as write
from monitor.presentation.service.service import Service

_FILE = click.Path(path_type=Path, dir_okay=False, writable=True, allow_dash=True)


@click.command(cls=QueryCommand)
@click.argument("words", metavar="[QUERY]... [DIR]", nargs=-1, required=False)
@click.option(
    "--format",
    "style",
    type=click.Choice(["md", "json"]),
    default="md",
    show_default=True,
    help="`md` is for people, `json` for `tocsin import`.",
)
@click.option("--all", "everything", is_flag=True, help="Every article, without a query.")
@click.option("--stix", type=_FILE, metavar="FILE",
              help="Write one STIX 2.1 bundle into FILE. `-` is stdout.")  # fmt: skip
@click.option("--tlp", type=click.Choice(["clear", "green", "amber", "red"]), default=None,
              help="With --stix: to whom the content may be passed on.")  # fmt: skip
@click.pass_context
def export(
    context: click.Context,
    words: tuple[str, ...],
    style: str,
    everything: bool,
    stix: Path | None,
    tlp: str | None,
) -> None:
    """Write the articles that QUERY finds into DIR, one file each, or into one file.

    The files are Markdown with metadata and matches, or JSON, which `tocsin import` reads. A second
    run writes only what is missing or has changed. With --stix there is no DIR: articles, alerts,
    verdicts and notes go into one file. Filters are part of the query, as `since:7d lang:fr
    feed:lesoir watch:Alibaba has:alert`. Exits with 1 when nothing is found.
    """
    if tlp and not stix:
        raise click.UsageError(_("--tlp needs --stix"))
    query, folder = (words, None) if stix else (words[:-1], words[-1:])
    if everything == bool(query):
        raise click.UsageError(
            _("give a query, or --all for every article")
            if stix
            else _("give a query, or --all for every article, and then the folder to write into")
        )
    if folder == ():
        raise click.UsageError(_("name the folder to write into"))
    if folder and folder[0] == "-":
        raise click.UsageError(_("`-` is no folder; name the folder to write into"))
    cli: CliContext = context.obj
    query_text = " ".join(query)
    service = cli.service()
    ids = service.archive.ids(None if everything else query_text)
    KnownNames(cli, service).warn(query_text)
    if folder:
        _write_files(service, ids, Path(folder[0]), style)
    elif stix and ids:
        _write_stix(service, ids, stix, tlp or "")
    if not ids:
        if stix:
            say(_("nothing found; no file was written"))
        context.exit(1)


def _write_files(service: Service, ids: Sequence[int], folder: Path, style: str) -> None:
    if folder.is_file():
        raise InputError(_("{path} is a file; name a folder", path=folder))
    with progress_bar() as progress:

        def report(count: ExportCount) -> None:
            progress("exporting", count.written + count.unchanged, len(ids))

        result = write(service.views.articles.with_alerts(ids), folder, style, report)
    summary = ngettext(
        "{count} article written, {unchanged} unchanged",
        "{count} articles written, {unchanged} unchanged",
        result.written,
        unchanged=number(result.unchanged),
    )
    say(_("{name}: {text}", name=folder, text=summary))


def _write_stix(service: Service, ids: Sequence[int], file: Path, tlp: str) -> None:
    """Write the articles into one file, whole or not at all."""
    with requires_extra("share", "tocsin export --stix"):  # not a message
        from monitor.delivery.export.stix import ExportContext, bundle
    articles = list(service.views.articles.with_alerts(ids))
    edit_times = {
        id: revised_at
        for article in articles
        if article.versions > 1
        and (revised_at := service.views.articles.revisions(id := article.article.id)[-2].until)
        is not None
    }
    records = service.views.alerts.proofs(
        [alert.id for article in articles for alert in article.alerts]
    )
    export_context = ExportContext(tlp=tlp, edited=edit_times, proofs=records)
    with progress_bar() as progress:
        numbers = iter(range(1, len(articles) + 1))

        def report() -> None:
            progress("STIX", next(numbers), len(articles))

        text = bundle(articles, export_context, report)
    if str(file) == "-":
        click.echo(text, nl=False)
    else:
        atomic_write(file, text.encode())
        say(_("{name}: {text}", name=file, text=counted_articles(len(articles))))
