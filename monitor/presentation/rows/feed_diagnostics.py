"""The findings of one reading of a feed, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from msgspec.structs import asdict
from typing_extensions import TypedDict  # pydantic reads those of `typing` from Python 3.12 on

from monitor.base.article import Timestamp
from monitor.base.formatting import iso
from monitor.base.url import redact

if TYPE_CHECKING:
    from monitor.base.errors import FeedError
    from monitor.intake.discovery import DiscoveredFeed
    from monitor.model.feed import Feed

_From = TypedDict("_From", {"from": str})


class SettingRow(_From):
    """A setting of feeds.yaml that holds for a feed; `from` is who sets it."""

    value: str


class DiagnosticsRow(TypedDict):
    """The findings of one reading of a feed."""

    readable: Literal[True]
    url: str
    status: int
    """Of HTTP."""
    answered_by: str
    """The address that answered."""
    hops: list[str]
    """The redirects."""
    moved_to: str | None
    """Where permanent redirects lead."""
    seconds: float
    """How long the answer took."""
    bytes: int
    """How large it was."""
    content_type: str
    encoding: str
    """As declared."""
    is_utf8: bool
    format: str
    title: str
    link: str
    entries: int
    lang: str
    """The declared language."""
    langs: dict[str, int]
    """The languages that were found, with the number of their entries."""
    undated: int
    future: int
    oldest: str | None
    newest: str | None
    without_guid: int
    shared_guid: int
    without_link: int
    texts: str
    """`full`, `teasers`, `titles`, or empty without entries."""
    length: int
    """Characters of the median entry."""
    etag: str
    last_modified: str
    max_age: float | None
    """What the server says about caching, in seconds."""
    ttl: float | None
    interval: float
    """After how many seconds tocsin would poll it again."""
    conditional: bool
    """Whether the server answers conditional requests."""
    pages: str
    """With `full_text`: why the pages of its articles may not be read."""
    advice: list[str]
    """What to change."""
    settings: dict[str, SettingRow]
    """For each key of feeds.yaml, its value and from whom it comes."""


class UnreadableRow(TypedDict):
    """Why a feed cannot be read."""

    readable: Literal[False]
    url: str
    reason: str
    status: int | None
    """Of HTTP; null without an answer."""
    retry: float | None
    """After how many seconds tocsin would try again; null for never."""
    settings: dict[str, SettingRow]


def diagnostics_row(feed: Feed, prospect: DiscoveredFeed, now: Timestamp) -> DiagnosticsRow:
    """Return the findings of one reading: times as text, durations in seconds."""
    from monitor.intake.discovery import diagnose

    found = diagnose(prospect, now, feed)
    row: dict[str, Any] = {
        "readable": True,
        **asdict(found),
        "hops": list(found.hops),
        "advice": list(found.advice),
        "oldest": iso(found.oldest),
        "newest": iso(found.newest),
        "seconds": round(found.seconds, 3),
        "url": redact(found.url),
        "settings": _settings(feed),
    }
    return cast("DiagnosticsRow", row)


def unreadable_row(feed: Feed, error: FeedError, now: Timestamp) -> UnreadableRow:
    """Return why a feed cannot be read."""
    from monitor.intake.discovery import retry

    return {
        "readable": False,
        "url": redact(error.url),
        "reason": error.reason,
        "status": getattr(error, "status", None),
        "retry": retry(error, now, feed),
        "settings": _settings(feed),
    }


def _settings(feed: Feed) -> dict[str, SettingRow]:
    return {
        setting.key: {"value": setting.value, "from": setting.source} for setting in feed.settings
    }
