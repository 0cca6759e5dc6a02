"""URLs as they are asked, compared and shown."""

from __future__ import annotations

import re
from base64 import b64encode

import httpx

Origin = tuple[str, str, int]
"""Scheme, host, port: what may share a connection and a secret."""

_PORTS = {"http": 80, "https": 443}
# The second form is a password that nobody escaped: `//me:pass/word@host`, not `//host:80/@me`.
_USERINFO = re.compile(r"(?<=//)(?:[^/?#]*|[^/?#@\[]*:(?!\d{1,5}(?:[/?#]|$)).*)@")
_SECRET = re.compile(
    r"([?&;][^=&;#]*(?:key|token|secret|passw|auth|sig|session|credential)[^=&;#]*=)[^&;#]*", re.I
)


class UrlError(ValueError):
    """A URL that cannot be asked; the message says why and holds nothing secret."""


def parse(url: str, base: httpx.URL | None = None) -> httpx.URL:
    """Return an absolute http(s) URL, relative ones resolved; raises UrlError."""
    try:
        parsed = base.join(url) if base else httpx.URL(url)
        host = parsed.host  # decodes xn--
    except Exception as error:  # InvalidURL, IDNAError, UnicodeError, ValueError, TypeError
        raise UrlError("not a valid URL") from error
    if parsed.scheme not in _PORTS:
        raise UrlError("not http or https")
    if not host:
        raise UrlError("a URL without a host")
    if not (parsed.port is None or 0 < parsed.port < 65_536):
        raise UrlError("not a valid port")
    return parsed


def origin(url: httpx.URL) -> Origin:
    """Return the origin of a URL, its host in ASCII."""
    return url.scheme, url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme]


def site(url: str) -> str:
    """Return what a URL begins with, up to its path; '' if it cannot be asked."""
    try:
        scheme, host, port = origin(parse(url))
    except UrlError:
        return ""
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}" + (f":{port}" if port != _PORTS[scheme] else "")


def without_credentials(url: httpx.URL) -> str:
    """Return a URL as it may be stored: no user, no password."""
    return str(url.copy_with(userinfo=b"") if url.userinfo else url)


def authorization(url: httpx.URL) -> bytes | None:
    """Return the Authorization header that a URL's user and password ask for."""
    if not url.userinfo:
        return None
    return b"Basic " + b64encode(f"{url.username}:{url.password}".encode())


def redact(url: str) -> str:
    """Return a URL as it may be shown: no password, no token, nothing unprintable, not long."""
    shown = _SECRET.sub(r"\1…", _USERINFO.sub("…@", url))
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in shown)
    return shown if len(shown) <= 500 else shown[:499] + "…"
