"""Parsers of the single values of `feeds.yaml`: each returns the value as the program uses it.

Raises:
    ValueError: Every public function, with a message for the author of the file.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from datetime import time, tzinfo
from difflib import get_close_matches
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from monitor.base import formatting
from monitor.base.translation import LANGUAGES, mark, mark_all, ngettext, pgettext
from monitor.base.translation import gettext as _
from monitor.model.config import TEMPLATE_FIELDS, Digest, unknown_fields
from monitor.model.watchlist import Severity

DAY = 86400.0
LONGEST_URL = 2000
LONGEST_NAME = 80
_LOGIN = re.compile(r"(?<=//)(?:[^/?#]*|.*:.*)@")
"""User and password in an address, also one that nobody escaped."""

_BRACKETED = re.compile(r"\[[^\[\]]+\](:\d*)?")


class SubjectError(ValueError):
    """A value that is wrong; the message says of what, which only the caller knows."""

    def __init__(self, message: str, **values: object) -> None:
        self.message = message
        self.values = values
        super().__init__(self.about("…"))

    def about(self, subject: str) -> str:
        """Return the message about a subject: `` `user_agent` is empty``."""
        return _(self.message, subject=subject, **self.values)


def url(text: str) -> str:
    text = text.strip()
    shown = without_login(text)
    if re.search(r"\s", text):
        raise ValueError(_("`{address}` contains white space; an address has none", address=shown))
    if len(text) > LONGEST_URL:
        words = _(
            "an address of {length} characters; at most {most}", length=len(text), most=LONGEST_URL
        )
        raise ValueError(words)
    scheme, colon, _rest = text.partition("://")
    if not colon:
        if re.fullmatch(r"[\w-]+(\.[\w-]+)+(:\d+)?(/.*)?", text):
            better = f"https://{text}"
            raise ValueError(
                _(
                    "`{address}` lacks https://; did you mean `{better}`?",
                    address=text,
                    better=better,
                )
            )
        raise ValueError(_("`{address}` is not an address; write https://…", address=shown))
    if scheme.lower() not in ("http", "https"):
        rest = shown.partition("://")[2]
        message = _("`{scheme}://` cannot be polled, only http and https", scheme=scheme)
        if scheme.lower() == "feed":
            better = _("did you mean `{name}`?", name=f"https://{rest}")
            message = formatting.clauses([message, better])
        raise ValueError(message)
    try:
        parts = _split(text)
        known = bool(parts.hostname) and parts.port != 0
        if known and not ip_literal(parts):
            _check_host(parts.hostname or "")
    except ValueError as error:
        # The error quotes what it takes for a port: half a password that holds a slash.
        why = error if shown == text else _("write / @ : # of a password as %2F %40 %3A %23")
        raise ValueError(
            _("`{address}` is not an address: {reason}", address=shown, reason=why)
        ) from None
    if not known:
        raise ValueError(_("`{address}` names no host", address=shown))
    return text


def _split(address: str) -> SplitResult:
    """Split an address; the versions of Python refuse different things in brackets."""
    try:
        parts = urlsplit(address)
    except ValueError:
        if "[" not in address and "]" not in address:
            raise
    else:
        host_and_port = parts.netloc.rpartition("@")[2]
        if "[" not in host_and_port or (_BRACKETED.fullmatch(host_and_port) and ip_literal(parts)):
            return parts
    raise ValueError(_("in brackets stands an IPv6 address"))


def server(text: str) -> str:
    """Return a server as it is written: a host, or its address without a path."""
    address = url(text if "://" in text else f"https://{text.strip()}")
    parts = urlsplit(address)
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(
            _(
                "`{address}` is more than a host; write journal.example or"
                " http://intranet.example:8080",
                address=without_login(text),
            )
        )
    return text.strip()


def origin(address: str) -> tuple[str, str, int]:
    """Return scheme, host and port of an address, or of a server as `server` takes it."""
    parts = urlsplit(address if "://" in address else f"https://{address}")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme, (parts.hostname or "").rstrip("."), port


def without_login(address: str) -> str:
    """Return an address without the user and the password in it."""
    return _LOGIN.sub("", address, count=1)


def _check_host(host: str) -> None:
    try:
        host.rstrip(".").encode("idna")
    except UnicodeError:
        raise ValueError(_("`{host}` is not a valid host name", host=host)) from None
    if not re.fullmatch(r"[\w.-]+", host):
        raise ValueError(_("`{host}` is not a valid host name", host=host))


def host(address: str) -> str:
    """Return the host of an address, without www."""
    return (urlsplit(address).hostname or address).removeprefix("www.")


def normalized_url(address: str) -> str:
    """Return an address without scheme, www, default port and last slash, to compare spellings."""
    parts = urlsplit(address)
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{host(address).rstrip('.')}{port}{parts.path.rstrip('/')}{query}"


def ip_literal(parts: SplitResult) -> bool:
    """Tell whether an address names its host by number."""
    try:
        ip_address(parts.hostname or "")
    except ValueError:
        return False
    return True


def check_internal(address: str, allow: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    """Tell whether an address names a host by number, or localhost, within these networks."""
    name = urlsplit(address).hostname or ""
    numbers = ("127.0.0.1", "::1") if name == "localhost" else (name,)
    try:
        return any(ip_address(number) in network for number in numbers for network in allow)
    except ValueError:
        return False


def duration(text: str) -> float:
    """Return the seconds of 15m, 90s, 2h, 1d or 1h30m; from a second to a day."""
    return _seconds(text, 1, DAY, _UNDER_A_SECOND, mark("`{time}` is more than a day"))


def briefing_span(text: str) -> float:
    """Return the seconds that a briefing is about; from a minute to a month."""
    too_short = mark("`{time}` is under a minute")
    return _seconds(text, 60, 31 * DAY, too_short, mark("`{time}` is more than 31d"))


def timeout(text: str) -> float:
    """Return the seconds that an answer may take; from a second to five minutes."""
    return _seconds(text, 1, 300, _UNDER_A_SECOND, mark("`{time}` is more than 5m"))


_UNDER_A_SECOND = mark("`{time}` is under a second")


def _seconds(text: str, least: float, most: float, too_short: str, too_long: str) -> float:
    seconds = formatting.seconds(text)
    if not least <= seconds <= most:
        raise ValueError(_(too_long if seconds > most else too_short, time=text))
    return seconds


def network(text: str) -> IPv4Network | IPv6Network:
    """Return a range of addresses, as 192.168.0.0/16."""
    if text.strip().lower() == "localhost":
        raise ValueError(_("`localhost` is a name; write 127.0.0.0/8"))
    try:
        block = ip_network(text.strip(), strict=False)
    except ValueError:
        raise ValueError(
            _("`{text}` is not a range of addresses; write 192.168.0.0/16", text=text)
        ) from None
    if block.prefixlen == 0:
        raise ValueError(_("`{text}` is every address there is; name your own networks", text=text))
    if "/" in text and str(block.network_address) != str(ip_address(text.strip().split("/")[0])):
        raise ValueError(
            _(
                "`{text}` is an address inside a range; did you mean `{range}`?",
                text=text,
                range=block,
            )
        )
    return block


def language(text: str) -> str:
    code = text.strip().lower()
    if not re.fullmatch(r"[a-z]{2}", code):
        raise ValueError(
            _("`{text}` is not a language; write its two letters, as fr or en", text=text)
        )
    return code


def name(text: str) -> str:
    short = " ".join(text.split())
    if not short or not short.isprintable():
        raise ValueError(_("a name needs letters that can be read"))
    if len(short) > LONGEST_NAME:
        raise ValueError(
            _("a name of {length} characters; at most {most}", length=len(short), most=LONGEST_NAME)
        )
    return short


def tag(text: str) -> str:
    """Return a tag: one word, in lower case."""
    word = text.strip().removeprefix("tag:").lower()
    if not re.fullmatch(r"[\w-]+", word):
        raise ValueError(
            _("`{text}` is not a tag; write one word, as belgique or cyber", text=text)
        )
    return word


def contact(text: str) -> str:
    """Return an address that a publisher can write to: mail or web."""
    text = text.strip()
    if not text.isascii() or not re.fullmatch(
        r"(mailto:)?[^\s@()]+@[^\s@()]+\.\w+|https?://[^\s()]+", text
    ):
        raise ValueError(_("`{text}` is neither a mail address nor a web address", text=text))
    return text


def pages_address(text: str) -> str:
    """Return the address of a server without a path, as messages link to it."""
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", 0
    bare = host and port != 0 and not (parts.path.strip("/") or parts.query or parts.fragment)
    known = re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:.]+", host) and "@" not in parts.netloc
    if not bare or not known or parts.scheme not in ("http", "https"):
        raise ValueError(
            _("`{text}` is not the address of a server; write https://news.example.org", text=text)
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError(
            _("`{text}` would send tokens over the network unencrypted; write https://", text=text)
        )
    return f"{parts.scheme}://{parts.netloc.lower()}"


def is_loopback(host: str) -> bool:
    """Return whether only this machine is reached by a name or an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def words(text: str) -> str:
    if not text.strip():
        raise SubjectError(_EMPTY)
    return text


