"""Whether the network is to blame for what cannot be reached. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from monitor.errors import FeedError, FetchError


def network_is_down(outcomes: Mapping[str, FeedError | None]) -> str:
    """Return why the network is to blame for a round, empty if it is not.

    `outcomes` has the error of each polled URL, None where it went well. The network is
    blamed when nothing could be reached of most hosts, and of two at least: one dead host
    with many feeds is not the network.
    """
    hosts: dict[str, bool] = {}
    for url, error in outcomes.items():
        down = isinstance(error, FetchError) and error.network
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
