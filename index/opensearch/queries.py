"""From the tree of a query to one of OpenSearch.

Where OpenSearch cannot tell exactly whether an article satisfies a node, the node becomes two
queries: what is sure, and what is perhaps so. The articles between both are read and evaluated
here (see `searcher`). They are few: texts in which a compound stands at a place of a phrase, words
near each other that are themselves near others, names of concepts beside what they exclude.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import combinations, permutations, product
from typing import NamedTuple, TypeVar

from msgspec import Struct

from index.analysis.term_positions import AUTHOR, EXACT
from index.analysis.tokenizer import LOUD
from index.evaluation.term_expansion import is_open, is_plain_exact, key, listed_keys
from index.opensearch.cluster import Json
from index.opensearch.documents import LENGTH, LENGTHS, NOTHING
from index.query import ast
from index.search import DocumentFilter
from monitor.base.article import PARTS

T = TypeVar("T")

ALL: Json = {"match_all": {}}
NONE: Json = {"match_none": {}}
TERMS = 50_000
"""Most values of one filter."""
_ROWS = 64
"""Most rows of words that one phrase or NEAR is written out as."""
_KEYS = 1_000
"""Most index keys of a word in a phrase or NEAR."""
_WEIGHTS = 12
"""Most weights whose every sum is compared with the threshold here."""
_ERROR = 1e-5
"""Bound of the error of a sum of weights in the cluster, as a share of all weights."""
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


def wildcard(word: ast.Word) -> str:
    """Return the regular expression, as Lucene writes it, of the index keys of a wildcard."""
    signs = {"*": f"{_ANY}*", "?": _ANY}
    letters = (signs.get(sign) or literally(sign) for sign in word.term)
    return (AUTHOR if word.part == "author" else "") + "".join(letters)


def literally(text: str) -> str:
    """Return the regular expression, as Lucene writes it, of a text."""
    return re.sub(r"([^\w\x1a-\x1f])", r"\\\1", text)


def keys_query(field: str, word: ast.Word, ends: Sequence[str] = ("",)) -> Json:
    """Return the query for articles with a word in a field, in whatever form.

    Args:
        field: Name of the field.
        word: The word; for `=liege`, other forms count too.
        ends: What may stand behind an index key.
    """
    if word.mode is ast.Mode.WILDCARD:
        end = f"({'|'.join(ends)})" if len(ends) > 1 else ends[0]
        return {"regexp": {field: {"value": wildcard(word) + end, "flags": "NONE"}}}
    keys = listed_keys(word) if is_open(word) else (key(word),)
    return one_of(field, [form + end for form in keys for end in ends])


def _fields(part: str) -> Sequence[str]:
    return (part,) if part else PARTS[:-1]


class QueryCompiler(Struct, frozen=True):
    """Turns the nodes of one query into queries of OpenSearch."""

    expand: Callable[[ast.Word], Sequence[str]]
    """Returns the index keys of the archive that a wildcard means."""
    resolve: Callable[[ast.Facet], DocumentFilter]

    def clause(self, node: ast.Node) -> Clause:
        """Return the clause of a node."""
        match node:
            case ast.Word():
                return exact(self._word(node))
            case ast.Facet():
                return exact(passing(self.resolve(node)))
            case ast.Phrase() | ast.Near():
                return self._places(node)
            case ast.Concept():
                return self._concept(node)
            case ast.Score():
                return self._score(node)
            case ast.Not():
                child = self.clause(node.child)
                not_sure = but(ALL, child.perhaps)
                return Clause(not_sure, not_sure if child.is_exact else but(ALL, child.sure))
            case ast.And():
                return self._joined(node.children, every)
            case ast.Or():
                return self._joined(node.children, either)
            case ast.AtLeast():
                return self._joined(node.children, lambda queries: either(queries, node.count))
        raise TypeError(node)

    def _joined(self, nodes: Iterable[ast.Node], join: Callable[[Iterable[Json]], Json]) -> Clause:
        clauses = [self.clause(node) for node in nodes]
        sure = join([clause.sure for clause in clauses])
        if all(clause.is_exact for clause in clauses):
            return exact(sure)
        return Clause(sure, join([clause.perhaps for clause in clauses]))

    def _word(self, word: ast.Word) -> Json:
        if is_plain_exact(word):
            source = {"any_of": {"intervals": [_plainly(word, end) for end in ("", *LENGTHS)]}}
            return either({"intervals": {field: source}} for field in _fields(word.part))
        if word.part in ("", "author"):
            return keys_query("words", word)
        return keys_query(word.part, word, ("", *LENGTHS))

    def _concept(self, node: ast.Concept) -> Clause:
        names = self._joined(node.names, either)
        if not node.excluded:
            return names
        excluded = self._joined(node.excluded, either)
        return Clause(but(names.sure, excluded.perhaps), names.perhaps)

    def _score(self, node: ast.Score) -> Clause:
        clauses = [self.clause(child) for _, child in node.weighted]
        weights = [weight for weight, _ in node.weighted]
        lowest = sum(min(weight, 0.0) for weight in weights)
        error = _ERROR * sum(map(abs, weights))

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
        ties = _ties(weights, node.threshold, error)
        low, high = node.threshold - error, node.threshold + error
        sure = reaching(low if ties == {True} else high, sures, perhapses)
        if len(ties) < 2 and all(clause.is_exact for clause in clauses):
            return exact(sure)
        return Clause(sure, reaching(high if ties == {False} else low, perhapses, sures))

    # --- places

    def _places(self, node: ast.Phrase | ast.Near) -> Clause:
        """Return the clause of a phrase or a NEAR; what has a compound in it is perhaps so."""
        with_words = self._with_words_of(node)
        words = list(ast.words(node))
        parts = {word.part for word in words}
        if len(parts) > 1:
            return Clause(NONE, with_words)
        fields = _fields(parts.pop())
        compounds = either(keys_query(field, w, LENGTHS) for field in fields for w in words)
        with_compounds = every([with_words, compounds])
        if sources := self._sources(node):
            sure = _somewhere(fields, sources)
            return Clause(sure, either([sure, with_compounds]))
        apart = sum(part.distance - 1 for part in ast.walk(node) if isinstance(part, ast.Near))
        together = [_together(row, False, apart) for row in self._rows(node, is_flat=True)]
        near = either([_somewhere(fields, together), with_compounds]) if together else with_words
        return Clause(NONE, near)

    def _with_words_of(self, node: ast.Node) -> Json:
        """Return the query for the articles with all words of a node anywhere, in any form."""
        match node:
            case ast.Word():
                return keys_query("words", node)
            case ast.Or(children=nodes) | ast.Concept(names=nodes):
                return either(map(self._with_words_of, nodes))
            case ast.Phrase() | ast.Near() | ast.And():
                return every(map(self._with_words_of, node.children))
        return self.clause(node).perhaps

    def _sources(self, node: ast.Phrase | ast.Near) -> list[Json]:
        """Return the rules for the places of a node without compounds; none if none are exact."""
        if isinstance(node, ast.Phrase):
            return list(map(_in_a_row, self._rows(node)))
        operands = [list(map(_in_a_row, self._rows(child))) for child in node.children]
        orders = [operands] if node.ordered else list(permutations(operands))
        choices = [choice for order in orders[:_ROWS] for choice in _choices(order)]
        if len(orders) > _ROWS or len(choices) > _ROWS:
            return []
        return [_together(_unlike(choice), True, node.distance - 1) for choice in choices]

    def _rows(self, node: ast.Node, *, is_flat: bool = False) -> list[list[Json]]:
        """Return rows, each with a rule of one word for each place; none where there are none.

        Alternatives of one word are one row: each row has a fixed number of words, so that the
        shortest of its places, which alone OpenSearch sees, are all its places.

        Args:
            node: The node.
            is_flat: Whether what is near is a row too.
        """
        match node:
            case ast.Word():
                return self._source(node)
            case ast.Or(children=nodes) | ast.Concept(names=nodes, excluded=()):
                groups = [self._rows(child, is_flat=is_flat) for child in nodes]
                rows = [row for group in groups for row in group] if all(groups) else []
                words = [row[0] for row in rows if len(row) == 1]
                return ([[_any(words)]] if words else []) + [row for row in rows if len(row) > 1]
            case ast.Phrase() | ast.Near() if is_flat or isinstance(node, ast.Phrase):
                choices = _choices([self._rows(c, is_flat=is_flat) for c in node.children])
                return [[source for row in choice for source in row] for choice in choices]
        return []

    def _source(self, word: ast.Word) -> list[list[Json]]:
        """Return the row of a word alone; none where it has too many keys."""
        if is_plain_exact(word):
            return [[_plainly(word, "")]]
        keys: Collection[str] = (key(word),)
        if is_open(word):
            keys = self.expand(word) if word.mode is ast.Mode.WILDCARD else listed_keys(word)
        if len(keys) > _KEYS:
            return []
        rules = [{"match": {"query": form}} for form in keys]
        return [[_any(rules or [{"match": {"query": NOTHING * 2}}])]]


def _ties(weights: Sequence[float], threshold: float, error: float) -> set[bool]:
    """Return whether sums of weights that are about a threshold reach it; both if unknown."""
    if len(weights) > _WEIGHTS:
        return {True, False}
    chosen = (c for count in range(len(weights) + 1) for c in combinations(weights, count))
    sums = map(math.fsum, chosen)
    return {total >= threshold for total in sums if abs(total - threshold) <= error} or {True}


def _somewhere(fields: Sequence[str], rules: Sequence[Json]) -> Json:
    return either({"intervals": {field: _any(rules)}} for field in fields)


def _any(rules: Sequence[Json]) -> Json:
    return rules[0] if len(rules) == 1 else {"any_of": {"intervals": list(rules)}}


def _choices(alternatives: Sequence[Sequence[T]]) -> list[tuple[T, ...]]:
    """Return every choice of one of each; none where there are too many."""
    return list(product(*alternatives)) if math.prod(map(len, alternatives)) <= _ROWS else []


def _plainly(word: ast.Word, end: str) -> Json:
    """Return the rule for the places at which a word is written as its fold, and not otherwise."""
    others = f"{literally(key(word))}{EXACT}[^{LENGTH}{LOUD}]+{end}"
    stacked = {"not_contained_by": {"regexp": {"pattern": others}}}
    return {"match": {"query": key(word) + end, "filter": stacked}}


def _in_a_row(row: Sequence[Json]) -> Json:
    return row[0] if len(row) == 1 else _together(row, True, 0)


def _unlike(rules: Sequence[Json]) -> list[Json]:
    """Return rules of which none is like another: Lucene fails to find a phrase beside itself."""
    nowhere = {"match": {"query": NOTHING * 2}}
    return [_any([rule, *[nowhere] * rules[:n].count(rule)]) for n, rule in enumerate(rules)]


def _together(rules: Sequence[Json], ordered: bool, gaps: int) -> Json:
    return {"all_of": {"ordered": ordered, "max_gaps": gaps, "intervals": list(rules)}}
