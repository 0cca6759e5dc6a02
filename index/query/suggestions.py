"""Suggests queries that find more: what a slip means, other spellings, wider terms, less."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from msgspec import Struct

from index.analysis.term_positions import AUTHOR, EXACT
from index.analysis.tokenizer import tokenize_query
from index.errors import QueryError
from index.query import ast
from index.query.ast import And, Facet, Mode, Near, Node, Not, Or, Phrase, Score, Word, walk, wanted
from index.query.lexer import AND, NOT, OR
from index.query.parser import Query, parse_query
from index.query.term_nodes import is_acronym
from monitor.base.translation import gettext as _

APART = 5
"""Distance of the words of a phrase in the query that is suggested instead."""
INFLECTED = 4
"""Letters of the shortest word whose inflections are suggested."""
FEW = 50
"""Articles below which an archive cannot show which terms are broad or never match."""
MIN_STEM = 3
"""Letters of the shortest word for which other endings are suggested."""
MAX_APART = 4
"""Words of the longest phrase for which words near each other are suggested."""


class SuggestionKind(enum.StrEnum):
    """The change that a suggested query makes."""

    MEANT = "meant"
    """Commas and small letters count as operators."""
    SPELLING = "spelling"
    INFLECTED = "inflected"
    """The inflections of a word count too."""
    ANY_ENDING = "any-ending"
    """The last word may be the beginning of a longer one."""
    ANY_FORM = "any-form"
    """Case and accents of a word do not count."""
    APART = "apart"
    """The words of a phrase may be near each other, or anywhere."""
    ANY_LANGUAGE = "any-language"
    ANY_DATE = "any-date"
    WITHOUT = "without"
    """One of the clauses is left out."""


class QuerySuggestion(Struct, frozen=True):
    """A query that may find more."""

    kind: SuggestionKind
    query: Query
    written: str
    """The changed part of the query."""
    instead: str = ""
    """The replacement of this part; empty if it is removed."""


Similar = Callable[[Word], Sequence[str]]
"""Returns the terms of which a word may be a misspelling."""


def query_suggestions(query: Query, similar: Similar) -> Iterator[QuerySuggestion]:
    """Yield queries that find more, each once, the smallest changes first."""
    roots = {query.root}
    for kind, text, written, instead in _texts(query, similar):
        try:
            other = parse_query(text)
        except QueryError:
            continue
        if other.root not in roots:
            roots.add(other.root)
            yield QuerySuggestion(kind, other, written, instead)


_Text = tuple[SuggestionKind, str, str, str]


def _texts(query: Query, similar: Similar) -> Iterator[_Text]:
    """Yield the kind, the text, the changed part and its replacement of each suggestion."""
    for written, meant, _warning in slips(query.root):
        start, _written, end = query.text.partition(written)
        instead = meant if start[-1:] + end[:1] in ("", "()") else f"({meant})"
        yield SuggestionKind.MEANT, start + instead + end, written, instead
    leaves = [word for word in wanted(query.root) if _is_at(query.text, word)]
    respelt = {word: terms for word in leaves if (terms := _respelt(word, similar))}
    likely = {word: terms[0] for word, terms in respelt.items()}
    for change in (likely, *({word: term} for word in respelt for term in respelt[word])):
        yield _with(SuggestionKind.SPELLING, query.text, change)
    for word in leaves:
        if word.mode is Mode.FOLDED and word.text.isalpha() and len(word.term) >= INFLECTED:
            yield _with(SuggestionKind.INFLECTED, query.text, {word: f"{word.text}~"})
        elif word.mode is Mode.EXACT and word.text.startswith("="):
            yield _with(SuggestionKind.ANY_FORM, query.text, {word: word.text[1:]})
        elif word.mode in (Mode.EXACT, Mode.ACRONYM) and is_acronym(word.text):
            yield _with(SuggestionKind.ANY_FORM, query.text, {word: word.text.lower()})
    last = max(leaves, key=lambda word: word.column, default=None)
    if last and last.mode is Mode.FOLDED and last.text.isalpha() and len(last.term) >= MIN_STEM:
        yield _with(SuggestionKind.ANY_ENDING, query.text, {last: f"{last.text}*"})
    for phrase in walk(query.root):
        if isinstance(phrase, Phrase):
            yield from _apart(query.text, phrase)
    if isinstance(query.root, And):
        yield from _shortened(query.root)


def _is_at(text: str, word: Word) -> bool:
    """Tell whether a leaf has its text at its column: words of a compound share their text."""
    return bool(word.text) and text.startswith(word.text, word.column)


def _with(kind: SuggestionKind, text: str, instead: Mapping[Word, str]) -> _Text:
    """Return a query with some words changed."""
    words = sorted(instead, key=lambda word: word.column)
    for word in reversed(words):
        text = text[: word.column] + instead[word] + text[word.column + len(word.text) :]
    written = " ".join(word.text for word in words)
    return kind, text, written, " ".join(instead[word] for word in words)


def _respelt(word: Word, similar: Similar) -> list[str]:
    """Return corrections of the spelling of a word, with its marks and its elision."""
    tokens = tokenize_query(word.text)
    if len(tokens) != 1 or word.mode is Mode.WILDCARD:
        return []
    start, end = tokens[0].start, tokens[0].end
    return [word.text[:start] + term + word.text[end:] for term in similar(word)]


def _apart(text: str, phrase: Phrase) -> Iterator[_Text]:
    """Yield the words of a phrase in plain quotes near each other, then anywhere."""
    start = phrase.column - 1
    end = start + len(phrase.text)
    is_quoted = phrase.text.startswith('"') and phrase.text.endswith('"')
    if not is_quoted or text[start:end] != phrase.text:
        return
    words = phrase.text[1:-1].strip()
    is_alone = len(phrase.text) == len(text.strip())
    choices = [words if is_alone else f"({words})"]
    if len(phrase.children) <= MAX_APART:
        choices.insert(0, f"{phrase.text}~{APART}")
    for instead in choices:
        yield SuggestionKind.APART, text[:start] + instead + text[end:], phrase.text, instead


def _shortened(root: And) -> Iterator[_Text]:
    """Yield a query without its languages, without its dates, and without each other clause."""
    for kind, names in {
        SuggestionKind.ANY_LANGUAGE: ("lang",),
        SuggestionKind.ANY_DATE: ("since", "until"),
    }.items():
        limits = [child for child in root.children if _is_about(child, names)]
        if limits:
            yield _without(kind, root, limits)
    for child in root.children:
        if not _is_about(child, ("lang", "since", "until")):
            yield _without(SuggestionKind.WITHOUT, root, [child])


def _is_about(node: Node, names: Sequence[str]) -> bool:
    choices = node.children if isinstance(node, Or) else (node,)
    return all(isinstance(choice, Facet) and choice.name in names for choice in choices)


def _without(kind: SuggestionKind, root: And, removed: Sequence[Node]) -> _Text:
    remaining = [node_text(child) for child in root.children if child not in removed]
    return kind, " ".join(remaining), " ".join(map(node_text, removed)), ""


# --- rules ----------------------------------------------------------------------------

Count = Callable[[Node], int]
"""Returns the number of articles of the archive that satisfy a tree; -1 if it is not known."""


def rule_remarks(root: Node, count: Count) -> Iterator[tuple[str, str, str]]:
    """Yield parts of a rule as written, each with the kind of a remark on it, and the remark."""
    for written, _query, warning in slips(root):
        yield written, "meant", warning
    for node in sufficient(root):
        if isinstance(node, Word) and node.mode is Mode.FOLDED and len(node.term) <= 2:
            if node.term.isascii():
                short = _("is short and will be found often; `{capitals}` finds only capitals",
                          capitals=node.term.upper())  # fmt: skip
                yield node.text, "short", short
        elif count(node) == 0 and has_words(node, count):
            yield node.text, "never", _("never matches, though the archive has each of its words")


def has_words(node: Node, count: Count) -> bool:
    """Tell whether the archive has each word of a node, but for those it excludes."""
    if isinstance(node, Word) or node.is_one_word:
        return count(node) > 0
    return isinstance(node, Not) or all(has_words(part, count) for part in ast.children(node))


def sufficient(node: Node) -> Iterator[Node]:
    """Yield what alone makes a rule match, without its filters and exclusions."""
    choices: Sequence[Node] = ()
    if isinstance(node, And):
        choices = [child for child in node.children if not _is_scope(child)]
        if len(choices) > 1:
            node, choices = And(tuple(choices), text=node.text), ()
    elif isinstance(node, Or) and not node.is_one_word:
        choices = node.children
    elif isinstance(node, Score):
        choices = [child for weight, child in node.weighted if weight >= node.threshold]
    for child in choices:
        yield from sufficient(child)
    if not choices and not _is_scope(node):
        yield node


def _is_scope(node: Node) -> bool:
    return isinstance(node, Not) or any(isinstance(part, Facet) for part in walk(node))


_SMALL = re.compile(
    r'["«“„][^"»”“]*["»”“]|\bOF\s*\([^()]*\)'  # these stay as they are
    rf"|\s*(?P<comma>[,;]|\s/)(?:\s+(?:{AND.lower()}|{OR.lower()}))?(?=\s)"
    rf"|\s+(?P<operator>{'|'.join((AND, OR, NOT, 'NEAR')).lower()})(?=\s)"
)


def slips(root: Node) -> Iterator[tuple[str, str, str]]:
    """Yield what hardly anybody means: as written, the query for what most mean, a warning.

    These are lists and operators that are none, and `~` for a last word only; not in quotes.
    """
    for node in walk(root):
        for problem, query, remedy, literal in _meant(node):
            with suppress(QueryError):
                parse_query(query)
                warning = _("{problem}: write `{remedy}`, or `{literal}` if that is meant",
                            problem=problem, remedy=remedy, literal=literal)  # fmt: skip
                yield node.text, query, warning


def _meant(node: Node) -> Iterator[tuple[str, str, str, str]]:
    """Yield the problem of a node, what most mean, how to write that, and how what is written."""
    text = node.text
    if isinstance(node, Phrase):
        spaced = re.sub(r"(?:(?<!\d)[,;]|[,;](?!\d))\s*", ", ", text)
        query, literal = _with_operators(spaced), f"'\"{spaced}\"'"
        terms = re.split(rf" (?:{OR}) ", query)
        if re.search(rf"\b(?:{NOT}|NEAR)\b", query):
            yield _("is one phrase"), query, f"query: {query}", literal  # not a message
        elif len(terms) > 1:
            yield _("is one phrase"), query, f"terms: [{', '.join(terms)}]", literal
        elif text[0].islower() and " " in text and text.find("~") == len(text) - 1:
            query = f'"{text[:-1]}"~'
            yield _("inflects its last word only"), query, f"'{query}'", literal
    elif isinstance(node, And) and node.column >= 0:
        filters = [node_text(child) for child in node.children if isinstance(child, Facet)]
        signs = (sign[0].strip() for sign in _SMALL.finditer(text) if sign.lastgroup)
        sign, query = next(signs, ""), _with_operators(text, filters)
        if sign.isalpha():
            yield _("asks for the word `{word}`", word=sign), query, query, f'"{sign}"'
        elif sign:
            yield _("asks for all"), query, query, re.sub("[,;]", "", text)


def _with_operators(text: str, filters: Iterable[str] = ()) -> str:
    """Return a query whose small operators and commas are operators; its filters hold for all."""
    joined = AND.split("|") if re.search(r"[,;]\s", text) else ()

    def operator(sign: re.Match[str]) -> str:
        name = (sign["operator"] or "OR").upper()
        name = "OR" if name in joined else "NEAR/10" if name == "NEAR" else name
        return f" {name}" if sign.lastgroup else sign[0]

    for filter in filters:
        text = text.replace(filter, "")
    query = _SMALL.sub(operator, text)
    return f"({query.strip()}) {' '.join(filters)}" if filters else query


# --- a node as text -------------------------------------------------------------------


def node_text(node: Node) -> str:
    """Return the text of a node, in brackets where it needs them."""
    if isinstance(node, Facet):
        return node.text if node.text.split() == [node.text] else f'{node.name}:"{node.value}"'
    if isinstance(node, Or) and all(isinstance(child, Facet) for child in node.children):
        return f"({' OR '.join(map(node_text, node.children))})"
    if isinstance(node, Not):
        return f"-{node_text(node.child)}"
    text = node.text
    is_quoted = isinstance(node, Near) and text.startswith('"')
    if isinstance(node, And | Or | Near) and not is_quoted and not node.is_one_word:
        text = f"({text})"
    parts = {leaf.part for leaf in walk(node) if isinstance(leaf, Word)}
    part = parts.pop() if len(parts) == 1 else ""
    return f"{part}:{text}" if part else text


# --- spelling --------------------------------------------------------------------------

MIN_SPELLING = 3
"""Letters of the shortest word that is corrected: nearly every word is near a shorter word."""
LONG_WORD = 6
"""Letters of the shortest word that may have two mistakes instead of one."""


def similar_terms(
    word: Word,
    lexicon: Callable[[str], Iterable[str]],
    frequency: Callable[[str], int],
    limit: int = 2,
    rarer: bool = False,
) -> list[str]:
    """Return more frequent terms that differ from a word in one or two letters.

    The nearest come first, then the most frequent. A letter left out, added or replaced, or two
    swapped, is one difference; the first or the second letter is taken to be right, with `rarer`
    both.

    Args:
        word: The word that may be misspelled.
        lexicon: Returns texts that hold the keys beginning with a prefix, one a line.
        frequency: Returns the number of articles that have a key.
        limit: Number of terms.
        rarer: Return instead terms that differ in one letter, and are rarer where the word is in
            the archive: how others may write it.
    """
    if len(word.term) < MIN_SPELLING:
        return []
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import extract

    word_key = (AUTHOR if word.part == "author" else "") + word.term
    mistakes = 2 if len(word.term) >= LONG_WORD and not rarer else 1
    starts = [word.term[:2]] if rarer else dict.fromkeys(word.term[:2])
    candidates = _spelling_candidates(word_key, word.term, mistakes, starts, lexicon)
    similar = extract(word_key, candidates, scorer=OSA.distance, score_cutoff=mistakes, limit=None)
    articles = {key: frequency(key) for key in (word_key, *(key for key, _, _ in similar))}
    ranked = sorted(
        (distance, -articles[key], key)
        for key, distance, _ in similar
        if articles[key] != articles[word_key]
        and (articles[key] < articles[word_key]) == (rarer and articles[word_key] > 0)
    )
    return [key.removeprefix(AUTHOR) for _, _, key in ranked[:limit]]


def _spelling_candidates(
    word_key: str,
    term: str,
    mistakes: int,
    starts: Iterable[str],
    lexicon: Callable[[str], Iterable[str]],
) -> set[str]:
    """Return the keys of about the length of a term that begin in one of some ways."""
    prefix = word_key.removesuffix(term)
    low, high = max(len(term) - mistakes - 1, 0), len(term) + mistakes - 1
    pattern = re.compile(f"^{prefix}[^\n{EXACT}][^\n{EXACT}]{{{low},{high}}}$", re.MULTILINE)
    return {
        key
        for start in starts
        for lines in lexicon(prefix + start)
        for key in pattern.findall(lines)
    }


def suggested_name(query: str) -> str:
    """Return a name for a query: its words, without operators and filters."""
    words = [word for word in _NAME_WORD.findall(_FILTER.sub(" ", query)) if word not in _OPERATORS]
    return " ".join(words[:4])[:60]


_FILTER = re.compile(r"""-?\b[a-z]+:(?:"[^"]*"|[^\s()]*)|/\d+""")
_NAME_WORD = re.compile(r"[^\W\d_][\w’'-]*")
_OPERATORS = {"AND", "OR", "NOT", "ET", "OU", "SAUF", "NEAR", "PRÈS", "PRES", "W", "OF"}
