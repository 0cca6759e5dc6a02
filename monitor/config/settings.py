"""What holds for a feed: what it says itself, else what its tags say, else the defaults.

Tags count in the order in which the feed lists them.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from monitor.config import fields, manners
from monitor.config.credentials import Credentials, in_words
from monitor.config.feed_shapes import AuthShape, SettingsShape, ShareableShape
from monitor.config.marks import Loc
from monitor.config.schema import FileShape
from monitor.durations import exact
from monitor.model import RequestOptions, Secret, Setting

AUTHORIZATION = "Authorization"
_PLAIN = ("every", "full_text", "lang", "user_agent", "timeout", "encoding")
"""Settings of a single value that is no secret."""


class Speaker(NamedTuple):
    """Who says something of a feed."""

    shape: SettingsShape
    loc: Loc
    """Where it is written."""
    whence: str
    """In words."""


def speakers(shape: FileShape, number: int) -> tuple[Speaker, ...]:
    """Return who says something of a feed, the one that counts most first."""
    feed = shape.feeds[number]
    found = [Speaker(feed, ("feeds", number), "the feed")]
    for tag in dict.fromkeys((*feed.tags, *shape.defaults.tags)):
        if tag in shape.tags:
            found.append(Speaker(shape.tags[tag], ("tags", tag), f"tag {tag}"))
    return (*found, Speaker(shape.defaults, ("defaults",), "defaults"))


def said(key: str, by: Sequence[Speaker]) -> tuple[Any, Speaker | None]:
    """Return what holds for a key, and who says it; what is left out when nobody does."""
    for speaker in by:
        value = getattr(speaker.shape, key)
        if value not in (None, ""):
            return value, speaker
    return getattr(by[-1].shape, key), None


def request_options(by: Sequence[Speaker], name: str, credentials: Credentials) -> RequestOptions:
    """Return how a feed is asked, noting what it names and is not there."""
    headers: dict[str, tuple[str, Secret]] = {}
    for speaker in reversed(by):
        whose = name if speaker is by[0] else speaker.whence
        for header, value in _headers(speaker, whose, credentials):
            headers[header.lower()] = header, value
    return RequestOptions(
        headers=tuple(headers.values()),
        user_agent=said("user_agent", by)[0],
        proxy=_proxy(by, name, credentials),
        timeout=said("timeout", by)[0],
        encoding=said("encoding", by)[0],
    )


def _proxy(by: Sequence[Speaker], name: str, credentials: Credentials) -> Secret | None:
    written, speaker = said("proxy", by)
    if speaker is None or written == manners.DIRECT:
        return None
    whose = name if speaker is by[0] else speaker.whence
    return credentials.at((*speaker.loc, "proxy"), written, whose)


def login(address: str) -> Secret | None:
    """Return what the user and the password in an address ask to be sent; None without."""
    parts = urlsplit(address)
    if not parts.username and not parts.password:
        return None
    return _basic(unquote(parts.username or ""), unquote(parts.password or ""))


def _headers(
    speaker: Speaker, whose: str, credentials: Credentials
) -> Iterator[tuple[str, Secret]]:
    """Yield what one speaker wants to be sent; what is not had is noted and left out."""
    for header, written in speaker.shape.headers.items():
        if value := credentials.at((*speaker.loc, "headers", header), written, whose):
            yield header, value
    if not isinstance(speaker.shape, ShareableShape) or not (auth := speaker.shape.auth):
        return
    place = (*speaker.loc, "auth")
    if auth.bearer:
        if token := credentials.at((*place, "bearer"), auth.bearer, whose):
            yield AUTHORIZATION, Secret(f"Bearer {token.text}")
        return
    user = credentials.at((*place, "user"), auth.user, whose)
    password = credentials.at((*place, "password"), auth.password, whose)
    if user and password:
        yield AUTHORIZATION, _basic(user.text, password.text)


def _basic(user: str, password: str) -> Secret:
    return Secret(f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}")


# --- in words ----------------------------------------------------------------------


def told(by: Sequence[Speaker]) -> tuple[Setting, ...]:
    """Return what holds for a feed because somebody says so; no secret is in it."""
    found = []
    for key in _PLAIN:
        value, speaker = said(key, by)
        if speaker:
            found.append(Setting(key, _words(key, value), speaker.whence))
    proxy, speaker = said("proxy", by)
    if speaker:
        shown = fields.without_login(proxy)
        if shown != proxy:
            shown += ", its password written in feeds.yaml"
        found.append(Setting("proxy", shown, speaker.whence))
    return (*found, *_told_of_headers(by))


def _told_of_headers(by: Sequence[Speaker]) -> Iterator[Setting]:
    seen: set[str] = set()
    for speaker in by:
        auth = speaker.shape.auth if isinstance(speaker.shape, ShareableShape) else None
        if auth and AUTHORIZATION.lower() not in seen:
            seen.add(AUTHORIZATION.lower())
            yield Setting("auth", _auth_words(auth), speaker.whence)
        for header, written in speaker.shape.headers.items():
            if header.lower() not in seen:
                seen.add(header.lower())
                yield Setting(f"header {header}", in_words(written), speaker.whence)


def _auth_words(auth: AuthShape) -> str:
    if auth.bearer:
        return f"a token {in_words(auth.bearer)}"
    return f"a password {in_words(auth.password)}"


def _words(key: str, value: Any) -> str:
    if key in ("every", "timeout"):
        return exact(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
