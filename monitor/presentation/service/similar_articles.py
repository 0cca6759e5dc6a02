"""More like this: the articles of the archive whose vectors are nearest to that of one."""

from __future__ import annotations

from contextlib import closing

from index.evaluation.highlight import snippet
from monitor.intake.similar.encoding_process import EncodingProcess
from monitor.model.config import StoreAddress
from monitor.model.event_link import require_encoder
from monitor.model.search import SearchHit
from monitor.storage.store.sql.views import Views

SNIPPET = 300
"""Cells of a text that are shown at most."""


def similar_articles(
    store: StoreAddress, views: Views, article: int, limit: int
) -> list[SearchHit]:
    """Return the articles that are most like one, in any language, the nearest first.

    The score of each is the cosine of the two vectors. The article itself need not have a vector
    yet; of articles without one nothing is known.

    Raises:
        MissingExtraError: The model is not installed.
        EncodingError: The process that compares was killed, or died.
        StoreError: The store cannot be read.
    """
    require_encoder("tocsin similar")  # not a message
    with closing(EncodingProcess(store)) as process:
        nearest = {one.article: one.cosine for one in process.similar(article, limit)}
    feeds = {feed.number: feed.name for feed in views.feeds.every()}
    return [
        SearchHit(
            article=found,
            feed=feeds.get(found.feeds[0], "?"),
            score=nearest[found.id],
            spans=(),
            snippet=snippet(found, (), SNIPPET)[0],
            lit=(),
        )
        for found in views.articles.get([*nearest])
    ]
