"""Whether the network is to blame for what cannot be reached."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from index.article import Timestamp
from monitor.errors import FeedError, FetchError

log = logging.getLogger("tocsin")

RECENT = 120.0
"""Seconds of polls by which it is judged."""


class Network:
    """What the polls of the last two minutes tell of the network."""

    def __init__(self) -> None:
        self.down = ""
        """Why it is blamed instead of the feeds; empty when it is not."""
        self._outcomes: dict[str, tuple[Timestamp, FeedError | None]] = {}

    def take(self, outcomes: Mapping[str, FeedError | None], now: Timestamp) -> list[str]:
        """Learn how polls ended, by URL; return the feeds blamed before an outage was known."""
        self._outcomes |= {url: (now, error) for url, error in outcomes.items()}
        self._outcomes = {
            url: (at, error) for url, (at, error) in self._outcomes.items() if now - at < RECENT
        }
        was_down = self.down
        self.down = network_is_down({url: error for url, (_, error) in self._outcomes.items()})
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
        return [url for url, (_, error) in self._outcomes.items() if _is_unreachable(error)]

    def is_suspect(self, overdue: Collection[str]) -> bool:
        """Tell whether nothing was reached yet, and all that was tried is long overdue.

        So it is after a sleep or a start without a network: the first feed is not to blame.
        """
        return bool(self._outcomes) and all(
            _is_unreachable(error) and url in overdue for url, (_, error) in self._outcomes.items()
        )


def network_is_down(outcomes: Mapping[str, FeedError | None]) -> str:
    """Return why the network is to blame for a round, empty if it is not.

    `outcomes` has the error of each polled URL, None where it went well. The network is
    blamed when nothing could be reached of most hosts, and of two at least: one dead host
    with many feeds is not the network.
    """
    hosts: dict[str, bool] = {}
    for url, error in outcomes.items():
        down = _is_unreachable(error)
        host = _host(url)
        hosts[host] = hosts.get(host, True) and down
    unreachable = sum(hosts.values())
    if unreachable < 2 or unreachable * 2 <= len(hosts):
        return ""
    share = "none" if unreachable == len(hosts) else f"only {len(hosts) - unreachable}"
    return f"the network seems to be down: {share} of {len(hosts)} hosts can be reached"


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url


def _is_unreachable(error: FeedError | None) -> bool:
    return isinstance(error, FetchError) and error.network
