"""A query kept in feeds.yaml: as a search to be made again, or as a watchlist."""

from __future__ import annotations

from pathlib import Path

from monitor.model.severity import Severity
from tui.data.feed_edits import write
from tui.data.query_history import SAVED, suggested_name
from tui.screens.dialogs import Choice, Naming
from tui.screens.panes import Panes
from tui.view.rows import SEVERITY
from tui.view.styled_text import Line


def save(screen: Panes, query: str, sort: str) -> None:
    """Ask for a name and keep a query under it."""
    if not query:
        screen.tell("Write a query first.")
        return

    async def keep(name: str) -> str:
        def change(path: Path) -> None:
            from monitor.config.yaml_edit import save_search

            save_search(path, None, name, query, sort)

        return await write(screen.newsroom, change)

    def told(name: str | None) -> None:
        if name:
            screen.tell(f"Saved: {SAVED}{name} makes this search again.")

    hint: Line = [("What to call it: a short name, kept in feeds.yaml", "quiet")]
    screen.app.push_screen(Naming("Save the search", hint, keep, suggested_name(query)), told)


def watch(screen: Panes, query: str) -> None:
    """Ask how loud and under which name a query is to be watched for, and do so."""
    if not query:
        screen.tell("Write a query first.")
        return
    levels = list(Severity)
    rows: list[Line] = [[(f"{SEVERITY[level]} {level}", f"{level}")] for level in levels]

    def name_it(level: int | None) -> None:
        if level is None:
            return
        severity = levels[level]

        async def add(name: str) -> str:
            def change(path: Path) -> None:
                from monitor.config.yaml_edit import add_watchlist

                add_watchlist(path, None, name, query, severity)

            return await write(screen.newsroom, change)

        def told(name: str | None) -> None:
            if name:
                screen.tell(f"Watching for {query} as {name}.")

        hint: Line = [(f"A name for the watchlist, {severity}: {query}", "quiet")]
        screen.app.push_screen(Naming("Watch for it", hint, add, suggested_name(query)), told)

    middle = levels.index(Severity.MEDIUM)
    screen.app.push_screen(Choice("How loud are its alerts?", rows, cursor=middle), name_it)
