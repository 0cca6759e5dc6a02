"""Makes the leaves of a tree from written words: a word, a compound, a phrase."""

from __future__ import annotations

import re
import sys
from collections import defaultdict

from msgspec.structs import replace

from index.analysis.folding import CJK, fold
from index.analysis.inflection import PREFIXES, noun_inflections, split_compound
from index.analysis.tokenizer import UNSPACED, Token, as_token, shouts, tokenize_query
from index.errors import QueryError
from index.query.ast import Mode, Node, Or, Phrase, Word
from monitor.base.translation import gettext as _, mark, mark_all, pgettext

_AROUND = re.compile(r"[^\w=*?~-]*(.*?(?:\(\w+\)\w?)?)[^\w*?~.]*", re.DOTALL)
"""The text between punctuation; employé(e) ends in a bracket."""
_CASED = frozenset((Mode.EXACT, Mode.ACRONYM))
_ADVERBS = frozenset(("in", "out", "up", "off", "down", "on", "over", "by", "la", "ci"))
"""Last words of compounds of which no other word is inflected: break-in, ce jour-là."""
_BEHIND_HEAD = re.compile(
    r"(?:of .*|in (?:law|chief|waiting|residence)|to be|at (?:arms|large|law)"
    r"|general|martial|elect|designate|apparent|laureate|errant|emeritus|royal)s?"
)
"""Words behind the noun of an English compound, which is inflected: secretaries-general."""
_CODE = re.compile(r"([^\W\d_]{2,})(\d[\w.,]*)")
"""Letters and a number in one piece. `F 16` is more often section F with 16 pages than F16."""
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]\.?")
_BETWEEN_INITIALS = re.compile(r"(?<=\b[^\W\d_]\.)[- ](?=[^\W\d_]\.)")
_CHUNK = re.compile(rf"(?:{UNSPACED}|{_BETWEEN_INITIALS.pattern}|\S)+")
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
    leaves = []
    for chunk in _CHUNK.finditer(text):
        if any(map(str.isalnum, chunk[0])):
            written = _BETWEEN_INITIALS.sub("", chunk[0])
            leaf = word(written, column + chunk.start(), part, loud=loud, **options)
            leaves.append(leaf if written == chunk[0] else _with_spaced_initials(leaf))
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
    """Return the words of a phrase with other spellings: cyberattaque, CAC40, `J. D.` for JD."""
    leaves: list[Node] = []
    for word in words:
        first = leaves[-1] if leaves else None
        if isinstance(first, Word) and isinstance(word, Word) and _is_joinable(first, word):
            term = sys.intern(first.term + word.term)
            exact = first.term + (word.exact or word.term) if word.exact else ""
            text = f"{first.text} {word.text}"
            joined = replace(word, term=term, exact=exact, text=text, column=first.column)
            if first.mode in _CASED:  # AK is no other word there, even in a text all in capitals
                first = replace(first, mode=Mode.ACRONYM)
            leaves[-1] = _spellings(joined, (first, word))
        else:
            leaves.append(word)
    return (*map(_with_spaced_initials, leaves[:-1]), leaves[-1])


def _is_joinable(first: Word, second: Word) -> bool:
    if second.mode not in (Mode.FOLDED, Mode.STEM) or first.text.startswith("="):
        return False
    if second.term[0].isdigit():
        return first.term.isalpha()
    pair = (first.term, second.term)
    return first.mode is Mode.FOLDED and split_compound("".join(pair)) == pair


def _spellings(whole: Node, parts: tuple[Node, ...]) -> Or:
    """Return the OR of a word in one piece and of its parts, one after the other."""
    row = Phrase(parts, text=whole.text, column=whole.column)
    return Or((whole, row), text=whole.text, column=whole.column)


def _with_spaced_initials(leaf: Node) -> Node:
    if not isinstance(leaf, Word):
        return leaf
    is_cased, has_dots = leaf.mode in _CASED, _DOTTED.fullmatch(leaf.text)
    if not has_dots and not (is_cased and len(leaf.exact) < 4):
        return leaf
    mode = Mode.ACRONYM if is_cased else Mode.FOLDED
    initials = [
        replace(leaf, term=fold(letter), mode=mode, exact=letter if is_cased else "")
        for letter in leaf.exact or leaf.term
    ]
    return _spellings(replace(leaf, mode=mode) if has_dots else leaf, tuple(initials))


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
        """Return the leaf of a word; words like cyberattaque and CAC40 may also be two words."""
        leaf = self.leaf(token)
        if leaf.mode not in (Mode.FOLDED, Mode.STEM):
            return leaf
        written = token.exact or token.term
        code, pair = _CODE.fullmatch(written), split_compound(token.term)
        if code:
            pair = code[1], code[2]
        elif pair:
            first = len(pair[0])
            pair = written[:first].lower(), written[first:].lower()
        return self.compound(token, [as_token(x, 0, 1, 0, 0) for x in pair]) if pair else leaf

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
        is_code = any(map(str.isdigit, joined.term))
        modes = [self.mode_of(token, in_code=is_code) for token in run]
        if self.mode_of(joined) in _CASED:
            modes = [Mode.EXACT] * len(run)
        elif self.mode is Mode.STEM:
            modes = _inflected_modes(run)
        elif Mode.WILDCARD in modes:
            self.validate_wildcard(joined)
        mode = Mode.EXACT if Mode.EXACT in modes else None
        if re.match(r"a\d", joined.term):  # A-10, but not `il y a 10 ans`
            return self.leaf(joined, mode)
        row: tuple[Node, ...] = tuple(map(self.leaf, run, modes))
        parts = joinable(row) if len(run) > 2 else row
        is_mixed = _CASED.intersection(modes) and set(modes) != {Mode.EXACT}
        if is_mixed and not is_code:  # US-China: a piece in one form cannot be half exact
            return Phrase(parts, text=self.text, column=self.column)
        return _spellings(self.leaf(joined, mode), parts)

    def mode_of(self, token: Token, *, in_code: bool = False) -> Mode:
        """Return the mode of a word; in a code, as AK-47 and Su-35, also of one or two letters."""
        if "*" in token.term or "?" in token.term:
            return Mode.WILDCARD
        if self.mode is Mode.FOLDED and not self.loud:
            is_short = len(token.exact) < 3
            if in_code and is_short and token.exact[:1].isupper():
                return Mode.ACRONYM
            if is_acronym(token.exact):
                return Mode.EXACT if is_short or not token.exact.isalpha() else Mode.ACRONYM
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


def _inflected_modes(run: list[Token]) -> list[Mode]:
    """Return the modes of the words of an inflected compound."""
    *firsts, last = run
    is_agent = firsts[0].term.endswith(("er", "ers"))  # runners-up
    is_noun = is_agent if last.term in _ADVERBS else bool(noun_inflections(_lower(last)))
    modes = [_mode_inside(token) if is_noun else Mode.FOLDED for token in firsts]
    for head in range(len(firsts)):
        if _BEHIND_HEAD.fullmatch(" ".join(token.term for token in run[head + 1 :])):
            return [*modes[:head], Mode.STEM, *modes[head + 1 :], Mode.STEM]
    return [*modes, Mode.NOUN if Mode.NOUN in modes else Mode.STEM]


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
