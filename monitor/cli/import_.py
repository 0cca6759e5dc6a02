"""`tocsin import`: import articles into the archive."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import islice
from pathlib import Path

import click

from monitor.base.errors import AlreadyRunningError, ConfigError, StoreError
from monitor.base.formatting import alerts as counted_alerts, articles as counted_articles, clauses
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _, ngettext, number
from monitor.cli import CliContext, say
from monitor.cli.output import progress_bar
from monitor.config.loading import load, signature
from monitor.intake import article_import
from monitor.intake.article_import import BATCH, ArticleImport, ImportedArticle, parse_article
from monitor.judgement.alerts.routing import routing
from monitor.model.config import Config
from monitor.model.status import Progress
from monitor.runtime.machine import local_zone
from monitor.storage.maintenance import indexer
from monitor.storage.monitor_lock import MonitorLock
from monitor.storage.store import open_store
from monitor.storage.store.sql.store import Store

REJECTS_SHOWN = 20
"""Most unreadable lines that a terminal shows; a file gets all."""

FIELDS_SHOWN = 20
"""Most names of unused fields that are shown; an import may have any number of them."""


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, allow_dash=True))
@click.option("--feed", default="imported", show_default=True, metavar="NAME",
              help="Feed of the articles that name none.")  # fmt: skip
@click.pass_context
def import_(context: click.Context, file: Path, feed: str) -> None:
    """Import articles into the archive. FILE has one JSON object a line; `-` is stdin.

    Fields: title, url, summary, body (or text, content; content_html is HTML), author, lang,
    published (or date), seen, feed. One of title, summary and body is needed. Other fields are
    named at the end, with the number of articles that have no text or no date. FILE may also be a
    JSON list, or a folder that `tocsin export` wrote. Articles that are in the archive already are
    not added again. Watchlists are matched against the new ones. A monitor may run at the same
    time. Exits with 1 if a line cannot be read; all others are imported.
    """
    cli: CliContext = context.obj
    _refuse_xml(file)
    tally = _Tally()
    with importing(cli, feed) as (importer, progress):
        articles = _parse_articles(file, cli.clock, tally, progress)
        while batch := list(islice(articles, BATCH)):
            importer.take(batch)
    say(clauses([added(importer), counted_alerts(importer.alerts)]))
    tally.report()
    if tally.unread:
        say(ngettext("{count} could not be read", "{count} could not be read", tally.unread))
        context.exit(1)


def _refuse_xml(file: Path) -> None:
    """Refuse a list of feeds, which another command reads; raises BadParameter."""
    if not file.is_file():
        return
    with file.open("rb") as source:
        start = source.read(64).removeprefix(b"\xef\xbb\xbf")
    if start.lstrip().startswith(b"<"):
        words = _("is XML, not JSON; `tocsin feeds import` reads a list of feeds (OPML)")
        raise click.BadParameter(words, param_hint=str(file))


@contextmanager
def importing(
    cli: CliContext, feed: str, adapted: Callable[[Config], Config] = lambda config: config
) -> Iterator[tuple[ArticleImport, Progress]]:
    """Yield what imports articles and what shows how far it is; index the articles at the end.

    Args:
        cli: What the command line says.
        feed: The feed of articles that name none.
        adapted: Returns the configuration as it counts for these articles.
    """
    in_force, zone = _current_config(cli), local_zone()
    with closing(open_store(cli.store)) as store, progress_bar() as progress:
        if not store.feeds.every():  # before the first run: what is imported belongs to its feeds
            config = in_force()
            store.subscribe(config.feeds, config.watchlists, config.concepts)
        importer = ArticleImport(
            store,
            lambda: adapted(in_force()).watchlists,
            cli.clock,
            feed,
            lambda: routing(adapted(in_force()), zone),
        )
        try:
            yield importer, progress
        except BaseException:
            if importer.new:
                count = counted_articles(importer.new)
                say(_("interrupted after {articles}; run it again to continue", articles=count))
            raise
        finally:
            if importer.new:
                _index_imported(cli, store, progress)


def added(importer: ArticleImport) -> str:
    """Say how many articles were imported, and how many the archive had."""
    return ngettext(
        "{count} article added, {existing} in the archive already",
        "{count} articles added, {existing} in the archive already",
        importer.new,
        existing=number(importer.known),
    )


def _current_config(cli: CliContext) -> Callable[[], Config]:
    """Return a function that returns the active configuration; a broken edit changes nothing."""
    config = load(cli.config_path, data=cli.data)
    read_at = signature(cli.config_path)

    def current() -> Config:
        nonlocal config, read_at
        try:
            if (stamp := signature(cli.config_path)) != read_at:
                read_at = stamp
                config = load(cli.config_path, data=cli.data)
        except (ConfigError, StoreError, OSError):
            pass
        return config

    return current


def _parse_articles(
    file: Path, clock: Callable[[], float], tally: _Tally, progress: Progress
) -> Iterator[ImportedArticle]:
    """Yield the articles of a file; report the lines that cannot be read."""
    is_stdin = str(file) == "-"
    total = 0 if is_stdin else article_import.total_bytes(file)
    items = (
        article_import.split_json(sys.stdin.buffer, "-")
        if is_stdin
        else article_import.read_pieces(file)
    )
    for item in items:
        try:
            yield tally.count(parse_article(item.value(), clock()))
        except ValueError as error:
            tally.refuse(f"{item.place}: {error}")
        progress("importing", item.end, max(total, item.end))


def _index_imported(cli: CliContext, store: Store, progress: Progress) -> None:
    """Add the imported articles to the index; a running monitor does so by itself."""
    try:
        with MonitorLock(cli.folder):
            indexer.catch_up(store, partial(progress, "indexing"))
    except AlreadyRunningError:
        say(_("the running monitor indexes them within seconds"))


class _Tally:
    """Counts lines that cannot be read, articles without text or date, and unused fields."""

    def __init__(self) -> None:
        self._articles = self._without_text = self._without_date = self.unread = 0
        self._unused: Counter[str] = Counter()

    def refuse(self, problem: str) -> None:
        """Print why a line cannot be read; on a terminal only for the first of many."""
        self.unread += 1
        if self.unread <= REJECTS_SHOWN or not sys.stderr.isatty():
            say(problem)
        elif self.unread == REJECTS_SHOWN + 1:
            say("…")

    def count(self, article: ImportedArticle) -> ImportedArticle:
        entry = article.entry
        self._articles += 1
        self._without_text += not (entry.summary or entry.body)
        self._without_date += entry.published is None
        self._unused.update(article.unused)
        return article

    def report(self) -> None:
        articles = counted_articles(self._articles)
        if self._without_text:
            some = number(self._without_text)
            say(
                _("{some} of {articles} without a text, only a title", some=some, articles=articles)
            )
        if self._without_date:
            undated = number(self._without_date)
            say(_("{some} of {articles} without a date", some=undated, articles=articles))
        if self._unused:
            fields = self._unused.most_common(FIELDS_SHOWN)
            names = ", ".join(f"{line(name)[:40]} ({number(count)})" for name, count in fields)
            suffix = "" if len(fields) == len(self._unused) else ", …"
            say(_("fields that are not used: {names}", names=names + suffix))
