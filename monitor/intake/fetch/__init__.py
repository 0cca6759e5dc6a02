"""The HTTP client for feeds, article pages and subscription lists; new mails come by IMAP.

::

    Client.fetch ─▶ host_limiter ─▶ httpx ─▶ connections ─▶ address_guard ─▶ network
                        ▲ redirects   │
                        └────────── response ─▶ Fetched | NotModified | FetchError

    Client.new_mails ─▶ host_limiter ─▶ mailbox ─▶ address_guard ─▶ network

httpx speaks HTTP/1.1, also to proxies. This package limits the rest:
which address is connected to, how often a host is asked, how long a fetch takes, where redirects
may lead, how large a body is once decompressed, and which origin sees a secret.
"""
