"""Assembles a Config from the bytes of a `feeds.yaml`, with every problem in it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from index.analysis.folding import compact
from index.opensearch.address import ClusterAddress
from monitor.base.errors import MissingExtraError, Problem, requires_extra
from monitor.base.formatting import nearest
from monitor.base.translation import gettext as _
from monitor.config import addresses
from monitor.config.concepts import concepts
from monitor.config.credentials import Credentials, is_in_file
from monitor.config.delivery_keys import KINDS, RouteKeys
from monitor.config.draft import (
    ConfigDraft,
    draft_of,
    repeated,
    selects_feed,
    unknown_channel,
    unknown_selector,
    unknown_watchlist,
)
from monitor.config.feeds import feeds
from monitor.config.location import STORE_VARIABLE, beside
from monitor.config.watchlists import watchlists
from monitor.config.yaml_nodes import Loc
from monitor.model.config import BriefingSchedule, Channel, ChannelKind, Config, Retention, Route
from monitor.model.feed import Feed
from monitor.model.watchlist import FEED_HEALTH


def assemble(
    content: bytes, path: Path, own_concepts: bytes | None = None
) -> tuple[Config | None, list[Problem]]:
    """Return the Config of a `feeds.yaml` (None if nothing can be read), and every problem."""
    draft = draft_of(content)
    if isinstance(draft, Problem):
        return None, [draft]
    file = draft.file
    all_feeds = feeds(draft, path.parent, os.environ)
    all_concepts = concepts(draft, path, own_concepts)
    all_watchlists = watchlists(draft, all_feeds, all_concepts)
    _check_searches(draft)
    config = Config(
        path=path,
        data=beside(path, file.data),
        shared=os.environ.get(STORE_VARIABLE) or file.store,
        feeds=all_feeds,
        watchlists=all_watchlists,
        concepts=tuple(all_concepts.values()),
        searches=file.searches,
        channels=_channels(draft, path, os.environ),
        routes=_routes(draft, all_feeds),
        notify=file.alerts.notify,
        briefings=_briefings(draft),
        zone=file.zone,
        pages=file.api.url,
        language=file.language,
        allow=file.network.allow,
        contact=file.network.contact,
        metrics=file.network.metrics,
        retention=_retention(draft, all_feeds, [watchlist.name for watchlist in all_watchlists]),
        vectors=file.archive.vectors,
        cluster=_cluster(draft, path, os.environ),
    )
    return config, draft.problems


def _check_searches(draft: ConfigDraft) -> None:
    """Report names that `@NAME` cannot tell apart: `@liegethisweek` is Liège this week."""
    searches = draft.file.searches
    for number, search in enumerate(searches):
        if not compact(search.name):
            message = _("a name holds letters or digits")
            draft.add_problem(("searches", number, "name"), message)
    for number, earlier in repeated(compact(search.name) for search in searches):
        line = draft.line(("searches", earlier))
        name = searches[earlier].name
        message = _("a search is called `{name}` already, on line {line}", name=name, line=line)
        draft.add_problem(("searches", number, "name"), message)


def _retention(draft: ConfigDraft, feeds: Sequence[Feed], watchlists: Sequence[str]) -> Retention:
    keys = draft.file.archive
    if "keep" not in keys.written and (keys.except_ or keys.drop_alerts):
        draft.add_problem(("archive",), _("without `keep` nothing is ever dropped; say how long"))
    if keys.drop_alerts and "has:alert" in keys.except_:
        draft.add_problem(("archive", "drop_alerts"), _("`except` keeps what `drop_alerts` drops"))
    for number, selector in enumerate(keys.except_):
        kind, _sep, name = selector.partition(":")
        message = ""
        if kind == "watch" and name not in watchlists:
            message = _("no watchlist is called `{name}`", name=name) + nearest(name, watchlists)
        elif kind in ("tag", "feed"):
            message = unknown_selector(selector if kind == "tag" else name, feeds)
        if message:
            draft.add_problem(("archive", "except", number), message)
    return Retention(keep=keys.keep, spare=keys.except_, drop_alerts=keys.drop_alerts)


def _cluster(draft: ConfigDraft, path: Path, environ: Mapping[str, str]) -> ClusterAddress | None:
    """Return the address of an archive in OpenSearch."""
    keys = draft.file.archive
    if not keys.opensearch:
        for name in ("index", "user", "password", "authority", "certificate"):
            if name in keys.written:
                message = _("`{name}` is for an archive in OpenSearch; name it", name=name)
                draft.add_problem(("archive", name), message)
        return None
    if find_spec("opensearchpy") is None:
        error = MissingExtraError("`opensearch`", "opensearch")
        draft.add_problem(("archive", "opensearch"), str(error))
    credentials = Credentials(draft, path.parent, environ)

    def secret(name: str) -> str:
        raw = getattr(keys, name)
        value = credentials.at(("archive", name), raw, name) if raw else None
        return value.text if value else ""

    def file(name: str) -> str:
        written = getattr(keys, name)
        return str(beside(path, written.removeprefix("file:")).absolute()) if written else ""

    return ClusterAddress(
        urls=tuple(url.rstrip("/") for url in keys.opensearch),
        index=keys.index,
        user=secret("user"),
        password=secret("password"),
        authority=file("authority"),
        certificate=file("certificate"),
    )


def _briefings(draft: ConfigDraft) -> tuple[BriefingSchedule, ...]:
    file = draft.file
    channels = [channel.name for channel in file.channels]
    watchlists = [watchlist.title for watchlist in file.watchlists]
    for number, earlier in repeated(keys.title.casefold() for keys in file.briefing):
        message = _(
            "a briefing is called `{name}` already, on line {line}; give one another `name`",
            name=file.briefing[number].title, line=draft.line(("briefing", earlier)),
        )  # fmt: skip
        draft.add_problem(("briefing", number, "name"), message)
    for number, keys in enumerate(file.briefing):
        for place, message in _unknown_names(keys.to, keys.watch, channels, watchlists):
            draft.add_problem(("briefing", number, *place), message)
    return tuple(
        BriefingSchedule(
            name=keys.title,
            at=keys.at,
            to=tuple(dict.fromkeys(keys.to)),
            days=keys.days,
            watch=keys.watch,
            since=keys.since,
            zone=file.zone,
        )
        for keys in file.briefing
    )


def _routes(draft: ConfigDraft, feeds: Sequence[Feed]) -> tuple[Route, ...]:
    channels = [channel.name for channel in draft.file.channels]
    watchlists = [*(keys.title for keys in draft.file.watchlists), FEED_HEALTH]
    for number, keys in enumerate(draft.file.routes):
        unknown = list(_unknown_names(keys.to, keys.watch, channels, watchlists))
        for key, selectors in (("tag", [f"tag:{tag}" for tag in keys.tag]), ("feeds", keys.feeds)):
            for item, selector in enumerate(selectors):
                if message := unknown_selector(selector, feeds):
                    unknown.append(((key, item), message))
        for place, message in unknown:
            draft.add_problem(("routes", number, *place), message)
    routes = tuple(_route(keys, feeds) for keys in draft.file.routes)
    if not draft.problems:  # a condition that does not fit was left out: its route would match all
        _check_reachable(draft, routes)
    return routes


def _route(keys: RouteKeys, feeds: Sequence[Feed]) -> Route:
    feed_names = None
    if keys.tag or keys.feeds:
        feed_names = tuple(
            feed.name
            for feed in feeds
            if (not keys.tag or set(keys.tag) & set(feed.tags))
            and (not keys.feeds or any(selects_feed(selector, feed) for selector in keys.feeds))
        )
    return Route(
        to=keys.to,
        watch=keys.watch,
        severity=keys.severity,
        lang=keys.lang,
        feeds=feed_names,
        quiet=keys.quiet,
        digest=keys.digest,
    )


def _check_reachable(draft: ConfigDraft, routes: Sequence[Route]) -> None:
    """Report the route after one that matches every alert: no alert reaches it."""
    for number, route in enumerate(routes[:-1]):
        if not (route.watch or route.severity or route.lang) and route.feeds is None:
            line = draft.line(("routes", number))
            message = _("no alert reaches this route: the one on line {line} is for all", line=line)
            draft.add_problem(("routes", number + 1), message)
            return


def _unknown_names(
    to: Sequence[str], watch: Sequence[str], channels: Sequence[str], watchlists: Sequence[str]
) -> Iterator[tuple[Loc, str]]:
    """Yield the channels and watchlists that do not exist, each with its place."""
    for item, name in enumerate(to):
        if message := unknown_channel(name, channels):
            yield ("to", item), message
    for item, name in enumerate(watch):
        if message := unknown_watchlist(name, watchlists):
            yield ("watch", item), message


# --- channels -------------------------------------------------------------------------


def _channels(draft: ConfigDraft, path: Path, environ: Mapping[str, str]) -> tuple[Channel, ...]:
    """Return the channels of a draft; problems are added to the draft.

    Addresses, keys and arguments may be secret, so no message quotes them.
    """
    all_keys = draft.file.channels
    for number, earlier in repeated(keys.name.casefold() for keys in all_keys):
        line = draft.line(("channels", earlier))
        name = all_keys[number].name
        message = _("a channel is called `{name}` already, on line {line}", name=name, line=line)
        draft.add_problem(("channels", number, "name"), message)
    credentials = Credentials(draft, path.parent, environ)
    channels = (_channel(draft, number, path, credentials) for number in range(len(all_keys)))
    return tuple(channel for channel in channels if channel)


def _channel(
    draft: ConfigDraft, number: int, path: Path, credentials: Credentials
) -> Channel | None:
    keys = draft.file.channels[number]
    kind = next((ChannelKind(key) for key in KINDS if getattr(keys, key)), None)
    place = ("channels", number)
    if kind is None:
        return None
    if kind is ChannelKind.COMMAND:
        target, label = keys.command, Path(keys.command[0]).name
    elif kind is ChannelKind.DESKTOP:
        target, label = (), _("here")
    elif kind in (ChannelKind.FILE, ChannelKind.ATOM):
        label = str(beside(path, getattr(keys, kind)).absolute())
        target = (label,)
    else:
        loc, raw = (*place, str(kind)), getattr(keys, kind)
        credential = credentials.at(loc, raw, keys.name)
        if credential is None:
            return None
        address = credential.text.strip()
        target = (address,)
        try:
            label = (_webhook if kind is ChannelKind.WEBHOOK else _service)(address)
        except ValueError as error:
            draft.add_problem(loc, f"{keys.name}: {error}")
            return None
        if not is_in_file(raw):
            label = _("{address}, from {reference}", address=label, reference=raw)
    secret = keys.secret and credentials.at((*place, "secret"), keys.secret, keys.name)
    headers = [
        (name, value)
        for name, raw in keys.headers.items()
        if (value := credentials.at((*place, "headers", name), raw, keys.name))
    ]
    return Channel(
        name=keys.name,
        kind=kind,
        target=target,
        words=label,
        secret=secret.text if secret else "",
        headers=tuple(headers),
        quiet=keys.quiet,
        digest=keys.digest,
        template=keys.template,
        zone=draft.file.zone,
        pages=draft.file.api.url,
    )


def _webhook(address: str) -> str:
    """Return the server of a webhook, without the path; raises ValueError if it is no address."""
    try:
        parts = urlsplit(addresses.url(address))
    except ValueError:
        raise ValueError(_("this webhook is not an address; write https://…")) from None
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}"


def _service(address: str) -> str:
    """Return the kind of service at an address; raises ValueError if Apprise knows none there."""
    try:
        with requires_extra("notify", _("a channel with `url`")):
            from apprise import Apprise
    except MissingExtraError as error:
        raise ValueError(str(error)) from None

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # the error quotes the address
    scheme, colon, _rest = address.partition("://")
    if colon and Apprise.instantiate(address, suppress_exceptions=True) is not None:
        return scheme.lower()
    raise ValueError(
        _("Apprise knows no such address; https://github.com/caronc/apprise/wiki lists what it can")
    )
