"""Feeds, from their keys: settings by precedence, names, and duplicates."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from monitor.base.errors import MissingExtraError
from monitor.base.formatting import exact
from monitor.base.translation import gettext as _, mark
from monitor.base.url import normalized_url, numeric_host
from monitor.config import addresses
from monitor.config.credentials import Credentials, is_in_file
from monitor.config.draft import ConfigDraft, repeated
from monitor.config.feed_keys import SELECTORS, AuthKeys, SecretsKeys, SettingsKeys
from monitor.config.keys import FileKeys
from monitor.config.kinds import DIRECT, names_by_title
from monitor.config.yaml_nodes import Loc
from monitor.model.address_policy import is_own
from monitor.model.config import Config
from monitor.model.feed import Feed, RequestOptions, Secret, Selectors, Setting, Source, SourceKind
from monitor.model.shown_names import source_name

AUTHORIZATION = "Authorization"  # not a message
HEADER = "header "
"""Beginning of the key of a setting that is a header."""
PAGE_READER = "trafilatura"
"""The library that extracts the article from a web page."""
SELECTOR_READERS = ("cssselect", "dateparser")
"""The libraries that read pages without a feed."""
SHORTEST = 60.0
"""Seconds between two polls of a server that is not the operator's own."""
_FEED = "the feed"  # not a message
_IN_FILE = mark("written in feeds.yaml")
_PLAIN = ("every", "full_text", "lang", "witness", "user_agent", "timeout", "encoding")
"""Settings that hold a single value and no secret."""


def feeds(draft: ConfigDraft, folder: Path, environ: Mapping[str, str]) -> tuple[Feed, ...]:
    """Return the feeds of a draft; problems are added to the draft.

    References to secrets are resolved in `environ` and in files relative to `folder`.
    """
    all_keys = draft.file.feeds
    hosts = Counter(addresses.host(keys.address) for keys in all_keys if not keys.name)
    credentials = Credentials(draft, folder, environ)
    feeds = tuple(_feed(draft, number, hosts, credentials) for number in range(len(all_keys)))
    for number, earlier in repeated(feed.address for feed in feeds):
        line = draft.line(("feeds", earlier, all_keys[earlier].kind.key))
        message = _("the same feed as on line {line}, spelt otherwise", line=line)
        if all_keys[number].address == all_keys[earlier].address:
            message = _("the same feed as on line {line}", line=line)
        draft.add_problem(("feeds", number, all_keys[number].kind.key), message)
    names = {keys.name.casefold() for keys in all_keys if keys.name}
    own_names = (name if (name := feed.name.casefold()) in names else "" for feed in feeds)
    for number, earlier in repeated(own_names):
        line = draft.line(("feeds", earlier, "name"))
        message = _("another feed has this name, on line {line}", line=line)
        draft.add_problem(("feeds", number, "name"), message)
    _check_settings(draft, feeds)
    return feeds


def with_titles(config: Config, titles: Mapping[str, str]) -> Config:
    """Return a configuration whose feeds without a name are called by their titles.

    Of several with one title, those on different hosts have these beside it; the others keep
    their addresses, as the feeds without a title do. `titles` are by the addresses of feeds.
    """
    choices = {feed.url: _possible_names(feed, titles.get(feed.url, "")) for feed in config.feeds}
    counts = Counter(name.casefold() for names in choices.values() for name in names)
    called = {
        feed.name: next((n for n in choices[feed.url] if counts[n.casefold()] == 1), feed.name)
        for feed in config.feeds
    }
    return replace(
        config,
        feeds=tuple(replace(feed, name=called[feed.name]) for feed in config.feeds),
        routes=tuple(
            replace(route, feeds=route.feeds and tuple(called[name] for name in route.feeds))
            for route in config.routes
        ),
    )


def _possible_names(feed: Feed, title: str) -> tuple[str, ...]:
    """Return the names that a feed may have, each once, the best first."""
    names = () if feed.named else names_by_title(title, feed.url)
    return tuple(dict.fromkeys((*names, feed.name)))


