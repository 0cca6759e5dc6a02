"""The offers of the query line: saved searches, earlier queries, and completions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from index.analysis.folding import compact
from index.errors import ArchiveError
from monitor.base.errors import MonitorError
from monitor.storage.search.query_resolution import narrow_query

if TYPE_CHECKING:
    from monitor.model.config import SavedSearch
    from tui.data.newsroom import NewsroomModel

SAVED_PREFIX = "@"
"""Begins the name of a saved search, as on the command line."""


class ResolvedQuery(NamedTuple):
    """The query that a saved search stands for."""

    query: str
    sort: str = ""
    """Order of the results, as the saved search has it."""


def resolve_saved(searches: Sequence[SavedSearch], text: str) -> ResolvedQuery | None:
    """Return the query of `@NAME`, narrowed by the words behind the name.

    Returns None if no saved search has that name.

    Raises:
        QueryError: The words behind the name are no query.
    """
    words = text.removeprefix(SAVED_PREFIX).split()
    by_name = {compact(search.name): search for search in searches}
    for count in range(len(words), 0, -1):
        search = by_name.get(compact(" ".join(words[:count])))
        if search is not None:
            remainder = " ".join(words[count:])
            return ResolvedQuery(
                narrow_query(search.query.text, [remainder] if remainder else []), search.sort
            )
    return None


class QueryHistory:
    """The earlier queries, newest first, and the one that the query line shows."""

    def __init__(self, queries: Sequence[str] = ()) -> None:
        self._queries = list(queries)
        self._index = -1
        self._draft = ""

    def older(self, current: str) -> str | None:
        """Return the query before this one, None at the oldest; keep the draft."""
        if self._index < 0:
            self._draft = current
        index = self._index + 1
        while index < len(self._queries) and self._queries[index] == current:
            index += 1
        if index >= len(self._queries):
            return None
        self._index = index
        return self._queries[index]

    def newer(self) -> str | None:
        """Return the query after this one, then the draft, then None."""
        if self._index < 0:
            return None
        self._index -= 1
        return self._draft if self._index < 0 else self._queries[self._index]

    def add(self, query: str) -> None:
        """Put a query first, and go back to the start."""
        self._queries = [query, *(q for q in self._queries if q != query)]
        self._index = -1


async def complete_query(newsroom: NewsroomModel, text: str) -> list[str]:
    """Return a query with its last word completed: a saved search, a field, a filter, a value."""

    def lines() -> list[str]:
        service = newsroom.service
        if text.startswith(SAVED_PREFIX):
            return [f"{SAVED_PREFIX}{search.name}" for search in service.saved_searches()]
        completion = service.archive.complete(text, len(text))
        return [text[: completion.start] + candidate.text for candidate in completion.candidates]

    try:
        return await newsroom.ask(lines)
    except (MonitorError, ArchiveError):
        return []
