"""The syntax of queries, by recursive descent: text to tree, errors with their column.

::

    any    = all (OR all)*                  OR, OU
    all    = close (AND? close)*            AND, ET
    close  = one (NEAR/n one | W/n one)*
    one    = NOT one | -one | atom          NOT, SAUF
    atom   = ( any ) | n OF ( any , ... ) | part: atom | filter:value
           | "words"  "words"~  "words"~n  ="words" | word
"""

from __future__ import annotations

import re
from collections.abc import Callable

from index import leaf, signs
from index.article import PARTS
from index.errors import QueryError
from index.facets import facet
from index.tree import ALERT_FACETS, FACETS, And, AtLeast, Near, Node, Not, Or

MAX_DEPTH = 50
"""Brackets, NOTs and NEARs inside each other."""


def read(text: str, *, of_alerts: bool = False) -> Node:
    """Return the tree of a query, or of a filter of alerts, which has filters of its own.

    Raises QueryError where it cannot be understood.
    """
    reader = _Reader(text, (*FACETS, *ALERT_FACETS) if of_alerts else FACETS)
    tree = reader.any()
    if reader.at < len(text):
        what = "comma" if text[reader.at] == "," else "bracket"
        raise QueryError(f"this {what} was never opened", reader.at, "take it away")
    return tree


