"""`tocsin watch add`: one more watchlist in feeds.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli import Newsroom, say
from monitor.model import Severity

if TYPE_CHECKING:
    from monitor.config.written import Item


@click.command("add")
@click.argument("term")
@click.option("--name", metavar="NAME", help="What to call it; the term itself when left out.")
@click.option(
    "--severity",
    type=click.Choice([str(severity) for severity in Severity]),
    help="How loud its alerts are.  [default: medium]",
)
@click.pass_obj
def command(newsroom: Newsroom, term: str, name: str | None, severity: str | None) -> None:
    """Add a watchlist for TERM to feeds.yaml, and change nothing else in it.

    A running monitor puts it in force at once, and looks through the archive for it. If
    the file would have a mistake, or has one, it stays as it is (exit code 2).
    """
    from monitor.config.cutting import appended
    from monitor.config.editing import edit

    path = newsroom.config_path
    item = _item(term, name, severity)
    config = edit(path, lambda text: appended(text, "watchlists", [item]), data=newsroom.data)
    say(f"{path}: watching for {config.watchlists[-1].query.text}")


def _item(term: str, name: str | None, severity: str | None) -> Item:
    """Return the shortest way to write a watchlist."""
    if name is None and severity is None:
        return term
    said = {"name": name} if name is not None else {}
    listed: dict[str, str | list[str]] = {**said, "terms": [term]}
    return listed | ({"severity": severity} if severity else {})
