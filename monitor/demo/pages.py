"""The outlets' web pages: an article among everything else that surrounds one, and a front page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from string import Template

from monitor.demo.content import DemoOutlet, read_text
from monitor.demo.feed_documents import TYPES, page_url
from monitor.demo.newsroom import Dispatch

RELATED = 4
"""Links to other articles under each one."""


def article_page(
    outlet: DemoOutlet, dispatch: Dispatch, others: Sequence[Dispatch], base: str
) -> bytes:
    """Return an article's page, with links to a few of the others."""
    published = datetime.fromtimestamp(dispatch.out, UTC)
    related = [other for other in others if other.slug != dispatch.slug][:RELATED]
    return _page(
        f"article.{outlet.lang}.html",
        outlet,
        base,
        title=escape(dispatch.title),
        url=escape(page_url(outlet, dispatch, base)),
        lead=escape(dispatch.text[0]),
        author=escape(dispatch.author or outlet.name),
        iso=published.isoformat(timespec="seconds"),
        date=published.strftime("%d/%m/%Y %H:%M UTC"),
        text="\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in dispatch.text[1:]),
        related=_links(outlet, related, base),
    )


def front_page(outlet: DemoOutlet, dispatches: Sequence[Dispatch], base: str) -> bytes:
    """Return an outlet's front page, which also tells where its feed is."""
    return _page(f"front.{outlet.lang}.html", outlet, base, list=_links(outlet, dispatches, base))


def press_review(outlets: Sequence[DemoOutlet], base: str) -> bytes:
    """Return the server's own front page: every outlet."""
    links = "\n".join(
        f'<li lang="{outlet.lang}"><a href="{base}/{outlet.slug}/">{escape(outlet.name)}</a>'
        f" – {escape(outlet.about)}</li>"
        for outlet in outlets
    )
    return Template(read_text("index.html")).substitute(outlets=links).encode()


def maintenance(outlet: DemoOutlet, base: str) -> bytes:
    """Return the page that a server shows for every address while it is being repaired."""
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


def _links(outlet: DemoOutlet, dispatches: Sequence[Dispatch], base: str) -> str:
    return "\n".join(
        f'<li><a href="{escape(page_url(outlet, d, base))}">{escape(d.title)}</a></li>'
        for d in dispatches
    )
