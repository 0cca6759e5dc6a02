"""The edits of an article: what each changed, and which watched terms went or came."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from index.article import Article, Timestamp
from monitor.differing import SAME, Piece, pieces
from monitor.match import Rules
from monitor.model import Feed, Version, Watchlist

PARTS = ("title", "summary", "body")
"""The parts of which earlier texts are kept."""

Term = tuple[str, str]
"""A watchlist, and what of it stands in a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One edit of an article."""

    version: int
    """Number of the text it made; the first text is 1."""
    at: Timestamp
    """When the edited text was read."""
    parts: Mapping[str, Sequence[Piece]]
    """What changed, by part; parts that did not are left out."""
    went: tuple[Term, ...] = ()
    came: tuple[Term, ...] = ()


def edits(
    article: Article, feed: Feed, versions: Sequence[Version], watchlists: Collection[Watchlist]
) -> list[Edit]:
    """Return the edits between the versions of an article, the first one first."""
    rules = Rules(watchlists)
    terms = [_terms(rules, article, feed, version) for version in versions]
    return [
        Edit(
            version=new.number,
            at=old.until if old.until is not None else article.seen,
            parts=dict(_changed(old, new)),
            went=tuple(term for term in before if term not in after),
            came=tuple(term for term in after if term not in before),
        )
        for old, new, before, after in zip(versions, versions[1:], terms, terms[1:], strict=False)
    ]


def _changed(old: Version, new: Version) -> Iterator[tuple[str, list[Piece]]]:
    for part in PARTS:
        found = pieces(old.part(part), new.part(part))
        if any(piece.kind != SAME for piece in found):
            yield part, found


def _terms(rules: Rules, article: Article, feed: Feed, version: Version) -> list[Term]:
    text = replace(article, title=version.title, summary=version.summary, body=version.body)
    return list(
        dict.fromkeys(
            (hit.watchlist.name, match.term)
            for hit in rules.match(text, feed)
            for match in hit.matches
        )
    )
