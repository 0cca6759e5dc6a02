"""The HTTP client for feeds, article pages and subscription lists.

::

    Client.fetch ─▶ host_limiter ─▶ connection_pool ─▶ proxies? ─▶ address_guard ─▶ the network
         request, redirects ▲                                                            │
                            └─ Redirect ─┐                                               │
    Fetched | NotModified ◀──────────── response ◀─ body ◀───────────────────────────────┘
    FetchError ◀─ error_messages

It speaks HTTP/1.1 through httpcore, below httpx's client: that one keeps cookies, logs
URLs with their passwords, and looks at every connection for every request.
"""
