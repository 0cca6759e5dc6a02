"""The demo web site: feeds, pages and the quirks of each outlet, and the server of them."""

from __future__ import annotations

import itertools
import logging
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import formatdate
from hashlib import blake2b
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from string import Template
from threading import Event, Thread
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct

from monitor.base.article import Timestamp
from monitor.base.formatting import iso
from monitor.base.translation import gettext as _
from monitor.demo.content import NBSP, DemoOutlet, FeedText, Format, Quirk, load, read_text
from monitor.demo.newsroom import DemoNewsroom, PublishedArticle

RELATED = 4
"""Links to other articles under each one."""
TYPES = {Format.RSS: "application/rss+xml", Format.ATOM: "application/atom+xml"}
"""Media type of each format."""
HTML = "text/html; charset=utf-8"  # not a message


class Reply(Struct, frozen=True, kw_only=True):
    """A reply of the server."""

    body: bytes
    status: int = 200
    content_type: str = HTML
    location: str = ""
    """Path of the redirect, with 301."""
    slow: bool = False

    @property
    def etag(self) -> str:
        """The strong validator of the body."""
        return f'"{blake2b(self.body, digest_size=10).hexdigest()}"'


def respond(newsroom: DemoNewsroom, path: str, now: Timestamp, number: int, base: str) -> Reply:
    """Return the reply to a GET request.

    Args:
        newsroom: The newsroom.
        path: Path of the request.
        now: The time.
        number: Number of the request, from 1.
        base: URL of the server, without a slash at its end.
    """
    outlets = newsroom.content.outlets
    if path == "/":
        return Reply(body=_press_review(tuple(outlets.values()), base))
    slug, _, page = path[1:].partition("/")
    outlet = outlets.get(slug)
    if outlet is None:
        return _error_reply(404)
    if outlet.quirk is Quirk.GONE:
        return _error_reply(410)
    if outlet.quirk is Quirk.HOPELESS:
        return Reply(body=_page("maintenance.html", outlet, base))
    articles = newsroom.published(outlet, now)
    if path == outlet.path:
        body = _feed(outlet, articles, base, f":{number}" if outlet.quirk is Quirk.REISSUES else "")
        return Reply(
            body=_malformed(body) if outlet.quirk is Quirk.BROKEN else body,
            content_type=f"{TYPES[outlet.format]}; charset={outlet.encoding}",  # not a message
            slow=outlet.quirk is Quirk.SLOW,
        )
    if path == outlet.subscribed:
        return Reply(status=301, body=b"", location=outlet.path)
    if not page:
        links = _links(outlet, articles, base)
        return Reply(body=_page(f"front.{outlet.lang}.html", outlet, base, list=links))
    article = newsroom.find(outlet, page.removesuffix(".html"), now)
    if article is None:
        return _error_reply(404)
    return Reply(body=_article_page(outlet, article, articles, base))


def _error_reply(status: int) -> Reply:
    phrase = HTTPStatus(status).phrase
    return Reply(status=status, body=f"<!doctype html><title>{status} {phrase}</title>".encode())


# --- feeds, as publishing systems write them -----------------------------------------


def _feed(outlet: DemoOutlet, articles: Sequence[PublishedArticle], base: str, issue: str) -> bytes:
    """Return the feed document; `issue` goes into the ids of the entries."""
    write = _atom if outlet.format is Format.ATOM else _rss
    changed = max((article.changed for article in articles), default=0.0)
    entries = [
        (article, _page_url(outlet, article, base), f"{_tag(outlet)}{article.slug}{issue}")
        for article in articles
    ]
    text = f'<?xml version="1.0" encoding="{outlet.encoding}"?>\n' + write(
        outlet, entries, f"{base}/{outlet.slug}/", base + outlet.path, changed
    )
    return text.encode(outlet.encoding, errors="xmlcharrefreplace")


_Entry = tuple[PublishedArticle, str, str]
"""An article, the address of its page, and its id."""


