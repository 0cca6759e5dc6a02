"""Tells an outage of the network from trouble of the servers."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

from monitor.base.article import Timestamp
from monitor.base.errors import FeedError, FetchError
from monitor.base.translation import gettext as _, ngettext, number
from monitor.base.url import host

log = logging.getLogger("tocsin")

RECENT = 120.0
"""Seconds for which a poll counts."""


class OutageDetector:
    """Decides from the polls of the last two minutes whether the network is down.

    It is down when most hosts, and at least two, cannot be reached, and most feeds cannot: one
    dead host with many feeds is not an outage, and neither are a few dead hosts beside one that
    has most feeds. The hosts are counted only when most feeds cannot be reached: to look at 10,000
    outcomes after each batch of a round costs as much as the round.
    """

    def __init__(self) -> None:
        self.down = ""
        """Why the network seems to be down; empty when it does not."""
        self._reached: dict[str, Timestamp] = {}
        """When feeds were polled whose hosts answered, by URL, the latest last."""
        self._unreached: dict[str, Timestamp] = {}
        """When feeds were polled whose hosts could not be reached, in the same form."""

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
            failing: Feeds that failed before, by their own fault. Their next failure proves
                nothing: they are asked so often that they would soon be most of the polls.
        """
        was_down = self.down
        for url, error in outcomes.items():
            self._reached.pop(url, None)
            self._unreached.pop(url, None)
            if not (isinstance(error, FetchError) and error.network):
                self._reached[url] = now
            elif was_down or url not in failing:
                self._unreached[url] = now
        for times in (self._reached, self._unreached):
            _forget_old(times, now)
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
        return list(self._unreached)

    def is_suspect(self, overdue: Collection[str]) -> bool:
        """Tell whether no feed was reached yet, and all polled ones are long overdue.

        That is so after a sleep or a start without a network: the first feed is not at fault.
        """
        if self._reached or not self._unreached:
            return False
        return all(url in overdue for url in self._unreached)

    def _verdict(self) -> str:
        if len(self._unreached) <= len(self._reached):
            return ""
        reached = {host(url) or url for url in self._reached}
        hosts = len(reached.union(host(url) or url for url in self._unreached))
        unreached = hosts - len(reached)
        if unreached < 2 or unreached * 2 <= hosts:
            return ""
        return ngettext(
            "the network seems down: {count} of {hosts} hosts reached",
            "the network seems down: {count} of {hosts} hosts reached",
            len(reached),
            hosts=number(hosts),
        )


def _forget_old(times: dict[str, Timestamp], now: Timestamp) -> None:
    """Drop polls older than two minutes; the oldest come first, unless the clock was set."""
    while times:
        url, at = next(iter(times.items()))
        if 0 <= now - at < RECENT:
            return
        del times[url]