def _feed(draft: ConfigDraft, number: int, hosts: Counter[str], credentials: Credentials) -> Feed:
    keys = draft.file.feeds[number]
    host = addresses.host(keys.address)
    sources = settings_sources(draft.file, number)
    name = keys.name or (host if hosts[host] == 1 else normalized_url(keys.address))
    selectors = Selectors(**{key: getattr(keys, key) for key in SELECTORS})
    feed = Feed(
        url=addresses.without_login(keys.address),
        source=Source(
            kind=keys.kind,
            selectors=selectors if keys.page else None,
            since=keys.since,
            split=bool(keys.split),
        ),
        name=name,
        named=bool(keys.name),
        tags=tuple(dict.fromkeys((*draft.file.defaults.tags, *keys.tags))),
        every=setting_of("every", sources)[0],
        full_text=bool(setting_of("full_text", sources)[0]),
        lang=setting_of("lang", sources)[0],
        witness=setting_of("witness", sources)[0],
        enabled=keys.enabled,
        request_options=_request_options(sources, name, credentials),
        settings=_settings(sources),
    )
    return _with_login(draft, number, feed)


def _with_login(draft: ConfigDraft, number: int, feed: Feed) -> Feed:
    """Return a feed whose login in the address became its Authorization header."""
    keys = draft.file.feeds[number]
    parts = urlsplit(keys.address)
    if keys.mailbox and not parts.password:
        if not (keys.auth and keys.auth.user):
            needed = _("write imaps://user@host/Folder, and `password: env:NAME`, or `auth`")
            draft.add_problem(("feeds", number, "mailbox"), needed)
        return feed
    if not parts.username and not parts.password:
        return feed
    if keys.auth:
        draft.add_problem(("feeds", number, "auth"), _("its address holds a password already"))
    login = _basic(unquote(parts.username or ""), unquote(parts.password or ""))
    headers = [pair for pair in feed.request_options.headers if pair[0] != AUTHORIZATION]
    settings = [setting for setting in feed.settings if setting.key != "auth"]
    return replace(
        feed,
        request_options=replace(feed.request_options, headers=(*headers, (AUTHORIZATION, login))),
        settings=(*settings, Setting("auth", _(_IN_FILE), _FEED, in_file=True)),
    )


# --- settings by precedence -----------------------------------------------------------


class SettingsSource(NamedTuple):
    """A part of the file that sets something for a feed: the feed, its host, a tag, defaults."""

    keys: SettingsKeys
    loc: Loc
    """Its place in the file."""
    name: str
    """`the feed`, `host journal.example`, `tag belgique` or `defaults`."""

    @property
    def auth(self) -> AuthKeys | None:
        """Its credentials."""
        return self.keys.auth if isinstance(self.keys, SecretsKeys) else None

    def subject(self, feed: str) -> str:
        """Return the owner of a missing secret, in messages about a feed."""
        return feed if self.name == _FEED else source_name(self.name)


def settings_sources(file: FileKeys, number: int) -> tuple[SettingsSource, ...]:
    """Return the sources of the settings of a feed, in order of precedence."""
    feed = file.feeds[number]
    sources = [SettingsSource(feed, ("feeds", number), _FEED)]
    origin = addresses.origin(feed.address) if file.hosts else None
    for server, keys in file.hosts.items():
        if addresses.origin(server) == origin:
            name = f"host {server}"  # not a message
            sources.append(SettingsSource(keys, ("hosts", server), name))
    for tag in dict.fromkeys((*feed.tags, *file.defaults.tags)):
        if tag in file.tags:
            name = f"tag {tag}"  # not a message
            sources.append(SettingsSource(file.tags[tag], ("tags", tag), name))
    return (*sources, SettingsSource(file.defaults, ("defaults",), "defaults"))


def setting_of(key: str, sources: Sequence[SettingsSource]) -> tuple[Any, SettingsSource | None]:
    """Return the value of a setting and its source; the default and None if nothing sets it."""
    for source in sources:
        value = getattr(source.keys, key)
        if value not in (None, ""):
            return value, source
    return getattr(sources[-1].keys, key), None