def _rss(
    outlet: DemoOutlet, entries: Sequence[_Entry], home: str, feed: str, changed: Timestamp
) -> str:
    items = "".join(
        f'<item>\n<guid isPermaLink="false">{id}</guid>\n'
        + _elements(
            title=article.title,
            link=url,
            description=_summary(outlet, article),
            dc_creator=article.author,
            content_encoded=_html(article) if outlet.shows is FeedText.BODY else "",
            pubDate=_rfc822(article.dated),
        )
        + "</item>\n"
        for article, url, id in entries
    )
    about = _elements(
        title=outlet.name,
        link=home,
        description=outlet.about,
        language=outlet.lang,
        lastBuildDate=_rfc822(changed),
    )
    return (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:atom="http://www.w3.org/2005/Atom">\n<channel>\n'
        f'<atom:link rel="self" href={quoteattr(feed)}/>\n'
        f"{about}{items}</channel>\n</rss>\n"
    )


def _atom(
    outlet: DemoOutlet, entries: Sequence[_Entry], home: str, feed: str, changed: Timestamp
) -> str:
    items = "".join(
        f'<entry>\n<link rel="alternate" href={quoteattr(url)}/>\n'
        + _elements(
            id=id,
            title=article.title,
            published=iso(article.dated),
            updated=article.dated and iso(max(article.dated, article.changed)),
            summary=_summary(outlet, article),
        )
        + (f"<author>{_elements(name=article.author)}</author>\n" if article.author else "")
        + (
            f'<content type="html">{escape(_html(article))}</content>\n'
            if outlet.shows is FeedText.BODY
            else ""
        )
        + "</entry>\n"
        for article, url, id in entries
    )
    about = _elements(
        id=_tag(outlet) + "feed", title=outlet.name, subtitle=outlet.about, updated=iso(changed)
    )
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.lang}">\n'
        f'<link rel="self" href={quoteattr(feed)}/>\n'
        f'<link rel="alternate" href={quoteattr(home)}/>\n'
        f"{about}{items}</feed>\n"
    )


def _elements(**texts: object) -> str:
    """Return an element for each text that is not empty; `dc_creator` is called `dc:creator`."""
    elements = ((name.replace("_", ":"), text) for name, text in texts.items() if text)
    return "".join(f"<{name}>{escape(str(text))}</{name}>\n" for name, text in elements)


def _tag(outlet: DemoOutlet) -> str:
    return f"tag:{outlet.slug}.example,2023:"


def _summary(outlet: DemoOutlet, article: PublishedArticle) -> str:
    """Return the first paragraph, or its first two sentences, cut so that readers click."""
    if outlet.shows is not FeedText.TEASER:
        return article.text[0]
    sentences = article.text[0].replace(". ", ".\n").split("\n")
    return " ".join(sentences[:2]).removesuffix(".") + " […]"


def _rfc822(moment: Timestamp | None) -> str:
    return "" if moment is None else formatdate(moment, usegmt=True)


def _malformed(body: bytes) -> bytes:
    """Add the mistakes of handwritten feeds: HTML entities, bare &, unclosed tags."""
    text = body.decode()
    for right, wrong in (
        (NBSP, "&nbsp;"),
        ("é", "&eacute;"),
        ("&amp;", "&"),
        ("</description>", "<br></description>"),
        ("</item>\n", ""),
        ("</channel>\n</rss>\n", ""),
    ):
        text = text.replace(right, wrong)
    return text.encode()


# --- pages ------------------------------------------------------------------------------


def _article_page(
    outlet: DemoOutlet, article: PublishedArticle, articles: Sequence[PublishedArticle], base: str
) -> bytes:
    """Return an article's page, with links to a few of the others."""
    published = datetime.fromtimestamp(article.out, UTC)
    related = [candidate for candidate in articles if candidate.slug != article.slug][:RELATED]
    return _page(
        f"article.{outlet.lang}.html",
        outlet,
        base,
        title=escape(article.title),
        url=escape(_page_url(outlet, article, base)),
        lead=escape(article.text[0]),
        author=escape(article.author or outlet.name),
        iso=published.isoformat(timespec="seconds"),
        date=published.strftime("%d/%m/%Y %H:%M UTC"),
        text=_html(article, first=1),
        related=_links(outlet, related, base),
    )


