"""Concepts of feeds.yaml: the names of one thing, and what is none of it."""

from __future__ import annotations

from contextlib import suppress

from index.errors import QueryError
from index.query.concepts import Concepts, Definition, by_name, defined
from index.query.parser import any_of
from monitor.config.draft import ConfigDraft
from monitor.config.keys import ConceptKeys
from monitor.config.tables import query_problem


def concepts(draft: ConfigDraft) -> Concepts:
    """Return the concepts of a draft; problems are added to the draft."""
    definitions = by_name(
        Definition(name, (*(keys.names or (name,)), *keys.also), keys.not_, keys.with_)
        for name, keys in draft.file.concepts.items()
    )
    for name, keys in draft.file.concepts.items():
        with suppress(QueryError):
            defined(any_of([f"concept:{name}"]), definitions)
            continue
        _add_problems(draft, name, keys, definitions)
    return definitions


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