def _request_options(
    sources: Sequence[SettingsSource], name: str, credentials: Credentials
) -> RequestOptions:
    """Return the request options of a feed; missing secrets are added to the draft as problems."""
    headers: dict[str, tuple[str, Secret]] = {}
    for source in reversed(sources):
        for header, value in _headers(source, source.subject(name), credentials):
            headers[header.lower()] = header, value
    proxy, origin = setting_of("proxy", sources)
    address = None
    if origin and proxy != DIRECT:
        address = credentials.at((*origin.loc, "proxy"), proxy, origin.subject(name))
    return RequestOptions(
        headers=tuple(headers.values()),
        user_agent=setting_of("user_agent", sources)[0],
        proxy=address,
        timeout=setting_of("timeout", sources)[0],
        encoding=setting_of("encoding", sources)[0],
    )


def _headers(
    source: SettingsSource, subject: str, credentials: Credentials
) -> Iterator[tuple[str, Secret]]:
    """Yield the headers that one source sets; missing secrets are reported and left out."""
    for header, raw in source.keys.headers.items():
        if value := credentials.at((*source.loc, "headers", header), raw, subject):
            yield header, value
    if not (auth := source.auth):
        return
    place = (*source.loc, "auth")
    if auth.bearer:
        if token := credentials.at((*place, "bearer"), auth.bearer, subject):
            yield AUTHORIZATION, Secret(f"Bearer {token.text}")  # not a message
        return
    user = credentials.at((*place, "user"), auth.user, subject)
    password = credentials.at((*place, "password"), auth.password, subject)
    if user and password:
        yield AUTHORIZATION, _basic(user.text, password.text)


def _basic(user: str, password: str) -> Secret:
    return Secret(f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}")  # not a message


def _settings(sources: Sequence[SettingsSource]) -> tuple[Setting, ...]:
    """Return the settings that are written for a feed, without secrets."""
    settings: dict[str, Setting] = {}
    for source in sources:
        for key, value, in_file in _written_settings(source.keys):
            header = f"{HEADER}{AUTHORIZATION}" if key == "auth" else key
            settings.setdefault(header.lower(), Setting(key, value, source.name, in_file))
    return tuple(settings.values())


def _written_settings(keys: SettingsKeys) -> Iterator[tuple[str, str, bool]]:
    """Yield the key and text of each setting, and whether it is a secret in the file."""
    for key in _PLAIN:
        if (value := getattr(keys, key)) not in (None, ""):
            yield key, _setting_text(value), False
    if keys.proxy:
        redacted = addresses.without_login(keys.proxy)
        yield "proxy", redacted, redacted != keys.proxy
    secrets = {f"{HEADER}{header}": raw for header, raw in keys.headers.items()}
    if isinstance(keys, SecretsKeys) and keys.auth:
        secrets["auth"] = keys.auth.bearer or keys.auth.password
    for key, raw in secrets.items():
        in_file = is_in_file(raw)
        origin = _IN_FILE if in_file else mark("from {reference}")
        yield key, _(origin, reference=raw), in_file


def _setting_text(value: float | bool | str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else exact(value)


# --- settings that conflict -------------------------------------------------------------


def _check_settings(draft: ConfigDraft, feeds: tuple[Feed, ...]) -> None:
    """Report short intervals for servers of others, and a library that is missing, each once."""
    problems: dict[Loc, str] = {}

    def report(number: int, key: str, message: str) -> None:
        source = setting_of(key, settings_sources(draft.file, number))[1]
        problems.setdefault((*(source.loc if source else ()), key), message)

    for number, feed in enumerate(feeds):
        address = numeric_host(urlsplit(feed.url).hostname or "")
        is_short = feed.every is not None and feed.every < SHORTEST
        if is_short and not is_own(address, draft.file.network.allow):
            text = _(
                "under a minute, but {host} is not an address inside `network.allow`; write 1m or"
                " more",
                host=addresses.host(feed.url),
            )
            report(number, "every", text)
        if feed.source.selectors and not all(map(find_spec, SELECTOR_READERS)):
            report(number, "page", str(MissingExtraError("`page:`", "pages")))  # not a message
        if feed.source.kind is SourceKind.MAILBOX and feed.request_options.proxy:
            text = _("a mailbox is not read through a proxy; write `proxy: none` at it")
            report(number, "proxy", text)
        if feed.full_text and find_spec(PAGE_READER) is None:
            feature = "`full_text: true`"  # not a message
            report(number, "full_text", str(MissingExtraError(feature, "fulltext")))
    for loc, text in problems.items():
        draft.add_problem(loc, text)
