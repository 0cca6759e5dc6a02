"""What an edit of `feeds.yaml` changed, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from monitor.model import Config


def changes(before: Config, after: Config) -> list[str]:
    """Return what is different now, a line each, by the names of `feeds.yaml`."""
    return [
        *_between("feed", _feeds(before), _feeds(after)),
        *_between("watchlist", _by_name(before.watchlists), _by_name(after.watchlists)),
        *_between("search", _by_name(before.searches), _by_name(after.searches)),
        *_between("channel", _by_name(before.channels), _by_name(after.channels)),
        *_rest(before, after),
    ]


def _by_name(values: Any) -> dict[str, Any]:
    return {value.name: value for value in values}


def _feeds(config: Config) -> dict[str, Any]:
    """Return feeds by name; with their settings, which are not compared with them."""
    return {feed.name: (replace(feed, number=0), feed.settings) for feed in config.feeds}


def _between(noun: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"+ {noun} {name}" for name in after if name not in before)
    yield from (f"- {noun} {name}" for name in before if name not in after)
    yield from (
        f"~ {noun} {name}" for name in after if name in before and after[name] != before[name]
    )


def _rest(before: Config, after: Config) -> Iterator[str]:
    told = {"feeds", "watchlists", "searches", "channels", "path"}
    for field in fields(Config):
        if field.name not in told and getattr(before, field.name) != getattr(after, field.name):
            yield f"~ {field.name}"
