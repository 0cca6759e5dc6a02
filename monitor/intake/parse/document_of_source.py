"""The document of a source of any kind becomes entries. Runs in `workers`."""

from __future__ import annotations

from monitor.base.errors import ParseError
from monitor.intake.parse import document, listing, mail, sitemap, web_page
from monitor.model.feed import Source, SourceKind
from monitor.model.poll import ParsedFeed

_PROLOG = 1_000
_HTML = (b"<!doctype html", b"<html")


def parse(
    source: Source, with_features: bool, body: bytes, url: str, content_type: str = ""
) -> ParsedFeed:
    """Parse a document, with the features of its first texts if `with_features`.

    Raises:
        BarrierError: Something else stands in its place.
        ParseError: It is no document of such a source.
    """
    try:
        match source.kind:
            case SourceKind.FEED:
                parsed = document.parse(body, url, content_type)
            case SourceKind.SITEMAP:
                parsed = sitemap.parse(body, url, content_type, since=source.since)
            case SourceKind.PAGE:
                parsed = listing.parse(source, body, url, content_type)
            case SourceKind.MAILBOX:
                parsed = mail.parse(body, split=source.split)
    except ParseError:
        if body[:_PROLOG].lstrip().lower().startswith(_HTML):
            root = web_page.tree(body[: web_page.PAGE_CAP], content_type)
            if root is not None:
                web_page.refuse_barrier(body, url, root)
        raise
    return document.with_features(parsed) if with_features else parsed
