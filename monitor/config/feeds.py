"""From the shapes of feeds to feeds: defaults, names, and what no two of them may share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from monitor.config import fields
from monitor.config.draft import Draft
from monitor.config.marks import Loc
from monitor.config.schema import DefaultsShape, FeedShape, FileShape
from monitor.model import Feed

SHORTEST = 60.0
"""Seconds between two polls of a server that is not the operator's own."""


def feeds(draft: Draft) -> tuple[Feed, ...]:
    """Return the feeds of a draft, noting what is wrong with them."""
    found = _feeds(draft.shape)
    _object_to_twins(draft, "url", [fields.same(feed.url) for feed in found], _same_url)
    given = {shape.name.casefold() for shape in draft.shape.feeds if shape.name}
    names = [name if (name := feed.name.casefold()) in given else "" for feed in found]
    _object_to_twins(draft, "name", names, _same_name)
    _object_to_haste(draft, found)
    return found


def _feeds(shape: FileShape) -> tuple[Feed, ...]:
    hosts = Counter(fields.host(feed.url) for feed in shape.feeds if not feed.name)
    return tuple(_feed(feed, shape.defaults, hosts) for feed in shape.feeds)


def _feed(shape: FeedShape, defaults: DefaultsShape, hosts: Counter[str]) -> Feed:
    host = fields.host(shape.url)
    return Feed(
        url=shape.url,
        name=shape.name or (host if hosts[host] == 1 else fields.same(shape.url)),
        tags=tuple(dict.fromkeys((*defaults.tags, *shape.tags))),
        every=defaults.every if shape.every is None else shape.every,
        full_text=defaults.full_text if shape.full_text is None else shape.full_text,
        lang=shape.lang or defaults.lang,
        enabled=shape.enabled,
    )


def _object_to_twins(
    draft: Draft, key: str, marks: list[str], words: Callable[[Draft, Loc, Loc], str]
) -> None:
    """Object to each feed whose mark an earlier one has; empty marks are not compared."""
    first: dict[str, int] = {}
    for number, mark in enumerate(marks):
        if mark and (earlier := first.setdefault(mark, number)) != number:
            here: Loc = ("feeds", number, key)
            draft.object_to(here, words(draft, here, ("feeds", earlier, key)))


def _same_url(draft: Draft, here: Loc, there: Loc) -> str:
    written = [fields.url(str(draft.node(loc).plain())) for loc in (here, there)]
    but = "" if written[0] == written[1] else ", spelt otherwise"
    return f"the same feed as on line {draft.line(there)}{but}"


def _same_name(draft: Draft, here: Loc, there: Loc) -> str:
    return f"a feed is called so already, on line {draft.line(there)}"


def _object_to_haste(draft: Draft, found: tuple[Feed, ...]) -> None:
    """Object to polling somebody else's server more often than once a minute."""
    accused: set[Loc] = set()
    for number, feed in enumerate(found):
        hasty = feed.every is not None and feed.every < SHORTEST
        if hasty and not fields.inside(feed.url, draft.shape.network.allow):
            own: Loc = ("feeds", number, "every")
            loc = own if draft.shape.feeds[number].every is not None else ("defaults", "every")
            if loc not in accused:
                accused.add(loc)
                draft.object_to(loc, _haste(feed))


def _haste(feed: Feed) -> str:
    host = fields.host(feed.url)
    return f"under a minute, but {host} is not an address inside `network.allow`; write 1m or more"
