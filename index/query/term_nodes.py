"""Makes the leaves of a tree from written words: a word, a compound, a phrase."""

from __future__ import annotations

import re
import sys
from collections import defaultdict

from msgspec.structs import replace

from index.analysis.folding import CJK
from index.analysis.inflection import PREFIXES, noun_inflections, split_compound
from index.analysis.tokenizer import UNSPACED, Token, shouts, tokenize_query
from index.errors import QueryError
from index.query.ast import Mode, Node, Or, Phrase, Word
from monitor.base.translation import gettext as _
from monitor.base.translation import mark, mark_all, pgettext

_AROUND = re.compile(r"[^\w=*?~-]*(.*?(?:\(\w+\)\w?)?)[^\w*?~.]*", re.DOTALL)
"""The text between punctuation; employé(e) ends in a bracket."""
_CASED = frozenset((Mode.EXACT, Mode.ACRONYM))
_ADVERBS = frozenset(("in", "out", "up", "off", "down", "on", "over", "by", "la", "ci"))
"""Last words of compounds of which no other word is inflected: break-in, ce jour-là."""
_CHUNK = re.compile(rf"(?:{UNSPACED}|\S)+")
_MODES_HINT = mark("choose one of =word, word~ and word*")


def word(written: str, column: int, part: str = "", **options: bool) -> Node:
    """Return the leaf of the text between two blanks.

    The options `exact` and `inflected` set the mode of every word; with `loud`, capitals mean
    nothing. Raises QueryError for a text that has no word or cannot match.
    """
    if not any(map(str.isalnum, written)):
        message = _("{written} holds no word", written=written)
        raise QueryError(message, column, _hint_for_sign(written))
    core = _AROUND.fullmatch(written)
    if core:
        column, written = column + core.start(1), core[1]
    exact = options.get("exact", False) or written.startswith("=")
    inflected = options.get("inflected", False) or written.endswith("~")
    all_tokens = tokenize_query(written)
    tokens = [token for token in all_tokens if token.is_word]
    _validate_shape(written, column, exact=exact, inflected=inflected)
    joined = {
        token.position: token for token in all_tokens if token.length > 1 and not token.is_variant
    }  # the longest one comes last
    variants = defaultdict(list)
    for token in all_tokens:
        if token.is_variant:
            variants[token.position, token.length > 1].append(token)
    leaves: list[Node] = []
    position = 0
    while position < len(tokens):
        compound = joined.get(position)
        step = compound.length if compound else 1
        run = tokens[position : position + step]
        is_last = position + step == len(tokens)
        mode = Mode.EXACT if exact else Mode.FOLDED
        if inflected:
            mode = Mode.STEM if is_last else _mode_inside(run[-1])
        build = _Builder(written, column, part, mode, loud=options.get("loud", False))
        if compound:
            compounds = [compound, *variants[position, True]]
            last_tokens = [run[-1], *variants[position + step - 1, False]]
            pairs = zip(compounds, last_tokens, strict=True)
            leaves.append(build.compounds([(form, [*run[:-1], end]) for form, end in pairs]))
        elif other_forms := variants[position, False]:
            leaves.append(build.either([run[0], *other_forms]))
        else:
            leaves.append(build.word(run[0]))
        position += step
    return leaves[0] if len(leaves) == 1 else Phrase(flat(leaves), text=written, column=column)


def words(text: str, column: int, part: str = "", **options: bool) -> list[Node]:
    """Return the leaves of a text, one for each word; punctuation by itself is left out.

    Raises:
        QueryError: The text has no word.
    """
    loud = not options.get("exact", False) and shouts(text)
    leaves = [
        word(chunk[0], column + chunk.start(), part, loud=loud, **options)
        for chunk in _CHUNK.finditer(text)
        if any(map(str.isalnum, chunk[0]))
    ]
    if not leaves:
        message = _("there is no word in `{text}`", text=text)
        raise QueryError(message, column, _("write what to look for"))
    return leaves


