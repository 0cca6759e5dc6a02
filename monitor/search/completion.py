"""What the filters of a query can be asked for in this newsroom."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from index.query.completion import Values
from index.query.filters import UNDETERMINED
from monitor.store.protocol import Views

if TYPE_CHECKING:
    from index.archive import Archive


def values(views: Views, archive: Archive) -> Values:
    """Return what tells the values of a filter, by its name."""

    def of(name: str) -> Iterable[str]:
        match name:
            case "feed":
                return [feed.name for feed in views.feeds.every()]
            case "tag":
                return {tag for feed in views.feeds.every() for tag in feed.tags}
            case "watch":
                return [count.name for count in views.watchlists.counts(math.inf, 1, 1.0)]
            case "lang":
                return [lang or UNDETERMINED for lang in archive.languages()]
        return ()

    return of
