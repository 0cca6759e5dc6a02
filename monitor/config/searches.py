"""From the shapes of saved searches to searches, and what they may not say."""

from __future__ import annotations

from index.errors import QueryError
from index.facets import compact
from index.query import Query, parse
from monitor.config.draft import Draft
from monitor.config.search_shapes import SearchShape
from monitor.model import SavedSearch


def searches(draft: Draft) -> tuple[SavedSearch, ...]:
    """Return the saved searches of a draft, noting what is wrong with them."""
    found: list[SavedSearch] = []
    first: dict[str, int] = {}
    for number, shape in enumerate(draft.shape.searches):
        _object_to_name(draft, number, shape.name, first)
        if query := _query(draft, number, shape):
            found.append(SavedSearch(name=shape.name, query=query, sort=shape.sort))
    return tuple(found)


def _object_to_name(draft: Draft, number: int, name: str, first: dict[str, int]) -> None:
    """Object to names that cannot be told apart: `@liegethisweek` is Liège this week."""
    loc = ("searches", number, "name")
    if not compact(name):
        draft.object_to(loc, "a name holds letters or digits")
        return
    earlier = first.setdefault(compact(name), number)
    if earlier != number:
        line = draft.line(("searches", earlier))
        other = draft.shape.searches[earlier].name
        draft.object_to(loc, f"a search is called `{other}` already, on line {line}")


def _query(draft: Draft, number: int, shape: SearchShape) -> Query | None:
    try:
        return parse(shape.query)
    except QueryError as error:
        words = f"{error.message}; {error.hint}" if error.hint else error.message
        draft.object_to(("searches", number, "query"), words, position=error.position)
        return None
