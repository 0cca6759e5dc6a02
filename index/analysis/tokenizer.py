"""Text to tokens with offsets: the only place where words are normalised."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from sys import getsizeof
from typing import NamedTuple

from index.analysis.folding import APOSTROPHES, CJK, IGNORED, JAMO, LATIN, MARKS, NO_IGNORED, fold
from index.analysis.inflection import is_known
from index.analysis.text_cache import TextCache

MAX_COMPOUND = 4
"""Words of the longest compound that is also one term."""
LOUD = "\x1d"
"""The form of every word of a text all in capitals."""
MAX_TERM = 200
"""Characters of a word that are kept."""
MAX_RUN = 32
"""Words of the longest run; the words behind it make the next run. Of 2.3 million runs in French
and English news the longest has 12 words; addresses in feeds have 20."""
MAX_WORDS = 50_000
"""Words of one part of an article that are read. 200,000 characters of news, as many as are stored
of an entry, have 33,000 words; the longest of 9,800 entries of real feeds has 12,000."""
MAX_CHARS = 1_000_000
"""Characters of one part that are read."""
CACHED = 32 * 2**20
"""Bytes of a cache of words: some 250,000 of them."""
_TOKEN_CACHE_BYTES = 16 * 2**20
"""Bytes of the cache of tokens; callers that read many articles have larger caches."""
_TOKEN = 120
"""Bytes of a token without its strings, roughly."""

# --- the one regular expression --------------------------------------------------

ELIDED = frozenset((*"ldjmnstcLDJMNSTC", "qu", "Qu", "qU", "QU"))
"""Letters before the apostrophe of an elision: l’été, qu’il."""
_ELISION = rf"(?:[ldjmnstcLDJMNSTC]|[qQ][uU])[{APOSTROPHES}](?=[^\W\d_])"
_OTHER = rf"[^\W_\u02bb-\u02bf\u3099\u309a\uff9e\uff9f{CJK}{JAMO}]"
_ACCENTS = r"\u0300-\u036f"
_VOICES = r"\u3099\u309a\uff9e\uff9f"
_SPACED_ELISION = (
    rf"(?<![\w{APOSTROPHES}{_ACCENTS}{_VOICES}])(?:[ldjmnstcLDJMNSTC]|[qQ][uU])['\u2019]"
    r"[ \t\n\u00a0\u202f](?=[^\W\d_])"
)
"""`l' État`, but not the last of two quotes: `the letter 'd' is`."""
_INITIAL = rf"[{LATIN}\u1e00-\u1eff\u0370-\u03ff\u0400-\u052f][{_ACCENTS}]*+"
_VOICED = rf"[{_VOICES}]*+"
_POSSESSIVE = rf"[sS](?!\w)(?<=[\w{MARKS}{IGNORED}{_VOICES}][{APOSTROPHES}].)"
_DOT = "[\u00b7\u2022\u2027\u2219\u22c5]"
_PLAIN_FEMININE = "e|ne|le|te|ve|fe|t?rice|euse"
_FEMININE = r"(?i:(?:n|l|t|s|v|f)?es?|(?:t?r)?ices?|euses?|i?(?:\u00e8|e\u0300)res?|e?sses?)"
_SIGNED = (
    rf"(?:{_DOT}(?:{_FEMININE}(?:{_DOT}?[sS])?|[sS])"
    rf"|\((?:{_FEMININE}\)(?:[sS]|\([sS]\))?|[sS]\))"
    rf"|\.(?:{_PLAIN_FEMININE})\.s|\.e(?!\.\w))(?![\w{MARKS}])"
)
"""The suffix of a masculine in inclusive writing: ·e·s, (e)s, .e.s."""
_HYPHENATED = rf"-(?:{_PLAIN_FEMININE})-s(?![\w{MARKS}])"
_INCLUSIVE = rf"(?:{_SIGNED}|{_HYPHENATED}|-e(?!-\w)(?![\w{MARKS}]))"
"""The same suffixes, -e-s, and -e, which behind a compound is a word of the compound."""
GLUED_BRACKETS = rf"(?<=[^\W\d_])\((?:{_FEMININE}\)(?:[sS]|\([sS]\))?|[sS]\))(?![\w{MARKS}])"
"""Brackets of a query that are inclusive writing, and no group: employé(e)s."""
_NO_HYPHEN = "[^-\u2010\u2011&]"
_HYPHEN = r"[-\u2010\u2011](?:[ \t]*+\r?\n[ \t]*+)?+"


def pattern(text: str, wildcards: str = "") -> re.Pattern[str]:
    """Return the expression whose only group is a run of a text; `wildcards` count as letters."""
    return _pattern(wildcards, is_western=text.isascii() or _is_western(text))


def _is_western(text: str) -> bool:
    """Tell whether all characters are in Windows-1252, as in nearly all French and English."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


