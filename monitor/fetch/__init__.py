"""The HTTP client for feeds, article pages and subscription lists.

::

    Client.fetch ─▶ request ─▶ httpx.AsyncClient ─▶ FetchTransport ─▶ host_limiter
                                 ▲ redirects           │
                                 └─── response ◀───────┤
    Fetched | NotModified ◀── response                 ▼
    FetchError ◀── error_messages      body ◀── connection_pool ─▶ address_guard ─▶ network

httpx follows redirects; httpcore speaks HTTP/1.1, and to proxies. Ours is what neither limits:
which address is connected to, how often a host is asked, how long a fetch takes, how large a
body is once decompressed, and which origin sees a secret.
"""
