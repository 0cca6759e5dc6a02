"""Which addresses may be connected to: public ones, and those that the operator allows."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from monitor.base.translation import gettext as _
from monitor.base.translation import mark
from monitor.model.config import Networks

# Spelled out because `ipaddress.is_global` calls multicast, NAT64, 6to4 and ::/96 global.
# https://www.iana.org/assignments/iana-ipv4-special-registry and -ipv6-special-registry
_DENIED: dict[str, str] = {
    "0.0.0.0/8": mark("an unspecified address"),
    "10.0.0.0/8": mark("a private address"),
    "100.64.0.0/10": mark("a carrier-grade NAT address"),
    "127.0.0.0/8": mark("a loopback address"),
    "169.254.0.0/16": mark("a link-local address"),
    "172.16.0.0/12": mark("a private address"),
    "192.0.0.0/24": mark("a reserved address"),
    "192.0.2.0/24": mark("a documentation address"),
    "192.88.99.0/24": mark("a 6to4 relay address"),
    "192.168.0.0/16": mark("a private address"),
    "198.18.0.0/15": mark("a benchmark address"),
    "198.51.100.0/24": mark("a documentation address"),
    "203.0.113.0/24": mark("a documentation address"),
    "224.0.0.0/4": mark("a multicast address"),
    "240.0.0.0/4": mark("a reserved address"),
    "::/128": mark("an unspecified address"),
    "::1/128": mark("a loopback address"),
    "::/96": mark("an IPv4-compatible address"),
    "::ffff:0:0/96": mark("an IPv4-mapped address"),
    "::ffff:0:0:0/96": mark("an IPv4-translated address"),
    "64:ff9b::/96": mark("a NAT64 address"),
    "64:ff9b:1::/48": mark("a NAT64 address"),
    "fc00::/7": mark("a private address"),
    "fe80::/10": mark("a link-local address"),
    "fec0::/10": mark("a site-local address"),
    "ff00::/8": mark("a multicast address"),
    "2001::/32": mark("a Teredo address"),
    "2001::/23": mark("a reserved address"),
    "2001:db8::/32": mark("a documentation address"),
    "2002::/16": mark("a 6to4 address"),
    "3fff::/20": mark("a documentation address"),
    # Only 2000::/3 is given out to hosts; the rest of the space is here.
    "::/3": mark("a reserved address"),
    "4000::/2": mark("a reserved address"),
    "8000::/1": mark("a reserved address"),
}
_DENY: tuple[tuple[IPv4Network | IPv6Network, str], ...] = tuple(
    (ip_network(network), kind) for network, kind in _DENIED.items()
)


def is_allowed(address: str | IPv4Address | IPv6Address, allow: Networks = ()) -> bool:
    """Return whether an address may be connected to: it is public, or the operator allows it."""
    return not _denied_kind(address, allow)


def is_own(address: str | IPv4Address | IPv6Address, allow: Networks) -> bool:
    """Return whether an address is in a network that the operator allows: an own machine."""
    if not allow:
        return False
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in allow)


def _denied_kind(address: str | IPv4Address | IPv6Address, allow: Networks) -> str:
    if is_own(address, allow):
        return ""
    try:
        parsed = ip_address(address)
    except ValueError:
        return mark("a malformed address")
    return next((kind for network, kind in _DENY if parsed in network), "")


def refusal(host: str, address: str, allow: Networks) -> str:
    """Return why an address of a host is not connected to, and how to allow it; else empty."""
    kind = _denied_kind(address, allow)
    if not kind:
        return ""
    quoted = f'"{address}"' if ":" in address else address
    allowing = f"network: {{allow: [{quoted}]}}"
    if host == address:
        return _("{host} is {kind}: `{yaml}` allows it", host=host, kind=_(kind), yaml=allowing)
    return _(
        "{host} is {address}, {kind}: `{yaml}` allows it",
        host=host,
        address=address,
        kind=_(kind),
        yaml=allowing,
    )
