"""The parser of the query language: text to a tree; each mistake has its column."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from index.errors import QueryError
from index.query import ast, lexer, term_nodes, validation
from index.query.ast import ALERT_FACETS, ARCHIVE_FACETS, ARTICLE_FACETS, FACETS, children, walk
from index.query.filters import CONCEPT, IS_IN_SEARCHES, facet, field_named, offered_name
from monitor.base.article import PARTS
from monitor.base.translation import gettext as _

MAX_DEPTH = 50
"""Brackets, NOTs and NEARs that may be nested."""


def read(text: str, *, of_alerts: bool = False) -> ast.Node:
    """Return the tree of a query, or of a filter of alerts, which has filters of its own.

    Raises QueryError where it cannot be understood.
    """
    reader = _Reader(text, (*FACETS, *ALERT_FACETS) if of_alerts else FACETS)
    tree = reader.any()
    if reader.pos < len(text):
        message = (
            _("this comma was never opened")
            if text[reader.pos] == ","
            else _("this bracket was never opened")
        )
        raise QueryError(message, reader.pos, _("take it away"))
    return tree


class _Reader:
    """Reads a query from left to right; everything before `pos` has been read."""

    def __init__(self, text: str, facets: tuple[str, ...]) -> None:
        self.text = text
        self.facets = facets
        self.pos = 0
        self.part = ""
        self.depth = 0
        self.in_list = False
        self.skip()

    # --- looking ahead

    def skip(self) -> None:
        match = lexer.SPACE.match(self.text, self.pos)
        self.pos = match.end() if match else self.pos

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self.text, self.pos)
        if match:
            self.pos = match.end()
        return match

    def operator(self) -> str:
        """Return AND, OR or NOT if that comes next; else ''."""
        match = lexer.OPERATOR.match(self.text, self.pos)
        return lexer.KINDS[match[0]] if match else ""

    def at_end(self) -> bool:
        """Tell whether no operand can start here."""
        stop = ")," if self.in_list else ")"
        return self.pos >= len(self.text) or self.text[self.pos] in stop

    # --- operators, the loosest first

    def any(self) -> ast.Node:
        return self.chain(ast.Or, self.all, "OR")

    def all(self) -> ast.Node:
        return self.chain(ast.And, self.near, "AND")

    def chain(
        self, kind: type[ast.And | ast.Or], operand: Callable[[], ast.Node], name: str
    ) -> ast.Node:
        """Read operands joined by an operator; AND may be left out."""
        start = self.pos
        operands = [operand()]
        while not self.at_end():
            column = self.pos
            if self.operator() == name:
                self.take(lexer.OPERATOR)
                self.skip()
                self.want_operand(column)
            elif name == "OR" or self.operator() == "OR":
                break
            operands.append(operand())
        if len(operands) == 1:
            return operands[0]
        flat: list[ast.Node] = []
        for node in operands:
            is_chain = type(node) is kind and not node.is_one_word
            flat += children(node) if is_chain else [node]
        return kind(tuple(flat), text=self.text[start : self.pos].strip(), column=start)

    def near(self) -> ast.Node:
        start = self.pos
        node = self.operand()
        links = 0
        while not self.at_end():
            column = self.pos
            match = self.take(lexer.NEAR)
            if not match:
                if lexer.BAD_NEAR.match(self.text, self.pos):
                    raise QueryError(_("NEAR needs a number"), column, _("write NEAR/10 or W/3"))
                break
            self.skip()
            self.want_operand(column)
            links += 1
            if links > MAX_DEPTH // 3:
                raise QueryError(_("too many NEAR in a row"), column, _('write "a b c"~20'))
            pair = (node, self.operand())
            text = self.text[start : self.pos].strip()
            distance = lexer.distance(match[2], column)
            node = ast.Near(pair, distance, match[1] == "W", text=text, column=start)
        return node

    def operand(self) -> ast.Node:
        start = self.pos
        self.deepen(start)
        minus = self.text.startswith("-", start) and self.text[start + 1 : start + 2].strip(" -")
        if self.operator() == "NOT":
            self.take(lexer.OPERATOR)
            self.skip()
            self.want_operand(start)
            node = self.negate(start)
        elif minus:
            self.pos += 1
            node = self.negate(start)
        else:
            node = self.atom()
        self.depth -= 1
        self.skip()
        return node

    def deepen(self, start: int) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            hint = _("at most {count} brackets inside each other", count=MAX_DEPTH)
            raise QueryError(_("too deep"), start, hint)

    def negate(self, start: int) -> ast.Node:
        child = self.operand()
        if isinstance(child, ast.Not):
            return child.child
        return ast.Not(child, text=self.text[start : self.pos].strip(), column=start)

    def want_operand(self, column: int) -> None:
        """Raise QueryError if the operator at `column` has nothing after it."""
        following = self.operator()
        if self.at_end() or following in ("AND", "OR") or lexer.NEAR.match(self.text, self.pos):
            name = self.name_at(column)
            message = _("{operator} has nothing after it", operator=name)
            raise QueryError(message, column, self.hint_for_capitals(name))

    def name_at(self, column: int) -> str:
        """Return the operator at a column, as written."""
        match = lexer.NAME.match(self.text, column)
        return match[0] if match else ""

    @staticmethod
    def hint_for_capitals(name: str) -> str:
        return _('as a word: "{word}"', word=name.lower())

    # --- atoms

    def atom(self) -> ast.Node:
        start = self.pos
        if self.at_end():
            message = (
                _("a word is missing before a bracket")
                if self.pos < len(self.text)
                else _("a word is missing before the end")
            )
            raise QueryError(message, start, _("write what to look for"))
        if self.operator() or lexer.NEAR.match(self.text, start):
            name = self.name_at(start)
            message = _("{operator} has nothing before it", operator=name)
            raise QueryError(message, start, self.hint_for_capitals(name))
        if self.text[start] == "(":
            return self.bracket()
        if match := self.take(lexer.OF):
            return self.at_least(lexer.count(match[1], start), start)
        if match := self.take(lexer.FIELD):
            return self.field(match[1], start)
        if self.text[start] in lexer.QUOTES or (self.text[start] == "=" and self.quote_follows()):
            return self.quoted()
        return self.chunk()

    def quote_follows(self) -> bool:
        return self.text[self.pos + 1 : self.pos + 2] in tuple(lexer.QUOTES)

    def bracket(self) -> ast.Node:
        start = self.pos
        node = self.inside(self.any, in_list=False)
        self.close_bracket(start)
        return node

    def inside(self, reading: Callable[[], ast.Node], *, in_list: bool) -> ast.Node:
        """Skip a bracket or comma, and read what follows."""
        outer, self.in_list = self.in_list, in_list
        self.pos += 1
        self.skip()
        node = reading()
        self.in_list = outer
        return node

    def close_bracket(self, start: int) -> None:
        if self.pos >= len(self.text):
            raise QueryError(_("this bracket is never closed"), start, _("close it with `)`"))
        self.pos += 1

    def at_least(self, count: int, start: int) -> ast.Node:
        opening = self.pos
        if not self.text.startswith("(", opening):
            raise QueryError(_("OF needs a list"), start, _("write 2 OF (a, b, c)"))
        choices = [self.inside(self.any, in_list=True)]
        while self.text.startswith(",", self.pos):
            choices.append(self.inside(self.any, in_list=True))
        self.close_bracket(opening)
        text = self.text[start : self.pos]
        return ast.AtLeast(count, tuple(choices), text=text, column=start)

    def field(self, written: str, start: int) -> ast.Node:
        name = field_named(written)
        if name in self.facets:
            value = self.value(written, start)
            return facet(name, value, start, self.facets, written=written.lower())
        if name == CONCEPT:
            value = self.value(written, start)
            return ast.Concept(value, self.part, text=self.text[start : self.pos], column=start)
        if name not in PARTS:
            message = _("there is no field {name}:", name=written)
            raise QueryError(message, start, lexer.hint_for_field(written))
        if self.part not in ("", name):
            message = _(
                "{name}: inside {other}:",
                name=offered_name(name), other=offered_name(self.part),
            )  # fmt: skip
            raise QueryError(message, start, _("no word is in both"))
        if self.at_end():
            message = _("{name}: has nothing after it", name=written)
            raise QueryError(message, start, _("write {name}:word", name=written))
        outer, self.part = self.part, name
        self.deepen(start)
        node = self.atom()
        self.depth -= 1
        self.part = outer
        return node

    def value(self, name: str, start: int) -> str:
        if not self.at_end() and self.text[self.pos] in lexer.CLOSING:
            return self.between_quotes()[0]
        match = self.take(lexer.LISTED if self.in_list else lexer.CHUNK)
        if not match:
            message = _("{name}: has no value", name=name)
            raise QueryError(message, start, _("write {name}:value", name=name))
        return match[0]

    def quoted(self) -> ast.Node:
        start = self.pos
        exact = self.text[start] == "="
        self.pos += exact
        text, column = self.between_quotes()
        options = {"exact": exact}
        near = self.take(lexer.PROXIMITY)
        written = self.text[start : self.pos]
        if not near or not near[1]:
            options["inflected"] = bool(near)
            if exact and near:
                raise QueryError(_("= and ~ contradict each other"), start, _("take one of them"))
            return term_nodes.phrase(text, column, self.part, written=written, **options)
        leaves = term_nodes.words(text, column, self.part, **options)
        if len(leaves) < 2:
            hint = _('as in "hub Liège"~5')
            raise QueryError(_("~ needs two words or more"), start, hint)
        if len(leaves) > 8:
            raise QueryError(_("~ takes eight words at most"), start, _("take some away"))
        return ast.Near(
            tuple(leaves), lexer.distance(near[1], near.start()), text=written, column=start
        )

    def between_quotes(self) -> tuple[str, int]:
        """Read a quoted text; return it and the column at which it starts."""
        start = self.pos
        opening = self.text[start]
        ends = [
            end
            for mark in lexer.CLOSING.get(opening, "")
            if (end := self.text.find(mark, start + 1)) >= 0
        ]
        if not ends:
            hint = _('straight quotes are best: "two words"')
            raise QueryError(_unpaired(opening), start, hint)
        self.pos = min(ends) + 1
        return self.text[start + 1 : min(ends)], start + 1

    def chunk(self) -> ast.Node:
        start = self.pos
        match = self.take(lexer.LISTED if self.in_list else lexer.CHUNK)
        if not match:
            raise QueryError(_("a word is missing here"), start, _("write what to look for"))
        written = match[0]
        if lexer.REGEX.fullmatch(written):
            raise _no_regex(start)
        if lexer.BAD_NEAR.fullmatch(written):
            message = _("{written} is not understood", written=written)
            raise QueryError(message, start, _("write a NEAR/10 b or a W/3 b"))
        if re.match(r"[–—−!]\w", written):
            message = _("{sign} is no minus sign", sign=written[0])
            raise QueryError(message, start, _("write NOT {word}", word=written[1:]))
        return term_nodes.word(written, start, self.part)


def _unpaired(quote: str) -> str:
    """Describe a quotation mark without its counterpart."""
    if quote in '"＂':
        return _("this quote is never closed")
    if quote in lexer.CLOSING:
        return _("this curly quote {sign} is never closed", sign=quote)
    return _("this curly quote {sign} was never opened", sign=quote)


def _no_regex(column: int) -> QueryError:
    hint = _("write words, with * for any letters; quote a path")
    return QueryError(_("there are no regular expressions"), column, hint)


CACHED_QUERIES = 100_000
"""Parsed queries that are cached: editing one of 50,000 watchlists parses one."""


class Query(Struct, frozen=True):
    """A parsed query: its text and its tree."""

    text: str
    root: ast.Node


@functools.lru_cache(CACHED_QUERIES)
def parse_query(text: str, *, allow_archive_filters: bool = True) -> Query:
    """Return the query of a text; without archive filters for watchlists.

    Raises QueryError, with the column of the mistake and a hint.
    """
    if not text.strip():
        raise QueryError(_("nothing to look for"), 0, _("write a word"))
    root = read(text)
    validation.check(root)
    for node in walk(root):
        if (
            isinstance(node, ast.Facet)
            and node.name in ARCHIVE_FACETS
            and not allow_archive_filters
        ):
            as_written = node.text.partition(":")[0]
            message = _("{name}: works in searches only", name=as_written)
            raise QueryError(message, node.column, _("take it away"))
        if isinstance(node, ast.Facet) and node.name == "is" and node.value not in IS_IN_SEARCHES:
            hint = _("only is:merged finds articles; `tocsin alerts --query` takes the others")
            message = _("{filter} selects alerts", filter=node.text)
            raise QueryError(message, node.column, hint)
    return Query(text, root)


def any_of(terms: Iterable[str]) -> Query:
    """Return the query for any of some terms.

    A term is a word or words in order, with `=`, `~` and `*` as in a query but no
    operators. A QueryError's position is the column in the term that is wrong.
    """
    wanted = [*dict.fromkeys(terms)]
    if not wanted:
        raise QueryError(_("nothing to look for"), 0, _("write a term"))
    root = _either([term(name) for name in wanted])
    validation.check(root)
    return Query(" OR ".join(map(_quoted, wanted)), root)


def none_of(terms: Iterable[str]) -> Query:
    """Return the query for any of some terms and filters, which a watchlist excludes.

    A filter is `feed:NAME`, `tag:NAME` or `lang:CODE`, a term as in `any_of`; so are errors.
    """
    unwanted = [*dict.fromkeys(terms)]
    root = _either([_unwanted(term) for term in unwanted])
    validation.check(root)
    return Query(" OR ".join(_quoted(term) for term in unwanted), root)


def score(weights: Mapping[str, float], threshold: float) -> Query:
    """Return the query for terms whose weights add up to `threshold` or more.

    Raises QueryError for a bad term, or a threshold that cannot be reached.
    """
    weighted = tuple((float(weight), term(name)) for name, weight in weights.items())
    text = " + ".join(f"{weight:g}×{_quoted(term)}" for term, weight in weights.items())
    root = ast.Score(weighted, float(threshold), text=f"{text} ≥ {threshold:g}")
    validation.check(root)
    return Query(root.text, root)


def combine(*queries: Query) -> Query:
    """Return the query that requires all of these queries."""
    if len(queries) == 1:
        return queries[0]
    text = " AND ".join(f"({query.text})" for query in queries)
    root = ast.And(tuple(query.root for query in queries), text=text, column=-1)
    validation.check(root)
    return Query(text, root)


def _either(nodes: list[ast.Node]) -> ast.Node:
    return (
        nodes[0]
        if len(nodes) == 1
        else ast.Or(tuple(nodes), text=" OR ".join(n.text for n in nodes))
    )


def _quoted(term: str) -> str:
    if lexer.field_of(term.strip()) in ARTICLE_FACETS or lexer.CONCEPT_TERM.match(term.strip()):
        return term.strip()
    return term if term.isalnum() or term.lstrip().startswith('"') else f'"{term}"'


def _unwanted(text: str) -> ast.Node:
    """Return the leaf of a term, or the filter that the term is."""
    written = text.strip()
    name = lexer.field_of(written)
    if name not in ARTICLE_FACETS:
        return term(text)
    as_written, _, value = written.partition(":")
    return facet(name, value.strip().strip('"'), 0, written=as_written.lower())


def term(text: str, part: str = "") -> ast.Node:
    """Return the leaf of a term of a watchlist, in a part of the article; '' for its text.

    Raises QueryError for a text that is no term.
    """
    written = text.strip()
    if concept := lexer.CONCEPT_TERM.match(written):
        return ast.Concept(concept[1].strip('" '), part, text=written)
    column = len(text) - len(text.lstrip())
    if lexer.REGEX.fullmatch(written):
        raise _no_regex(column)
    if operator := lexer.operator_in(text):
        name, at = operator
        message = _("{operator} in a term", operator=_(name))
        raise QueryError(message, at, _hint_for_operator(name))
    if written.startswith(('"', '="')) and written.count('"') == 2:
        return read(f"{part}:{written}" if part else text)
    return term_nodes.phrase(written, column, part)


def _hint_for_operator(name: str) -> str:
    if name.endswith(":"):
        return _("for fields and filters write `query:`")
    if name.isalpha() and name.isupper():
        word = name.lower()
        return _("for operators write `query:`, for the word write {word}", word=word)
    return _("for operators write `query:`, for a text with such signs leave them out")
