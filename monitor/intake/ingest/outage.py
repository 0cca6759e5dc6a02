"""Whether the network, rather than the servers, is down."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Mapping

from msgspec import Struct

from monitor.base.article import Timestamp
from monitor.base.errors import FeedError, FetchError
from monitor.base.translation import gettext as _
from monitor.base.translation import ngettext, number
from monitor.base.url import host

log = logging.getLogger("tocsin")

RECENT = 120.0
"""Seconds of polls that count."""


class _Outcome(Struct, frozen=True):
    """How the last poll of a feed ended."""

    at: Timestamp
    host: str
    unreachable: bool
    """Whether the host could not be reached at all."""


class OutageDetector:
    """Decides from the polls of the last two minutes whether the network is down.

    It is down when most hosts, and at least two, cannot be reached, and most feeds cannot: one
    dead host with many feeds is not an outage, and neither are a few dead hosts beside one that
    has most feeds. Counts are kept per host, because to look at 10,000 outcomes after each batch
    of a round costs as much as the round.
    """

    def __init__(self) -> None:
        self.down = ""
        """Why the network seems to be down; empty when it does not."""
        self._outcomes: dict[str, _Outcome] = {}
        self._polled: Counter[str] = Counter()
        """Number of polled feeds by host."""
        self._reached: Counter[str] = Counter()
        """Number of polled feeds that were reached, by host."""
        self._unreachable = 0
        """Number of polled feeds that were not."""

    def take(
        self,
        outcomes: Mapping[str, FeedError | None],
        now: Timestamp,
        failing: Collection[str] = (),
    ) -> list[str]:
        """Add the outcomes of polls; return feeds that failed before an outage was known.

        Args:
            outcomes: The outcomes by URL.
            now: The present time.
            failing: Feeds that failed before, by their own fault. That they fail again proves
                nothing: they are asked so often that they would soon be most of what is polled.
        """
        was_down = self.down
        for url, error in outcomes.items():
            self._forget(url)
            unreachable = _is_unreachable(error)
            if was_down or not unreachable or url not in failing:
                self._note(url, _Outcome(now, host(url) or url, unreachable))
        self._forget_old(now)
        self.down = self._verdict()
        if self.down and not was_down:
            log.warning(
                _(
                    "{trouble}; the feeds are not blamed, and due again in a minute"
                    " (`tocsin demo` needs no network)",
                    trouble=self.down,
                )
            )
        elif was_down and not self.down:
            log.info(_("the network is back"))
        if was_down or not self.down:
            return []
        return [url for url, outcome in self._outcomes.items() if outcome.unreachable]

    def is_suspect(self, overdue: Collection[str]) -> bool:
        """Return whether nothing was reached yet, and all feeds tried are long overdue.

        That is so after a sleep or a start without a network: the first feed is not at fault.
        """
        if self._reached or not self._outcomes:
            return False
        return all(url in overdue for url in self._outcomes)

    def _note(self, url: str, outcome: _Outcome) -> None:
        self._outcomes[url] = outcome
        self._polled[outcome.host] += 1
        if outcome.unreachable:
            self._unreachable += 1
        else:
            self._reached[outcome.host] += 1

    def _forget(self, url: str) -> None:
        known = self._outcomes.pop(url, None)
        if known is None:
            return
        self._unreachable -= known.unreachable
        for counts in (self._polled, self._reached)[: 1 if known.unreachable else 2]:
            counts[known.host] -= 1
            if not counts[known.host]:
                del counts[known.host]

    def _forget_old(self, now: Timestamp) -> None:
        """Drop outcomes older than two minutes; the oldest come first, unless the clock was set."""
        while self._outcomes:
            url, oldest = next(iter(self._outcomes.items()))
            if 0 <= now - oldest.at < RECENT:
                return
            self._forget(url)

    def _verdict(self) -> str:
        hosts = len(self._polled)
        unreachable = hosts - len(self._reached)
        if unreachable < 2 or unreachable * 2 <= hosts:
            return ""
        if self._unreachable * 2 <= len(self._outcomes):
            return ""
        return ngettext(
            "the network seems down: {count} of {hosts} hosts reached",
            "the network seems down: {count} of {hosts} hosts reached",
            hosts - unreachable,
            hosts=number(hosts),
        )


def _is_unreachable(error: FeedError | None) -> bool:
    return isinstance(error, FetchError) and error.network
