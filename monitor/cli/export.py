"""`tocsin export`: articles as files, and in the formats that analysts exchange."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import CliContext, say
from monitor.cli.options import QueryCommand
from monitor.cli.output import bar
from monitor.errors import requires_extra
from monitor.formatting import counted

if TYPE_CHECKING:
    from monitor.export.article_files import ExportCount
    from monitor.export.shared_names import ExportContext
    from monitor.model.article import ArticleDetails
    from monitor.service.service import Service

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
@click.option("--misp", type=_FILE, metavar="FILE",
              help="Write one event for MISP into FILE. `-` is stdout.")  # fmt: skip
@click.option("--tlp", type=click.Choice(["clear", "green", "amber", "red"]), default=None,
              help="With --stix or --misp: to whom the content may be passed on.")  # fmt: skip
@click.pass_context
def export(
    context: click.Context,
    words: tuple[str, ...],
    style: str,
    everything: bool,
    stix: Path | None,
    misp: Path | None,
    tlp: str | None,
) -> None:
    """Write the articles that QUERY finds into DIR, one file each, or into one file.

    The files are Markdown with metadata and matches, or JSON, which `tocsin import` reads.
    Their names are made of date, feed, title and ID. A second run writes only what is missing
    or has changed. If the export is interrupted, no file is left half written. With --stix and
    --misp there is no DIR: articles, alerts, verdicts and notes go into one file. Filters are
    part of the query, as `since:7d lang:fr feed:lesoir watch:Alibaba has:alert`. Exits with 1
    when nothing is found.
    """
    shared = bool(stix or misp)
    if tlp and not shared:
        raise click.UsageError("--tlp goes with --stix and --misp")
    query, folder = (words, None) if shared else (words[:-1], words[-1:])
    if everything == bool(query):
        where = "" if shared else ", before the folder"
        raise click.UsageError(f"give a query, or --all for every article{where}")
    if folder == ():
        raise click.UsageError("name the folder to write into")
    newsroom: CliContext = context.obj
    asked = _joined(query)
    service = newsroom.service()
    found = service.archive.ids(None if everything else asked)
    if folder:
        _write_files(service, found, Path(folder[0]), style)
    elif found:
        _share(service, found, asked, {"stix": stix, "misp": misp}, tlp or "")
    if not found:
        if shared:
            say("nothing found, nothing written")
        context.exit(1)


def _write_files(service: Service, found: Sequence[int], folder: Path, style: str) -> None:
    from monitor.export.article_files import export as write

    if folder.is_file():
        raise click.UsageError(f"{folder} is a file; name a folder")
    with bar() as progress:

        def tell(done: ExportCount) -> None:
            if progress:
                progress("exporting", done.written + done.unchanged, len(found))

        done = write(service.views.articles.with_alerts(found), folder, style, tell)
    say(f"{folder}: {counted(done.written, 'article')} written, {done.unchanged} as they were")


def _share(
    service: Service, found: Sequence[int], query: str, files: dict[str, Path | None], tlp: str
) -> None:
    """Write what was found into the files that were asked for, each whole or not at all."""
    from monitor.export.shared_names import ExportContext
    from monitor.files import atomic_write

    readings = list(service.views.articles.with_alerts(found))
    edited = {
        id: at
        for one in readings
        if one.versions > 1
        and (at := service.views.articles.revisions(id := one.article.id)[-2].until) is not None
    }
    proofs = service.views.alerts.proofs([alert.id for one in readings for alert in one.alerts])
    shared = ExportContext(query=query, tlp=tlp, edited=edited, proofs=proofs)
    for kind, file in files.items():
        if file is None:
            continue
        text = _made(kind, readings, shared)
        if str(file) == "-":
            click.echo(text, nl=False)
        else:
            atomic_write(file, text.encode())
            say(f"{file}: {counted(len(readings), 'article')}")


def _made(kind: str, readings: Sequence[ArticleDetails], shared: ExportContext) -> str:
    make: Callable[..., str]
    if kind == "stix":
        with requires_extra("share", "tocsin export --stix"):
            from monitor.export import stix
        make = stix.bundle
    else:
        from monitor.export import misp

        make = misp.event
    with bar() as progress:
        done: Iterator[int] = iter(range(1, len(readings) + 1))

        def tell() -> None:
            if progress:
                progress(kind.upper(), next(done), len(readings))

        return make(readings, shared, tell)


def _joined(words: tuple[str, ...]) -> str:
    """Return the query; raises NoSuchOption for what looks like an option."""
    for word in words:
        if word.startswith("--"):
            raise click.NoSuchOption(word)
    return " ".join(words)
