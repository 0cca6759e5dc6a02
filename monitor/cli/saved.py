"""Saved searches on the command line: `@NAME`, their list, their completion in a shell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from monitor.cli import Newsroom, output, say

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from monitor.model import SavedSearch

COLUMNS = ("name", "query", "sort")


def named(searches: Sequence[SavedSearch], name: str) -> SavedSearch:
    """Return the search of a name, however spelt; raises UsageError if there is none."""
    from index.facets import compact

    for search in searches:
        if compact(search.name) == compact(name):
            return search
    from difflib import get_close_matches

    near = get_close_matches(name, [search.name for search in searches], 1, 0.5)
    hint = f"did you mean @{near[0]}?" if near else "`tocsin search --list` has those there are"
    raise click.UsageError(f"feeds.yaml has no search called {name}; {hint}")


def listing(searches: Sequence[SavedSearch], style: str) -> None:
    """Print the saved searches."""
    rows = [{"name": s.name, "query": s.query.text, "sort": s.sort} for s in searches]
    if style not in ("table", "md", "urls", "atom"):
        output.print_rows(rows, style, COLUMNS)
        return
    if not rows:
        say("no searches yet; they stand under `searches:` in feeds.yaml")
    for row in rows:
        order = "  (best first)" if row["sort"] == "score" else ""
        click.echo(f"@{row['name']}\n    {row['query']}{order}")


def completed(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete `@NAME`, and the fields and filters of a query."""
    from click.shell_completion import CompletionItem

    from index.errors import ArchiveError
    from monitor.errors import MonitorError

    if incomplete.startswith("@"):
        names = _names(context, incomplete[1:])
        return [CompletionItem(f"@{name}") for name in names]
    try:
        found = newsroom_of(context).service().complete(incomplete, len(incomplete))
    except (MonitorError, ArchiveError):
        return []
    before = incomplete[: found.start]
    return [CompletionItem(before + candidate.text) for candidate in found.candidates]


def completed_name(
    context: click.Context, _: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the name of a saved search."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(name) for name in _names(context, incomplete)]


def _names(context: click.Context, incomplete: str) -> list[str]:
    """Return the names of saved searches that begin so."""
    from monitor.config import load
    from monitor.errors import MonitorError

    try:
        searches = load(newsroom_of(context).config_path).searches
    except MonitorError:
        return []
    begun = incomplete.casefold()
    return [search.name for search in searches if search.name.casefold().startswith(begun)]


def newsroom_of(context: click.Context) -> Newsroom:
    """Return the newsroom that the options before the command name: nobody made it yet."""
    said = context.find_root().params
    return Newsroom(said["config_path"], said.get("data"))