@functools.cache
def _pattern(wildcards: str, *, is_western: bool) -> re.Pattern[str]:
    """Compile the expression when the first text needs it: that takes 6 ms, or 19 for all scripts.

    A class of which a western text has no character is replaced by one of its characters.
    """
    plain = rf"[0-9{LATIN}{wildcards}]"
    common = rf"{plain}{{2,}}+(?=[ \n]|[,.] )"  # most words, matched at once: 4.8 M/s, not 1.9
    unit = (
        rf"(?:{plain}++|{_OTHER})(?:{plain}++|{_OTHER}|[{MARKS}]"
        rf"|[{IGNORED}]++(?={plain}|{_OTHER}|[{MARKS}])|(?<=[0-9])[.,](?=[0-9]))*+"
    )
    syllable = "[\u1100-\u115f\ua960-\ua97f][\u1160-\u11a7\ud7b0-\ud7c6]*+[\u11a8-\u11ff]*+"
    expression = (
        rf"(?=[\w{wildcards}])(?!{_POSSESSIVE})"
        rf"(?:(?=.[{APOSTROPHES}uU])(?:{_ELISION}|{_SPACED_ELISION}))?+({common}"
        rf"|(?<![\w{_ACCENTS}{_VOICES}]\.)(?:(?:{_INITIAL}\.){{2,}}(?!\w)|(?:{_INITIAL}\.)+{_INITIAL}(?![\w.]))"
        rf"|{unit}(?:{_INCLUSIVE}"
        rf"|(?:(?:{_HYPHEN}|&)(?!{_ELISION}){unit}){{0,{MAX_RUN - 1}}}+(?:{_SIGNED})?+)"
        rf"|(?:[{CJK}]|{syllable}){_VOICED}|[{JAMO}])"
    )
    if is_western:
        for foreign in (CJK, JAMO, MARKS):
            expression = expression.replace(foreign, foreign[0])
    return re.compile(expression)


@functools.cache
def _inclusive_run() -> re.Pattern[str]:
    """Compile the expression when a text first needs it: that takes 7 ms."""
    simple = rf"({_NO_HYPHEN}+?)({_INCLUSIVE})"
    compound = rf"({_NO_HYPHEN}+[-\u2010\u2011&].+?)({_SIGNED}|{_HYPHENATED})"
    return re.compile(rf"{simple}|{compound}", re.DOTALL)


_HYPHENS = re.compile(_HYPHEN)
_SEPARATORS = re.compile(rf"(?:{_HYPHEN}|&)")
AROUND = ".,;:!?…()[]\"'’‘“”«»–—-\u00a0\u202f"
"""Signs that may be stripped from a chunk without changing the words of its runs."""
_BROKEN = re.compile(r"\n(?<=[-\u2010\u2011 \t\r]\n)")
"""A line end at which a compound may be broken. Searching line ends is faster than hyphens."""
_LINE_END = re.compile(rf"{_HYPHEN}(?<=\s)|\n")
_SPACED_ELISIONS = re.compile(_SPACED_ELISION)
_SPACED_SIGNS = {sign: re.compile(sign + " ") for sign in "'\u2019"}
"""Patterns of an elision's sign before a blank, by the sign: four times as fast as `str.find`."""
_HYPHEN_BLANK = re.compile("- ")
_GROUP_SPACES = "\u00a0\u202f\u2009\u2007"
_BLANK_IN_NUMBER = re.compile(r" (?<=[0-9] )(?=[0-9]{3}(?![0-9]))")  # quick: a blank comes first
_NUMBER_SPACES = frozenset((" ", "\n", "\t", *_GROUP_SPACES))
"""Blanks between the digit groups of a number: `1 000`; a tab in a text from `spaced`."""
_NUMBER_HEAD = re.compile(r"[0-9]{1,3}")
_NUMBER_TAIL = re.compile(r"[0-9]{3}(?:[.,][0-9]+)?(?![0-9])")
_IN_GROUPS = re.compile(rf"[0-9][\t{_GROUP_SPACES}][0-9]{{3}}(?![0-9])")


UNSPACED = (
    rf"{_SPACED_ELISION}"
    rf"|(?<![\w.,])[0-9]{{1,3}}(?:[ {_GROUP_SPACES}][0-9]{{3}})+(?:[.,][0-9]+)?(?!\w)"
)
"""A word of a query that holds blanks: `l' État`, `1 000`."""


