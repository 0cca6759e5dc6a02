"""The demo web site: the reply to one request, with its pages and the quirks of each outlet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from html import escape
from http import HTTPStatus
from string import Template

from msgspec import Struct

from monitor.base.article import Timestamp
from monitor.demo.content import NBSP, DemoOutlet, Quirk, read_text
from monitor.demo.feed_documents import TYPES, document, page_url
from monitor.demo.newsroom import DemoNewsroom, PublishedArticle

RELATED = 4
"""Links to other articles under each one."""


def article_page(
    outlet: DemoOutlet, article: PublishedArticle, others: Sequence[PublishedArticle], base: str
) -> bytes:
    """Return an article's page, with links to a few of the others."""
    published = datetime.fromtimestamp(article.out, UTC)
    related = [other for other in others if other.slug != article.slug][:RELATED]
    return _page(
        f"article.{outlet.lang}.html",
        outlet,
        base,
        title=escape(article.title),
        url=escape(page_url(outlet, article, base)),
        lead=escape(article.text[0]),
        author=escape(article.author or outlet.name),
        iso=published.isoformat(timespec="seconds"),
        date=published.strftime("%d/%m/%Y %H:%M UTC"),
        text="\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in article.text[1:]),
        related=_links(outlet, related, base),
    )


def front_page(outlet: DemoOutlet, articles: Sequence[PublishedArticle], base: str) -> bytes:
    """Return an outlet's front page, with a link to its feed."""
    return _page(f"front.{outlet.lang}.html", outlet, base, list=_links(outlet, articles, base))


def press_review(outlets: Sequence[DemoOutlet], base: str) -> bytes:
    """Return the front page of the server, which lists the outlets."""
    links = "\n".join(
        f'<li lang="{outlet.lang}"><a href="{base}/{outlet.slug}/">{escape(outlet.name)}</a>'
        f" – {escape(outlet.about)}</li>"
        for outlet in outlets
    )
    return Template(read_text("index.html")).substitute(outlets=links).encode()


def maintenance(outlet: DemoOutlet, base: str) -> bytes:
    """Return the page of a server that is under maintenance."""
    return _page("maintenance.html", outlet, base)


def _page(template: str, outlet: DemoOutlet, base: str, **fillings: str) -> bytes:
    page = Template(read_text(template)).substitute(
        outlet=escape(outlet.name),
        about=escape(outlet.about),
        home=f"{base}/{outlet.slug}/",
        feed=base + outlet.path,
        feed_type=TYPES[outlet.format],
        **fillings,
    )
    return page.encode()


def _links(outlet: DemoOutlet, articles: Sequence[PublishedArticle], base: str) -> str:
    return "\n".join(
        f'<li><a href="{escape(page_url(outlet, d, base))}">{escape(d.title)}</a></li>'
        for d in articles
    )


HTML = "text/html; charset=utf-8"  # not a message


class Reply(Struct, frozen=True, kw_only=True):
    """A reply of the server, before validators and compression."""

    status: int
    body: bytes
    content_type: str = HTML
    location: str = ""
    """Path of the redirect, with 301."""
    last_modified: Timestamp | None = None
    slow: bool = False

    @property
    def etag(self) -> str:
        """Return the strong validator of the body."""
        return f'"{blake2b(self.body, digest_size=10).hexdigest()}"'


class Request(Struct, frozen=True):
    """A GET request for a path at a given time."""

    path: str
    at: Timestamp
    number: int
    """Number of the request, from 1."""
    base: str
    """URL of the server, without a slash at its end."""


def respond(newsroom: DemoNewsroom, request: Request) -> Reply:
    """Return the reply to a request."""
    outlets = newsroom.content.outlets
    if request.path == "/":
        return Reply(status=200, body=press_review(tuple(outlets.values()), request.base))
    slug, _, page = request.path[1:].partition("/")
    outlet = outlets.get(slug)
    if outlet is None:
        return _error_reply(404)
    if outlet.quirk is Quirk.GONE:
        return _error_reply(410)
    if outlet.quirk is Quirk.HOPELESS:
        return Reply(status=200, body=maintenance(outlet, request.base))
    if request.path in (outlet.path, outlet.subscribed):
        return _feed_reply(newsroom, outlet, request)
    return _page_reply(newsroom, outlet, page, request)


def _feed_reply(newsroom: DemoNewsroom, outlet: DemoOutlet, request: Request) -> Reply:
    if request.path != outlet.path:
        return Reply(status=301, body=b"", location=outlet.path)
    articles = newsroom.published(outlet, request.at)
    issue = f":{request.number}" if outlet.quirk is Quirk.REISSUES else ""
    body = document(outlet, articles, request.base, issue)
    return Reply(
        status=200,
        body=_malformed(body) if outlet.quirk is Quirk.BROKEN else body,
        content_type=f"{TYPES[outlet.format]}; charset={outlet.encoding}",  # not a message
        last_modified=max((d.changed for d in articles), default=newsroom.opened),
        slow=outlet.quirk is Quirk.SLOW,
    )


def _page_reply(newsroom: DemoNewsroom, outlet: DemoOutlet, page: str, request: Request) -> Reply:
    others = newsroom.published(outlet, request.at)
    if not page:
        return Reply(status=200, body=front_page(outlet, others, request.base))
    article = newsroom.find(outlet, page.removesuffix(".html"), request.at)
    if article is None:
        return _error_reply(404)
    return Reply(status=200, body=article_page(outlet, article, others, request.base))


def _malformed(body: bytes) -> bytes:
    """Add the mistakes of handwritten feeds: HTML entities, bare &, unclosed tags."""
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


def _error_reply(status: int) -> Reply:
    words = HTTPStatus(status).phrase
    return Reply(status=status, body=f"<!doctype html><title>{status} {words}</title>".encode())
