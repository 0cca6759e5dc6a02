"""What may stand at each place of a phrase, for those phrases that `phrase_arrays` can compare."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from index.engine.postings_file import Postings
from index.evaluation import spans, term_expansion
from index.query.ast import Near, Node, Or, Phrase, Word


class Link(NamedTuple):
    """A word of a phrase."""

    lists: Sequence[Postings]
    """The posting lists of its index keys; none is empty."""
    part: str
    """The part that it must be in, if any."""


Choice = Sequence[Sequence[Link]]
"""What may stand at one place of a phrase: rows of words, as `cyberattaque` or `cyber attaque`."""


def choices(
    node: Phrase | Near, lists_of: Callable[[Word], Iterable[Postings]]
) -> list[Choice] | None:
    """Return what may stand at each place; None unless it is words and rows of words, in one part.

    Args:
        node: The phrase, or words near each other.
        lists_of: Returns the posting lists of the index keys of a word. Rows with a word that has
            none are left out.
    """
    if isinstance(node, Near) and len(node.children) > 2:
        return None
    rows = list(map(_rows, node.children))
    words = {word for choice in rows for row in choice for word in row}
    if not all(rows) or len({word.part for word in words}) > 1:
        return None
    if any(map(term_expansion.is_plain_exact, words)):
        return None
    links = {
        word: Link([postings for postings in lists_of(word) if postings.size], word.part)
        for word in words
    }
    if any(map(_is_cut_off, links.values())):
        return None
    return [
        [[links[word] for word in row] for row in choice if all(links[word].lists for word in row)]
        for choice in rows
    ]


def _rows(node: Node) -> list[Sequence[Word]]:
    """Return the rows of words of which a node means any; none for other nodes."""
    match node:
        case Word():
            return [[node]]
        case Phrase():
            words = [child for child in node.children if isinstance(child, Word)]
            return [words] if len(words) == len(node.children) else []
        case Or():
            rows = list(map(_rows, node.children))
            return [row for several in rows for row in several] if all(rows) else []
    return []


def _is_cut_off(link: Link) -> bool:
    """Tell whether a word may stand more often in a document than `spans` looks at."""
    counts = [postings.counts for postings in link.lists if postings.counts]
    if sum(256**some.itemsize for some in counts) <= spans.MAX_PLACES:
        return False  # without reading them
    return sum(map(max, counts)) > spans.MAX_PLACES
