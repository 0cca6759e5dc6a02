"""Feeds, from their schema: settings by precedence, names, and duplicates."""

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
from monitor.config.feed_schema import AuthShape, SecretsShape, SharedShape
from monitor.config.schema import FileShape
from monitor.config.validation import ConfigDraft
from monitor.config.yaml_nodes import Loc, MappingNode, find
from monitor.model.feed import Feed, RequestOptions, Secret, Setting
from monitor.model.shown_names import source_name

AUTHORIZATION = "Authorization"  # not a message
HEADER = "header "
"""What the key of a setting begins with that is a header."""
_FEED = "the feed"  # not a message
_PLAIN = ("every", "full_text", "lang", "user_agent", "timeout", "encoding")
"""Settings that hold a single value and no secret."""


class SettingsSource(NamedTuple):
    """A part of the file that sets something for a feed: the feed, its host, a tag, defaults."""

    shape: SecretsShape | SharedShape
    loc: Loc
    """Where it is written."""
    name: str
    """`the feed`, `host journal.example`, `tag belgique` or `defaults`."""


def settings_sources(shape: FileShape, number: int) -> tuple[SettingsSource, ...]:
    """Return the sources of the settings of a feed, in order of precedence."""
    feed = shape.feeds[number]
    sources = [SettingsSource(feed, ("feeds", number), _FEED)]
    origin = value_parsers.origin(feed.url) if shape.hosts else None
    for server, of_host in shape.hosts.items():
        if value_parsers.origin(server) == origin:
            sources.append(
                SettingsSource(of_host, ("hosts", server), f"host {server}")  # not a message
            )  # not a message
    for tag in dict.fromkeys((*feed.tags, *shape.defaults.tags)):
        if tag in shape.tags:
            sources.append(
                SettingsSource(shape.tags[tag], ("tags", tag), f"tag {tag}")  # not a message
            )  # not a message
    return (*sources, SettingsSource(shape.defaults, ("defaults",), "defaults"))


def setting_of(key: str, by: Sequence[SettingsSource]) -> tuple[Any, SettingsSource | None]:
    """Return the value of a setting and its source; the default and None if nothing sets it."""
    for speaker in by:
        value = getattr(speaker.shape, key)
        if value not in (None, ""):
            return value, speaker
    return getattr(by[-1].shape, key), None


def request_options(
    by: Sequence[SettingsSource], name: str, credentials: Credentials
) -> RequestOptions:
    """Return the request options of a feed; missing secrets are added to the draft as problems."""
    headers: dict[str, tuple[str, Secret]] = {}
    for speaker in reversed(by):
        whose = name if speaker is by[0] else source_name(speaker.name)
        for header, value in _headers(speaker, whose, credentials):
            headers[header.lower()] = header, value
    return RequestOptions(
        headers=tuple(headers.values()),
        user_agent=setting_of("user_agent", by)[0],
        proxy=_proxy(by, name, credentials),
        timeout=setting_of("timeout", by)[0],
        encoding=setting_of("encoding", by)[0],
    )


def _proxy(by: Sequence[SettingsSource], name: str, credentials: Credentials) -> Secret | None:
    written, speaker = setting_of("proxy", by)
    if speaker is None or written == value_parsers.DIRECT:
        return None
    whose = name if speaker is by[0] else source_name(speaker.name)
    return credentials.at((*speaker.loc, "proxy"), written, whose)


def login_of(address: str) -> Secret | None:
    """Return the Authorization header of the login in an address; None without a login."""
    parts = urlsplit(address)
    if not parts.username and not parts.password:
        return None
    return _basic(unquote(parts.username or ""), unquote(parts.password or ""))


def _headers(
    speaker: SettingsSource, whose: str, credentials: Credentials
) -> Iterator[tuple[str, Secret]]:
    """Yield the headers that one source sets; missing secrets are reported and left out."""
    for header, written in speaker.shape.headers.items():
        if value := credentials.at((*speaker.loc, "headers", header), written, whose):
            yield header, value
    if not isinstance(speaker.shape, SecretsShape) or not (auth := speaker.shape.auth):
        return
    place = (*speaker.loc, "auth")
    if auth.bearer:
        if token := credentials.at((*place, "bearer"), auth.bearer, whose):
            yield AUTHORIZATION, Secret(f"Bearer {token.text}")  # not a message
        return
    user = credentials.at((*place, "user"), auth.user, whose)
    password = credentials.at((*place, "password"), auth.password, whose)
    if user and password:
        yield AUTHORIZATION, _basic(user.text, password.text)


def _basic(user: str, password: str) -> Secret:
    return Secret(f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}")  # not a message


# --- in words ----------------------------------------------------------------------


