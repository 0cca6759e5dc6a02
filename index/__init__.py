"""The archive: words, queries, and the full-text index.

The bottom layer. It knows no clock, no network but that of a cluster which keeps the archive, and
feeds only by the names given to it.
`archive` opens the archive at an address, and says what an engine has to do; `search` says what
can be asked of it.

::

    query text ─▶ query/: lexer, parser, validation ─▶ ast, the tree of a query
                                          + concepts    │
              ┌─────────────────────────────────────────┴──────────────┐
              ▼ on one article                                         ▼ on the archive
    evaluation/: spans ─▶ explain, highlight          archive: Archive, a page of hits, counts
                                                                       │
                                                      engine/: searcher, for each segment
                                                      of a reader: query_executor
                                                      (phrase_arrays), bm25
                                                                       ▲
    article ─▶ analysis/: tokenizer, term_positions ─▶ engine/: writer, article_terms
                                                       ─▶ segment_writer, list_encoder
                                                       ─▶ postings_file, columns
                                                       ─▶ segment_merges

`analysis` alone decides what a word is, for articles and for queries, and reads the features of
texts: language, shingles, names. A watchlist is evaluated on one article, a search on the archive:
a watchlist matches an article exactly when a search with the same query finds it. Whoosh keeps the
folder: its lock, and which files are current. `opensearch` is a second engine: documents are words
and places as `analysis` finds them, and what OpenSearch cannot decide is evaluated by `spans`.
Segments, merges, executor and query language are ours: see
docs/explanation/search-engine.md, with figures. `errors` has the errors that all of these
share, `interruption` ends a search. Of the monitor, only `monitor.base` is known here: articles,
messages, and the cleaning of texts.
"""
