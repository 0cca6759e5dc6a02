"""Whether the network is to blame for what cannot be reached."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from index.article import Timestamp
from monitor.errors import FeedError, FetchError
from monitor.fetch.url import host

log = logging.getLogger("tocsin")

RECENT = 120.0
"""Seconds of polls by which it is judged."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How the last poll of a feed ended."""

    at: Timestamp
    host: str
    unreachable: bool
    """Whether nothing of its host was reached."""


class Network:
    """What the polls of the last two minutes tell of the network.

    It is to blame when nothing could be reached of most hosts, and of two at least: one
    dead host with many feeds is not the network. Counted along: looking at 10,000 outcomes
    after each batch of a round costs as much as the round.
    """

    def __init__(self) -> None:
        self.down = ""
        """Why it is blamed instead of the feeds; empty when it is not."""
        self._outcomes: dict[str, _Outcome] = {}
        self._polled: Counter[str] = Counter()
        """Feeds of each host among them."""
        self._reached: Counter[str] = Counter()
        """Those of them of which anything was reached."""

    def take(self, outcomes: Mapping[str, FeedError | None], now: Timestamp) -> list[str]:
        """Learn how polls ended, by URL; return the feeds blamed before an outage was known."""
        for url, error in outcomes.items():
            self._forget(url)
            self._note(url, _Outcome(now, host(url) or url, _is_unreachable(error)))
        self._forget_old(now)
        was_down = self.down
        self.down = self._verdict()
        if self.down and not was_down:
            log.warning(
                "%s; the feeds are not blamed, and tried again every minute"
                " (`tocsin demo` needs no network)",
                self.down,
            )
        elif was_down and not self.down:
            log.info("the network is back")
        if was_down or not self.down:
            return []
        return [url for url, outcome in self._outcomes.items() if outcome.unreachable]

    def is_suspect(self, overdue: Collection[str]) -> bool:
        """Tell whether nothing was reached yet, and all that was tried is long overdue.

        So it is after a sleep or a start without a network: the first feed is not to blame.
        """
        if self._reached or not self._outcomes:
            return False
        return all(url in overdue for url in self._outcomes)

    def _note(self, url: str, outcome: _Outcome) -> None:
        self._outcomes[url] = outcome
        self._polled[outcome.host] += 1
        if not outcome.unreachable:
            self._reached[outcome.host] += 1

    def _forget(self, url: str) -> None:
        known = self._outcomes.pop(url, None)
        if known is None:
            return
        for counts in (self._polled, self._reached)[: 1 if known.unreachable else 2]:
            counts[known.host] -= 1
            if not counts[known.host]:
                del counts[known.host]

    def _forget_old(self, now: Timestamp) -> None:
        """Forget what is older than two minutes; the oldest stand first, unless a clock was set."""
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
        share = "none" if unreachable == hosts else f"only {hosts - unreachable}"
        return f"the network seems to be down: {share} of {hosts} hosts can be reached"


def _is_unreachable(error: FeedError | None) -> bool:
    return isinstance(error, FetchError) and error.network
