"""Subscriptions in `feeds.yaml`: added, removed, paused by commands and the dashboard."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict, replace

from monitor.base.errors import MonitorError, UnknownNameError
from monitor.base.translation import gettext as _, ngettext
from monitor.base.url import normalized_url, redact
from monitor.config.draft import selects_feed, unknown_selector
from monitor.config.file_edit import edit, edit_by_config
from monitor.config.kinds import names_by_title
from monitor.config.yaml_edit import set_enabled, with_item, without_items
from monitor.intake.parse.entry import canonical
from monitor.model.config import Config
from monitor.model.feed import Feed

if TYPE_CHECKING:
    from monitor.intake.discovery import DiscoveredFeed


def comparable(address: str) -> str:
    """Return an address without the parts that spellings vary: https, www, slash, tracking."""
    return normalized_url(canonical(address) or address)


def subscribed(url: str, feeds: Iterable[Feed]) -> Feed | None:
    """Return the feed of this address, None if there is none."""
    address = comparable(url)
    return next((feed for feed in feeds if comparable(feed.url) == address), None)


def find_feed(name: str, feeds: Sequence[Feed]) -> Feed:
    """Return the one feed with this address, name or host; raises UnknownNameError."""
    if "://" in name:
        matches = [feed for feed in feeds if comparable(feed.url) == comparable(name)]
    else:
        matches = [feed for feed in feeds if feed.name == name and not feed.is_found]
        if not matches and not name.startswith("tag:"):
            matches = [feed for feed in feeds if selects_feed(name, feed)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        names = "\n".join(f"  {feed.name}  {feed.url}" for feed in matches)
        meanings = _("`{name}` is ambiguous; it can mean", name=name)
        raise UnknownNameError(f"{meanings}\n{names}")
    hint = _("; `tocsin feeds` lists them")
    problem = unknown_selector(name, tuple(feeds), hint)
    raise UnknownNameError(problem or _("`{name}` is not the name of a feed", name=name) + hint)


def new_among(
    candidates: Sequence[Feed], config: Config
) -> tuple[list[Feed], list[tuple[Feed, Feed]]]:
    """Return the feeds to add, with free names, and those already subscribed with their twin."""
    feeds_by_url = {comparable(feed.url): feed for feed in config.feeds}
    names = {feed.name.casefold() for feed in config.feeds}
    new_feeds: list[Feed] = []
    duplicates: list[tuple[Feed, Feed]] = []
    for feed in candidates:
        if twin := feeds_by_url.get(comparable(feed.url)):
            duplicates.append((feed, twin))
            continue
        titles = names_by_title(feed.name, feed.url)
        name = next((title for title in titles if title.casefold() not in names), "")
        new_feeds.append(replace(feed, name=name))
        feeds_by_url[comparable(feed.url)] = new_feeds[-1]
        names.add(name.casefold())
    return new_feeds, duplicates


def describe_prospect(prospect: DiscoveredFeed) -> str:
    """Return a description of a feed that was found: `RSS 2.0, 20 entries, fr; https://…`."""
    from monitor.intake.discovery import languages

    parsed = prospect.parsed
    lang = parsed.lang or next(iter(languages(parsed.entries)), "") or "und"
    count = ngettext("{count} entry", "{count} entries", len(parsed.entries))
    return _(
        "{format}, {entries}, {lang}; {address}",
        format=parsed.format or _("a feed"),
        entries=count,
        lang=lang,
        address=redact(prospect.url),
    )


SHOWN = 10
"""Articles of a proposed list that are shown."""


def list_lines(prospect: DiscoveredFeed) -> Iterator[str]:
    """Yield the selectors of a page, and the first articles that they find, for people."""
    selectors = prospect.source.selectors
    assert selectors is not None
    yield "  ".join(f"{key}: {value}" for key, value in asdict(selectors).items() if value)
    for number, entry in enumerate(prospect.parsed.entries[:SHOWN], 1):
        day = "" if entry.published is None else f"{datetime.fromtimestamp(entry.published):%F}"
        yield f"{number:>4}  {day:<10}  {entry.title}"
    count = len(prospect.parsed.entries)
    yield ngettext("{count} article in all", "{count} articles in all", count)


def subscribe(path: Path, data: Path | None, feeds: Sequence[Feed]) -> Config:
    """Add feeds to a `feeds.yaml`; raises ConfigError, MonitorError, and then adds none."""
    items = [_item(feed) for feed in feeds]
    return edit(path, lambda text: with_item(text, "feeds", items), data=data)


def unsubscribe(
    path: Path, data: Path | None, feeds: Collection[Feed], config: Config
) -> list[Feed]:
    """Take feeds of a configuration out of its `feeds.yaml` and return them in its order.

    Raises ConfigError, MonitorError, and then takes none.
    """
    numbers = {config.feeds.index(feed) for feed in feeds}
    if len(numbers) == len(config.feeds):
        raise MonitorError(_("no feed would be left to poll; add another feed first"))
    edit(path, lambda text: without_items(text, "feeds", numbers), data=data)
    return [config.feeds[number] for number in sorted(numbers)]


def pause_or_resume(path: Path, data: Path | None, url: str) -> bool:
    """Pause the feed of an address if feeds.yaml polls it, else resume it; tell if it is paused.

    Raises as `subscribe`.
    """

    def change(config: Config) -> Callable[[str], str]:
        return partial(set_enabled, url=url, on=not is_polled(config))

    def is_polled(config: Config) -> bool:
        return any(feed.enabled for feed in config.feeds if feed.url == url)

    return not is_polled(edit_by_config(path, change, data=data))


def _item(feed: Feed) -> dict[str, Any]:
    key = feed.source.kind.key
    fields = {key: feed.url, "name": feed.name, "tags": list(feed.tags), "lang": feed.lang}
    if feed.source.selectors:
        fields |= asdict(feed.source.selectors)
    return {key: value for key, value in fields.items() if value}