def feed_settings(by: Sequence[SettingsSource]) -> tuple[Setting, ...]:
    """Return the settings that are written for a feed, without secrets."""
    settings = []
    for key in _PLAIN:
        value, speaker = setting_of(key, by)
        if speaker:
            settings.append(Setting(key, _words(key, value), speaker.name))
    proxy, speaker = setting_of("proxy", by)
    if speaker:
        shown = value_parsers.without_login(proxy)
        if shown != proxy:
            words = _("{address}, its password written in feeds.yaml", address=shown)
            settings.append(Setting("proxy", words, speaker.name, in_file=True))
        else:
            settings.append(Setting("proxy", shown, speaker.name))
    return (*settings, *_header_settings(by))


def _header_settings(by: Sequence[SettingsSource]) -> Iterator[Setting]:
    seen: set[str] = set()
    for speaker in by:
        auth = speaker.shape.auth if isinstance(speaker.shape, SecretsShape) else None
        if auth and AUTHORIZATION.lower() not in seen:
            seen.add(AUTHORIZATION.lower())
            in_file = is_in_file(auth.bearer or auth.password)
            yield Setting("auth", _auth_words(auth), speaker.name, in_file=in_file)
        for header, written in speaker.shape.headers.items():
            if header.lower() not in seen:
                seen.add(header.lower())
                yield Setting(
                    f"{HEADER}{header}", describe_origin(written), speaker.name,
                    in_file=is_in_file(written),
                )  # fmt: skip


def _auth_words(auth: AuthShape) -> str:
    if auth.bearer:
        if is_in_file(auth.bearer):
            return _("a token written in feeds.yaml")
        return _("a token from {reference}", reference=auth.bearer)
    if is_in_file(auth.password):
        return _("a password written in feeds.yaml")
    return _("a password from {reference}", reference=auth.password)


