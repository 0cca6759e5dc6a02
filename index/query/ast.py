"""The tree of a query: frozen, hashable nodes.

`text` is the text of the analyst and `column` its column, from 0, or -1 if several queries
are joined; neither counts when two nodes are compared.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import astuple, replace

from index.analysis.folding import fold


class Mode(enum.Enum):
    """The way in which a word of a query is compared with the words of a text."""

    FOLDED = "folded"
    """Case and accents do not count."""
    EXACT = "exact"
    """The form must be exactly this one."""
    STEM = "stem"
    """Inflections match too, in French and in English."""
    NOUN = "noun"
    """Inflections match too, but not those of a verb: pots, and not `potted`."""
    WILDCARD = "wildcard"
    """`*` stands for any letters, `?` for one."""
    ACRONYM = "acronym"
    """Capitals, a first capital, and texts all in capitals match; small letters never do."""

    __hash__ = object.__hash__  # members are unique objects; Enum's own hash is 5 times slower

    @property
    def inflects(self) -> bool:
        """Whether inflections match."""
        return self in (Mode.STEM, Mode.NOUN)


class Node(Struct, frozen=True, kw_only=True, eq=False):
    """A node of the tree."""

    text: str = ""
    column: int = 0

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._compared() == other._compared()

    def __ne__(self, other: object) -> bool:  # a struct's own would compare all fields
        return not self == other

    def __hash__(self) -> int:
        return hash(self._compared())

    def _compared(self) -> tuple[object, ...]:
        return astuple(self)[:-2]

    @property
    def is_one_word(self) -> bool:
        """Whether the node is an OR of the spellings of one word: plate-forme, COVID-19."""
        return isinstance(self, Or) and all(child.text == self.text for child in self.children)


class Word(Node, frozen=True, eq=False):
    """One word. `term` is folded; in a wildcard it keeps `*` and `?`."""

    term: str
    mode: Mode = Mode.FOLDED
    exact: str = ""
    """The form in the modes EXACT and ACRONYM; the word with its accents in STEM. Empty if it
    equals the term."""
    part: str = ""
    """The part of the article in which to look; '' means title, summary and body."""

    def _compared(self) -> tuple[object, ...]:  # quicker: words are keys of the matcher's tables
        return (self.term, self.mode, self.exact, self.part)

    def __hash__(self) -> int:  # likewise
        return hash((self.term, self.mode, self.exact, self.part))


class Phrase(Node, frozen=True, eq=False):
    """Consecutive words, or alternatives for a word."""

    children: tuple[Node, ...]


class Near(Node, frozen=True, eq=False):
    """Words or phrases with fewer than `distance` other words, in all, between them."""

    children: tuple[Node, ...]
    distance: int
    ordered: bool = False


class And(Node, frozen=True, eq=False):
    """All children hold."""

    children: tuple[Node, ...]


class Or(Node, frozen=True, eq=False):
    """Any child holds."""

    children: tuple[Node, ...]


class Concept(Node, frozen=True, eq=False):
    """Names of one thing, at a place that nothing excluded has; none: not defined yet."""

    name: str
    part: str = ""
    """The part of the article in which to look; '' means title, summary and body."""
    names: tuple[Node, ...] = ()
    """What means it."""
    excluded: tuple[Node, ...] = ()
    """What does not mean it, though it has one of its names."""
    nearby: tuple[Node, ...] = ()
    """What tells it from others of its names; without any of them near, a place is ambiguous."""

    @property
    def children(self) -> tuple[Node, ...]:
        """Return its names, and the negation of what it excludes."""
        return (*self.names, *(Not(term, text=term.text) for term in self.excluded))


@lru_cache(50_000)
def name_label(name: str, concept: str) -> str:
    """Return the text by which messages say a name and its concept: `Taobao (Alibaba)`."""
    return name if fold(name) == fold(concept) else f"{name} ({concept})"


class AtLeast(Node, frozen=True, eq=False):
    """`count` children or more hold."""

    count: int
    children: tuple[Node, ...]


class Not(Node, frozen=True, eq=False):
    """The child does not hold."""

    child: Node


class Score(Node, frozen=True, eq=False):
    """The weights of the clauses that hold add up to `threshold` or more."""

    weighted: tuple[tuple[float, Node], ...]
    threshold: float


class Facet(Node, frozen=True, eq=False):
    """A filter: `name` is one of `FACETS`, `value` as written, without quotes."""

    name: str
    value: str


ARTICLE_FACETS = ("lang", "feed", "tag")
"""Filters that need the article only: for watchlists and searches."""
ARCHIVE_FACETS = ("since", "until", "watch", "story", "severity", "has", "is")
"""Filters that need the archive."""
FACETS = ARTICLE_FACETS + ARCHIVE_FACETS
ALERT_FACETS = ("state", "assigned")
"""Filters of alerts only."""


# A tuple made once: `Phrase | Near` is made anew each time, which takes longer than the test.
_BRANCHES = (Phrase, Near, And, Or, AtLeast, Concept)


def children(node: Node) -> tuple[Node, ...]:
    """Return the direct children of a node."""
    if isinstance(node, _BRANCHES):
        return node.children
    if isinstance(node, Not):
        return (node.child,)
    if isinstance(node, Score):
        return tuple(child for _, child in node.weighted)
    return ()


def with_children(node: Node, nodes: tuple[Node, ...]) -> Node:
    """Return a node with other direct children, in the order of `children`."""
    if isinstance(node, Concept):
        names = tuple(child for child in nodes if not isinstance(child, Not))
        excluded = tuple(child.child for child in nodes if isinstance(child, Not))
        return replace(node, names=names, excluded=excluded)
    if isinstance(node, _BRANCHES):
        return replace(node, children=nodes)
    if isinstance(node, Not):
        return replace(node, child=nodes[0])
    if isinstance(node, Score):
        weights = [weight for weight, _ in node.weighted]
        return replace(node, weighted=tuple(zip(weights, nodes, strict=True)))
    return node


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all nodes below it, in the order of the text."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, Word):
            stack += reversed(children(node))


def words(node: Node) -> Iterator[Word]:
    """Yield every word of a tree."""
    return (leaf for leaf in walk(node) if isinstance(leaf, Word))


def wanted(node: Node) -> Iterator[Word]:
    """Yield the words of a tree that are not below a negation."""
    if isinstance(node, Word):
        yield node
    elif not isinstance(node, Not):
        for child in children(node):
            yield from wanted(child)


def clauses(root: Node) -> tuple[Node, ...]:
    """Return the nodes that must all hold."""
    return root.children if isinstance(root, And) else (root,)
