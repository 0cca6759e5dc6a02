"""Feeds into feeds.yaml."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monitor.cli.feeds.naming import fitted, same
from monitor.config.cutting import appended
from monitor.config.editing import edit
from monitor.model import Config, Feed


def new_among(found: Sequence[Feed], config: Config) -> tuple[list[Feed], list[tuple[Feed, Feed]]]:
    """Return the feeds to add, with names that fit, and those there already with their double."""
    there = {same(feed.url): feed for feed in config.feeds}
    names = {feed.name.casefold() for feed in config.feeds}
    fresh: list[Feed] = []
    doubles: list[tuple[Feed, Feed]] = []
    for feed in found:
        if double := there.get(same(feed.url)):
            doubles.append((feed, double))
            continue
        name = fitted(feed.name, feed.url, names)
        fresh.append(Feed(url=feed.url, name=name, tags=feed.tags, lang=feed.lang))
        there[same(feed.url)] = fresh[-1]
        names.add(name.casefold())
    return fresh, doubles


def subscribe(path: Path, data: Path | None, feeds: Sequence[Feed]) -> Config:
    """Add feeds to a `feeds.yaml`; raises ConfigError, MonitorError, and then adds none."""
    items = [_item(feed) for feed in feeds]
    return edit(path, lambda text: appended(text, "feeds", items), data=data)


def _item(feed: Feed) -> dict[str, Any]:
    said = {"url": feed.url, "name": feed.name, "tags": list(feed.tags), "lang": feed.lang}
    return {key: value for key, value in said.items() if value}
