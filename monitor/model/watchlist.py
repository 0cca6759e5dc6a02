"""Watchlists: their rules, matches, records and backfill."""

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
"""The name that alerts about feeds have in place of a watchlist."""


class Severity(enum.StrEnum):
    """The severity of an alert."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """Its place among the severities; 0 is the highest."""
        return [*SEVERITY_SIGNS].index(self)


SEVERITY_SIGNS = {Severity.HIGH: signs.HIGH, Severity.MEDIUM: signs.MEDIUM, Severity.LOW: signs.LOW}
"""The sign of a severity, one character, in the dashboard, on the command line, in messages."""


class Escalate(Struct, frozen=True, kw_only=True):
    """The conditions on which the alert of a story is escalated."""

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
    """Languages of its articles, besides undetermined ones; empty is all."""
    feeds: tuple[str, ...] = ()
    """Names of feeds, or `tag:NAME`; empty is all."""
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
    """The terms of its `not:`, which are in the query too."""
    rule: str = ""
    """Version of its rule (see `judgement.rule_version`); empty if it was not computed."""


class Match(Struct, frozen=True, kw_only=True):
    """A place where a watchlist matches an article: `article.part(field)[start:end] == text`."""

    field: str
    start: int
    end: int
    text: str
    term: str
    """The clause of the query that matched, as the analyst wrote it."""
    concept: str = ""
    """The concept of which it is a name; empty of other terms."""
    ambiguous: bool = False
    """Whether none of the words that tell the concept from others is near."""


class WatchlistMatch(Struct, frozen=True, kw_only=True):
    """A watchlist that an article satisfies, and the places of its matches."""

    watchlist: Watchlist
    matches: tuple[Match, ...]


class WatchlistInForce(Struct, frozen=True):
    """A watchlist of the active configuration."""

    name: str
    feeds: tuple[str, ...]
    """Selectors of the feeds that it watches; empty for all."""
    is_pending: bool
    """Whether articles of the archive are still to be matched with its rule."""


class WatchlistRecord(Struct, frozen=True, kw_only=True):
    """The alerts of a watchlist so far, by verdict."""

    name: str
    severity: Severity
    total: int = 0
    untriaged: int = 0
    """Stories with a new alert of it."""
    last_hit: Timestamp | None = None
    relevant: int = 0
    """Alerts judged relevant; alerts without a verdict do not count."""
    noise: int = 0


class TermRecord(Struct, frozen=True):
    """The alerts of a term of a watchlist, or of a name of a concept, so far, by verdict."""

    watchlist: str
    """Or the concept."""
    term: str
    total: int
    relevant: int
    noise: int


class BackfillProgress(Struct, frozen=True):
    """The state of the backfill of a watchlist."""

    watchlist: str
    upto: int
    """Id of the last article that was matched."""
    until: int
    """Id of the last article that is older than the watchlist."""
    meaning: str = ""
    """Hash of the meaning of its rule."""


class Baseline(Struct, frozen=True, kw_only=True):
    """The stories of a watchlist today, and the number that is usual by this time."""

    today: int = 0
    """Stories that began since midnight."""
    usual: float | None = None
    """Usual number of stories; None while less than two weeks are known."""
    weeks: int = 0
    """Weeks that were watched, of the last eight."""
    surprise: bool = False
    """Whether an alert says that there are far more stories than usual."""
    quiet: bool = False
    """Whether an alert says that no stories come any more."""

    @property
    def unusual(self) -> bool:
        """Whether it is a surprise, or quiet."""
        return self.surprise or self.quiet


class WatchlistCount(Struct, frozen=True, kw_only=True):
    """A watchlist and the number of its stories."""

    name: str
    severity: Severity
    total: int
    untriaged: int
    """Stories with a new alert of it."""
    spark: tuple[int, ...]
    """Stories in each two hours of the last day, oldest first."""
    pace: Baseline = Baseline()


class Untriaged(NamedTuple):
    """The numbers of stories with a new alert."""

    stories: int
    """Stories of all watchlists; one of several watchlists counts once."""
    by_watchlist: Mapping[str, int]


class Silence(Struct, frozen=True, kw_only=True):
    """A watchlist whose alerts are not notified for a while."""

    watchlist: str
    by: str
    """Name of the person who asked for it."""
    since: Timestamp
    until: Timestamp
    suppressed: int = 0
    """Alerts that it suppressed so far."""


def renamed_watchlists(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """Return the new names of watchlists that an edit renamed, by their old names.

    A removed watchlist was renamed if exactly one new watchlist has the same rule. Both are the
    versions of the rules of watchlists, by name.
    """
    removed = _names_of_rules({name: rule for name, rule in before.items() if name not in after})
    added = _names_of_rules({name: rule for name, rule in after.items() if name not in before})
    return {name: added[rule] for rule, name in removed.items() if rule in added}


def _names_of_rules(rules: Mapping[str, str]) -> dict[str, str]:
    counts = Counter(rules.values())
    return {rule: name for name, rule in rules.items() if rule and counts[rule] == 1}
