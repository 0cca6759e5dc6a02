"""A letter to a publisher who does not show us a feed or its pages."""

from __future__ import annotations

from monitor.base.translation import gettext as _
from monitor.base.url import redact
from monitor.config import addresses
from monitor.model.feed import Feed


def letter(feed: Feed, trouble: str, user_agent: str) -> str:
    """Return a letter ready to send, in the language in use.

    Args:
        feed: The feed that is not read.
        trouble: What stands in its place, in words; empty if that is not known.
        user_agent: The header by which the publisher finds our requests in the log.
    """
    host = addresses.host(feed.url)
    paragraphs = [
        _("To: webmaster@{host}", host=host),
        _("Subject: our news reader cannot read {address}", address=redact(feed.url)),
        _("Dear colleagues,"),
        _(
            "We follow your publication with tocsin, a news reader for journalists and analysts."
            " It reads {address} and keeps articles for our own work; it republishes nothing.",
            address=redact(feed.url),
        ),
        _("Lately it gets this answer: {trouble}.", trouble=trouble)
        if trouble
        else _("Lately it no longer gets the document."),
        _(
            "It names itself “{agent}”, asks one address at a time with pauses, repeats only what"
            " changed (ETag, Last-Modified), and obeys robots.txt. It does not get round"
            " protections, so we would be glad if you let it through, or told us which address"
            " to read instead: a feed, a news sitemap or a newsletter.",
            agent=user_agent,
        ),
        _("With thanks, and kind regards"),
    ]
    return "\n\n".join(paragraphs)
