"""A source becomes entries, entries become articles.

::

    fetch ──▶ parse ──▶ ingest ──▶ the store
                          └──────▶ similar: which articles tell of one event, in two languages

`discovery` finds the feeds of a site, `opml` and `newsboat` have the subscriptions of other
readers, `article_import` takes articles from other programs.
"""
