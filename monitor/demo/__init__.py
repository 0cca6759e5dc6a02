"""A bundled newsroom: invented outlets on a local web server, so that tocsin needs no internet.

    content/*.toml ── content ──▶ Content: outlets, articles, wire stories, patterns
                                     │
      clock ─▶ newsroom: the articles that each outlet has published so far
                                     ▼
               feed_documents: RSS, Atom, RDF
                                     ▼
               site: the reply to one request, with pages and the quirks of the outlet
                                     ▼
               server: HTTP (validators, 304, gzip, slow replies) on 127.0.0.1

`content/feeds.yaml` is the configuration that watches it.
"""

from monitor.demo.server import NewsroomServer

__all__ = ["NewsroomServer"]
