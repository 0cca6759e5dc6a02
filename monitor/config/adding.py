"""Watchlists and searches from a query into a `feeds.yaml`, and nothing else changed in it."""

from __future__ import annotations

from pathlib import Path

from index.query import parse
from monitor.config.cutting import appended
from monitor.config.editing import edit
from monitor.model import Config


def add_watchlist(
    path: Path, data: Path | None, name: str, query: str, severity: str = ""
) -> Config:
    """Watch for a query; raises QueryError if it asks what only the archive knows.

    Also ConfigError and MonitorError, and the file is then as it was.
    """
    parse(query, allow_archive_filters=False)
    item = {"name": name, "query": query} | ({"severity": severity} if severity else {})
    return edit(path, lambda text: appended(text, "watchlists", [item]), data=data)


def save_search(path: Path, data: Path | None, name: str, query: str, sort: str = "date") -> Config:
    """Keep a query as a search to be made again; raises QueryError, ConfigError, MonitorError."""
    parse(query)
    item = {"name": name, "query": query} | ({"sort": sort} if sort != "date" else {})
    return edit(path, lambda text: appended(text, "searches", [item]), data=data)
