"""The shapes of feeds: what is said of one, of those with a tag, of all."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from monitor.config.schema_base import Shape
from monitor.config.value_types import (
    Agent,
    Code,
    Encoding,
    Headers,
    Hidden,
    Name,
    Proxy,
    Seconds,
    Tags,
    Timeout,
    Url,
)


class AuthShape(Shape):
    """Who asks: a user with a password, or a token."""

    model_config = ConfigDict(title="Auth")
    noun: ClassVar = "auth"
    needs: ClassVar = {"oneOf": [{"required": ["user", "password"]}, {"required": ["bearer"]}]}

    user: Hidden = Field(default="", description="Name to log in with (HTTP Basic).")
    password: Hidden = Field(
        default="",
        description="Its password, as `env:NAME` or `file:PATH`.",
        examples=["env:LE_JOURNAL_PASSWORD"],
    )
    bearer: Hidden = Field(
        default="",
        description="A token instead of both, as `env:NAME` or `file:PATH`.",
        examples=["file:~/.secrets/wire"],
    )


class SettingsShape(Shape):
    """What can be said of one feed, of all with a tag, or of all."""

    every: Seconds | None = Field(
        default=None,
        description="Time between two polls, 1m to 1d (from 1s inside `network.allow`); "
        "15m, adapted to what the feed shows, when left out.",
        examples=["15m", "1h"],
    )
    full_text: bool | None = Field(
        default=None,
        description="Fetch the page of each new article, where `robots.txt` permits it, and "
        "watch its text too.",
    )
    lang: Code = Field(
        default="",
        description="Language of the feed; found out when left out.",
        examples=["fr", "en"],
    )
    headers: Headers = Field(
        default={},
        description="Headers to send to the host of the feed and no other; a value may be "
        "`env:NAME` or `file:PATH`.",
        examples=[{"Cookie": "file:~/.secrets/cookie", "Accept-Language": "fr"}],
    )
    user_agent: Agent = Field(
        default="", description="How to introduce ourselves, instead of `tocsin/…`."
    )
    proxy: Proxy = Field(
        default="",
        description="HTTP proxy to ask through, as `http://host:3128`, `env:NAME` or "
        "`file:PATH`; `none` for none.",
        examples=["http://proxy.example:3128"],
    )
    timeout: Timeout | None = Field(
        default=None,
        description="Longest that an answer may take, 1s to 5m; 30s when left out.",
        examples=["90s"],
    )
    encoding: Encoding = Field(
        default="",
        description="Encoding of the document, whatever it declares; found out when left out.",
        examples=["windows-1252"],
    )


class AddressShape(Shape):
    """What only a feed has."""

    url: Url = Field(
        description="Address of the feed: RSS, RDF, Atom or JSON Feed.",
        examples=["https://www.lemonde.fr/rss/une.xml"],
    )
    name: Name = Field(
        default="", description="What to call it; the host of its address when left out."
    )
    tags: Tags = Field(
        default=(),
        description="Words to group feeds by; `tag:belgique` then selects them.",
        examples=[["belgique", "presse"]],
    )
    enabled: bool = Field(
        default=True, description="`false` stops polling it and keeps its articles."
    )


class ShareableShape(SettingsShape):
    """What the feeds of one publisher may share, but not all feeds: who asks."""

    auth: AuthShape | None = Field(
        default=None,
        description="Who asks, told to the host of the feed and no other.",
        examples=[{"user": "me@example.org", "password": "env:LE_JOURNAL_PASSWORD"}],
    )


class FeedShape(ShareableShape, AddressShape):
    """A feed: its address, or a mapping that says more."""

    model_config = ConfigDict(title="Feed")
    noun: ClassVar = "feed"
    short: ClassVar = "url"


class TagShape(ShareableShape):
    """What holds for every feed with a tag that does not say otherwise."""

    model_config = ConfigDict(title="Tag")
    noun: ClassVar = "tag"


class DefaultsShape(SettingsShape):
    """What holds for every feed that does not say otherwise, nor any of its tags."""

    model_config = ConfigDict(title="Defaults")
    noun: ClassVar = "defaults"

    tags: Tags = Field(default=(), description="Tags that every feed has besides its own.")
