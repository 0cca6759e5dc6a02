"""Publishers whose servers behave in different ways, and the log of their requests.

A `Paper` publishes an article every so often, whether anybody asks or not. Its manner
decides what an answer looks like; `Exchange` is one line of its server's log.
"""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formatdate
from hashlib import sha256

from msgspec import Struct, field
from msgspec.structs import replace

from support.newsroom import Item, rss
from support.scripted_server import Reply, Request

START = 1_700_000_000.0
MINUTE, HOUR = 60.0, 3_600.0


class Exchange(Struct, frozen=True):
    """A request and its answer."""

    at: float
    until: float
    """The time of the answer."""
    host: str
    request: Request
    reply: Reply
    guids: frozenset[str] = frozenset()
    """The ids of the articles in the answer."""

    @property
    def etag(self) -> bytes | None:
        return self.request.header("If-None-Match")

    @property
    def modified(self) -> bytes | None:
        return self.request.header("If-Modified-Since")


Refusal = Callable[[float, int], Reply | None]
"""Gives a failure, or None, by the hours since the start and the number of the request."""


class Paper(Struct):
    """A feed at an address, and its server's log."""

    name: str
    host: str
    interval: float = HOUR
    """Seconds between two articles."""
    length: int = 6
    """The number of articles in the feed."""
    until: float = 1e9
    """Seconds after the start at which it falls silent."""
    etag: bool = False
    modified: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    expires: float = 0.0
    """Seconds from its Date to its Expires; 0: it gives none."""
    ttl: int = 0
    """The ttl of RSS, in minutes."""
    refusal: Refusal | None = None
    same_tag: bool = False
    """Whether every body has the same ETag, and conditional requests get a body."""
    delay: float = 0.3
    zipped: bool = False
    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def path(self) -> str:
        """Return its path on the server."""
        return f"/{self.name}.xml"

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://{self.host}{self.path}"

    def edition(self, at: float) -> tuple[int, bytes]:
        """Return the number of articles published by a time, and the document."""
        count = 10 + int(min(at - START, self.until) / self.interval)
        items = [self._item(number) for number in range(count, max(0, count - self.length), -1)]
        document = rss(*items, title=self.name)
        if self.ttl:
            document = document.replace(b"</title>", b"</title><ttl>%d</ttl>" % self.ttl, 1)
        return count, document

    def guids(self, count: int) -> frozenset[str]:
        """Return the ids of the articles in the feed after this many were published."""
        return frozenset(f"{self.name}-{n}" for n in range(count, max(0, count - self.length), -1))

    def _item(self, number: int) -> Item:
        subject = "Alibaba" if number % 10 == 0 else "le port"
        return Item(
            title=f"{self.name} {number} : un rapport sur {subject}",
            text=f"{words(self.name, number)}, selon le rapport {number} de {self.name}.",
            guid=f"{self.name}-{number}",
            link=f"http://{self.host}/{self.name}/{number}",
        )

    def answer(self, request: Request) -> Reply:
        """Answer a request as this publisher does."""
        refusal = self.refusal and self.refusal((request.at - START) / HOUR, len(self.exchanges))
        count, body = self.edition(request.at)
        reply = refusal or self._feed(request, count, body)
        headers = (*reply.headers, ("Date", _date(request.at)), ("Set-Cookie", "spy=1; Path=/"))
        reply = replace(reply, headers=headers, delay=self.delay)
        ids = self.guids(count) if reply.status == 200 and not reply.fault else frozenset()
        until, host = request.at + self.delay, (request.header("Host") or b"").decode()
        self.exchanges.append(Exchange(request.at, until, host, request, reply, ids))
        return reply

    def _feed(self, request: Request, count: int, body: bytes) -> Reply:
        headers = list(self.headers)
        tag = b'"same"' if self.same_tag else b'"%d"' % count
        modified_at = START + (count - 10) * self.interval
        if self.etag or self.same_tag:
            headers.append(("ETag", tag.decode()))
        if self.modified:
            headers.append(("Last-Modified", _date(modified_at)))
        if self.expires:
            headers.append(("Expires", _date(request.at + self.expires)))
        if not self.same_tag and self._has(request, tag, _date(modified_at)):
            return Reply(304, tuple(headers))
        reply = Reply(200, tuple(headers), body)
        return reply.zipped() if self.zipped else reply

    def _has(self, request: Request, tag: bytes, modified: str) -> bool:
        """Tell whether the client has this edition already."""
        if self.etag and (sent_tag := request.header("If-None-Match")) is not None:
            return sent_tag == tag
        return self.modified and request.header("If-Modified-Since") == modified.encode()


def words(name: str, number: int) -> str:
    """Return words that no other article has, so that no article copies another."""
    digest = sha256(f"{name} {number}".encode()).hexdigest()
    return " ".join(digest[at : at + 5].translate(_LETTERS) for at in range(0, 60, 5))


_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def _date(at: float) -> str:
    return formatdate(at, usegmt=True)
