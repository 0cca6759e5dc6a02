"""Where the next page of a search begins, as text that can be handed back.

It keeps the moment of the first page: which articles there were, what `7d` meant, by what
they were scored. So the pages are those of one result, whatever arrives meanwhile.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from index.article import Timestamp
from monitor.errors import CursorError

if TYPE_CHECKING:
    from index.ranking import Scale
    from index.searcher import Hit
    from monitor.model import Filter

_VERSION = 1
_LONGEST = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A place in a result, between two pages."""

    search: str
    """Fingerprint of what is searched."""
    now: Timestamp
    """When the first page was asked for."""
    since: Timestamp | None
    until: Timestamp | None
    """The dates of the filter, as they were then."""
    upto: int
    """Highest id in the archive then."""
    shown: int
    """Hits on the pages so far."""
    last: Hit
    scale: Scale | None

    def written(self) -> str:
        """Return it as letters, digits, `-` and `_`."""
        listed = [
            _VERSION, self.search, self.now, self.since, self.until, self.upto, self.shown,
            *self.last, *([self.scale.average, *self.scale.rarities] if self.scale else ()),
        ]  # fmt: skip
        packed = json.dumps(listed, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read(text: str, search: str) -> Cursor:
    """Return the cursor that was written for a search; raises CursorError if it was not."""
    try:
        padded = text.strip().encode("ascii") + b"=" * (-len(text.strip()) % 4)
        listed = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        cursor = _cursor(listed) if len(text) <= _LONGEST else None
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        cursor = None
    if cursor is None:
        raise CursorError("this is no place in a result; take `next` of the page before")
    if cursor.search != search:
        raise CursorError("this place is in the result of another search; keep query and filters")
    return cursor


def fingerprint(query: str, filter: Filter, sort: str) -> str:
    """Return what tells one search from another; dates that are relative move, and do not count."""
    from hashlib import blake2b

    said = [
        query, sort, sorted(filter.lang), sorted(filter.feeds), sorted(filter.watchlists),
        filter.since is None, filter.until is None,
    ]  # fmt: skip
    return blake2b(json.dumps(said).encode(), digest_size=6).hexdigest()


def _cursor(listed: Sequence[Any]) -> Cursor:
    """Return the cursor of a list; raises ValueError or TypeError if it is none."""
    from index.ranking import Scale
    from index.searcher import Hit

    version, search, now, since, until, upto, shown, date, id, score, *scale = listed
    if version != _VERSION or not isinstance(search, str):
        raise ValueError(version)
    numbers = [now, since or 0, until or 0, date, score, *scale]
    if not all(isinstance(n, float | int) and math.isfinite(n) for n in numbers):
        raise ValueError(listed)
    if not all(isinstance(n, int) and 0 <= n < 1 << 63 for n in (upto, shown, id)):
        raise ValueError(listed)
    return Cursor(
        search=search,
        now=now,
        since=since,
        until=until,
        upto=upto,
        shown=shown,
        last=Hit(date, id, score),
        scale=Scale(scale[0], tuple(scale[1:])) if scale else None,
    )
