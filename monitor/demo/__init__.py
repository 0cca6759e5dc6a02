"""A bundled newsroom: invented outlets on a local web server, so that tocsin needs no internet.

    content/*.toml ── content ──▶ Content: outlets, articles, wire stories, patterns
                                     │
      clock ─▶ newsroom: the articles that each outlet has published so far
                                     ▼
               site: the reply to one request: feeds and pages, with the quirks of the outlet;
               HTTP (validators, 304, slow replies) on 127.0.0.1

`content/feeds.yaml` is the configuration that watches it.
"""
