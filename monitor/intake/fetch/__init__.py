"""The HTTP client for feeds, article pages and subscription lists.

::

    Client.fetch ─▶ host_limiter ─▶ request ─▶ httpx.AsyncClient ─▶ PooledTransport
                        ▲ redirects                                      │
                        └──────────────────────── response ◀─────────────┤
    Fetched | NotModified ◀── response                                   ▼
    FetchError ◀── error_messages     network ◀── address_guard ◀── connection_pool ─▶ body

httpx says where redirects lead; httpcore speaks HTTP/1.1, and to proxies. Ours is what neither
limits: which address is connected to, how often a host is asked, how long a fetch takes, how large
a body is once decompressed, and which origin sees a secret.
"""
