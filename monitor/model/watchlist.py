"""What watchlists brought: counts, verdicts, baselines, and how far backfill got."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.base.article import Timestamp
    from monitor.model.alert import AlertKind, Verdict
    from monitor.model.severity import Severity


class WatchlistInForce(Struct, frozen=True):
    """A watchlist of the active configuration."""

    name: str
    feeds: tuple[str, ...]
    """Selectors of the feeds that it watches; empty for all."""
    since: Timestamp | None
    """Since when its rule has been watched, as far as articles tell; None without articles."""


class WatchlistRecord(Struct, frozen=True, kw_only=True):
    """What a watchlist has brought so far, and what the analyst thought of it."""

    name: str
    severity: Severity
    total: int
    untriaged: int
    """Stories with an alert of it that is new."""
    last_hit: Timestamp | None
    relevant: int
    """Alerts judged relevant; alerts without a verdict do not count."""
    noise: int


class TermRecord(Struct, frozen=True):
    """What a term of a watchlist has brought so far, and what the analyst thought of it."""

    watchlist: str
    term: str
    total: int
    relevant: int
    noise: int


class ArticleVerdict(Struct, frozen=True):
    """An article that raised an alert, and what the analyst thought of that."""

    article: int
    verdict: Verdict


class BackfillProgress(Struct, frozen=True):
    """The state of the backfill of a watchlist."""

    watchlist: str
    upto: int
    """Id of the last article it was matched with."""
    until: int
    """Id of the last article that was there before it."""
    meaning: str = ""
    """Hash of what its rule says."""


class Baseline(Struct, frozen=True, kw_only=True):
    """A watchlist's stories of today, and how many are usual by this time."""

    today: int = 0
    """Stories that began since midnight, without backfill."""
    usual: float | None = None
    """None while too little is known: fewer than two weeks."""
    weeks: int = 0
    """Weeks that were watched, of the last eight."""
    surprise: bool = False
    """Whether an alert says that there are far more stories than usual."""
    quiet: bool = False
    """Whether an alert says that there are none any more."""

    @property
    def unusual(self) -> bool:
        """Whether it is a surprise, or quiet."""
        return self.surprise or self.quiet


class WatchlistCount(Struct, frozen=True, kw_only=True):
    """A watchlist and what it brought."""

    name: str
    severity: Severity
    total: int
    untriaged: int
    """Stories with an alert of it that is new."""
    spark: tuple[int, ...]
    """Stories in each two hours of the last day, oldest first."""
    pace: Baseline = Baseline()


class UnusualTime(NamedTuple):
    """A time in which a watchlist brings far more stories than usual, or none any more.

    Or, of `FEED_HEALTH`, in which the store is damaged.
    """

    watchlist: str
    kind: AlertKind
    started_at: Timestamp
    ended_at: Timestamp | None
    """None while it lasts."""


class Untriaged(NamedTuple):
    """Stories with an alert that is new."""

    stories: int
    """Of all watchlists; a story of several watchlists counts once."""
    by_watchlist: Mapping[str, int]


class Silence(Struct, frozen=True, kw_only=True):
    """A watchlist whose alerts are not notified for a while."""

    watchlist: str
    by: str
    """Who asked for it."""
    since: Timestamp
    until: Timestamp
    suppressed: int = 0
    """Alerts that it suppressed so far."""


def renamed_watchlists(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """Return the new names of watchlists that an edit renamed, by their old names.

    One that is gone was renamed if one that is new, and no other, has the same rule.

    Args:
        before: The version of the rule of each watchlist, by name.
        after: The same, after the edit.
    """
    gone = _names_of_rules({name: rule for name, rule in before.items() if name not in after})
    new = _names_of_rules({name: rule for name, rule in after.items() if name not in before})
    return {name: new[rule] for rule, name in gone.items() if rule in new}


def _names_of_rules(rules: Mapping[str, str]) -> dict[str, str]:
    counts = Counter(rules.values())
    return {rule: name for name, rule in rules.items() if rule and counts[rule] == 1}
