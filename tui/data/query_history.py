"""What a query line offers: searches saved and made before, and how a word may go on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from textual.suggester import Suggester

from index.errors import ArchiveError
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from monitor.model.config import SavedSearch
    from tui.data.newsroom import NewsroomModel

SAVED = "@"
"""Begins the name of a saved search, as on the command line."""


class Meant(NamedTuple):
    """What a written line asks for."""

    query: str
    sort: str = ""
    """As the saved search has it; empty when the line names none."""


def called(searches: Sequence[SavedSearch], written: str) -> Meant | None:
    """Return what `@NAME` stands for, narrowed by the words behind it.

    None if there is no search of that name; raises QueryError.
    """
    from index.query.filters import compact
    from monitor.search.query_resolution import narrow_query

    words = written.removeprefix(SAVED).split()
    names = {compact(search.name): search for search in searches}
    for many in range(len(words), 0, -1):
        search = names.get(compact(" ".join(words[:many])))
        if search is not None:
            more = " ".join(words[many:])
            return Meant(narrow_query(search.query.text, [more] if more else []), search.sort)
    return None


def suggested_name(query: str) -> str:
    """Return what a query might be called: its words, without operators and filters."""
    words = [word for word in _WORD.findall(_FILTER.sub(" ", query)) if word not in _OPERATORS]
    return " ".join(words[:4])[:60]


_FILTER = re.compile(r"""-?\b[a-z]+:(?:"[^"]*"|[^\s()]*)|/\d+""")
_WORD = re.compile(r"[^\W\d_][\w’'-]*")
_OPERATORS = {"AND", "OR", "NOT", "ET", "OU", "SAUF", "NEAR", "W", "OF"}


class Past:
    """The queries made before, newest first, and where one is among them."""

    def __init__(self, queries: Sequence[str] = ()) -> None:
        self._queries = list(queries)
        self._at = -1
        self._draft = ""

    def older(self, current: str) -> str | None:
        """Return the query before this one, None at the oldest; keeps what was being written."""
        if self._at < 0:
            self._draft = current
        at = self._at + 1
        while at < len(self._queries) and self._queries[at] == current:
            at += 1
        if at >= len(self._queries):
            return None
        self._at = at
        return self._queries[at]

    def newer(self) -> str | None:
        """Return the query after this one, at last what was being written; None when there."""
        if self._at < 0:
            return None
        self._at -= 1
        return self._draft if self._at < 0 else self._queries[self._at]

    def note(self, query: str) -> None:
        """Put a query first, and begin from there again."""
        self._queries = [query, *(q for q in self._queries if q != query)]
        self._at = -1


class Continuation(Suggester):
    """Proposes how the last word goes on: a saved search, a field, a filter and its values."""

    def __init__(self, newsroom: NewsroomModel) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._newsroom = newsroom

    async def get_suggestion(self, value: str) -> str | None:
        """Return the whole line as it might go on."""
        try:
            return await self._newsroom.ask(self._continued, value)
        except (MonitorError, ArchiveError):
            return None

    def _continued(self, value: str) -> str | None:
        service = self._newsroom.service
        if value.startswith(SAVED):
            lines = [f"{SAVED}{search.name}" for search in service.saved_searches()]
        else:
            completion = service.archive.complete(value, len(value))
            lines = [value[: completion.start] + each.text for each in completion.candidates]
        longer = (line for line in lines if len(line) > len(value) and line.isprintable())
        return next((line for line in longer if line.casefold().startswith(value.casefold())), None)