_SUSPENDED = "et|ou|and|or|to|à|a|ni|nor|mais|but|puis|then"
_LETTER = rf"[^\W\d_][{_ACCENTS}{_VOICES}]*+"
_SPACED_HYPHEN = re.compile(rf"- (?<! - )(?!(?i:{_SUSPENDED})\b)((?:{_LETTER}){{2,}}+)")
"""`espion- nage`, but not a dash between blanks, as most are; nor `court- et moyen-courrier`, where
`et` is a word of its own."""
_LETTERS_AT_END = re.compile(rf"(?<![\w{_ACCENTS}{_VOICES}])(?:{_LETTER}){{2,}}\Z")
_LONGEST_PIECE = 40
_MAX_BROKEN = 200
"""Hyphens before a blank that are checked in a text: a look-up in the list takes up to 0.5 ms."""


def _with_broken_words(text: str) -> str:
    """Return a text in which the blank within a word is the end of a line: `espion- nage`.

    HTML turns a line end into such a blank. A blank is replaced only if both pieces together are a
    word of the list of inflections.
    """
    if "-" not in text or not _HYPHEN_BLANK.search(text):  # to search one sign is much faster
        return text

    def mend(hyphen: re.Match[str]) -> str:
        is_broken = _is_broken_word(text, hyphen.start(), hyphen[1])
        return hyphen[0].replace(" ", "\n") if is_broken else hyphen[0]

    return _SPACED_HYPHEN.sub(mend, text, count=_MAX_BROKEN)


def _is_broken_word(text: str, hyphen: int, right: str) -> bool:
    left = _LETTERS_AT_END.search(text[max(hyphen - _LONGEST_PIECE, 0) : hyphen])
    if (
        not left
        or len(right) > _LONGEST_PIECE
        or not (right.islower() or (left[0] + right).isupper())
    ):
        return False
    return is_known(fold(left[0] + right))


def chunks(text: str) -> list[str]:
    """Split a text at the blanks between words.

    Each blank is one character, so a chunk starts one after the end of the previous chunk; between
    consecutive blanks, chunks are empty. Every run of a text is a run of a chunk, and every
    number in groups (`1 000`) is in one chunk.
    """
    return spaced(text).split(" ")


def spaced(text: str) -> str:
    """Return a text of the same length in which every blank separates two chunks."""
    if "\n" in text:
        # A compound may be broken at the end of a line, after its hyphen.
        broken = _BROKEN.search(text)
        text = _LINE_END.sub(_unspaced, text) if broken else text.replace("\n", " ")
    if any(sign in text and with_blank.search(text) for sign, with_blank in _SPACED_SIGNS.items()):
        text = _SPACED_ELISIONS.sub(_unspaced, text)
    return _BLANK_IN_NUMBER.sub("\t", text)


def _unspaced(match: re.Match[str]) -> str:
    """Return white space between two runs as a blank, and within a run as a tab or a line end."""
    return " " if match[0] == "\n" else match[0].replace(" ", "\t")


# --- the words of a run -------------------------------------------------------------


class Token(NamedTuple):
    """A word of a text: `text[start:end]` is what to highlight."""

    term: str
    """Folded form, which is searched."""
    exact: str
    """Written form, if it differs from the term; `LOUD` in a text all in capitals; or ''."""
    position: int
    """Number of the word in the text, from 0."""
    length: int
    """Number of words: 1, or more for a compound in one piece."""
    start: int
    end: int
    is_variant: bool = False
    """Whether the token is another form of the previous word, in the same place: employé·e."""

    @property
    def is_word(self) -> bool:
        """Whether the token is a word: no compound in one piece, and no other form of a word."""
        return self.length == 1 and not self.is_variant


def as_token(written: str, position: int, length: int, start: int, end: int) -> Token:
    """Return the token of the written form of a word, or of a compound in one piece."""
    if written.isascii():
        surface = written[:MAX_TERM]
    else:
        surface = unicodedata.normalize("NFC", written.translate(NO_IGNORED))[:MAX_TERM]
    term = fold(surface)
    if term == written:
        term = written  # most words: one string in memory instead of two
    return Token(term, "" if surface == term else surface, position, length, start, end)


