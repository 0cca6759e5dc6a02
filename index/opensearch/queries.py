"""From the tree of a query to one of OpenSearch.

Where OpenSearch cannot tell exactly whether an article satisfies a node, the node becomes two
queries: what is sure, and what is perhaps so. The articles between both are read and evaluated
here (see `searcher`). They are few: texts in which a compound stands at a place of a phrase, words
near each other that are themselves near others, names of concepts beside what they exclude.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import permutations, product
from typing import NamedTuple, TypeVar

from msgspec import Struct

from index.analysis.term_positions import AUTHOR, EXACT
from index.analysis.tokenizer import LOUD
from index.evaluation.term_expansion import is_open, is_plain_exact, key, listed_keys
from index.opensearch.cluster import Json
from index.opensearch.documents import LENGTH, LENGTHS
from index.query.ast import (
    And,
    AtLeast,
    Concept,
    Facet,
    Mode,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Score,
    Word,
)
from index.query.ast import words as words_in
from index.search import DocumentFilter
from monitor.base.article import PARTS

T = TypeVar("T")

ALL: Json = {"match_all": {}}
NONE: Json = {"match_none": {}}
TERMS = 50_000
"""Most values of one filter."""
_ROWS = 64
"""Most rows of words that one phrase or NEAR is written out as."""
_OPERANDS = 3
"""Most operands of a NEAR of which OpenSearch tests every order."""
_KEYS = 1_000
"""Most index keys of a word in a phrase or NEAR."""
_WHOLE = 256
"""Weights of which so many are a whole number add up exactly in the cluster."""
_ERROR = 1e-5
"""Bound of the error of a sum of other weights there, as a share of the sum."""
_ANY = f"[^{LENGTH}-{EXACT}]"


class Clause(NamedTuple):
    """Two queries: articles that surely satisfy a node, and all that may; one object if equal."""

    sure: Json
    perhaps: Json

    @property
    def is_exact(self) -> bool:
        return self.sure is self.perhaps


def exact(query: Json) -> Clause:
    """Return the clause of a query that is true where the node is."""
    return Clause(query, query)


def every(queries: Iterable[Json]) -> Json:
    """Return a query for articles that satisfy all queries."""
    return {"bool": {"filter": list(queries)}}


def either(queries: Iterable[Json], count: int = 1) -> Json:
    """Return a query for articles that satisfy `count` queries or more."""
    return {"bool": {"should": list(queries), "minimum_should_match": count}}


def but(query: Json, excluded: Json) -> Json:
    """Return a query for the articles of one query that do not satisfy another."""
    return {"bool": {"filter": [query], "must_not": [excluded]}}


def one_of(field: str, values: Iterable[object]) -> Json:
    """Return a query for articles with any of some values in a field."""
    remaining, queries = list(values), []
    while remaining:
        queries.append({"terms": {field: remaining[:TERMS]}})
        remaining = remaining[TERMS:]
    return queries[0] if len(queries) == 1 else either(queries) if queries else NONE


def passing(documents: DocumentFilter) -> Json:
    """Return the query for the articles that pass a filter."""
    filters: list[Json] = []
    fields: dict[str, Collection[object] | None] = {
        "id": documents.ids,
        "feeds": documents.feeds,
        "lang": documents.langs,
        "story": documents.stories,
    }
    filters += [one_of(name, values) for name, values in fields.items() if values is not None]
    moments = {"gte": documents.since, "lt": documents.until}
    if dates := {sign: moment for sign, moment in moments.items() if moment is not None}:
        filters.append({"range": {"date": dates}})
    if documents.max_id is not None:
        filters.append({"range": {"id": {"lte": documents.max_id}}})
    return every(filters) if filters else ALL


def wildcard(word: Word) -> str:
    """Return the regular expression, as Lucene writes it, of the index keys of a wildcard."""
    signs = {"*": f"{_ANY}*", "?": _ANY}
    letters = (signs.get(sign) or literally(sign) for sign in word.term)
    return (AUTHOR if word.part == "author" else "") + "".join(letters)


def literally(text: str) -> str:
    """Return the regular expression, as Lucene writes it, of a text."""
    return re.sub(r"([^\w\x1a-\x1f])", r"\\\1", text)


def keys_query(field: str, word: Word, ends: Sequence[str] = ("",)) -> Json:
    """Return the query for articles with a word in a field, in whatever form.

    Args:
        field: Name of the field.
        word: The word; for `=liege`, other forms count too.
        ends: What may stand behind an index key.
    """
    if word.mode is Mode.WILDCARD:
        end = f"({'|'.join(ends)})" if len(ends) > 1 else ends[0]
        return {"regexp": {field: {"value": wildcard(word) + end, "flags": "NONE"}}}
    keys = listed_keys(word) if is_open(word) else (key(word),)
    return one_of(field, [form + end for form in keys for end in ends])


def _fields(part: str) -> Sequence[str]:
    return (part,) if part else PARTS[:-1]


class QueryCompiler(Struct, frozen=True):
    """Turns the nodes of one query into queries of OpenSearch."""

    expand: Callable[[Word], Sequence[str]]
    """Returns the index keys of the archive that a wildcard means."""
    resolve: Callable[[Facet], DocumentFilter]

    def clause(self, node: Node) -> Clause:
        """Return the clause of a node."""
        match node:
            case Word():
                return exact(self._word(node))
            case Facet():
                return exact(passing(self.resolve(node)))
            case Phrase() | Near():
                return self._places(node)
            case Concept():
                return self._concept(node)
            case Score():
                return self._score(node)
            case Not():
                child = self.clause(node.child)
                not_sure = but(ALL, child.perhaps)
                return Clause(not_sure, not_sure if child.is_exact else but(ALL, child.sure))
            case And():
                return self._joined(node.children, every)
            case Or():
                return self._joined(node.children, either)
            case AtLeast():
                return self._joined(node.children, lambda queries: either(queries, node.count))
        raise TypeError(node)

    def _joined(self, nodes: Iterable[Node], join: Callable[[Iterable[Json]], Json]) -> Clause:
        clauses = [self.clause(node) for node in nodes]
        sure = join([clause.sure for clause in clauses])
        if all(clause.is_exact for clause in clauses):
            return exact(sure)
        return Clause(sure, join([clause.perhaps for clause in clauses]))

    def _word(self, word: Word) -> Json:
        if is_plain_exact(word):
            source = {"any_of": {"intervals": [_plainly(word, end) for end in ("", *LENGTHS)]}}
            return either({"intervals": {field: source}} for field in _fields(word.part))
        if word.part in ("", "author"):
            return keys_query("words", word)
        return keys_query(word.part, word, ("", *LENGTHS))

    def _concept(self, node: Concept) -> Clause:
        names = self._joined(node.names, either)
        if not node.excluded:
            return names
        excluded = self._joined(node.excluded, either)
        return Clause(but(names.sure, excluded.perhaps), names.perhaps)

    def _score(self, node: Score) -> Clause:
        clauses = [self.clause(child) for _, child in node.weighted]
        weights = [weight for weight, _ in node.weighted]
        lowest = sum(min(weight, 0.0) for weight in weights)
        scaled = [number * _WHOLE for number in (*weights, node.threshold)]
        is_whole = all(number.is_integer() for number in map(float, scaled))
        error = 0.0 if is_whole else _ERROR * sum(map(abs, weights))

        def reaching(threshold: float, high: Sequence[Json], low: Sequence[Json]) -> Json:
            functions = [
                {"filter": above if weight > 0 else but(ALL, below), "weight": abs(weight)}
                for weight, above, below in zip(weights, high, low, strict=True)
                if weight
            ]
            needed = threshold - lowest  # no query of OpenSearch has a negative score
            if needed <= 0 or not functions:
                return ALL if needed <= 0 else NONE
            # where no function applies, the score is 1: one that always does keeps it at the sum
            functions = [{"filter": ALL, "weight": 1}, *functions]
            return {
                "function_score": {
                    "query": ALL,
                    "functions": functions,
                    "score_mode": "sum",
                    "boost_mode": "replace",
                    "min_score": needed + 1,
                }
            }

        sures, perhapses = [c.sure for c in clauses], [c.perhaps for c in clauses]
        sure = reaching(node.threshold + error, sures, perhapses)
        if not error and all(clause.is_exact for clause in clauses):
            return exact(sure)
        return Clause(sure, reaching(node.threshold - error, perhapses, sures))

    # --- places

    def _places(self, node: Phrase | Near) -> Clause:
        """Return the clause of a phrase or a NEAR; what has a compound in it is perhaps so."""
        with_words = self._with_words_of(node)
        words = list(words_in(node))
        parts = {word.part for word in words}
        sources = list(self._sources(node)) if len(parts) == 1 else []
        if not sources:
            return Clause(NONE, with_words)
        fields = _fields(parts.pop())
        source = sources[0] if len(sources) == 1 else {"any_of": {"intervals": sources}}
        sure = either({"intervals": {field: source}} for field in fields)
        compounds = either(keys_query(field, w, LENGTHS) for field in fields for w in words)
        return Clause(sure, either([sure, every([with_words, compounds])]))

    def _with_words_of(self, node: Node) -> Json:
        """Return the query for the articles with all words of a node anywhere, in any form."""
        match node:
            case Word():
                return keys_query("words", node)
            case Or(children=nodes) | Concept(names=nodes):
                return either(map(self._with_words_of, nodes))
            case Phrase() | Near() | And():
                return every(map(self._with_words_of, node.children))
        return self.clause(node).perhaps

    def _sources(self, node: Phrase | Near) -> Iterator[Json]:
        """Yield the rules for the places of a node without compounds; none where none are exact."""
        if isinstance(node, Phrase):
            yield from map(_in_a_row, self._rows(node))
            return
        operands = [list(map(_in_a_row, self._rows(child))) for child in node.children]
        if len(operands) > _OPERANDS:
            return
        for order in [operands] if node.ordered else permutations(operands):
            for choice in _choices(order):
                yield _ordered(choice, node.distance - 1)

    def _rows(self, node: Node) -> list[list[Json]]:
        """Return rows, each with a rule of one word for each place; none where there are none.

        Alternatives of one word are one row: each row has a fixed number of words, so that the
        shortest of its places, which alone OpenSearch sees, are all its places.
        """
        match node:
            case Word():
                source = self._source(node)
                return [[source]] if source else []
            case Or(children=nodes) | Concept(names=nodes, excluded=()):
                groups = list(map(self._rows, nodes))
                rows = [row for group in groups for row in group] if all(groups) else []
                words = [row[0] for row in rows if len(row) == 1]
                together = [[{"any_of": {"intervals": words}}]] if words else []
                return together + [row for row in rows if len(row) > 1]
            case Phrase():
                choices = _choices(list(map(self._rows, node.children)))
                return [[source for row in choice for source in row] for choice in choices]
        return []

    def _source(self, word: Word) -> Json | None:
        """Return the rule for the places of a word of one word; None where it has too many keys."""
        if is_plain_exact(word):
            return _plainly(word, "")
        keys: Collection[str] = (key(word),)
        if is_open(word):
            keys = self.expand(word) if word.mode is Mode.WILDCARD else listed_keys(word)
        if len(keys) > _KEYS:
            return None
        rules = [{"match": {"query": form}} for form in keys] or [{"match": {"query": "\x1b\x1b"}}]
        return rules[0] if len(rules) == 1 else {"any_of": {"intervals": rules}}


def _choices(alternatives: Sequence[Sequence[T]]) -> list[tuple[T, ...]]:
    """Return every choice of one of each; none where there are too many."""
    return list(product(*alternatives)) if math.prod(map(len, alternatives)) <= _ROWS else []


def _plainly(word: Word, end: str) -> Json:
    """Return the rule for the places at which a word is written as its fold, and not otherwise."""
    others = f"{literally(key(word))}{EXACT}[^{LENGTH}{LOUD}]+{end}"
    stacked = {"not_contained_by": {"regexp": {"pattern": others}}}
    return {"match": {"query": key(word) + end, "filter": stacked}}


def _in_a_row(row: Sequence[Json]) -> Json:
    return row[0] if len(row) == 1 else _ordered(row, 0)


def _ordered(sources: Sequence[Json], gaps: int) -> Json:
    return {"all_of": {"ordered": True, "max_gaps": gaps, "intervals": list(sources)}}