def outlets(value: object) -> int:
    """Return a number of outlets, at least two; 0 of `false`, which is never."""
    if value is False:
        return 0
    if not re.fullmatch(r"\d{1,4}", str(value)):
        raise ValueError(_("`outlets` is a whole number from 2, or `false`"))
    if int(str(value)) < 2:
        raise ValueError(
            _("`{value}` is not a number of outlets; write 2 or more, or `false`", value=value)
        )
    return int(str(value))


def severity(text: str) -> Severity:
    if text.lower() not in list(Severity):
        raise ValueError(_("`{text}` is not a severity; write high, medium or low", text=text))
    return Severity(text.lower())


def order(text: str) -> str:
    if text.lower() not in ("date", "score"):
        raise ValueError(_("`{text}` is not an order; write date or score", text=text))
    return text.lower()


def message_language(text: str) -> str:
    """Return the language of messages; some write its name."""
    known = {"fr": "fr", "en": "en", "français": "fr", "francais": "fr", "french": "fr",
             "english": "en", "anglais": "en"}  # fmt: skip
    code = text.lower()
    if code in LANGUAGES:
        return code
    if near := get_close_matches(code, known, n=1, cutoff=0.6):
        code = known[near[0]]
        raise ValueError(
            _("there are no messages in `{word}`; did you mean {code}?", word=text, code=code)
        )
    codes = formatting.either(LANGUAGES)
    raise ValueError(_("there are no messages in `{word}`; write {codes}", word=text, codes=codes))


