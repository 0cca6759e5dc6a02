"""The archive: words, queries and the full-text index.

The bottom layer: it knows no feed, no network and no clock.

::

    query: text ─▶ syntax (leaf, facets) ─▶ tree ─▶ sense: can it match at all?
                                             │
              ┌──────────────────────────────┴──────────────┐
              ▼ on one article                              ▼ on the archive
    inmemory ─▶ spans ─▶ highlight, snippet    searcher: the segments, newest first
                  └────▶ why it does not match              ▼
                                               answer (chain, vocabulary) ─▶ ranking, or matched
                                                            ▲ segment, of a snapshot
    writer: articles ─▶ schema ─▶ codec (pool, inversion, lists, columns) ─▶ sealed files,
            in storage; merging: which of them become one; aside: large ones beside the writer

`matched` is what a query found when it is to be counted, `standout` (by `wording`) the words that
set it apart, `phrases` those of articles; `alternatives` (with `spelling`) are the queries beside
one that finds too little, `completion` how one goes on; `vectors` do what `chain` does where there
is much of it. `article` and `errors` are what every layer speaks; `text` says what may be stored
and shown, `language` what it is written in; `signs` are those of the query language.
`analysis` (with `runs` and `letters`) is the only place where words are normalised: articles
(by their `postings`) and queries, here and in watchlists, go through it, so that a watchlist
matches an article exactly when a search with it finds it.
"""

import sys
from functools import cached_property
from types import ModuleType

# Whoosh takes this one from a package that imports asyncio for it, which is a tenth of the time
# that a search takes to start; Python has its own.
_package = ModuleType("cached_property")
_package.cached_property = cached_property  # type: ignore[attr-defined]
sys.modules.setdefault("cached_property", _package)
