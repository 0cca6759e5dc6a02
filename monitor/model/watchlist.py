"""Watchlists: what they ask for, where they match, what they brought, how far backfill got."""

from __future__ import annotations

import enum
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from monitor.base import signs
from monitor.base.article import Timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from index.query.parser import Query


FEED_HEALTH = "feed health"  # not a message
"""What alerts about feeds have in place of a watchlist."""


class Severity(enum.StrEnum):
    """The severity of an alert."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """Its place among the severities; 0 is the highest."""
        return list(Severity).index(self)


SEVERITY_SIGNS = {
    Severity.HIGH: signs.HIGH,
    Severity.MEDIUM: signs.MEDIUM,
    Severity.LOW: signs.LOW,
}
"""How a severity is shown in one character, in the dashboard, on the command line, in messages."""


class Escalate(Struct, frozen=True, kw_only=True):
    """When the alert of a story is escalated."""

    outlets: int | None = 5
    """Escalate once so many independent outlets have the story; None is never."""
    languages: bool = True
    """Escalate when the story crosses from French to English, or back."""
    to: Severity | None = None
    """Severity after the escalation; None is one level higher."""


class Watchlist(Struct, frozen=True, kw_only=True):
    """A named standing query of the analyst."""

    name: str
    query: Query
    severity: Severity = Severity.MEDIUM
    lang: tuple[str, ...] = ()
    """Only articles in one of these languages (or undetermined); empty is all."""
    feeds: tuple[str, ...] = ()
    """Only feeds named so or `tag:so`; empty is all."""
    match: tuple[str, ...] = ()
    """Sentences that must match: tests of the watchlist."""
    no_match: tuple[str, ...] = ()
    escalate: Escalate = Escalate()
    cooldown: float = 0.0
    """Seconds after an alert in which further alerts of the watchlist are suppressed."""
    notify_backfill: bool = False
    """Notify of articles that were there before the watchlist, too."""
    unusual: bool = True
    """Raise an alert when far more stories come than usual, or none any more."""
    notify: tuple[str, ...] | None = None
    """Names of the channels that are notified; None leaves it to the routes."""
    excluded: tuple[str, ...] = ()
    """What its `not:` says, which is in the query too."""
    rule: str = ""
    """Version of what it says (see `judgement.rule_version`); empty when nobody asked."""


class Match(Struct, frozen=True, kw_only=True):
    """Where a watchlist hit an article: `article.part(field)[start:end] == text`."""

    field: str
    start: int
    end: int
    text: str
    term: str
    """The clause of the query that matched, as the analyst wrote it."""


class WatchlistMatch(Struct, frozen=True, kw_only=True):
    """A watchlist that an article satisfies, and where."""

    watchlist: Watchlist
    matches: tuple[Match, ...]


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
