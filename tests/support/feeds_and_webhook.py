"""Feeds with the editions that a test publishes, and a webhook that fails in every way."""

from __future__ import annotations

import enum
import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence

from msgspec import Struct, field

from support.newsroom import Item, rss
from support.scripted_server import Fault, Reply, Request


class ScriptedFeed(Struct):
    """A feed: its editions, each from a moment on, answered with an ETag or without."""

    name: str
    clock: Callable[[], float]
    has_etag: bool = True
    is_up: bool = True
    editions: list[tuple[float, tuple[Item, ...]]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Return the address of the feed."""
        return f"http://{self.name}.example/{self.name}"

    def publish(self, at: float, *items: Item) -> None:
        """Publish an edition with these items at a time of the feed's clock."""
        self.editions.append((at, items))

    def number(self) -> int:
        """Return the number of the current edition, from 0; -1 before the first."""
        return bisect_right(self.editions, self.clock(), key=lambda edition: edition[0]) - 1

    def items(self, number: int) -> tuple[Item, ...]:
        """Return the items of an edition; none before the first."""
        return self.editions[number][1] if number >= 0 else ()

    def answer(self, request: Request) -> Reply:
        """Answer a request."""
        if not self.is_up:
            return Reply(503)
        number = self.number()
        tag = f'"{number}"'
        headers = (("ETag", tag),) if self.has_etag else ()
        if self.has_etag and request.header("If-None-Match") == tag.encode():
            return Reply(304, headers)
        return Reply(200, headers, rss(*self.items(number), title=self.name, lang="fr"))


class Mood(enum.Enum):
    """How the webhook treats a message."""

    ACCEPT = "accepts"
    REFUSE = "answers 503"
    HANG = "takes it and says nothing"
    RESET = "accepts, then resets the connection"


class Accepted(Struct, frozen=True):
    """A message that a sink accepted."""

    channel: str
    key: str
    watchlist: str
    url: str
    """The address of the article; empty for an alert about a feed."""
    occasion: str


class ScriptedWebhook(Struct):
    """A webhook. Its moods follow each other, message by message, again and again."""

    moods: Sequence[Mood] = (Mood.ACCEPT,)
    accepted: list[Accepted] = field(default_factory=list)
    message_count: int = 0

    def answer(self, request: Request) -> Reply:
        """Take a message."""
        mood = self.moods[self.message_count % len(self.moods)]
        self.message_count += 1
        if mood in {Mood.ACCEPT, Mood.RESET}:
            self.accepted.append(_read(request))
        match mood:
            case Mood.ACCEPT:
                return Reply(204)
            case Mood.REFUSE:
                return Reply(503)
            case Mood.HANG:
                return Reply(fault=Fault.HANG)
            case Mood.RESET:
                return Reply(204, fault=Fault.RESET)


def keys(accepted: Sequence[Accepted]) -> dict[tuple[str, str, str, str], set[str]]:
    """Return the keys under which each alert reached each channel, by occasion."""
    message_keys: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    for reply in accepted:
        message_keys[reply.channel, reply.watchlist, reply.url, reply.occasion].add(reply.key)
    return message_keys


def _read(request: Request) -> Accepted:
    body = json.loads(request.body)
    key = (request.header("Idempotency-Key") or b"").decode()
    alert = body["alert"]
    return Accepted(body["channel"], key, alert["watchlist"], alert["url"] or "", body["occasion"])
