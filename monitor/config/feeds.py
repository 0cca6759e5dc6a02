"""From the shapes of feeds to feeds: defaults, names, and what no two of them may share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from monitor.config import fields, settings
from monitor.config.credentials import Credentials
from monitor.config.draft import Draft
from monitor.config.feed_shapes import AuthShape, ShareableShape
from monitor.config.marks import Loc, Table, find
from monitor.errors import MissingExtraError
from monitor.model import Feed, Setting

PAGE_READER = "trafilatura"
"""The library that finds the article in a web page."""
SHORTEST = 60.0
"""Seconds between two polls of a server that is not the operator's own."""


def feeds(draft: Draft, folder: Path, environ: Mapping[str, str]) -> tuple[Feed, ...]:
    """Return the feeds of a draft, noting what is wrong with them.

    Secrets that it only names are those of the environment, and of files beside `folder`.
    """
    _object_to_half_an_auth(draft)
    _object_to_twin_tags(draft)
    found = _feeds(draft, Credentials(draft, folder, environ))
    _object_to_twins(draft, "url", [fields.same(feed.url) for feed in found], _same_url)
    given = {shape.name.casefold() for shape in draft.shape.feeds if shape.name}
    names = [name if (name := feed.name.casefold()) in given else "" for feed in found]
    _object_to_twins(draft, "name", names, _same_name)
    _object_to_haste(draft, found)
    _object_to_pages_without_a_reader(draft, found)
    return found


def _feeds(draft: Draft, credentials: Credentials) -> tuple[Feed, ...]:
    shapes = draft.shape.feeds
    hosts = Counter(fields.host(shape.url) for shape in shapes if not shape.name)
    return tuple(_feed(draft, number, hosts, credentials) for number in range(len(shapes)))


def _feed(draft: Draft, number: int, hosts: Counter[str], credentials: Credentials) -> Feed:
    shape = draft.shape.feeds[number]
    host = fields.host(shape.url)
    by = settings.speakers(draft.shape, number)
    name = shape.name or (host if hosts[host] == 1 else fields.same(shape.url))
    feed = Feed(
        url=fields.without_login(shape.url),
        name=name,
        tags=tuple(dict.fromkeys((*draft.shape.defaults.tags, *shape.tags))),
        every=settings.said("every", by)[0],
        full_text=bool(settings.said("full_text", by)[0]),
        lang=settings.said("lang", by)[0],
        enabled=shape.enabled,
        request_options=settings.request_options(by, name, credentials),
        settings=settings.told(by),
    )
    return _logged_in(draft, number, feed)


def _logged_in(draft: Draft, number: int, feed: Feed) -> Feed:
    """Return a feed with the user and the password in its address as its `auth`."""
    shape = draft.shape.feeds[number]
    login = settings.login(shape.url)
    if login is None:
        return feed
    if shape.auth:
        draft.object_to(("feeds", number, "auth"), "its address holds a password already")
    others = [pair for pair in feed.request_options.headers if pair[0] != settings.AUTHORIZATION]
    told = [setting for setting in feed.settings if setting.key != "auth"]
    return replace(
        feed,
        request_options=replace(
            feed.request_options, headers=(*others, (settings.AUTHORIZATION, login))
        ),
        settings=(*told, Setting("auth", "a password written in feeds.yaml", "the feed")),
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
    written = [draft.shape.feeds[int(loc[1])].url for loc in (here, there)]
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
            _, by = settings.said("every", settings.speakers(draft.shape, number))
            loc: Loc = (*(by.loc if by else ()), "every")
            if loc not in accused:
                accused.add(loc)
                draft.object_to(loc, _haste(feed))


def _object_to_pages_without_a_reader(draft: Draft, found: tuple[Feed, ...]) -> None:
    """Object to `full_text: true` where the library that reads pages is not installed."""
    if find_spec(PAGE_READER) is not None:
        return
    wanting = [number for number, feed in enumerate(found) if feed.full_text]
    said = [settings.said("full_text", settings.speakers(draft.shape, n))[1] for n in wanting]
    for loc in dict.fromkeys((*by.loc, "full_text") for by in said if by):
        draft.object_to(loc, str(MissingExtraError("`full_text: true`", PAGE_READER, "fulltext")))


def _haste(feed: Feed) -> str:
    host = fields.host(feed.url)
    return f"under a minute, but {host} is not an address inside `network.allow`; write 1m or more"


def _object_to_half_an_auth(draft: Draft) -> None:
    """Object to each `auth` that is neither a user with a password nor a token."""
    said: list[tuple[Loc, ShareableShape]] = [
        *((("feeds", number), shape) for number, shape in enumerate(draft.shape.feeds)),
        *((("tags", tag), shape) for tag, shape in draft.shape.tags.items()),
    ]
    for loc, shape in said:
        place = (*loc, "auth")
        whole = find(draft.written, place) == find(draft.tree, place)
        if shape.auth and whole and (words := _half(shape.auth)):
            draft.object_to(place, words)
        doubled = [name for name in shape.headers if name.lower() == "authorization"]
        if shape.auth and doubled:
            words = "`auth` and a header Authorization say the same; take one out"
            draft.object_to((*loc, "headers", doubled[0]), words, key=True)


def _object_to_twin_tags(draft: Draft) -> None:
    """Object to a tag of which `tags` speaks twice, spelt otherwise."""
    written = draft.tree.get("tags")
    first: dict[str, str] = {}
    for pair in written.value.pairs if written and isinstance(written.value, Table) else ():
        if (earlier := first.setdefault(fields.tag(pair.key.text), pair.key.text)) != pair.key.text:
            words = f"the same tag as `{earlier}`, spelt otherwise"
            draft.object_to(("tags", pair.key.text), words, key=True)


def _half(auth: AuthShape) -> str:
    """Return what is wrong with an `auth`, '' if nothing."""
    if auth.bearer:
        return "`auth` has a `bearer` or a `user`, not both" if auth.user or auth.password else ""
    lacking = [key for key in ("user", "password") if not getattr(auth, key)]
    if len(lacking) == 2:
        return "`auth` needs a `user` and a `password`, or a `bearer`"
    return f"this `auth` has no `{lacking[0]}`" if lacking else ""