def phrase(text: str, column: int, part: str = "", *, written: str = "", **options: bool) -> Node:
    """Return the leaf of a phrase; a single word is a leaf itself."""
    leaves = words(text, column, part, **options)
    if len(leaves) == 1:
        return leaves[0]
    return Phrase(joinable(flat(leaves)), text=written or text.strip(), column=column)


def flat(leaves: list[Node]) -> tuple[Node, ...]:
    """Return leaves with each phrase replaced by its words."""
    return tuple(
        child
        for leaf in leaves
        for child in (leaf.children if isinstance(leaf, Phrase) else (leaf,))
    )


def joinable(words: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return the words of a phrase, where `cyber attaque` may also be written as one word."""
    leaves: list[Node] = []
    for word in words:
        first = leaves[-1] if leaves else None
        if isinstance(first, Word) and isinstance(word, Word) and _is_joinable(first, word):
            term = sys.intern(first.term + word.term)
            exact = first.term + (word.exact or word.term) if word.exact else ""
            text = f"{first.text} {word.text}"
            joined = replace(word, term=term, exact=exact, text=text, column=first.column)
            parts = Phrase((first, word), text=text, column=first.column)
            leaves[-1] = Or((joined, parts), text=text, column=first.column)
        else:
            leaves.append(word)
    return tuple(leaves)


def _is_joinable(first: Word, second: Word) -> bool:
    return (
        first.mode is Mode.FOLDED
        and second.mode in (Mode.FOLDED, Mode.STEM)
        and split_compound(first.term + second.term) == (first.term, second.term)
    )


class _Builder:
    """Makes the leaves of one written word."""

    def __init__(self, text: str, column: int, part: str, mode: Mode, *, loud: bool) -> None:
        self.text, self.column, self.part, self.mode, self.loud = text, column, part, mode, loud

    def leaf(self, token: Token, mode: Mode | None = None) -> Word:
        mode = mode or self.mode_of(token)
        if mode is Mode.WILDCARD:
            self.validate_wildcard(token)
        return Word(
            sys.intern(token.term),  # one object in all queries: quick to compare
            mode,
            _exact(token, mode),
            self.part,
            text=self.text,
            column=self.column,
        )

    def word(self, token: Token) -> Node:
        """Return the leaf of a word; a word like cyberattaque may also be two words."""
        leaf = self.leaf(token)
        parts = split_compound(leaf.term) if leaf.mode in (Mode.FOLDED, Mode.STEM) else None
        if not parts:
            return leaf
        first, second = (sys.intern(term) for term in parts)
        exact = leaf.exact[len(first) :]
        pair = (
            replace(leaf, term=first, mode=Mode.FOLDED, exact=""),
            replace(leaf, term=second, exact="" if exact == second else exact),
        )
        row = Phrase(pair, text=self.text, column=self.column)
        return Or((leaf, row), text=self.text, column=self.column)

    def either(self, tokens: list[Token]) -> Node:
        """Return the OR of the forms of a word in inclusive writing."""
        leaves = tuple(map(self.leaf, tokens))
        return Or(leaves, text=self.text, column=self.column)

    def compounds(self, forms: list[tuple[Token, list[Token]]]) -> Node:
        """Return the OR of the forms of a compound; inclusive writing has several."""
        first, *alternatives = [self.compound(*form) for form in forms]
        if not alternatives:
            return first
        leaves = tuple(
            part
            for form in (first, *alternatives)
            for part in (form.children if isinstance(form, Or) else (form,))
        )
        return Or(leaves, text=self.text, column=self.column)

    def compound(self, joined: Token, run: list[Token]) -> Node:
        """Return a compound in one piece or as a phrase of its parts."""
        modes = [self.mode_of(token) for token in run]
        if self.mode_of(joined) in _CASED:
            modes = [Mode.EXACT] * len(run)
        elif self.mode is Mode.STEM:
            is_noun = noun_inflections(_lower(run[-1])) and run[-1].term not in _ADVERBS
            firsts = [_mode_inside(token) if is_noun else Mode.FOLDED for token in run[:-1]]
            modes = [*firsts, Mode.NOUN if Mode.NOUN in firsts else Mode.STEM]
        elif Mode.WILDCARD in modes:
            self.validate_wildcard(joined)
        parts = Phrase(
            tuple(self.leaf(token, mode) for token, mode in zip(run, modes, strict=True)),
            text=self.text,
            column=self.column,
        )
        is_mixed = _CASED.intersection(modes) and set(modes) != {Mode.EXACT}
        if is_mixed:  # US-China: a piece in one form cannot be half exact
            return parts
        mode = Mode.EXACT if Mode.EXACT in modes else None
        return Or((self.leaf(joined, mode), parts), text=self.text, column=self.column)

    def mode_of(self, token: Token) -> Mode:
        if "*" in token.term or "?" in token.term:
            return Mode.WILDCARD
        if self.mode is Mode.FOLDED and not self.loud and is_acronym(token.exact):
            is_long = len(token.exact) > 2 and token.exact.isalpha()
            return Mode.ACRONYM if is_long else Mode.EXACT
        return self.mode

    def validate_wildcard(self, token: Token) -> None:
        if sum(map(str.isalnum, token.term)) >= 2:
            return
        cjk = re.search(f"[{CJK}]", self.text)
        raise QueryError(
            _("`{word}` needs two letters beside its wildcard", word=self.text),
            self.column,
            _("each CJK character is a word by itself: leave the wildcard out") if cjk else "",
        )


def _mode_inside(token: Token) -> Mode:
    """Return the mode of a word before the last one: chefs-lieux, but sous-chefs."""
    is_fixed = len(token.term) < _MIN_NOUN or token.term in PREFIXES or is_acronym(token.exact)
    is_noun = not is_fixed and len(noun_inflections(_lower(token))) > 1
    return Mode.NOUN if is_noun else Mode.FOLDED


_MIN_NOUN = 3
"""Letters of the shortest word that is inflected before the last one: not `le`, `de`, `en`."""


def _lower(token: Token) -> str:
    return token.exact.lower() or token.term


def _exact(token: Token, mode: Mode) -> str:
    """Return the form of a word that is compared in a mode."""
    if mode in _CASED:
        return token.exact
    if not mode.inflects:
        return ""
    lower = _lower(token)
    return "" if lower == token.term else lower


def is_acronym(written: str) -> bool:
    """Tell whether a word has two to five letters, all capitals: then case counts without `=`."""
    letters = written.replace("&", "")
    return 2 <= len(letters) <= 5 and letters.isalpha() and letters.isupper()


def _validate_shape(written: str, column: int, *, exact: bool, inflected: bool) -> None:
    """Raise QueryError for marks that contradict each other or are misplaced."""
    wild = re.search(r"[*?]", written)
    if exact + inflected + bool(wild) > 1:
        message = _("`{word}` asks for two things at once", word=written)
        raise QueryError(message, column, _(_MODES_HINT))
    if match := re.search(r"~\d+$", written):
        hint = _('word~ takes its inflections; "two words"~5 asks for both within 5 words')
        message = _("~{distance} follows no quoted words", distance=match[0][1:])
        raise QueryError(message, column + match.start(), hint)
    if match := re.search(r"\?(?![\w*?])", written):
        hint = _("a question mark is left out; for other endings write *")
        message = _("? stands for a letter inside a word")
        raise QueryError(message, column + match.start(), hint)


_AND, _OR, _NOT = mark_all("operator", "AND", "OR", "NOT")
_SIGNS = {"&": _AND, "&&": _AND, "+": _AND, "|": _OR, "||": _OR, "-": _NOT, "!": _NOT}


def _hint_for_sign(written: str) -> str:
    if operator := _SIGNS.get(written):
        return _("write {operator}", operator=pgettext("operator", operator))
    return _("leave it out")
