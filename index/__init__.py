"""The archive: words, queries and the full-text index.

The bottom layer. It knows no feed, no HTTP and no clock::

    (writer | searcher) > schema > (query | highlight) > (analysis | language | text)
                                                        > (article | errors)
"""
