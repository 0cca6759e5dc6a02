"""Addresses in `feeds.yaml`: of feeds, servers, proxies, networks, pages, publishers and stores.

Raises:
    ValueError: Every function that returns a checked address, with a message for the author of
        the file. No message holds a password.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import SplitResult, urlsplit

from monitor.base.translation import gettext as _
from monitor.base.url import is_loopback, numeric_host

LONGEST_URL = 2000
_LOGIN = re.compile(r"(?<=//)(?:[^/?#]*|.*:.*)@")
"""User and password in an address, even if they are not escaped."""


def mailbox(text: str) -> str:
    """Return the address of a folder of mails: imaps, or imap in the own network."""
    text = text.strip()
    is_address = len(text) <= LONGEST_URL and re.match(r"(?i)imaps?://\S+$", text)
    if not is_address or not _has_host(text):
        message = _(
            "`{address}` is no mailbox; write imaps://user@host/Folder", address=without_login(text)
        )
        raise ValueError(message)
    return text


def url(text: str) -> str:
    """Return the address of a feed or a page: http or https."""
    text = text.strip()
    safe = without_login(text)
    if len(text) > LONGEST_URL:
        message = _(
            "an address of {length} characters; at most {most}", length=len(text), most=LONGEST_URL
        )
        raise ValueError(message)
    if re.fullmatch(r"[\w-]+(\.[\w-]+)+(:\d+)?(/\S*)?", text):
        guess = f"https://{text}"
        raise ValueError(
            _("`{address}` lacks https://; did you mean `{better}`?", address=text, better=guess)
        )
    if not re.match(r"https?://\S+$", text, re.IGNORECASE) or not _has_host(text):
        raise ValueError(_("`{address}` is not an address; write https://…", address=safe))
    return text


def _has_host(address: str) -> bool:
    """Tell whether an address names a host that can exist, and a port that can."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        if parts.port == 0:
            return False
        host.rstrip(".").encode("idna")
    except ValueError:
        return False
    if "[" in parts.netloc:  # the versions of Python refuse different things in brackets
        return bool(re.fullmatch(r"(.*@)?\[[^\[\]]+\](:\d*)?", parts.netloc) and numeric_host(host))
    return bool(re.fullmatch(r"[\w.-]+", host))


def _server(text: str, example: str, *, login: bool = False) -> SplitResult:
    """Split an address that names a server and nothing on it, nor a login unless it may."""
    parts = urlsplit(url(text))
    has_login = "@" in parts.netloc and not login
    if parts.path.strip("/") or parts.query or parts.fragment or has_login:
        safe = without_login(text)
        raise ValueError(
            _("`{address}` is more than a server; write {example}", address=safe, example=example)
        )
    return parts


def server(text: str) -> str:
    """Return a server in its one spelling: its host alone for https, else its address."""
    parts = _server(text if "://" in text else f"https://{text.strip()}", "journal.example")
    host = parts.netloc.lower()
    return host if parts.scheme == "https" else f"{parts.scheme}://{host}"


def origin(address: str) -> tuple[str, str, int]:
    """Return scheme, host and port of an address, or of a server as `server` returns it."""
    parts = urlsplit(address if "://" in address else f"https://{address}")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme, (parts.hostname or "").rstrip("."), port


def without_login(address: str) -> str:
    """Return an address without the user and the password in it; a mailbox keeps its user."""
    if re.match("(?i)imaps?:", address):
        return re.sub("(?<=//)([^/?#:]*):(?:[^/?#]*|.*:.*)@", r"\1@", address, count=1)
    return _LOGIN.sub("", address, count=1)


def host(address: str) -> str:
    """Return the host of an address, without www."""
    return (urlsplit(address).hostname or address).removeprefix("www.")


def network(text: str) -> IPv4Network | IPv6Network:
    """Return a range of addresses, as 192.168.0.0/16."""
    try:
        block = ip_network(text.strip())
    except ValueError:
        raise ValueError(
            _("`{text}` is not a range of addresses; write 192.168.0.0/16", text=text)
        ) from None
    if block.prefixlen == 0:
        raise ValueError(_("`{text}` is every address there is; name your own networks", text=text))
    return block


def contact(text: str) -> str:
    """Return an address that a publisher can write to: mail or web."""
    text = text.strip()
    if not text.isascii() or not re.fullmatch(
        r"(mailto:)?[^\s@()]+@[^\s@()]+\.\w+|https?://[^\s()]+", text
    ):
        raise ValueError(_("`{text}` is neither a mail address nor a web address", text=text))
    return text


def pages(text: str) -> str:
    """Return the address of a server without a path, as messages link to it."""
    parts = _server(text, "https://news.example.org")
    if not parts.netloc.isascii():
        raise ValueError(
            _("`{text}` is not the address of a server; write https://news.example.org", text=text)
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError(
            _("`{text}` would send tokens over the network unencrypted; write https://", text=text)
        )
    return f"{parts.scheme}://{parts.netloc.lower()}"


def proxy(text: str) -> str:
    """Return the address of an HTTP proxy, which may hold a user and a password."""
    _server(text, "http://host:3128", login=True)
    return text.strip()


def store(text: str) -> str:
    """Return the address of a shared store; a password has no place in it."""
    if not text.startswith(("postgresql://", "postgres://")) or not text.isprintable():
        raise ValueError(_("this is no address of a store; write postgresql://user@host/database"))
    address = urlsplit(text)
    if ":" in address.netloc.rpartition("@")[0] or "password=" in address.query:
        raise ValueError(
            _(
                "a password does not belong here; put it into the environment variable"
                " PGPASSWORD, into ~/.pgpass, or the whole address into TOCSIN_STORE"
            )
        )
    return text
