"""`tocsin reindex`: build the archive again from the store."""

from __future__ import annotations

import click

from monitor.cli import Newsroom, say
from monitor.cli.progress import bar
from monitor.plural import counted


@click.command()
@click.pass_obj
def reindex(newsroom: Newsroom) -> None:
    """Build the archive again from the store, beside the old one; searches go on meanwhile.

    A running monitor must be stopped first: it indexes by itself.
    """
    from monitor import indexer
    from monitor.presence import Presence
    from monitor.store.connection import INDEX
    from monitor.store.sqlite import SqliteStore
    from monitor.store.views import SqliteViews

    SqliteViews(newsroom.folder).totals()  # refuses a folder without a store
    with Presence(newsroom.folder):
        store = SqliteStore(newsroom.folder)
        with bar() as progress:
            done = indexer.reindex(
                store,
                newsroom.folder / INDEX,
                lambda done, total: progress("indexing", done, total) if progress else None,
            )
        store.close()
    say(f"{counted(done, 'article')} can be searched")
