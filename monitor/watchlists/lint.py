"""Terms of a watchlist: the words that they match, and lint of those that are of no use."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from index.analysis.term_positions import EXACT
from index.analysis.tokenizer import LOUD
from index.archive import Archive
from index.evaluation.term_expansion import is_open, listed_keys, selector
from index.query.ast import Mode, Near, Node, Not, Or, Phrase, Score, Word, children
from index.query.concepts import NO_CONCEPTS, Concepts, defined, each_name
from index.query.parser import Query, any_of
from index.query.suggestions import FEW, Count, has_words, rule_remarks, sufficient
from monitor.base.formatting import percent
from monitor.base.translation import gettext as _, ngettext, number
from monitor.model.watchlist import Watchlist

_MAX_ROWS = 500
"""Rows of words that are counted for a term; of a term with more, each word is counted alone."""


class Form(NamedTuple):
    """A word of the archive, or words in a row, that a term matches."""

    term: str
    form: str
    articles: int
    """Articles that have it."""


def forms(archive: Archive, term: str, concepts: Concepts = NO_CONCEPTS) -> list[Form]:
    """Return the words of the archive that a term matches, the most frequent first.

    A word without `~` or `*` stands for itself, a phrase for words in a row, a concept for its
    names. Raises QueryError.
    """
    query = defined(any_of([term]), concepts)
    result = [
        Form(term, form, articles)
        for form, node in dict(_resolved(archive, query.root)).items()
        if (articles := count(archive, node))
    ]
    return sorted(result, key=lambda form: (-form.articles, form.form))


def count(archive: Archive, node: Node) -> int:
    """Return the number of articles of the archive that satisfy a tree."""
    return archive.count(Query(node.text, node))


def _resolved(archive: Archive, node: Node) -> Iterator[tuple[str, Node]]:
    if isinstance(node, Phrase):
        rows = (_resolved(archive, child) for child in node.children)
        choices = [[form for form in row if count(archive, form[1])] for row in rows]
        if math.prod(map(len, choices)) > _MAX_ROWS:
            yield from itertools.chain(*choices)
        else:
            for row in itertools.product(*choices):
                yield " ".join(form for form, _ in row), Phrase(tuple(word for _, word in row))
    elif not isinstance(node, Word):
        for child in (child for child in children(node) if not isinstance(child, Not)):
            yield from _resolved(archive, child)
    elif not is_open(node):
        yield node.exact or node.term, node
    elif keys := listed_keys(replace(node, part="")):
        for term, exact in (key.split(EXACT) if EXACT in key else (key, "") for key in keys):
            if exact != LOUD:
                mode = Mode.EXACT if exact else Mode.FOLDED
                yield exact or term, Word(term, mode, exact, node.part)
    else:
        result = archive.search(Query(node.term, node), limit=1)
        for form in next(iter(result.forms.values()), ()):
            yield form, Word(form, part=node.part)


BROAD = 0.1
"""Share of the articles of the archive from which a term is too broad."""


class LintRemark(NamedTuple):
    """A remark about a term."""

    watchlist: str
    term: str
    kind: str
    """meant, never, case, subsumed, broad, short; or noise (see `suggest`)."""
    words: str


def lint(watchlist: Watchlist, count: Count, articles: int) -> Iterator[LintRemark]:
    """Yield remarks about a watchlist, given an archive of `articles` articles."""
    root, is_large = watchlist.query.root, articles >= FEW
    remarks = [*rule_remarks(root, count if is_large else lambda node: -1)]
    for term in dict.fromkeys(_terms(root)):
        if is_large and not count(term) and not has_words(term, count):
            remarks.append((term.text, "never", _("matches no article of the archive")))
        if (uncased := _in_any_case(term)) != term:
            in_any_case = count(uncased)
            if left_out := in_any_case - count(term):
                message = ngettext(
                    "leaves out {left_out} of {count} article with {word}",
                    "leaves out {left_out} of {count} articles with {word}",
                    in_any_case, left_out=number(left_out), word=uncased.text,
                )  # fmt: skip
                remarks.append((term.text, "case", message))
    for term in sufficient(root) if is_large else ():
        is_term = isinstance(term, Word | Phrase | Or)
        if is_term and (share := count(term) / articles) >= BROAD:
            broad = _("matches {share} of all articles", share=percent(share))
            remarks.append((term.text, "broad", broad))
    for group in _alternatives(root):
        for first, second in itertools.combinations(group, 2):
            wide, narrow = (first, second) if covers(first, second) else (second, first)
            if covers(wide, narrow):
                added = _("adds nothing to `{term}`", term=wide.text)
                remarks.append((narrow.text, "subsumed", added))
    labels = {only.text: label for label, only in each_name(root)}
    for text, kind, words in dict.fromkeys(remarks):
        yield LintRemark(watchlist.name, labels.get(text, text), kind, words)


# --- terms -----------------------------------------------------------


def _terms(node: Node) -> Iterator[Node]:
    """Yield the words and phrases of a tree, as written."""
    if isinstance(node, Word | Phrase) or node.is_one_word:
        yield node
    else:
        for child in children(node):
            yield from _terms(child)


def _in_any_case(term: Node) -> Node:
    text = term.text.removeprefix("=").lower()
    if isinstance(term, Phrase | Or):
        return replace(term, children=tuple(map(_in_any_case, term.children)), text=text)
    if isinstance(term, Word) and term.mode in (Mode.ACRONYM, Mode.EXACT):
        return Word(term.term, part=term.part, text=text)
    return term


def _alternatives(node: Node) -> Iterator[Sequence[Node]]:
    """Yield the terms that stand beside each other in an OR."""
    if isinstance(node, Or) and not node.is_one_word:
        yield [term for term in node.children if isinstance(term, Word | Phrase | Or)]
    if not isinstance(node, Near | Phrase | Score):
        for child in children(node):
            yield from _alternatives(child)


# --- the wider of two terms -----------------------------------------------------------


def covers(wide: Node, narrow: Node) -> bool:
    """Return whether `wide` matches every article that `narrow` matches.

    False also where that cannot be decided without the archive.
    """
    if isinstance(narrow, Or):
        return all(covers(wide, child) for child in narrow.children)
    if isinstance(wide, Or):
        return any(covers(child, narrow) for child in wide.children)
    if isinstance(narrow, Phrase):
        if isinstance(wide, Phrase):
            return _contains(wide.children, narrow.children)
        return isinstance(wide, Word) and any(covers(wide, child) for child in narrow.children)
    if not isinstance(wide, Word) or not isinstance(narrow, Word):
        return False
    covers_part = wide.part == narrow.part or (not wide.part and narrow.part != "author")
    return covers_part and _covers_word(wide, narrow)


def _contains(wide: Sequence[Node], narrow: Sequence[Node]) -> bool:
    """Return whether a wider phrase occurs, word by word, inside a narrower one."""
    starts = range(len(narrow) - len(wide) + 1)
    return any(all(map(covers, wide, narrow[start:])) for start in starts)


def _covers_word(wide: Word, narrow: Word) -> bool:
    if wide.mode is narrow.mode and wide.term == narrow.term and wide.exact == narrow.exact:
        return True
    if narrow.mode.inflects:
        forms = listed_keys(replace(narrow, part=""))
        return wide.mode.inflects and forms <= listed_keys(replace(wide, part=""))
    if narrow.mode is Mode.WILDCARD:
        prefix = wide.term.removesuffix("*")
        is_prefix = wide.mode is Mode.WILDCARD and not {"*", "?"} & set(prefix)
        return is_prefix and wide.term.endswith("*") and narrow.term.startswith(prefix)
    if wide.mode is Mode.FOLDED:
        return wide.term == narrow.term
    if wide.mode is Mode.ACRONYM:
        forms = listed_keys(replace(wide, part=""))
        return narrow.mode is Mode.EXACT and f"{narrow.term}{EXACT}{narrow.exact}" in forms
    if wide.mode is Mode.EXACT:
        return False
    prefix, accepts = selector(Word(wide.term, wide.mode, wide.exact))
    return narrow.term.startswith(prefix) and accepts(narrow.term)