def template(text: str) -> str:
    """Return the text of messages, with `$fields`."""
    for wrong in unknown_fields(text):
        if close := get_close_matches(wrong, TEMPLATE_FIELDS, n=1):
            raise ValueError(
                _(
                    "a template has no field `${name}`; did you mean `${other}`?",
                    name=wrong, other=close[0],
                )
            )  # fmt: skip
        known = ", ".join(TEMPLATE_FIELDS)
        raise ValueError(
            _("a template has no field `${name}`; known are {known}", name=wrong, known=known)
        )
    return text


def backfill(text: str) -> str:
    """Return what happens to alerts about articles older than the watchlist."""
    if text.lower() not in ("list", "notify"):
        raise ValueError(_("`{text}` is neither `list` nor `notify`", text=text))
    return text.lower()


def folder(text: str) -> str:
    try:
        Path(text).expanduser()
    except RuntimeError:
        raise ValueError(_("`{text}` names a home folder that does not exist", text=text)) from None
    if not text.strip() or not text.isprintable():
        raise ValueError(_("a folder needs a name that can be read"))
    return text


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


_DAYS = {"d": 1.0, "w": 7.0, "mo": 365.25 / 12, "y": 365.25}
_KINDS = ("watch", "tag", "feed")


def age(text: str) -> float:
    """Return the seconds of 3y, 18mo, 26w or 90d; raises ValueError in words."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(d|w|mo|y)", text.strip().lower())
    if not match:
        raise ValueError(_("`{text}` is not an age; write 3y, 18mo, 26w or 90d", text=text))
    days = float(match[1]) * _DAYS[match[2]]
    if days < 1:
        raise ValueError(_("`{text}` is less than a day", text=text))
    return days * 86_400


def describe_age(seconds: float) -> str:
    """Return an age for people, in its largest fitting unit."""
    years, months, days = (round(seconds / DAY / _DAYS[unit], 1) for unit in ("y", "mo", "d"))
    if seconds >= _DAYS["y"] * DAY * 0.999:
        return ngettext("{age} year", "{age} years", years, age=formatting.shortest(years))
    if seconds >= _DAYS["mo"] * DAY * 0.999:
        return ngettext("{age} month", "{age} months", months, age=formatting.shortest(months))
    return ngettext("{age} day", "{age} days", days, age=formatting.shortest(days))


def retention_exception(text: str) -> str:
    """Return a selector of articles kept for ever: has:alert, watch:NAME, tag:NAME, feed:NAME."""
    kind, _sep, name = (part.strip() for part in text.partition(":"))
    if (kind, name) == ("has", "alert"):
        return "has:alert"
    if kind not in _KINDS or not name:
        raise ValueError(
            _("`{text}`: write has:alert, watch:NAME, tag:NAME or feed:NAME", text=text)
        )
    return f"{kind}:{name.lower() if kind == 'tag' else name}"


DAYS = mark_all("day", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
SHORTEST, LONGEST = 60.0, 86_400.0


def clock(text: str) -> time:
    """Return a time of day, as 07:00; 24:00 is midnight."""
    match = re.fullmatch(r"(\d{1,2}):(\d\d)", text.strip())
    hour, minute = (int(match[1]), int(match[2])) if match else (99, 0)
    if (hour, minute) == (24, 0):
        return time()
    if hour > 23 or minute > 59:
        raise ValueError(_("`{text}` is not a time of day; write 07:00 or 22:30", text=text))
    return time(hour, minute)


def days(text: str) -> tuple[int, ...]:
    """Return the days of `mon`, or of `mon-fri`; 0 is Monday."""
    first, dash, last = text.strip().lower().partition("-")
    begin = _day(first, text)
    end = _day(last, text) if dash else begin
    return tuple((begin + n) % 7 for n in range((end - begin) % 7 + 1))


def shown_days(days: Iterable[int]) -> str:
    """Return days in a row as people read them; 0 is Monday."""
    return ", ".join(pgettext("day", DAYS[day]) for day in days)


def _day(word: str, text: str) -> int:
    if word.strip()[:3] not in DAYS or not word.strip().isalpha():
        known = ", ".join(DAYS)
        raise ValueError(
            _(
                "`{text}` is not a day; write one or several of {days}, mon-fri",
                text=text,
                days=known,
            )
        )
    return DAYS.index(word.strip()[:3])


def zone(text: str) -> tzinfo:
    """Return a time zone by its name, as Europe/Brussels."""
    name = text.strip()
    known = {other.casefold(): other for other in _zones()}
    if name.casefold() not in known:
        city = name.casefold().rpartition("/")[2].replace(" ", "_")
        close = [zone for fold, zone in known.items() if fold.rpartition("/")[2] == city]
        close += [known[fold] for fold in get_close_matches(name.casefold(), known, n=1)]
        if close:
            raise ValueError(
                _("`{text}` is not a time zone; did you mean `{zone}`?", text=text, zone=close[0])
            )
        raise ValueError(_("`{text}` is not a time zone; write one as Europe/Brussels", text=text))
    return ZoneInfo(known[name.casefold()])


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def digest(texts: tuple[str, ...]) -> Digest:
    """Return when a digest is sent: each 30m, or at 07:30 and 17:00."""
    if len(texts) == 1 and ":" not in texts[0]:
        seconds = formatting.seconds(texts[0])
        if not SHORTEST <= seconds <= LONGEST:
            raise ValueError(
                _("`{text}` is not an interval of a digest; write 1m to 1d", text=texts[0])
            )
        return Digest(every=seconds)
    return Digest(at=tuple(clock(text) for text in texts))


_OURS = {
    "accept-encoding": mark("tocsin reads gzip and deflate, and says so"),
    "connection": mark("tocsin keeps connections as it needs them"),
    "content-length": mark("nothing is sent but the question"),
    "content-type": mark("nothing is sent but the question"),
    "expect": mark("nothing is sent but the question"),
    "host": mark("it is that of the address"),
    "if-match": mark("tocsin asks conditionally by itself"),
    "if-modified-since": mark("tocsin asks conditionally by itself"),
    "if-none-match": mark("tocsin asks conditionally by itself"),
    "if-range": mark("tocsin asks for whole documents"),
    "if-unmodified-since": mark("tocsin asks conditionally by itself"),
    "keep-alive": mark("tocsin keeps connections as it needs them"),
    "proxy-authorization": mark("write user and password into the address of `proxy:`"),
    "range": mark("tocsin asks for whole documents"),
    "te": mark("tocsin keeps connections as it needs them"),
    "trailer": mark("nothing is sent but the question"),
    "transfer-encoding": mark("nothing is sent but the question"),
    "upgrade": mark("tocsin keeps connections as it needs them"),
    "user-agent": mark("write `user_agent:`"),
}
"""Headers that tocsin sets itself, with the reason."""
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")  # RFC 9110, 5.6.2
_SENT = re.compile(r"[\x20-\x7e\xa0-\xff]*")
_LONGEST = 4096
"""Characters of a header; servers refuse more."""
_EMPTY = mark("{subject} is empty")
_NO_CHARACTERS = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs"}
"""Codecs of Python that are not encodings of documents."""
ELSEWHERE = ("env:", "file:")
"""The beginnings of a reference to a secret."""
DIRECT = "none"
"""The value that means no proxy."""


def header(text: str) -> str:
    name = text.strip()
    if not _TOKEN.fullmatch(name):
        raise ValueError(_("a header is called by letters, digits and hyphens"))
    if reason := _OURS.get(name.lower()):
        raise ValueError(_("`{name}` is not for `headers`: {reason}", name=name, reason=_(reason)))
    return name


HARMLESS = ("accept", "accept-language", "cache-control", "pragma", "referer")
"""Headers that hold no secret, in lower case."""


def shared_header(text: str) -> str:
    """Return the name of a header that any feed may be sent, whoever subscribed to it."""
    name = header(text)
    if name.lower() not in HARMLESS:
        raise ValueError(
            _(
                "`{name}` may hold a secret: write it under `hosts: HOST: headers:`, or at the"
                " feed; any feed may have a tag, also one of a list that was imported",
                name=name,
            )
        )
    return name


def shared_header_value(text: str) -> str:
    """Return the value of a header that any feed may be sent: no secret from elsewhere."""
    if text.startswith(ELSEWHERE):
        raise ValueError(
            _(
                "`{kind}` reads a secret: write it under `hosts: HOST: headers:`, or at the feed",
                kind=f"{text.partition(':')[0]}:",
            )
        )
    return check_header_text(text)


def secret_reference(text: str) -> str:
    """Return a secret, or a reference to it: `env:NAME`, `file:PATH`."""
    if text.startswith(ELSEWHERE):
        kind, _sep, name = text.partition(":")
        if not name.strip():
            raise ValueError(
                _("`{text}` names nothing; write env:NAME, of a variable", text=text.strip())
                if kind == "env"
                else _("`{text}` names nothing; write file:PATH, of a file", text=text.strip())
            )
        return f"{kind}:{name.strip()}"
    return check_header_text(text)


def check_header_text(text: str) -> str:
    text = text.strip()
    if not text:
        raise SubjectError(_EMPTY)
    if not _SENT.fullmatch(text):
        raise SubjectError(
            mark("{subject} holds a line break or a character that no header can carry")
        )
    if len(text) > _LONGEST:
        message = mark("{subject} is of {length} characters; at most {most}")
        raise SubjectError(message, length=len(text), most=_LONGEST)
    return text


def proxy(text: str) -> str:
    """Return the address of a proxy, a reference to it, or `none`."""
    text = text.strip()
    if text.startswith(ELSEWHERE):
        return secret_reference(text)
    return DIRECT if text.lower() == DIRECT else proxy_address(text)


def proxy_address(text: str) -> str:
    """Return the address of an HTTP proxy, which may hold a user and a password."""
    address = url(text)
    parts = urlsplit(address)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        shown = without_login(address)
        raise ValueError(
            _("`{address}` is more than a proxy; write http://host:3128", address=shown)
        )
    return address


def encoding(text: str) -> str:
    """Return the name of an encoding, as Python calls it."""
    try:
        codec = codecs.lookup(text.strip())
    except (LookupError, ValueError):
        codec = None
    if codec is None or not codec._is_text_encoding or codec.name in _NO_CHARACTERS:
        raise ValueError(
            _("`{text}` is not a known encoding; write utf-8 or windows-1252", text=text)
        )
    return codec.name
