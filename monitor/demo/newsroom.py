"""What each outlet has published by a given moment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from index.article import Timestamp
from monitor.demo.bulletins import bulletin, pseudo_random
from monitor.demo.content import Content, Dating, DemoArticle, DemoOutlet

WINDOW = 20
"""Entries in a feed document."""
LOOK_BACK = 400
"""Bulletins among which an outlet's newest are sought: about 30 for each outlet."""
COPY_DELAY = 3.0
"""Beats between an outlet's bulletin and the next outlet's copy of it."""
DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """An article as an outlet has it on its pages at a moment."""

    slug: str
    """Unique within the outlet."""
    title: str
    text: tuple[str, ...]
    author: str
    out: Timestamp
    """When it really appeared."""
    changed: Timestamp
    """When it was last edited; `out` if never."""
    dated: Timestamp | None
    """What the feed claims."""


@dataclass(frozen=True, slots=True)
class DemoNewsroom:
    """All outlets, from the moment it opened; `pace` is the seconds between two bulletins."""

    content: Content
    opened: Timestamp
    pace: float = 4.0

    def dispatches(self, outlet: DemoOutlet, now: Timestamp) -> list[Dispatch]:
        """Return the newest `WINDOW` dispatches of an outlet, newest first."""
        pieces = [
            self._piece(piece, now) for piece in self.content.pieces if piece.outlet == outlet.slug
        ]
        published = [d for d in (*pieces, *self._bulletins(outlet, now)) if d.out <= now]
        return sorted(published, key=lambda dispatch: -dispatch.out)[:WINDOW]

    def find(self, outlet: DemoOutlet, slug: str, now: Timestamp) -> Dispatch | None:
        """Return the dispatch that an outlet published under this slug, however long ago."""
        for piece in self.content.pieces:
            if (piece.outlet, piece.slug) == (outlet.slug, slug):
                return self._piece(piece, now)
        numbered = re.fullmatch(r"[\w-]+-(\d{1,9})", slug, re.ASCII)
        found = numbered and self._bulletin(outlet, int(numbered[1]))
        return found if found and found.slug == slug and found.out <= now else None

    def _piece(self, piece: DemoArticle, now: Timestamp) -> Dispatch:
        out = self.opened - 60 * piece.minutes_ago
        edit = piece.edit if piece.edit and self.opened + piece.edit.after <= now else None
        claims = {
            Dating.HONEST: out,
            Dating.UNDATED: None,
            Dating.EPOCH: 0.0,
            Dating.AHEAD: out + 2 * DAY,
        }
        return Dispatch(
            slug=piece.slug,
            title=edit.title if edit else piece.title,
            text=edit.text if edit else piece.text,
            author=piece.author,
            out=out,
            changed=self.opened + edit.after if edit else out,
            dated=claims[piece.dating],
        )

    def _bulletins(self, outlet: DemoOutlet, now: Timestamp) -> Iterator[Dispatch]:
        newest = int((now - self.opened) / self.pace)
        for number in range(max(0, newest - LOOK_BACK), newest):
            if found := self._bulletin(outlet, number):
                yield found

    def _bulletin(self, outlet: DemoOutlet, number: int) -> Dispatch | None:
        """Return the outlet's copy of a bulletin, which may not be out yet; None if it has none."""
        told = bulletin(self.content.patterns, number)
        if outlet.slug not in told.headlines:
            return None
        title = told.headlines[outlet.slug]
        delay = COPY_DELAY * list(told.headlines).index(outlet.slug)
        out = self.opened + self.pace * (number + 1 + 0.8 * pseudo_random("beat", number) + delay)
        words = re.findall(r"[a-z0-9]+", title.lower())[:6]
        return Dispatch(
            slug="-".join((*words, str(number))),
            title=title,
            text=told.text,
            author="",
            out=out,
            changed=out,
            dated=out,
        )
