"""Feeds, from their keys: settings by precedence, names, and duplicates."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from monitor.base.errors import MissingExtraError
from monitor.base.formatting import exact
from monitor.base.translation import gettext as _
from monitor.base.translation import mark
from monitor.config import value_parsers
from monitor.config.credentials import Credentials, describe_origin, is_in_file
from monitor.config.draft import ConfigDraft, repeated
from monitor.config.feed_keys import AuthKeys, SecretsKeys, SettingsKeys
from monitor.config.keys import FileKeys
from monitor.config.yaml_nodes import Loc, MappingNode
from monitor.model.feed import Feed, RequestOptions, Secret, Setting
from monitor.model.shown_names import source_name

AUTHORIZATION = "Authorization"  # not a message
HEADER = "header "
"""What the key of a setting begins with that is a header."""
PAGE_READER = "trafilatura"
"""The library that extracts the article from a web page."""
SHORTEST = 60.0
"""Seconds between two polls of a server that is not the operator's own."""
_FEED = "the feed"  # not a message
_PLAIN = ("every", "full_text", "lang", "user_agent", "timeout", "encoding")
"""Settings that hold a single value and no secret."""


def feeds(draft: ConfigDraft, folder: Path, environ: Mapping[str, str]) -> tuple[Feed, ...]:
    """Return the feeds of a draft; problems are added to the draft.

    References to secrets are resolved in `environ` and in files relative to `folder`.
    """
    _check_auth(draft)
    _check_spellings(draft)
    written = draft.file.feeds
    hosts = Counter(value_parsers.host(keys.url) for keys in written if not keys.name)
    credentials = Credentials(draft, folder, environ)
    feeds = tuple(_feed(draft, number, hosts, credentials) for number in range(len(written)))
    for number, earlier in repeated(value_parsers.normalized_url(feed.url) for feed in feeds):
        line = draft.line(("feeds", earlier, "url"))
        words = _("the same feed as on line {line}, spelt otherwise", line=line)
        if written[number].url == written[earlier].url:
            words = _("the same feed as on line {line}", line=line)
        draft.add_problem(("feeds", number, "url"), words)
    names = {keys.name.casefold() for keys in written if keys.name}
    own = (name if (name := feed.name.casefold()) in names else "" for feed in feeds)
    for number, earlier in repeated(own):
        line = draft.line(("feeds", earlier, "name"))
        words = _("another feed has this name, on line {line}", line=line)
        draft.add_problem(("feeds", number, "name"), words)
    _check_intervals(draft, feeds)
    _check_full_text(draft, feeds)
    return feeds


def _feed(draft: ConfigDraft, number: int, hosts: Counter[str], credentials: Credentials) -> Feed:
    keys = draft.file.feeds[number]
    host = value_parsers.host(keys.url)
    sources = settings_sources(draft.file, number)
    name = keys.name or (host if hosts[host] == 1 else value_parsers.normalized_url(keys.url))
    feed = Feed(
        url=value_parsers.without_login(keys.url),
        name=name,
        tags=tuple(dict.fromkeys((*draft.file.defaults.tags, *keys.tags))),
        every=setting_of("every", sources)[0],
        full_text=bool(setting_of("full_text", sources)[0]),
        lang=setting_of("lang", sources)[0],
        enabled=keys.enabled,
        request_options=_request_options(sources, name, credentials),
        settings=_settings(sources),
    )
    return _with_login(draft, number, feed)


def _with_login(draft: ConfigDraft, number: int, feed: Feed) -> Feed:
    """Return a feed whose login in the address became its Authorization header."""
    keys = draft.file.feeds[number]
    parts = urlsplit(keys.url)
    if not parts.username and not parts.password:
        return feed
    if keys.auth:
        draft.add_problem(("feeds", number, "auth"), _("its address holds a password already"))
    login = _basic(unquote(parts.username or ""), unquote(parts.password or ""))
    others = [pair for pair in feed.request_options.headers if pair[0] != AUTHORIZATION]
    settings = [setting for setting in feed.settings if setting.key != "auth"]
    words = _("a password written in feeds.yaml")
    return replace(
        feed,
        request_options=replace(feed.request_options, headers=(*others, (AUTHORIZATION, login))),
        settings=(*settings, Setting("auth", words, _FEED, in_file=True)),
    )


# --- settings by precedence -----------------------------------------------------------


class SettingsSource(NamedTuple):
    """A part of the file that sets something for a feed: the feed, its host, a tag, defaults."""

    keys: SettingsKeys
    loc: Loc
    """Where it is written."""
    name: str
    """`the feed`, `host journal.example`, `tag belgique` or `defaults`."""

    @property
    def auth(self) -> AuthKeys | None:
        """Its credentials."""
        return self.keys.auth if isinstance(self.keys, SecretsKeys) else None

    def subject(self, feed: str) -> str:
        """Return whose a missing secret is, in messages about a feed."""
        return feed if self.name == _FEED else source_name(self.name)