def _words(key: str, value: Any) -> str:
    if key in ("every", "timeout"):
        return exact(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


PAGE_READER = "trafilatura"
"""The library that extracts the article from a web page."""
SHORTEST = 60.0
"""Seconds between two polls of a server that is not the operator's own."""


def feeds(draft: ConfigDraft, folder: Path, environ: Mapping[str, str]) -> tuple[Feed, ...]:
    """Return the feeds of a draft; problems are added to the draft.

    References to secrets are resolved in `environ` and in files relative to `folder`.
    """
    _validate_auth(draft)
    _validate_spellings(draft)
    feeds = _feeds(draft, Credentials(draft, folder, environ))
    _validate_unique(
        draft, "url", [value_parsers.normalized_url(feed.url) for feed in feeds], _same_url
    )
    written_names = {shape.name.casefold() for shape in draft.shape.feeds if shape.name}
    names = [name if (name := feed.name.casefold()) in written_names else "" for feed in feeds]
    _validate_unique(draft, "name", names, _same_name)
    _validate_interval(draft, feeds)
    _validate_full_text(draft, feeds)
    return feeds


def _feeds(draft: ConfigDraft, credentials: Credentials) -> tuple[Feed, ...]:
    shapes = draft.shape.feeds
    hosts = Counter(value_parsers.host(shape.url) for shape in shapes if not shape.name)
    return tuple(_feed(draft, number, hosts, credentials) for number in range(len(shapes)))


def _feed(draft: ConfigDraft, number: int, hosts: Counter[str], credentials: Credentials) -> Feed:
    shape = draft.shape.feeds[number]
    host = value_parsers.host(shape.url)
    by = settings_sources(draft.shape, number)
    name = shape.name or (host if hosts[host] == 1 else value_parsers.normalized_url(shape.url))
    feed = Feed(
        url=value_parsers.without_login(shape.url),
        name=name,
        tags=tuple(dict.fromkeys((*draft.shape.defaults.tags, *shape.tags))),
        every=setting_of("every", by)[0],
        full_text=bool(setting_of("full_text", by)[0]),
        lang=setting_of("lang", by)[0],
        enabled=shape.enabled,
        request_options=request_options(by, name, credentials),
        settings=feed_settings(by),
    )
    return _with_login(draft, number, feed)


def _with_login(draft: ConfigDraft, number: int, feed: Feed) -> Feed:
    """Return a feed whose login in the address became its Authorization header."""
    shape = draft.shape.feeds[number]
    login = login_of(shape.url)
    if login is None:
        return feed
    if shape.auth:
        draft.add_problem(("feeds", number, "auth"), _("its address holds a password already"))
    others = [pair for pair in feed.request_options.headers if pair[0] != AUTHORIZATION]
    settings = [setting for setting in feed.settings if setting.key != "auth"]
    words = _("a password written in feeds.yaml")
    return replace(
        feed,
        request_options=replace(feed.request_options, headers=(*others, (AUTHORIZATION, login))),
        settings=(*settings, Setting("auth", words, _FEED, in_file=True)),
    )


def _validate_unique(
    draft: ConfigDraft, key: str, marks: list[str], words: Callable[[ConfigDraft, Loc, Loc], str]
) -> None:
    """Report each feed whose mark an earlier one has; empty marks are not compared."""
    first: dict[str, int] = {}
    for number, own in enumerate(marks):
        if own and (earlier := first.setdefault(own, number)) != number:
            here: Loc = ("feeds", number, key)
            draft.add_problem(here, words(draft, here, ("feeds", earlier, key)))


def _same_url(draft: ConfigDraft, here: Loc, there: Loc) -> str:
    written = [draft.shape.feeds[int(loc[1])].url for loc in (here, there)]
    line = draft.line(there)
    if written[0] == written[1]:
        return _("the same feed as on line {line}", line=line)
    return _("the same feed as on line {line}, spelt otherwise", line=line)


def _same_name(draft: ConfigDraft, here: Loc, there: Loc) -> str:
    return _("another feed has this name, on line {line}", line=draft.line(there))


def _validate_interval(draft: ConfigDraft, feeds: tuple[Feed, ...]) -> None:
    """Report an interval under a minute for a server that is not the operator's own."""
    accused: set[Loc] = set()
    for number, feed in enumerate(feeds):
        hasty = feed.every is not None and feed.every < SHORTEST
        if hasty and not value_parsers.check_internal(feed.url, draft.shape.network.allow):
            by = setting_of("every", settings_sources(draft.shape, number))[1]
            loc: Loc = (*(by.loc if by else ()), "every")
            if loc not in accused:
                accused.add(loc)
                draft.add_problem(loc, _too_frequent(feed))


def _validate_full_text(draft: ConfigDraft, feeds: tuple[Feed, ...]) -> None:
    """Report `full_text: true` where the library that reads pages is not installed."""
    if find_spec(PAGE_READER) is not None:
        return
    wanting = [number for number, feed in enumerate(feeds) if feed.full_text]
    sources = [setting_of("full_text", settings_sources(draft.shape, n))[1] for n in wanting]
    what = "`full_text: true`"  # not a message
    for loc in dict.fromkeys((*by.loc, "full_text") for by in sources if by):
        draft.add_problem(loc, str(MissingExtraError(what, PAGE_READER, "fulltext")))


def _too_frequent(feed: Feed) -> str:
    host = value_parsers.host(feed.url)
    return _(
        "under a minute, but {host} is not an address inside `network.allow`; write 1m or more",
        host=host,
    )


def _validate_auth(draft: ConfigDraft) -> None:
    """Report each `auth` that is neither a user with a password nor a token."""
    shapes: list[tuple[Loc, SecretsShape]] = [
        *((("feeds", number), shape) for number, shape in enumerate(draft.shape.feeds)),
        *((("hosts", server), shape) for server, shape in draft.shape.hosts.items()),
    ]
    for loc, shape in shapes:
        if not shape.auth:
            continue
        place = (*loc, "auth")
        whole = find(draft.written, place) == find(draft.tree, place)
        if whole and (words := _missing_half(shape.auth)):
            draft.add_problem(place, words)
        doubled = [name for name in shape.headers if name.lower() == "authorization"]
        if doubled:
            words = _("`auth` and a header Authorization say the same; take one out")
            draft.add_problem((*loc, "headers", doubled[0]), words, key=True)


def _validate_spellings(draft: ConfigDraft) -> None:
    """Report a tag or a host that is there twice in different spellings."""
    readers: tuple[tuple[str, str, Callable[[str], object]], ...] = (
        ("tags", mark("the same tag as `{name}`, spelt otherwise"), value_parsers.tag),
        ("hosts", mark("the same host as `{name}`, spelt otherwise"), value_parsers.origin),
    )
    for key, message, read in readers:
        written = draft.tree.get(key)
        first: dict[object, str] = {}
        pairs = written.value.pairs if written and isinstance(written.value, MappingNode) else ()
        for pair in pairs:
            text = pair.key.text
            if (earlier := first.setdefault(read(text), text)) != text:
                draft.add_problem((key, text), _(message, name=earlier), key=True)


def _missing_half(auth: AuthShape) -> str:
    """Return what is wrong with an `auth`; empty if nothing."""
    if auth.bearer:
        both = _("`auth` has a `bearer` or a `user`, not both")
        return both if auth.user or auth.password else ""
    lacking = [key for key in ("user", "password") if not getattr(auth, key)]
    if len(lacking) == 2:
        return _("`auth` needs a `user` and a `password`, or a `bearer`")
    return _("this `auth` has no `{key}`", key=lacking[0]) if lacking else ""
