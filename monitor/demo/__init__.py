"""A bundled newsroom: invented outlets on a loopback web server, so that tocsin needs no internet.

    content/*.toml ── content ──▶ Content: outlets, pieces, wires, patterns
                                     │
      clock ─▶ newsroom: what each outlet has published by then   (ticker: news without end)
                                     ▼
               documents, pages: RSS, Atom, RDF, HTML
                                     ▼
               site: the answer to one address, quirks of the outlet included
                                     ▼
               server: HTTP (validators, 304, gzip, slowness) on 127.0.0.1

`content/feeds.yaml` is the subscription list that goes with it.
"""

from monitor.demo.server import NewsroomServer

__all__ = ["NewsroomServer"]
