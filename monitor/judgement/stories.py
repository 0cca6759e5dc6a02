"""Stories: which articles are copies or versions of one text, one piece, or of one event. Pure.

Shingles that texts share decide, headlines and names: docs/explanation/stories.md says why.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile

from msgspec import Struct

from index.analysis.folding import fold
from index.analysis.term_positions import terms
from index.analysis.text_features import LEAST_SIZE, is_whole, word_number
from index.evaluation.significant_terms import stop_words
from monitor.base.article import Article
from monitor.model.event_link import WINDOW
from monitor.model.poll import EDITION, Headline, Names, StoryCandidate

TELLING = 2
"""Significant words, without figures, of a headline that names its piece: more than `Part 2`."""
LONGEST_BLANK = 4
"""Words of the day, town or name in a pattern, at most."""
_CALENDAR = """
lundi mardi mercredi jeudi vendredi samedi dimanche janvier fevrier mars avril mai juin juillet
aout septembre octobre novembre decembre monday tuesday wednesday thursday friday saturday sunday
january february march april june july august september october november december
jan feb mar apr jun jul aug sep sept oct nov dec
"""
_DATES = frozenset(_CALENDAR.split())
_WORD = re.compile(r"\w+")
_PART = re.compile(r"\s?:\s|\s[-–—|]\s")


def headline_of(article: Article) -> Headline:
    return Headline(article.title, article.feeds[0], article.outlet, article.url, article.date)


def is_same_piece(first: Headline, other: Headline) -> bool:
    """Tell whether two headlines are of one piece; an empty headline is of no piece.

    One source rarely publishes one piece twice: in one source, one headline must have all the
    words of the other, and both must be dated within an edition.
    """
    words, other_words = _words(first.title, first.publisher), _words(other.title, other.publisher)
    is_part = words <= other_words or other_words <= words
    is_edition = is_part and abs(first.date - other.date) < EDITION
    return is_alike(first, other) and (first.source != other.source or is_edition)


def is_alike(first: Headline, other: Headline) -> bool:
    """Tell whether two headlines share most of their words, and no figure differs."""
    words, other_words = _words(first.title, first.publisher), _words(other.title, other.publisher)
    figures, other_figures = _figures(words), _figures(other_words)
    if figures - other_figures and other_figures - figures:
        return False
    return 2 * len(words & other_words) > len(words | other_words)


def is_telling(headline: Headline) -> bool:
    words = _words(headline.title, headline.publisher)
    return len(words - _figures(words)) >= TELLING


def may_be_one_story(first: Headline, other: Headline) -> bool:
    """Tell whether the headlines of two articles with alike texts allow that they are one story.

    One source repeats a text for each day, town or part: there, both must name their piece and
    share a word beside the name of a column (`Weather: …`). They must not be one pattern with
    other names or dates in it, nor the same again an edition later.
    """
    if first.source != other.source or not (first.title or other.title):
        return True
    parts, other_parts = _PART.split(first.title), _PART.split(other.title)
    own = _words(" ".join(p for p in parts if p not in other_parts), first.publisher)
    other_own = _words(" ".join(p for p in other_parts if p not in parts), other.publisher)
    is_other_subject = own and other_own and own & other_own <= _figures(own)
    if is_other_subject or not (is_telling(first) and is_telling(other)):
        return False
    words, other_words = _WORD.findall(first.title), _WORD.findall(other.title)
    start = _alike_at_start(words, other_words)
    end = _alike_at_start(words[start:][::-1], other_words[start:][::-1])
    if 2 * (start + end) < max(len(words), len(other_words)):
        return True
    blanks = words[start : len(words) - end], other_words[start : len(other_words) - end]
    if all(map(str.isdigit, [*blanks[0], *blanks[1]])):
        dated = all(blanks) and not _DATES.isdisjoint(map(fold, words))
        return not dated and abs(first.date - other.date) < EDITION
    return not all(_is_named(blank, begins=not start) for blank in blanks)


def _is_named(blank: list[str], *, begins: bool) -> bool:
    """Tell whether a name, a figure, a day or a month fills the blank of a pattern."""
    words = blank[1:] or blank if begins else blank  # the first word has a capital anyway
    is_name = (not (w.isalpha() and w.islower()) or fold(w) in _DATES for w in words)
    return any(is_name) and len(blank) <= LONGEST_BLANK


def _alike_at_start(words: list[str], other_words: list[str]) -> int:
    pairs = zip(map(fold, words), map(fold, other_words), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


@lru_cache(10_000)
def _figures(words: frozenset[str]) -> frozenset[str]:
    """Return the figures and names of days and months: editions of a column differ in these."""
    return frozenset(word for word in words if word in _DATES or any(map(str.isdigit, word)))


@lru_cache(10_000)
def _words(title: str, publisher: str) -> frozenset[str]:
    """Return the significant words of a headline, folded; all words where none is significant.

    Left out are stop words and the words of the publisher: `Liège - Le Soir`.
    """
    words = frozenset(terms(title))
    content_words = words - stop_words("fr") - stop_words("en") or words
    return content_words - _own_words(publisher) or content_words


@lru_cache(1_000)
def _own_words(publisher: str) -> frozenset[str]:
    return frozenset(terms(publisher))


# --- texts -----------------------------------------------------------------------------

SAME = 0.7
VERSION = 0.5
LONGER = 0.12
"""Least share of the longer text that a copy with an unlike headline is: less is a quotation."""
LEAST_SHARED = 3
"""Least sampled shingles, of about 20 words: fewer are a headline or a common phrase."""
REPEATED = 2
"""Unlike headlines of one source under which a shingle is no evidence of a copy any more."""
BOILERPLATE = 3
"""Unlike headlines of one source under which a shingle is no evidence of a story any more."""
_HEADLINES = 8
"""Unlike headlines of a source that are compared, at most."""


class StoryDecision(Struct, frozen=True):
    """The story an article belongs to: its own id when it is alone."""

    story: int
    copy_of: int | None = None
    """The original, of nearly the same text; a version of a text has none."""


def least_shared(shingles: frozenset[int]) -> int:
    """Return the number of shingles that another article must share to be a candidate."""
    return 1 if is_whole(shingles) else LEAST_SHARED


def assign_story(
    article: Article, shingles: frozenset[int], candidates: Iterable[StoryCandidate]
) -> StoryDecision:
    """Return the story of an article; of equal candidates the earliest decides.

    Shingles that one source repeats under unlike headlines do not count: a lead, a tail, praise
    of a channel by itself. Short texts that are the same word for word are copies between
    sources; of one source they are the next edition of the same column.
    """
    others = [candidate for candidate in candidates if candidate.article != article.id]
    if not others:
        return StoryDecision(article.id)
    headline = headline_of(article)
    if is_whole(shingles) and not is_telling(headline):
        return StoryDecision(article.id)
    if is_whole(shingles):
        shares = [(1.0, 1.0, c) for c in others if c.headline.source != headline.source]
    else:
        headlines = _headlines(shingles, others, headline)
        repeated = {shingle for shingle, count in headlines.items() if count >= REPEATED}
        boilerplate = {shingle for shingle in repeated if headlines[shingle] >= BOILERPLATE}
        shares = [
            (
                _share(shingles, c, repeated, _least_of_longer(headline, c.headline)),
                _share(shingles, c, boilerplate),
                c,
            )
            for c in others
            if may_be_one_story(headline, c.headline)
        ]
    likely = [
        (copy_share if copy_share >= SAME else 0.0, share, -other.article, other)
        for copy_share, share, other in shares
        if copy_share >= SAME or share >= VERSION
    ]
    if not likely:
        return StoryDecision(article.id)
    copy_share, _, _, best = max(likely, key=lambda rated: rated[:3])
    if not copy_share:
        return StoryDecision(best.story)
    return StoryDecision(best.story, best.article if best.copy_of is None else best.copy_of)


def _headlines(
    shingles: frozenset[int], candidates: Collection[StoryCandidate], headline: Headline
) -> Counter[int]:
    """Count the unlike headlines of one source under which shingles stand, where several are."""
    by_source: defaultdict[str, list[StoryCandidate]] = defaultdict(list)
    for candidate in candidates:
        by_source[candidate.headline.source].append(candidate)
    counts: Counter[int] = Counter()
    for source, members in by_source.items():
        groups = [(headline, set(shingles))] if source == headline.source else []
        if len(members) + len(groups) < REPEATED:
            continue
        for candidate in members:
            for first, union in groups:
                if is_alike(first, candidate.headline):
                    union.update(candidate.shared)
                    break
            else:
                if len(groups) < _HEADLINES:
                    groups.append((candidate.headline, set(candidate.shared)))
        counts |= Counter(shingle for _, union in groups for shingle in union)
    return counts


def _share(
    shingles: frozenset[int], other: StoryCandidate, ignored: set[int], least_of_longer: float = 0.0
) -> float:
    """Return the share of the shorter of two texts in the other; 0 for too little of the longer.

    `ignored` are shingles that do not count.
    """
    count = len(other.shared & ignored)
    shared = len(other.shared) - count
    smaller, larger = sorted((len(shingles - ignored), other.size - count))
    is_enough = smaller >= LEAST_SIZE and shared >= max(LEAST_SHARED, least_of_longer * larger)
    return shared / smaller if is_enough else 0.0


def _least_of_longer(first: Headline, other: Headline) -> float:
    """Return the least share of the longer of two texts that are copies."""
    if first.source == other.source:
        return SAME
    return 0.0 if is_alike(first, other) else LONGER


# --- own words -------------------------------------------------------------------------

LIKE = 0.12
"""Least likeness: two reports of 15 rare words each share five."""
SHORT = 25.0
"""Rare words that each text is taken to have besides: short ones would be alike by chance."""


def story_told(
    article: Article,
    names: Names,
    reports: Sequence[tuple[StoryCandidate, Names]],
    weights: Mapping[int, float],
) -> int | None:
    """Return the story of the earlier report that is most like an article, if one is like it.

    `reports` are near in date. A story takes reports for 72 hours: a running story is not one row
    for weeks. `weights` are those of words in names; other words have 1.
    """
    if not reports:
        return None
    headline = headline_of(article)
    words = _told_words(headline, names)
    likely = [
        (share, -other.article, other.story)
        for other, other_names in reports
        if other.article < article.id
        and article.seen - other.began <= WINDOW
        and (share := _likeness(words, _told_words(other.headline, other_names), weights)) >= LIKE
        and may_be_one_story(headline, other.headline)
    ]
    return max(likely)[-1] if likely else None


def _likeness(
    words: frozenset[int], other_words: frozenset[int], weights: Mapping[int, float]
) -> float:
    """Return the share of their weight that two sets of words have in common."""
    shared, size, other_size = (
        sum(weights.get(word, 1.0) for word in part)
        for part in (words & other_words, words, other_words)
    )
    return shared / (math.sqrt(size * other_size) + SHORT)


def _told_words(headline: Headline, names: Names) -> frozenset[int]:
    return names.words.union(map(word_number, _words(headline.title, headline.publisher)))
