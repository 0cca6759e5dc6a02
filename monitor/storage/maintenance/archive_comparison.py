"""Compares an archive with another one that was built from the same store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from index.analysis.term_positions import terms
from index.archive import Archive
from index.errors import QueryError
from index.query.ast import Score
from index.query.parser import Query, parse_query
from index.search import DocumentFilter
from monitor.base.article import Timestamp
from monitor.base.translation import gettext as _

EVERY = Query("", Score(weighted=(), threshold=0.0))
"""Finds every article."""
SHAPES = ("{0}", "={0}", "{0}~", "{0}*", '"{0} {1}"', "{0} NEAR/5 {1}", "{0} AND {1}", "title:{0}")


def differences(
    here: Archive,
    there: Archive,
    headlines: Sequence[str],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[str]:
    """Yield a sentence for each month and query that one archive answers otherwise.

    Args:
        here: An archive.
        there: The other one.
        headlines: Texts from which the queries are made, one each.
        progress: Called before each query with the number of those done, and of all.
    """
    for start, end in _months(here):
        scope = DocumentFilter(since=start, until=end)
        counts = here.count(EVERY, scope), there.count(EVERY, scope)
        if len(set(counts)) > 1:
            month = datetime.fromtimestamp(start, UTC).strftime("%Y-%m")
            yield _("{month}: {here} articles here, {there} there",
                    month=month, here=counts[0], there=counts[1])  # fmt: skip
    for number, headline in enumerate(headlines):
        progress(number, len(headlines))
        words = sorted(terms(headline), key=len)[-2:]
        try:
            query = parse_query(SHAPES[number % len(SHAPES)].format(*words))
        except (IndexError, QueryError):
            continue
        pages = [archive.search(query, limit=100) for archive in (here, there)]
        if len({(page.total, page.hits) for page in pages}) > 1:
            totals = {"here": pages[0].total, "there": pages[1].total}
            yield _("{query}: {here} articles here, {there} there", query=query.text, **totals)


def _months(archive: Archive) -> Iterator[tuple[Timestamp, Timestamp]]:
    """Yield the start and end of each month, the newest first, until no article is left."""
    newest = archive.search(EVERY, limit=1).hits
    end = newest[0].date + 1 if newest else 0.0
    while newest and archive.count(EVERY, DocumentFilter(until=end)):
        day = datetime.fromtimestamp(end - 1, UTC)
        start = datetime(day.year, day.month, 1, tzinfo=UTC).timestamp()
        yield start, end
        end = start