def settings_sources(file: FileKeys, number: int) -> tuple[SettingsSource, ...]:
    """Return the sources of the settings of a feed, in order of precedence."""
    feed = file.feeds[number]
    sources = [SettingsSource(feed, ("feeds", number), _FEED)]
    origin = value_parsers.origin(feed.url) if file.hosts else None
    for server, keys in file.hosts.items():
        if value_parsers.origin(server) == origin:
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
    proxy, setter = setting_of("proxy", sources)
    address = None
    if setter and proxy != value_parsers.DIRECT:
        address = credentials.at((*setter.loc, "proxy"), proxy, setter.subject(name))
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
    for header, written in source.keys.headers.items():
        if value := credentials.at((*source.loc, "headers", header), written, subject):
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
    settings = []
    for key in _PLAIN:
        value, source = setting_of(key, sources)
        if source:
            settings.append(Setting(key, _setting_text(key, value), source.name))
    proxy, source = setting_of("proxy", sources)
    if source:
        shown = value_parsers.without_login(proxy)
        has_login = shown != proxy
        if has_login:
            shown = _("{address}, its password written in feeds.yaml", address=shown)
        settings.append(Setting("proxy", shown, source.name, in_file=has_login))
    return (*settings, *_header_settings(sources))


def _header_settings(sources: Sequence[SettingsSource]) -> Iterator[Setting]:
    seen: set[str] = set()
    for source in sources:
        if source.auth and AUTHORIZATION.lower() not in seen:
            seen.add(AUTHORIZATION.lower())
            in_file = is_in_file(source.auth.bearer or source.auth.password)
            yield Setting("auth", _auth_text(source.auth), source.name, in_file=in_file)
        for header, written in source.keys.headers.items():
            if header.lower() not in seen:
                seen.add(header.lower())
                origin, in_file = describe_origin(written), is_in_file(written)
                yield Setting(f"{HEADER}{header}", origin, source.name, in_file=in_file)


def _auth_text(auth: AuthKeys) -> str:
    if auth.bearer:
        if is_in_file(auth.bearer):
            return _("a token written in feeds.yaml")
        return _("a token from {reference}", reference=auth.bearer)
    if is_in_file(auth.password):
        return _("a password written in feeds.yaml")
    return _("a password from {reference}", reference=auth.password)


def _setting_text(key: str, value: Any) -> str:
    if key in ("every", "timeout"):
        return exact(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


# --- what does not go together ----------------------------------------------------------


def _check_intervals(draft: ConfigDraft, feeds: tuple[Feed, ...]) -> None:
    """Report an interval under a minute for a server that is not the operator's own."""
    locs: dict[Loc, Feed] = {}
    for number, feed in enumerate(feeds):
        too_short = feed.every is not None and feed.every < SHORTEST
        if too_short and not value_parsers.check_internal(feed.url, draft.file.network.allow):
            source = setting_of("every", settings_sources(draft.file, number))[1]
            locs.setdefault((*(source.loc if source else ()), "every"), feed)
    for loc, feed in locs.items():
        words = _(
            "under a minute, but {host} is not an address inside `network.allow`; write 1m or more",
            host=value_parsers.host(feed.url),
        )
        draft.add_problem(loc, words)


def _check_full_text(draft: ConfigDraft, feeds: tuple[Feed, ...]) -> None:
    """Report `full_text: true` where the library that reads pages is not installed."""
    if find_spec(PAGE_READER) is not None:
        return
    wanting = [number for number, feed in enumerate(feeds) if feed.full_text]
    sources = [setting_of("full_text", settings_sources(draft.file, n))[1] for n in wanting]
    what = "`full_text: true`"  # not a message
    for loc in dict.fromkeys((*source.loc, "full_text") for source in sources if source):
        draft.add_problem(loc, str(MissingExtraError(what, PAGE_READER, "fulltext")))


def _check_auth(draft: ConfigDraft) -> None:
    """Report each `auth` that is neither a user with a password nor a token."""
    file = draft.file
    holders: list[tuple[Loc, SecretsKeys]] = [
        *((("feeds", number), keys) for number, keys in enumerate(file.feeds)),
        *((("hosts", server), keys) for server, keys in file.hosts.items()),
    ]
    for loc, keys in holders:
        if not keys.auth:
            continue
        if keys.auth.is_whole and (words := _missing_half(keys.auth)):
            draft.add_problem((*loc, "auth"), words)
        for name in keys.headers:
            if name.lower() == AUTHORIZATION.lower():
                words = _("`auth` and a header Authorization say the same; take one out")
                draft.add_problem((*loc, "headers", name), words, key=True)
                break


def _missing_half(auth: AuthKeys) -> str:
    """Return what is wrong with an `auth`; empty if nothing."""
    if auth.bearer:
        both = _("`auth` has a `bearer` or a `user`, not both")
        return both if auth.user or auth.password else ""
    lacking = [key for key in ("user", "password") if not getattr(auth, key)]
    if len(lacking) == 2:
        return _("`auth` needs a `user` and a `password`, or a `bearer`")
    return _("this `auth` has no `{key}`", key=lacking[0]) if lacking else ""


def _check_spellings(draft: ConfigDraft) -> None:
    """Report a tag or a host that is there twice in different spellings."""
    readers: tuple[tuple[str, str, Callable[[str], object]], ...] = (
        ("tags", mark("the same tag as `{name}`, spelt otherwise"), value_parsers.tag),
        ("hosts", mark("the same host as `{name}`, spelt otherwise"), value_parsers.origin),
    )
    for key, message, read in readers:
        pair = draft.tree.get(key)
        names = [
            each.key.text
            for each in (pair.value.pairs if pair and isinstance(pair.value, MappingNode) else ())
        ]
        for number, earlier in repeated(str(read(name)) for name in names):
            words = _(message, name=names[earlier])
            draft.add_problem((key, names[number]), words, key=True)
