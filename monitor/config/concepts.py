"""Concepts of feeds.yaml, or of a file of their own: the names of one thing."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from index.analysis.folding import compact
from index.errors import QueryError
from index.query.concepts import NO_CONCEPTS, Concepts, Definition, by_name, defined
from index.query.parser import any_of
from monitor.base.errors import Problem
from monitor.base.translation import gettext as _
from monitor.config.draft import ConfigDraft, draft_of
from monitor.config.keys import ConceptKeys
from monitor.config.location import beside
from monitor.config.tables import query_problem


def concepts(draft: ConfigDraft, path: Path, content: bytes | None) -> Concepts:
    """Return the concepts of a draft of the file at a path; problems are added to the draft.

    `content` is that of a file of concepts of their own, None for what is there.
    """
    if not isinstance(draft.file.concepts, str):
        return _understood(draft, draft.file.concepts)
    file = beside(path, draft.file.concepts)
    try:
        own = draft_of(file.read_bytes() if content is None else content, "concepts")
    except OSError as error:
        message = _("{file} cannot be read: {reason}", file=file, reason=error.strerror or error)
        draft.add_problem(("concepts",), message)
        return {}
    if isinstance(own, Problem):
        problems, definitions = [own], NO_CONCEPTS
    elif isinstance(own.file.concepts, str):
        problems = [Problem(1, 1, _("this is no file of concepts: it begins with `NAME:`"))]
        definitions = NO_CONCEPTS
    else:
        problems, definitions = own.problems, _understood(own, own.file.concepts)
    draft.problems.extend(problem._replace(file=str(file)) for problem in problems)
    return definitions


_ANY_TERM = "tocsin"
"""Name of a concept with a mistake, so that watchlists do not repeat the mistake."""


def _understood(draft: ConfigDraft, keys: Mapping[str, ConceptKeys]) -> Concepts:
    definitions = by_name(
        Definition(name, of.names or (name,), of.not_, of.with_, of.also)
        for name, of in keys.items()
    )
    usable = dict(definitions)
    for name, of in keys.items():
        with suppress(QueryError):
            defined(any_of([f"concept:{name}"]), definitions)
            continue
        _add_problems(draft, name, of, definitions)
        usable[compact(name)] = Definition(name, (_ANY_TERM,))
    return usable


def _add_problems(draft: ConfigDraft, name: str, keys: ConceptKeys, definitions: Concepts) -> None:
    """Add the problem of each name of a concept that is not valid: each is a concept by itself."""
    lists = {"names": keys.names, "also": keys.also, "not": keys.not_, "with": keys.with_}
    for key, terms in lists.items():
        for number, term in enumerate(terms):
            try:
                alone = by_name([*definitions.values(), Definition(name, (term,))])
                defined(any_of([f"concept:{name}"]), alone)
            except QueryError as error:
                place = ("concepts", name, key, number)
                draft.add_problem(place, query_problem(error), position=error.position)
