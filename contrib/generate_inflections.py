"""Write index/analysis/inflections.txt: the inflections of French and English words.

    python contrib/generate_inflections.py

It needs simplemma (MIT), whose dictionaries map each form to one lemma. Forms that are another
word too (`prise`, `condamne`, `building`) are missing there; rules add them: the conjugation of
French verbs, the feminine and plural of French words, the regular forms of English verbs.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from english_verbs import IRREGULAR, IRREGULAR_PLURALS, comparatives, gerund, past, third_person
from french_feminines import NOUNS, PRODUCTIVE, feminines
from french_verbs import conjugate

from index.analysis.folding import fold

TARGET = Path(__file__).parent.parent / "index" / "analysis" / "inflections.txt"
_WORD = re.compile(r"[^\W\d_]{2,}")
_VERBAL = ("ons", "ez", "ait", "aient", "ant", "era", "eront", "irent", "erent", "urent")
_SECOND_GROUP = ("issons", "issent", "issait", "issaient", "issant", "issez")

_FUNCTION_WORDS = frozenset(
    """
    des dans mais pas se me te je tu ma ta sa mon nos vos mes tes ses leur notre votre une la eux
    don them him those these
    """.split()  # noqa: SIM905
)
"""Words that the dictionary gives some lemma by mistake, or that would be most of what is found."""
_ACCENTED = {("devoir", "du"): "dû", ("naître", "ne"): "né", ("époux", "epouse"): "épouse",
             ("époux", "epouses"): "épouses"}  # fmt: skip
"""Forms that are found with their accents only: without them they are often other words."""

Groups = dict[str, set[str]]
"""Folded forms by lemma, as written."""


def dictionary(lang: str) -> dict[str, str]:
    """Return the lemma of each form, as written."""
    from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

    known = DefaultDictionaryFactory().get_dictionary(lang)
    return {
        form.lower(): known[form].lower()
        for form in known
        if _WORD.fullmatch(form) and _WORD.fullmatch(known[form])
    }


def _groups(known: Mapping[str, str]) -> Groups:
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for form, lemma in known.items():
        groups[lemma.lower()].add(fold(form))
        groups[lemma.lower()].add(fold(lemma))
    return dict(groups)


_FRENCH = {
    "beau": {"bel", "belle", "belles", "beaux"}, "nouveau": {"nouvel", "nouvelle", "nouvelles"},
    "vieux": {"vieil", "vieille", "vieilles"}, "fou": {"fol", "folle", "folles"},
    "mou": {"mol", "molle", "molles"}, "pays": set(), "grec": {"grecque", "grecques"},
}  # fmt: skip
"""Lemmas and forms that the dictionary lacks."""

# --- French ----------------------------------------------------------------------------


def french_groups(known: Mapping[str, str]) -> Groups:
    """Return the forms of every French lemma."""
    groups = _groups(known)
    for noun in NOUNS - known.keys():
        groups.setdefault(noun, {fold(noun)})
    for lemma, others in _FRENCH.items():
        groups.setdefault(lemma, set()).update({fold(lemma), *others})
    for lemma, forms in groups.items():
        if _is_verb(lemma, forms):
            second = any(form.endswith(_SECOND_GROUP) for form in forms)
            forms.update(conjugate(lemma, is_second_group=second))
    verbs = {lemma for lemma, forms in groups.items() if _is_verb(lemma, forms)}
    verbal = set().union(*(groups[verb] for verb in verbs))
    for lemma in set(groups) - verbs:
        groups[lemma] |= set(_declined(lemma, known, verbal))
    _add_feminines(groups, verbs)
    return _without_feminine_lemmas(groups, verbs)


def _add_feminines(groups: Groups, verbs: set[str]) -> None:
    """Give nouns of persons their feminines: those for sure, and those that are no other word."""
    lemmas = defaultdict(set)
    for lemma, forms in groups.items():
        for form in forms:
            lemmas[form].add(lemma)
    for lemma in sorted(groups):
        is_new = lemma.endswith(PRODUCTIVE) and len(lemma) > _SHORT and lemma not in verbs
        for feminine in feminines(lemma) if lemma in NOUNS or is_new else ():
            form = fold(feminine)
            if lemma in NOUNS or lemmas[form] <= {lemma}:
                groups[lemma] |= {form, form + "s"}
                if feminine in groups:
                    groups[feminine] |= groups[lemma]


def _is_verb(lemma: str, forms: set[str]) -> bool:
    if not lemma.endswith(("er", "ir", "re", "oir", "ïr")):
        return False
    root = fold(lemma)[:2]
    seen = {end for form in forms for end in _VERBAL if form.endswith(end) and form[:2] == root}
    return len(seen) >= 2 or lemma in ("falloir", "pleuvoir", "aller", "être", "avoir")


_FEMININES = (
    ("teur", "trice"), ("eur", "euse"), ("if", "ive"), ("eux", "euse"), ("oux", "ouse"),
    ("ier", "ière"), ("er", "ère"), ("el", "elle"), ("en", "enne"), ("on", "onne"), ("et", "ette"),
    ("et", "ète"), ("c", "che"), ("c", "que"), ("c", "cque"), ("g", "gue"), ("eau", "elle"),
    ("ou", "olle"), ("os", "osse"), ("as", "asse"), ("s", "sse"), ("ul", "ulle"), ("il", "ille"),
    ("f", "ve"), ("x", "sse"), ("x", "ce"), ("", "e"), ("eur", "eresse"), ("e", "esse"),
)  # fmt: skip
_SURE = {("teur", "trice"), ("if", "ive"), ("eux", "euse"), ("eur", "euse")}
"""Endings that are those of one word, also where the dictionary has two."""


_SHORT = 4
"""Letters of words with no feminine by rule: `hier`, `bien`."""
_GENDERED = {
    "maternel": "maternelle", "marchand": "marchande", "bas": "basse", "gras": "grasse",
    "gros": "grosse", "las": "lasse", "brun": "brune", "caspien": "caspienne",
    "central": "centrale", "constant": "constante", "départemental": "départementale",
    "digital": "digitale", "familial": "familiale", "gestuel": "gestuelle",
    "horizontal": "horizontale", "initial": "initiale", "intégral": "intégrale",
    "multinational": "multinationale", "naval": "navale", "normal": "normale",
    "vertical": "verticale",
}  # fmt: skip
"""Adjectives whose feminine the dictionary has as another lemma."""


def _declined(lemma: str, known: Mapping[str, str], verbal: set[str]) -> Iterator[str]:
    """Yield the feminine and the plural of a French noun or adjective, without accents."""
    yield from map(fold, _plurals(lemma))
    for ending, feminine in _FEMININES:
        if not lemma.endswith(ending) or len(lemma) - len(ending) < 2:
            continue
        stem = lemma.removesuffix(ending) if ending else lemma
        form = stem + feminine
        is_same = known.get(form) == lemma or known.get(form + "s") == lemma
        is_sure = form in known and (ending, feminine) in _SURE
        is_pair = (is_sure and not _is_ingenious(lemma, known[form])) or form == _GENDERED.get(
            lemma
        )
        is_participle = not ending and lemma in known and _is_participle(lemma, form, verbal)
        if is_same or is_pair or is_participle:
            yield from (fold(form), fold(form) + "s")


def _is_ingenious(lemma: str, lemma_of_feminine: str) -> bool:
    """Tell `ingénieuse`, which is the feminine of `ingénieux` and not of `ingénieur`."""
    return lemma.endswith("eur") and lemma_of_feminine.endswith("eux")


def _is_participle(lemma: str, feminine: str, verbal: set[str]) -> bool:
    """Tell `employé`, which is a form of `employer` too, as are `employée` and `employés`."""
    bare = fold(lemma)
    wanted = {bare, fold(feminine), fold(feminine) + "s"}
    return lemma.endswith(("é", "i", "u", "is", "it", "t")) and wanted <= verbal


_AILS = frozenset(("aspirail", "bail", "corail", "émail", "fermail", "soupirail", "travail",
                   "vantail", "ventail", "vitrail"))  # fmt: skip
"""The nouns in -ail whose plural is in -aux."""
_ALS = frozenset(("aval", "bal", "cal", "carnaval", "chacal", "choral", "festival", "pal",
                  "récital", "régal"))  # fmt: skip
"""The nouns in -al whose plural is not in -aux."""


def _plurals(lemma: str) -> Iterator[str]:
    if lemma.endswith(("s", "x", "z")):
        return
    yield lemma + "s"
    if lemma.endswith("al") and lemma not in _ALS:
        yield lemma[:-2] + "aux"
    if lemma in _AILS:
        yield lemma[:-3] + "aux"
    if lemma.endswith(("au", "eu")):
        yield lemma + "x"


def _without_feminine_lemmas(groups: Groups, verbs: set[str]) -> Groups:
    """Give a feminine that the dictionary has as a lemma of its own the forms of its masculine."""
    for lemma in set(groups) - verbs:
        for ending, feminine in _SURE:
            other = lemma.removesuffix(ending) + feminine
            if lemma.endswith(ending) and other in groups:
                groups[other] |= groups[lemma]
    return groups


# --- English ---------------------------------------------------------------------------


_ENGLISH = {"martial": {"martialed", "martialled", "martialing", "martialling"}}
"""Verbs of compounds (court-martial) whose last word is no verb by itself, and their forms."""


def english_groups(known: Mapping[str, str]) -> Groups:
    """Return the forms of every English lemma."""
    groups = _groups(known)
    for lemma, forms in [*IRREGULAR.items(), *_ENGLISH.items()]:
        groups.setdefault(lemma, {lemma}).update(forms)
    for lemma, forms in groups.items():
        if not lemma.isascii():
            continue
        third, ing, regular = third_person(lemma), gerund(lemma, forms), past(lemma, forms)
        if known.get(third, third) != third:
            forms.add(third)
        if lemma in IRREGULAR or forms & (ing | regular):
            forms.update({third}, ing, () if lemma in IRREGULAR else regular)
        forms.update(comparatives(lemma), IRREGULAR_PLURALS.get(lemma, ()))
    return groups


# --- the file --------------------------------------------------------------------------


def _common_length(words: list[str]) -> int:
    """Return how many letters all words begin with."""
    first, last = min(words), max(words)
    pairs = enumerate(zip(first, last, strict=False))
    return next((at for at, pair in pairs if len({*pair}) > 1), min(len(first), len(last)))


def paradigm(lemma: str, forms: set[str]) -> str:
    """Return what the forms of a lemma end in, the lemma first, after what all begin with."""
    bare = fold(lemma)
    others = sorted(forms - {bare})
    common = _common_length([bare, *others])
    return " ".join([bare[common:] or "-", *(form[common:] or "-" for form in others)])


def _useful(lemma: str, forms: set[str]) -> set[str]:
    kept = forms - _FUNCTION_WORDS | {fold(lemma)}
    if lemma != "être" and lemma.startswith("e"):
        kept.discard("est")
    return {_ACCENTED.get((lemma, form), form) for form in kept}


def content(languages: Iterable[Groups]) -> str:
    """Return the paradigms, one a line; an empty line; then lemma, spelling and paradigm."""
    entries = {
        (fold(lemma), lemma, paradigm(lemma, _useful(lemma, forms)))
        for groups in languages
        for lemma, forms in groups.items()
    }
    counts = Counter(paradigm for _, _, paradigm in sorted(entries))
    numbers = {each: number for number, (each, _) in enumerate(counts.most_common())}
    words = sorted(
        f"{bare} {numbers[paradigm]}" + (f" {lemma}" if lemma != bare else "")
        for bare, lemma, paradigm in entries
    )
    return "\n".join([*numbers, "", *words, ""])


def main() -> None:
    """Write the file."""
    groups = [french_groups(dictionary("fr")), english_groups(dictionary("en"))]
    TARGET.write_text(content(groups), encoding="utf-8")


if __name__ == "__main__":
    main()
