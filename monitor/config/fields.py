"""What each single value of `feeds.yaml` may be; each function raises ValueError in words."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from monitor import durations

DAY = 86400.0
LONGEST_URL = 2000
LONGEST_NAME = 80
_LOGIN = re.compile(r"(?<=//)(?:[^/?#]*|.*:.*)@")
"""User and password in an address, also one that nobody escaped."""


def url(text: str) -> str:
    """Return an absolute http(s) address."""
    text = text.strip()
    shown = without_login(text)
    if re.search(r"\s", text):
        raise ValueError(f"`{shown}` holds white space; an address has none")
    if len(text) > LONGEST_URL:
        raise ValueError(f"an address of {len(text)} characters; at most {LONGEST_URL}")
    scheme, colon, _ = text.partition("://")
    if not colon:
        if re.fullmatch(r"[\w-]+(\.[\w-]+)+(:\d+)?(/.*)?", text):
            raise ValueError(f"`{text}` lacks https://; did you mean `https://{text}`?")
        raise ValueError(f"`{shown}` is not an address; write https://…")
    if scheme.lower() not in ("http", "https"):
        rest = shown.partition("://")[2]
        hint = f"; did you mean `https://{rest}`?" if scheme.lower() == "feed" else ""
        raise ValueError(f"`{scheme}://` cannot be polled, only http and https{hint}")
    try:
        parts = urlsplit(text)
        known = bool(parts.hostname) and parts.port != 0
        if known and not literal(parts):
            _check_host(parts.hostname or "")
    except ValueError as error:
        # The error quotes what it takes for a port: half a password that holds a slash.
        why = error if shown == text else "write / @ : # of a password as %2F %40 %3A %23"
        raise ValueError(f"`{shown}` is not an address: {why}") from None
    if not known:
        raise ValueError(f"`{shown}` names no host")
    return text


def without_login(address: str) -> str:
    """Return an address without the user and the password in it."""
    return _LOGIN.sub("", address, count=1)


def _check_host(host: str) -> None:
    try:
        host.rstrip(".").encode("idna")
    except UnicodeError:
        raise ValueError(f"no host can be called `{host}`") from None
    if not re.fullmatch(r"[\w.-]+", host):
        raise ValueError(f"no host can be called `{host}`")


def host(address: str) -> str:
    """Return the host of an address, without www."""
    return (urlsplit(address).hostname or address).removeprefix("www.")


def same(address: str) -> str:
    """Return what two spellings of one address share: neither scheme, www, port nor last slash."""
    parts = urlsplit(address)
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{host(address).rstrip('.')}{port}{parts.path.rstrip('/')}{query}"


def literal(parts: SplitResult) -> bool:
    """Tell whether an address names its host by number."""
    try:
        ip_address(parts.hostname or "")
    except ValueError:
        return False
    return True


def inside(address: str, allow: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    """Tell whether an address names a host by number, or localhost, within these networks."""
    name = urlsplit(address).hostname or ""
    numbers = ("127.0.0.1", "::1") if name == "localhost" else (name,)
    try:
        return any(ip_address(number) in network for number in numbers for network in allow)
    except ValueError:
        return False


def duration(text: str) -> float:
    """Return the seconds of 15m, 90s, 2h, 1d or 1h30m; from a second to a day."""
    seconds = durations.seconds(text)
    if not 1 <= seconds <= DAY:
        raise ValueError(f"`{text}` is {'more than a day' if seconds > DAY else 'under a second'}")
    return seconds


def timeout(text: str) -> float:
    """Return the seconds that an answer may take; from a second to five minutes."""
    seconds = durations.seconds(text)
    if not 1 <= seconds <= 300:
        raise ValueError(f"`{text}` is {'more than 5m' if seconds > 300 else 'under a second'}")
    return seconds


def network(text: str) -> IPv4Network | IPv6Network:
    """Return a range of addresses, as 192.168.0.0/16."""
    if text.strip().lower() == "localhost":
        raise ValueError("`localhost` is a name; write 127.0.0.0/8")
    try:
        found = ip_network(text.strip(), strict=False)
    except ValueError:
        raise ValueError(f"`{text}` is not a range of addresses; write 192.168.0.0/16") from None
    if found.prefixlen == 0:
        raise ValueError(f"`{text}` is every address there is; name your own networks")
    if "/" in text and str(found.network_address) != str(ip_address(text.strip().split("/")[0])):
        raise ValueError(f"`{text}` is an address inside a range; did you mean `{found}`?")
    return found


def language(text: str) -> str:
    """Return a language code of two letters."""
    code = text.strip().lower()
    if not re.fullmatch(r"[a-z]{2}", code):
        raise ValueError(f"`{text}` is not a language; write its two letters, as fr or en")
    return code


def name(text: str) -> str:
    """Return a name on one line."""
    short = " ".join(text.split())
    if not short or not short.isprintable():
        raise ValueError("a name needs letters that can be read")
    if len(short) > LONGEST_NAME:
        raise ValueError(f"a name of {len(short)} characters; at most {LONGEST_NAME}")
    return short


def tag(text: str) -> str:
    """Return a tag: one word, in lower case."""
    word = text.strip().removeprefix("tag:").lower()
    if not re.fullmatch(r"[\w-]+", word):
        raise ValueError(f"`{text}` is not a tag; write one word, as belgique or cyber")
    return word


def contact(text: str) -> str:
    """Return an address that a publisher can write to: mail or web."""
    text = text.strip()
    if not text.isascii() or not re.fullmatch(
        r"(mailto:)?[^\s@()]+@[^\s@()]+\.\w+|https?://[^\s()]+", text
    ):
        raise ValueError(f"`{text}` is neither a mail address nor a web address")
    return text


def words(text: str) -> str:
    """Return text that is not empty."""
    if not text.strip():
        raise ValueError("is empty")
    return text


def outlets(value: object) -> int:
    """Return a number of outlets, at least two; 0 of `false`, which is never."""
    if value is False:
        return 0
    if not re.fullmatch(r"\d{1,4}", str(value)):
        raise ValueError("`outlets` is a whole number from 2, or `false`")
    if int(str(value)) < 2:
        raise ValueError(f"`{value}` is no story of several outlets; write 2 or more, or `false`")
    return int(str(value))


def backfill(text: str) -> str:
    """Return what becomes of alerts about what was there before."""
    if text.lower() not in ("list", "notify"):
        raise ValueError(f"`{text}` is neither `list` nor `notify`")
    return text.lower()


def folder(text: str) -> str:
    """Return the name of a folder."""
    try:
        Path(text).expanduser()
    except RuntimeError:
        raise ValueError(f"`{text}` names a home that nobody has") from None
    if not text.strip() or not text.isprintable():
        raise ValueError("a folder needs a name that can be read")
    return text
