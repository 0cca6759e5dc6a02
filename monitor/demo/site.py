"""The answer to one address of the newsroom's web server, quirks of the outlet included."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from index.article import Timestamp
from monitor.demo import pages
from monitor.demo.content import NBSP, DemoOutlet, Quirk
from monitor.demo.feed_documents import TYPES, document
from monitor.demo.newsroom import DemoNewsroom

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the server says, before HTTP makes it shorter."""

    status: int
    body: bytes
    content_type: str = HTML
    location: str = ""
    """Path to go to instead, with 301."""
    last_modified: Timestamp | None = None
    slow: bool = False

    @property
    def etag(self) -> str:
        """Return the strong validator of the body."""
        return f'"{blake2b(self.body, digest_size=10).hexdigest()}"'


@dataclass(frozen=True, slots=True)
class Request:
    """A GET of a path at a moment."""

    path: str
    at: Timestamp
    number: int
    """How many requests there were before, plus one."""
    base: str
    """URL of the server, without a slash at its end."""


def answer(newsroom: DemoNewsroom, request: Request) -> Reply:
    """Return what the newsroom's site says to a request."""
    outlets = newsroom.content.outlets
    if request.path == "/":
        return Reply(status=200, body=pages.press_review(tuple(outlets.values()), request.base))
    slug, _, page = request.path[1:].partition("/")
    outlet = outlets.get(slug)
    if outlet is None:
        return _refusal(404, "Not Found")
    if outlet.quirk is Quirk.GONE:
        return _refusal(410, "Gone")
    if outlet.quirk is Quirk.HOPELESS:
        return Reply(status=200, body=pages.maintenance(outlet, request.base))
    if request.path in (outlet.path, outlet.subscribed):
        return _feed(newsroom, outlet, request)
    return _page(newsroom, outlet, page, request)


def _feed(newsroom: DemoNewsroom, outlet: DemoOutlet, request: Request) -> Reply:
    if request.path != outlet.path:
        return Reply(status=301, body=b"", location=outlet.path)
    dispatches = newsroom.dispatches(outlet, request.at)
    issue = f":{request.number}" if outlet.quirk is Quirk.REISSUES else ""
    body = document(outlet, dispatches, request.base, issue)
    return Reply(
        status=200,
        body=_spoiled(body) if outlet.quirk is Quirk.BROKEN else body,
        content_type=f"{TYPES[outlet.format]}; charset={outlet.encoding}",
        last_modified=max((d.changed for d in dispatches), default=newsroom.opened),
        slow=outlet.quirk is Quirk.SLOW,
    )


def _page(newsroom: DemoNewsroom, outlet: DemoOutlet, page: str, request: Request) -> Reply:
    others = newsroom.dispatches(outlet, request.at)
    if not page:
        return Reply(status=200, body=pages.front_page(outlet, others, request.base))
    dispatch = newsroom.find(outlet, page.removesuffix(".html"), request.at)
    if dispatch is None:
        return _refusal(404, "Not Found")
    return Reply(status=200, body=pages.article_page(outlet, dispatch, others, request.base))


def _spoiled(body: bytes) -> bytes:
    """Make the mistakes of home-made feeds: HTML entities, bare &, tags that are never closed."""
    text = body.decode()
    for right, wrong in (
        (NBSP, "&nbsp;"),
        ("é", "&eacute;"),
        ("&amp;", "&"),
        ("</description>", "<br></description>"),
        ("  </item>\n", ""),
        ("</channel>\n</rss>\n", ""),
    ):
        text = text.replace(right, wrong)
    return text.encode()


def _refusal(status: int, words: str) -> Reply:
    return Reply(status=status, body=f"<!doctype html><title>{status} {words}</title>".encode())