def _analyse(run: str) -> tuple[Token, ...]:
    """Return the tokens of a run, their positions and offsets counted from its start."""
    if run.isalnum():
        return (as_token(run, 0, 1, 0, len(run)),)
    if inclusive := _inclusive_run().fullmatch(run):
        forms = _gendered(*filter(None, inclusive.groups()))
        return tuple(_in_one_place(run, forms))
    separators = [match.span() for match in _SEPARATORS.finditer(run)]
    starts = [0, *(end for _, end in separators)]
    ends = [*(start for start, _ in separators), len(run)]
    return tuple(
        [
            as_token(written, first, last - first + 1, starts[first], ends[last])
            for written, first, last in pieces(run)
        ]
    )


def is_inclusive(run: str) -> bool:
    """Tell whether a run is inclusive writing, which stands for several forms: employé·e."""
    return _inclusive_run().fullmatch(run) is not None


def pieces(run: str) -> list[tuple[str, int, int]]:
    """Return the words of a run that is not inclusive, and its compounds in one piece.

    Each is a written form with the numbers of its first and its last word. A compound follows its
    first word.
    """
    if "." in run and not any(map(str.isdigit, run)):
        return [(run.replace(".", ""), 0, 0)]
    groups = _HYPHENS.split(run)
    if "&" in run:
        parts = list(_with_glued(groups))
    else:
        parts = [(word, number, number) for number, word in enumerate(groups)]
    last = parts[-1][2]
    if len(groups) > 1 and last < MAX_COMPOUND:
        parts.insert(2 if "&" in groups[0] else 1, (_in_one_piece(groups), 0, last))
    return parts


