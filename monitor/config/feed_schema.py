"""The schema of feeds: settings of one feed, of a tag, of all feeds."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from monitor.config.value_parsers import HARMLESS
from monitor.config.value_types import (
    Agent,
    Code,
    Encoding,
    Headers,
    Hidden,
    Name,
    Proxy,
    Seconds,
    Shape,
    SharedHeaders,
    Tags,
    Timeout,
    Url,
)


class AuthShape(Shape):
    """Credentials: a user with a password, or a token."""

    model_config = ConfigDict(title="Auth")
    noun: ClassVar = "auth"
    needs: ClassVar = {"oneOf": [{"required": ["user", "password"]}, {"required": ["bearer"]}]}

    user: Hidden = Field(default="", description="User name (HTTP Basic).")
    password: Hidden = Field(
        default="",
        description="Password of the user, as `env:NAME` or `file:PATH`.",
        examples=["env:LE_JOURNAL_PASSWORD"],
    )
    bearer: Hidden = Field(
        default="",
        description="A token, instead of user and password, as `env:NAME` or `file:PATH`.",
        examples=["file:~/.secrets/wire"],
    )


class SettingsShape(Shape):
    """Settings of one feed, of a host, of all feeds with a tag, or of all feeds."""

    every: Seconds | None = Field(
        default=None,
        description="Time between two polls, from 1m to 1d (from 1s in the networks "
        "under `network.allow`). Without it, 15m, or less for a feed that"
        " moves fast.",
        examples=["15m", "1h"],
    )
    full_text: bool | None = Field(
        default=None,
        description="Also read the page of each new article, if `robots.txt` allows "
        "it, and match its text. Needs the extra `fulltext`.",
    )
    lang: Code = Field(
        default="",
        description="Language of the feed. Without it, the language of each article is detected.",
        examples=["fr", "en"],
    )
    user_agent: Agent = Field(
        default="", description="The header `User-Agent`, instead of `tocsin/…`."
    )
    proxy: Proxy = Field(
        default="",
        description="HTTP proxy, as `http://host:3128`, `env:NAME` or `file:PATH`. "
        "`none` means no proxy.",
        examples=["http://proxy.example:3128"],
    )
    timeout: Timeout | None = Field(
        default=None,
        description="How long an answer may take, from 1s to 5m. Without it, 30s.",
        examples=["90s"],
    )
    encoding: Encoding = Field(
        default="",
        description="Encoding of the document, whatever it declares. Without it, the "
        "encoding is detected.",
        examples=["windows-1252"],
    )


class AddressShape(Shape):
    """Keys that only a feed has."""

    url: Url = Field(
        description="Address of the feed: RSS, RDF, Atom or JSON Feed.",
        examples=["https://www.lemonde.fr/rss/une.xml"],
    )
    name: Name = Field(
        default="", description="Name of the feed. Without it, the host of its address."
    )
    tags: Tags = Field(
        default=(),
        description="Words that group feeds. `tag:belgique` selects all feeds with this tag.",
        examples=[["belgique", "presse"]],
    )
    enabled: bool = Field(
        default=True, description="`false` pauses the feed. Its articles are kept."
    )


class SecretsShape(SettingsShape):
    """Settings with secrets, which are known to be sent to one host only."""

    headers: Headers = Field(
        default_factory=dict,
        description="Headers of the request. They are sent to the host of the feed "
        "only. A value may be `env:NAME` or `file:PATH`.",
        examples=[{"Cookie": "file:~/.secrets/cookie", "Accept-Language": "fr"}],
    )
    auth: AuthShape | None = Field(
        default=None,
        description="Credentials. They are sent to the host of the feed only.",
        examples=[{"user": "me@example.org", "password": "env:LE_JOURNAL_PASSWORD"}],
    )


class SharedShape(SettingsShape):
    """Settings of feeds of any host: no secret is among them."""

    headers: SharedHeaders = Field(
        default_factory=dict,
        description="Headers of the request that hold no secret: "
        + ", ".join(f"`{name.title()}`" for name in HARMLESS)
        + ".",
        examples=[{"Accept-Language": "fr"}],
    )


class FeedShape(SecretsShape, AddressShape):
    """A feed: its address alone, or a mapping."""

    model_config = ConfigDict(title="Feed")
    noun: ClassVar = "feed"
    short: ClassVar = "url"


class HostShape(SecretsShape):
    """Settings of all feeds of a host. Those of the feed have precedence."""

    model_config = ConfigDict(title="Host")
    noun: ClassVar = "host"


class TagShape(SharedShape):
    """Settings of all feeds with a tag. Those of the feed and of its host have precedence."""

    model_config = ConfigDict(title="Tag")
    noun: ClassVar = "tag"


class DefaultsShape(SharedShape):
    """Settings of all feeds. Settings of the feed, its host and its tags have precedence."""

    model_config = ConfigDict(title="Defaults")
    noun: ClassVar = "defaults"

    tags: Tags = Field(default=(), description="Tags that every feed has in addition to its own.")
