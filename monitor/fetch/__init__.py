"""Fetching: one client for feeds, article pages and subscription lists.

::

    Client.fetch ─▶ lanes (whose turn) ─▶ connections ─▶ proxies? ─▶ guard ─▶ the network
         question, way ▲                                                          │
                       └─ Redirect ─┐                                             │
    Fetched | NotModified ◀──────── answer ◀─ headers, body ◀─────────────────────┘
    FetchError ◀─ reasons

It speaks HTTP/1.1 through httpcore, below httpx's client: that one keeps cookies, logs
URLs with their passwords, and looks at every connection for every request.
"""

from monitor.fetch.address import redact, site
from monitor.fetch.client import CAP, FEED, PAGE, Client

__all__ = ["CAP", "FEED", "PAGE", "Client", "redact", "site"]