def _press_review(outlets: Sequence[DemoOutlet], base: str) -> bytes:
    """Return the front page of the server, which lists the outlets."""
    links = "\n".join(
        f'<li lang="{outlet.lang}"><a href="{base}/{outlet.slug}/">{escape(outlet.name)}</a>'
        f" – {escape(outlet.about)}</li>"
        for outlet in outlets
    )
    return Template(read_text("index.html")).substitute(outlets=links).encode()


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


def _page_url(outlet: DemoOutlet, article: PublishedArticle, base: str) -> str:
    return f"{base}/{outlet.slug}/{article.slug}.html"


def _html(article: PublishedArticle, first: int = 0) -> str:
    return "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in article.text[first:])


def _links(outlet: DemoOutlet, articles: Sequence[PublishedArticle], base: str) -> str:
    links = ((quoteattr(_page_url(outlet, item, base)), escape(item.title)) for item in articles)
    return "\n".join(f"<li><a href={url}>{title}</a></li>" for url, title in links)


PLACEHOLDER = "http://newsroom.example"
"""URL of the server in the bundled feeds.yaml."""


class NewsroomServer:
    """A web server with every outlet of the newsroom, answering between enter and exit.

    Args:
        clock: Returns seconds since 1970.
        pace: Seconds between two bulletins.
        delay: Seconds that the slow outlet takes for a reply.

    Raises:
        OSError: The server cannot listen.
    """

    def __init__(
        self, clock: Callable[[], Timestamp], *, pace: float = 4.0, delay: float = 3.0
    ) -> None:
        self.clock = clock
        self.newsroom = DemoNewsroom(load(), clock(), pace)
        self.delay = delay
        self._requests = itertools.count(1)
        self._stopped = Event()
        self._http: _HttpServer | None = None

    def __enter__(self) -> NewsroomServer:
        self._stopped.clear()
        self._http = _HttpServer(self)
        Thread(target=self._http.serve_forever, args=(0.05,), name="newsroom", daemon=True).start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._stopped.set()
        if self._http:
            self._http.shutdown()
            self._http.server_close()
            self._http = None

    @property
    def url(self) -> str:
        """The address of the running server, without a slash at its end.

        Raises:
            RuntimeError: The server is not running.
        """
        if self._http is None:
            raise RuntimeError("the demo server is not running; use `with`")  # not a message
        return f"http://127.0.0.1:{self._http.server_port}"

    def feed_url(self, slug: str) -> str:
        """Return the feed address of an outlet in the bundled feeds.yaml."""
        return self.url + self.newsroom.content.outlets[slug].subscribed

    def feeds_yaml(self) -> str:
        """Return a commented `feeds.yaml` that watches this newsroom."""
        return read_text("feeds.yaml").replace(PLACEHOLDER, self.url)

    def reply(self, path: str) -> Reply:
        """Return the reply to one request, after a pause for the slow outlet."""
        reply = respond(self.newsroom, path, self.clock(), next(self._requests), self.url)
        if reply.slow:
            self._stopped.wait(self.delay)
        return reply


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, newsroom: NewsroomServer) -> None:
        super().__init__(("127.0.0.1", 0), _RequestHandler)
        self.newsroom = newsroom

    def handle_error(self, request: object, client_address: object) -> None:
        """Log an error, unless the client closed the connection."""
        if not isinstance(sys.exception(), ConnectionError):
            logging.getLogger(__name__).exception(_("the demo server could not answer a request"))


class _RequestHandler(BaseHTTPRequestHandler):
    server_version = "newsroom"
    sys_version = ""
    timeout = 30.0
    server: _HttpServer

    def do_GET(self) -> None:
        reply = self.server.newsroom.reply(urlsplit(self.path).path)
        known_tags = {tag.strip() for tag in self.headers.get("If-None-Match", "").split(",")}
        unchanged = reply.status == 200 and reply.etag in known_tags
        self.send_response(304 if unchanged else reply.status)
        self.send_header("ETag", reply.etag)
        self.send_header("Content-Type", reply.content_type)
        if reply.location:
            self.send_header("Location", reply.location)  # not a message
        if not unchanged:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if not unchanged:
            self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing, because the terminal shows the dashboard."""
