"""Concepts of feeds.yaml: the names of one thing, and what is none of it."""

from __future__ import annotations

from index.errors import QueryError
from index.query.concepts import Concepts, Definition, by_name, defined
from index.query.parser import any_of
from monitor.config.draft import ConfigDraft
from monitor.config.tables import query_problem


def concepts(draft: ConfigDraft) -> Concepts:
    """Return the concepts of a draft; problems are added to the draft."""
    all_keys = draft.file.concepts
    definitions = by_name(
        Definition(name, (*(keys.names or (name,)), *keys.also), keys.not_)
        for name, keys in all_keys.items()
    )
    for name, keys in all_keys.items():
        for key, terms in (("names", keys.names), ("also", keys.also), ("not", keys.not_)):
            for number, term in enumerate(terms):
                try:
                    defined(any_of([term]), definitions)
                    if term in keys.names + keys.also:
                        defined(any_of([f"concept:{name}"]), definitions)
                except QueryError as error:
                    place = ("concepts", name, key, number)
                    draft.add_problem(place, query_problem(error), position=error.position)
    return definitions