class _Reader:
    """What is read so far: everything before `at`."""

    def __init__(self, text: str, facets: tuple[str, ...]) -> None:
        self.text = text
        self.facets = facets
        self.at = 0
        self.part = ""
        self.depth = 0
        self.listing = False
        self.skip()

    # --- looking ahead

    def skip(self) -> None:
        found = signs.SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def operator(self) -> str:
        """Return AND, OR or NOT if that is what comes next."""
        found = signs.OPERATOR.match(self.text, self.at)
        return signs.KINDS[found[0]] if found else ""

    def over(self) -> bool:
        """Tell whether an operand cannot start here."""
        stop = ")," if self.listing else ")"
        return self.at >= len(self.text) or self.text[self.at] in stop

    # --- operators, the loosest first

    def any(self) -> Node:
        return self.chain(Or, self.all, "OR")

    def all(self) -> Node:
        return self.chain(And, self.close, "AND")

    def chain(self, kind: type[And | Or], operand: Callable[[], Node], name: str) -> Node:
        """Read operands joined by an operator; AND may be left out."""
        start = self.at
        found = [operand()]
        while not self.over():
            column = self.at
            if self.operator() == name:
                self.take(signs.OPERATOR)
                self.skip()
                self.want_operand(column)
            elif name == "OR" or self.operator() == "OR":
                break
            found.append(operand())
        if len(found) == 1:
            return found[0]
        flat = [
            child for node in found for child in (node.children if type(node) is kind else (node,))
        ]
        return kind(tuple(flat), text=self.text[start : self.at].strip(), column=start)

    def close(self) -> Node:
        start = self.at
        left = self.one()
        links = 0
        while not self.over():
            column = self.at
            found = self.take(signs.NEAR)
            if not found:
                if signs.BAD_NEAR.match(self.text, self.at):
                    raise QueryError("NEAR needs a number", column, "write NEAR/10 or W/3")
                break
            self.skip()
            self.want_operand(column)
            links += 1
            if links > MAX_DEPTH // 3:
                raise QueryError("too many NEAR in a row", column, 'write "a b c"~20')
            pair = (left, self.one())
            text = self.text[start : self.at].strip()
            distance = signs.distance(found[2], column)
            left = Near(pair, distance, found[1] == "W", text=text, column=start)
        return left

    def one(self) -> Node:
        start = self.at
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise QueryError("too deep", start, f"at most {MAX_DEPTH} brackets inside each other")
        minus = self.text.startswith("-", start) and self.text[start + 1 : start + 2].strip(" -")
        if self.operator() == "NOT":
            self.take(signs.OPERATOR)
            self.skip()
            self.want_operand(start)
            node = self.negate(start)
        elif minus:
            self.at += 1
            node = self.negate(start)
        else:
            node = self.atom()
        self.depth -= 1
        self.skip()
        return node

    def negate(self, start: int) -> Node:
        child = self.one()
        if isinstance(child, Not):
            return child.child
        return Not(child, text=self.text[start : self.at].strip(), column=start)

    def want_operand(self, column: int) -> None:
        """Raise QueryError if the operator at `column` has nothing after it."""
        following = self.operator()
        if self.over() or following in ("AND", "OR") or signs.NEAR.match(self.text, self.at):
            name = self.name_at(column)
            raise QueryError(f"{name} has nothing after it", column, self.hint_for_capitals(name))

    def name_at(self, column: int) -> str:
        """Return the operator at a column, as written."""
        found = signs.NAME.match(self.text, column)
        return found[0] if found else ""

    @staticmethod
    def hint_for_capitals(name: str) -> str:
        return f'as a word: "{name.lower()}"'

    # --- atoms

    def atom(self) -> Node:
        start = self.at
        if self.over():
            what = "a bracket" if self.at < len(self.text) else "the end"
            raise QueryError(f"a word is missing before {what}", start, "write what to look for")
        if self.operator() or signs.NEAR.match(self.text, start):
            name = self.name_at(start)
            raise QueryError(f"{name} has nothing before it", start, self.hint_for_capitals(name))
        if self.text[start] == "(":
            return self.bracket()
        if found := self.take(signs.OF):
            return self.at_least(int(found[1]), start)
        if found := self.take(signs.FIELD):
            return self.field(found[1], start)
        if self.text[start] in signs.QUOTES or (self.text[start] == "=" and self.quote_follows()):
            return self.quoted()
        return self.chunk()

    def quote_follows(self) -> bool:
        return self.text[self.at + 1 : self.at + 2] in tuple(signs.QUOTES)

    def bracket(self) -> Node:
        start = self.at
        node = self.inside(self.any, listing=False)
        self.close_bracket(start)
        return node

    def inside(self, reading: Callable[[], Node], *, listing: bool) -> Node:
        """Read on after the bracket or comma that is next."""
        outer, self.listing = self.listing, listing
        self.at += 1
        self.skip()
        node = reading()
        self.listing = outer
        return node

    def close_bracket(self, start: int) -> None:
        if self.at >= len(self.text):
            raise QueryError("this bracket is never closed", start, "close it with )")
        self.at += 1

    def at_least(self, count: int, start: int) -> Node:
        opening = self.at
        if not self.text.startswith("(", opening):
            raise QueryError("OF needs a list", start, "write 2 OF (a, b, c)")
        found = [self.inside(self.any, listing=True)]
        while self.text.startswith(",", self.at):
            found.append(self.inside(self.any, listing=True))
        self.close_bracket(opening)
        text = self.text[start : self.at]
        return AtLeast(count, tuple(found), text=text, column=start)

    def field(self, written: str, start: int) -> Node:
        name = written.lower()
        if name in self.facets:
            return facet(name, self.value(written, start), start)
        if name not in PARTS:
            raise QueryError(f"there is no field {written}:", start, signs.hint_for_field(written))
        if self.part not in ("", name):
            raise QueryError(f"{name}: inside {self.part}:", start, "no word is in both")
        if self.over():
            raise QueryError(f"{name}: has nothing after it", start, f"write {name}:word")
        outer, self.part = self.part, name
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise QueryError("too deep", start, f"at most {MAX_DEPTH} inside each other")
        node = self.atom()
        self.depth -= 1
        self.part = outer
        return node

    def value(self, name: str, start: int) -> str:
        if not self.over() and self.text[self.at] in signs.CLOSING:
            return self.between_quotes()[0]
        found = self.take(signs.LISTED if self.listing else signs.CHUNK)
        if not found:
            raise QueryError(f"{name}: has no value", start, f"write {name}:value")
        return found[0]

    def quoted(self) -> Node:
        start = self.at
        exact = self.text[start] == "="
        self.at += exact
        text, column = self.between_quotes()
        how = {"exact": exact}
        near = self.take(signs.PROXIMITY)
        written = self.text[start : self.at]
        if not near or not near[1]:
            how["inflected"] = bool(near)
            if exact and near:
                raise QueryError("= and ~ contradict each other", start, "take one of them")
            return leaf.phrase(text, column, self.part, written=written, **how)
        found = leaf.words(text, column, self.part, **how)
        if len(found) < 2:
            raise QueryError("~ needs two words or more", start, 'as in "hub Liège"~5')
        if len(found) > 8:
            raise QueryError("~ takes eight words at most", start, "take some away")
        return Near(tuple(found), signs.distance(near[1], near.start()), text=written, column=start)

    def between_quotes(self) -> tuple[str, int]:
        """Take quoted text; return it and the column it starts at."""
        start = self.at
        opening = self.text[start]
        ends = [
            end
            for mark in signs.CLOSING.get(opening, "")
            if (end := self.text.find(mark, start + 1)) >= 0
        ]
        if not ends:
            curly = opening not in '"＂'
            kind = f"curly quote {opening}" if curly else "quote"
            verb = "is never closed" if opening in signs.CLOSING else "was never opened"
            raise QueryError(f"this {kind} {verb}", start, 'straight quotes are best: "two words"')
        self.at = min(ends) + 1
        return self.text[start + 1 : min(ends)], start + 1

    def chunk(self) -> Node:
        start = self.at
        found = self.take(signs.LISTED if self.listing else signs.CHUNK)
        if not found:
            raise QueryError("a word is missing here", start, "write what to look for")
        written = found[0]
        if signs.BAD_NEAR.fullmatch(written):
            raise QueryError(f"{written} is not understood", start, "write a NEAR/10 b or a W/3 b")
        if re.match(r"[–—−!]\w", written):
            raise QueryError(f"{written[0]} is no minus sign", start, f"write NOT {written[1:]}")
        return leaf.word(written, start, self.part)