def _with_glued(groups: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    """Yield the words that `&` joins, and each joined group: AT, AT&T and T of AT&T-owned."""
    number = 0
    for group in groups:
        first, last = number, number + group.count("&")
        for word in group.split("&"):
            yield word, number, number
            if number == first and 0 < last - first < MAX_COMPOUND:
                yield group, first, last
            number += 1


def _in_one_piece(words: Sequence[str]) -> str:
    """Return a compound without its hyphens."""
    joined = words[0]
    for word in words[1:]:
        joined += _between(joined, word) + word
    return joined


def _between(left: str, right: str) -> str:
    """Return the sign that replaces a hyphen: 49-3 is 49.3, and not 493."""
    return "." if left[-1].isdigit() and right[0].isdigit() else ""


def _in_one_place(run: str, forms: list[str]) -> Iterator[Token]:
    """Yield the tokens of a run in inclusive writing: of its masculine, and of its variants."""
    first, *other_forms = ([*_analyse(form)] for form in forms)
    variants = [token._replace(is_variant=True) for form in other_forms for token in form]
    terms = {token.term for token in first}
    for token in sorted([*first, *variants], key=lambda token: token.position):
        if not token.is_variant or token.term not in terms:
            terms.add(token.term)
            is_last = token.position + token.length > first[-1].position
            yield token._replace(end=len(run)) if is_last else token


def _gendered(masculine: str, added: str) -> list[str]:
    """Return the forms of a word in inclusive writing, the masculine first."""
    feminine, *plural = _LETTERS_OF_SUFFIX.findall(added)
    if feminine.lower() == "s":
        feminine, plural = "", ["s"]
    elif len(feminine) > 1 and feminine[-1] in "sS":
        feminine, plural = feminine[:-1], ["s"]
    forms = [masculine, *(_feminines(masculine, feminine) if feminine else [])]
    if plural:
        forms += [form if form[-1] in "sxzSXZ" else form + plural[0] for form in forms]
    if masculine.isupper():
        forms = list(map(str.upper, forms))
    return list(dict.fromkeys(forms))


_LETTERS_OF_SUFFIX = re.compile(r"[^\W\d_][^\W\d_\u0300]*(?:\u0300[^\W\d_]+)?")
_MASCULINE_ENDINGS = {
    "rice": ["eur"], "trice": ["teur"], "ice": ["eur"], "euse": ["eur", "eux"], "ve": ["f"],
    "se": ["x", "r"], "ère": ["er"], "ière": ["ier"], "esse": ["e"],
}  # fmt: skip
"""Endings of the masculine, by the ending of the feminine that replaces them."""
_INSERTED = {"ice": "r"}
"""Letters inserted before an ending: auteur·ice is autrice."""


def _feminines(masculine: str, ending: str) -> list[str]:
    """Return the feminine; for a plural (étudiants·es), also that of the word without its s."""
    ending = unicodedata.normalize("NFC", ending)
    singular = masculine[:-1] if masculine[-1] in "sS" else masculine
    for replaced in _MASCULINE_ENDINGS.get(ending.lower(), []):
        if singular.lower().endswith(replaced):
            return [singular[: -len(replaced)] + _INSERTED.get(ending.lower(), "") + ending]
    return [word + ending for word in dict.fromkeys((masculine, singular))]


def _size_of_tokens(tokens: tuple[Token, ...]) -> int:
    return sum([_TOKEN + getsizeof(token.term) + getsizeof(token.exact) for token in tokens])


tokens_of = TextCache(_analyse, _size_of_tokens, _TOKEN_CACHE_BYTES)
"""The tokens of a run, by the run."""


_LOWER_WORD = re.compile(r"[a-z]{3}")
_LETTERS = re.compile(r"[^\W\d_]")


def readable(text: str) -> str:
    """Return the beginning of a part of an article, as far as it is read: nearly always all of it.

    The rest is neither matched nor searched. A blank after a hyphen within a word becomes the end
    of a line; nothing else is changed.
    """
    text = _with_broken_words(text[:MAX_CHARS])
    if len(text) <= MAX_WORDS:  # no word is shorter than a character
        return text
    words = 0
    for match in pattern(text).finditer(text):
        words += tokens_of[match[1]][-1].position + 1
        if words > MAX_WORDS:
            return text[: match.start()]
    return text


def shouts(text: str) -> bool:
    """Tell whether a headline is all in capitals: three words or more, two with three letters.

    Words with a digit do not count: `LE 2e TOUR DES ÉLECTIONS` is all in capitals.
    """
    if _LOWER_WORD.search(text):
        return False
    words: list[str] = pattern(text).findall(text)
    cased = [run for run in words if run.upper() != run.lower() and not any(map(str.isdigit, run))]
    long = [run for run in cased if len(_LETTERS.findall(run)) > 2]
    return len(words) > 2 and len(long) > 1 and all(run == run.upper() for run in cased)


def tokenize(text: str) -> list[Token]:
    """Return the words of a text in order; a compound in one piece follows its first word."""
    text = readable(text)
    return _tokens(pattern(text), text, keep_case=not shouts(text))


def runs(text: str) -> list[str]:
    """Return the runs of a text in order."""
    text = readable(text)
    text_runs: list[str] = pattern(text).findall(text)
    return text_runs


def tokens_of_number(chunk: str) -> list[Token]:
    """Return the tokens of a chunk that has a number with digit groups; of other chunks none."""
    if not _IN_GROUPS.search(chunk):
        return []
    return _tokens(pattern(chunk), chunk, keep_case=True)


def tokenize_query(text: str) -> list[Token]:
    """Return the words of a query's text: `*` and `?` count as letters, and capitals are kept."""
    return _tokens(pattern(text, "*?" if "*" in text or "?" in text else ""), text, keep_case=True)


def _tokens(expression: re.Pattern[str], text: str, *, keep_case: bool) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    for match in expression.finditer(text):
        start, run_tokens = match.start(1), tokens_of[match[1]]
        for token in run_tokens:
            tokens.append(
                Token(  # a fifth of the time of `_replace`
                    token.term,
                    token.exact if keep_case else token.exact and LOUD,
                    position + token.position,
                    token.length,
                    start + token.start,
                    start + token.end,
                    token.is_variant,
                )
            )
        position += run_tokens[-1].position + 1
    return _with_numbers(tokens, text, keep_case=keep_case)


def _with_numbers(tokens: list[Token], text: str, *, keep_case: bool) -> list[Token]:
    """Add the numbers whose digits are in groups to the tokens: `1 000` is 1000 too."""
    groups: list[list[Token]] = []
    for token in tokens:
        if not token.is_word:
            continue
        last = groups[-1][-1] if groups else None
        if last and _is_one_number(text, last, token):
            groups[-1].append(token)
        elif _NUMBER_HEAD.fullmatch(text, token.start, token.end):
            groups.append([token])
    joined = {
        group[0]: as_token(
            "".join(text[token.start : token.end] for token in group),
            group[0].position,
            len(group),
            group[0].start,
            group[-1].end,
        )
        for group in groups
        if 1 < len(group) <= MAX_COMPOUND
    }
    if not joined:
        return tokens
    all_tokens = []
    for token in tokens:
        all_tokens.append(token)
        if token in joined:
            number = joined[token]
            all_tokens.append(number if keep_case else number._replace(exact=number.exact and LOUD))
    return all_tokens


def _is_one_number(text: str, left: Token, right: Token) -> bool:
    return (
        text[left.end : right.start] in _NUMBER_SPACES
        and _NUMBER_HEAD.fullmatch(text, left.start, left.end) is not None
        and _NUMBER_TAIL.fullmatch(text, right.start, right.end) is not None
    )
