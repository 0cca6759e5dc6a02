"""URLs: parsing, comparison by origin, host and publisher, and the form that is safe to show.

httpx is imported when the first URL is parsed: commands that only show URLs start without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitor.base.translation import gettext as _

if TYPE_CHECKING:
    import httpx

Origin = tuple[str, str, int]
"""Scheme, host, port: requests to the same origin may share a connection and a secret."""

_PORTS = {"http": 80, "https": 443}
# The second form is a password that is not escaped: `//me:pass/word@host`, not `//host:80/@me`.
_USERINFO = re.compile(r"(?<=//)(?:[^/?#]*|[^/?#@\[]*:(?!\d{1,5}(?:[/?#]|$)).*)@")
_SECRET = re.compile(
    r"([?&;][^=&;#]*(?:key|token|secret|passw|auth|sig|session|credential)[^=&;#]*=)[^&;#]*", re.I
)


class UrlError(ValueError):
    """A URL that cannot be requested. The message says why and holds nothing secret."""


def parse_url(url: str) -> httpx.URL:
    """Return an absolute http or https URL; raises UrlError."""
    import httpx

    try:
        parsed = httpx.URL(url)
        host = parsed.host  # decodes xn--
    except Exception as error:  # InvalidURL, IDNAError, UnicodeError, ValueError, TypeError
        raise UrlError(_("not a valid URL")) from error
    if parsed.scheme not in _PORTS:
        raise UrlError(_("not http or https"))
    if not host:
        raise UrlError(_("a URL without a host"))
    if not (parsed.port is None or 0 < parsed.port < 65_536):
        raise UrlError(_("not a valid port"))
    return parsed


def origin_of(url: httpx.URL) -> Origin:
    """Return the origin of a URL, its host in ASCII."""
    return url.scheme, url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme]


@lru_cache(10_000)
def host(url: str) -> str:
    """Return the host of a URL in lower case; empty if there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


@lru_cache(10_000)
def normalized_url(url: str) -> str:
    """Return a URL without scheme, www, default port and last slash, to compare spellings."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    query = f"?{parts.query}" if parts.query else ""
    user = f"{parts.username}@" if parts.scheme.startswith("imap") else ""  # a mailbox is a user's
    site = host(url).removeprefix("www.").rstrip(".")
    return f"{user}{site}{port}{parts.path.rstrip('/')}{query}"


def numeric_host(host: str) -> str:
    """Return the IP address that a host name spells; empty if it has to be looked up."""
    try:
        return "127.0.0.1" if host.lower() == "localhost" else str(ip_address(host))
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Return whether a name or an address leads to this machine only."""
    address = numeric_host(host)
    return bool(address) and ip_address(address).is_loopback


def site(url: str) -> str:
    """Return the origin of a URL as text; empty if the URL cannot be requested."""
    try:
        scheme, name, port = origin_of(parse_url(url))
    except UrlError:
        return ""
    name = f"[{name}]" if ":" in name else name
    return f"{scheme}://{name}" + (f":{port}" if port != _PORTS[scheme] else "")


def without_credentials(url: httpx.URL) -> str:
    """Return a URL as it may be stored: no user, no password."""
    return str(url.copy_with(userinfo=b"") if url.userinfo else url)


def authorization(url: httpx.URL) -> bytes | None:
    """Return the Authorization header for the user and password of a URL; None without them."""
    from base64 import b64encode

    if not url.userinfo:
        return None
    return b"Basic " + b64encode(f"{url.username}:{url.password}".encode())


def redact(url: str) -> str:
    """Return a URL as it may be shown: no password, no token, nothing unprintable, not long."""
    shown = _SECRET.sub(r"\1…", _USERINFO.sub("…@", url))
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in shown)
    return shown if len(shown) <= 500 else shown[:499] + "…"


# --- publishers: addresses with one registered name --------------------------------------

_LONGEST_HOST = 253
"""Characters of a name in the domain name system."""


def publisher(article_url: str, feed_url: str) -> str:
    """Return the publisher of an article, by its address, else by that of its feed.

    `www.lesechos.fr` and `sections.lesechos.fr` are one publisher; a service that carries the
    feeds of many (FeedBurner) is none of them. A host without a registered name (a number, a
    name inside a house) identifies nobody, so each feed there is a publisher of its own.
    """
    return registered_name(article_url) or registered_name(feed_url) or feed_url


def is_aggregator(feed_url: str, sources: Iterable[str]) -> bool:
    """Tell whether a feed aggregates other sites: each of its entries names another site.

    An outlet that names an agency as the source of some of its articles is none.
    """
    sources = list(sources)
    return bool(sources) and all(url and not is_same_site(url, feed_url) for url in sources)


def is_same_site(url: str, other: str) -> bool:
    """Tell whether two addresses are of one site, by the registered name, else by the host."""
    name = registered_name(url)
    if name or registered_name(other):
        return name == registered_name(other)
    return urlsplit(url).netloc == urlsplit(other).netloc


def registered_name(url: str) -> str:
    """Return the registered name of a URL's host: `bbc.co.uk` of `feeds.bbc.co.uk`; or ''."""
    return registered_name_of(host(url))


@lru_cache(20_000)
def registered_name_of(host: str) -> str:
    """Return the registered name of a host; empty if it has none."""
    if not 0 < len(host) <= _LONGEST_HOST:
        return ""
    from tld import get_fld  # 110 ms, which a viewer need not spend

    return get_fld(f"https://{host}", fail_silently=True) or ""
