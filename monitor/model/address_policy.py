"""The addresses that tocsin connects to: public ones, and those that the operator allows."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from monitor.base.translation import gettext as _
from monitor.model.config import Networks

# Spelled out because `ipaddress.is_global` calls multicast, NAT64, 6to4 and ::/96 global.
# https://www.iana.org/assignments/iana-ipv4-special-registry and -ipv6-special-registry
_DENIED = tuple(map(ip_network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    "::/128", "::1/128", "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96",
    "64:ff9b:1::/48", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "2001::/32",
    "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    # Only 2000::/3 is given out to hosts; the rest of the space is here.
    "::/3", "4000::/2", "8000::/1",
)))  # fmt: skip


def is_allowed(address: str | IPv4Address | IPv6Address, allow: Networks = ()) -> bool:
    """Return whether an address may be connected to: it is public, or the operator allows it."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return is_own(parsed, allow) or not any(parsed in network for network in _DENIED)


def is_own(address: str | IPv4Address | IPv6Address, allow: Networks) -> bool:
    """Return whether an address is in a network that the operator allows."""
    try:
        return any(ip_address(address) in network for network in allow)
    except ValueError:
        return False


def refusal(host: str, address: str, allow: Networks) -> str:
    """Return the reason to refuse an address of a host, and how to allow it; else empty."""
    if is_allowed(address, allow):
        return ""
    quoted = f'"{address}"' if ":" in address else address
    yaml = f"network: {{allow: [{quoted}]}}"
    if host == address:
        return _("{host} is not a public address: `{yaml}` allows it", host=host, yaml=yaml)
    return _(
        "{host} is {address}, not a public address: `{yaml}` allows it",
        host=host, address=address, yaml=yaml,
    )  # fmt: skip
