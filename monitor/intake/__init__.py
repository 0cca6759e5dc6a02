"""A source becomes entries, entries become articles.

::

    fetch ──▶ parse ──▶ ingest ──▶ the store
                          └──────▶ similar: which articles tell of one event, in two languages

`sitemap_index` fetches and parses the sitemaps of an index as one document. `discovery` finds the
sources of a site, `witness_search` its sitemap of news; `opml` and `newsboat` have the
subscriptions of other readers. `feed_backfill` reads the archives of a feed for `article_import`,
which also takes articles from other programs.
"""
