"""The kinds of values in `feeds.yaml`: text that is parsed, lists, mappings.

Raises:
    ValueError: Every function that parses a value, with a message for the author of the file.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import date, time, tzinfo
from functools import cache
from importlib.util import find_spec
from typing import TypeVar
from zoneinfo import ZoneInfo, available_timezones

from index.query.parser import parse_query
from monitor.base import formatting
from monitor.base.formatting import either, nearest
from monitor.base.translation import LANGUAGES, gettext as _, mark_all, pgettext
from monitor.config import addresses
from monitor.config.tables import ANY_TEXT, DECIMAL, Kind, Place, Schema, named, several, text
from monitor.config.yaml_nodes import Node, ScalarNode
from monitor.model.config import EVERY_DAY, TEMPLATE_FIELDS, Digest, Listening, unknown_fields
from monitor.model.watchlist import Severity

T = TypeVar("T")
_PLAIN: Schema = {"type": "string"}


def _pattern(expression: str) -> Schema:
    return {"type": "string", "pattern": expression}


# --- words --------------------------------------------------------------------------

LONGEST_NAME = 80


def words(raw: str) -> str:
    """Return a text that is not blank."""
    if not raw.strip():
        raise ValueError(_("this is blank; give it a value or delete it"))
    return raw


def name(raw: str) -> str:
    """Return the name of something, its white space single."""
    label = " ".join(raw.split())
    if not label or not label.isprintable():
        raise ValueError(_("a name needs letters that can be read"))
    if len(label) > LONGEST_NAME:
        raise ValueError(
            _("a name of {length} characters; at most {most}", length=len(label), most=LONGEST_NAME)
        )
    return label


def names_by_title(title: str, url: str) -> tuple[str, ...]:
    """Return the names that a title makes, the best first; none if it cannot be read."""
    host = addresses.host(url)
    names = (title, f"{title[: LONGEST_NAME - len(host) - 3]} ({host})") if title.strip() else ()
    with suppress(ValueError):
        return tuple(name(label[:LONGEST_NAME]) for label in names)
    return ()


def tag(raw: str) -> str:
    """Return a tag: one word, in lower case."""
    word = raw.strip().removeprefix("tag:").lower()
    if not re.fullmatch(r"[\w-]+", word):
        raise ValueError(_("`{text}` is not a tag; write one word, as belgique or cyber", text=raw))
    return word


def _language(raw: str) -> str:
    code = raw.strip().lower()
    if not re.fullmatch(r"[a-z]{2}", code):
        raise ValueError(
            _("`{text}` is not a language; write its two letters, as fr or en", text=raw)
        )
    return code


def _one_of(choices: Sequence[str], make: Callable[[str], T]) -> Kind[T]:
    """Return the kind of one of a few words, in any case."""

    def parse(raw: str) -> T:
        if raw.lower() not in choices:
            raise ValueError(_("`{text}`: write {choices}", text=raw, choices=either(choices)))
        return make(raw.lower())

    return text(parse, {"enum": list(map(str, choices))})


def _folder(raw: str) -> str:
    if not raw.strip() or not raw.isprintable():
        raise ValueError(_("a folder needs a name that can be read"))
    return raw


def _index(raw: str) -> str:
    """Return the name of an archive in OpenSearch."""
    if not re.fullmatch("[a-z][a-z0-9_]*", raw):
        raise ValueError(_("`{text}`: write small letters, digits and _, as tocsin", text=raw))
    return raw


def _template(raw: str) -> str:
    """Return the text of messages, with `$fields`."""
    for field in unknown_fields(raw):
        fields = ", ".join(TEMPLATE_FIELDS)
        raise ValueError(
            _("a template has no field `${name}`; known are {known}", name=field, known=fields)
        )
    return raw


def _encoding(raw: str) -> str:
    """Return the name of an encoding, as Python calls it."""
    try:
        "".encode(raw.strip())  # refuses what encodes no text
        return codecs.lookup(raw.strip()).name
    except (LookupError, ValueError):
        raise ValueError(
            _("`{text}` is not a known encoding; write utf-8 or windows-1252", text=raw)
        ) from None


def _retention_exception(raw: str) -> str:
    """Return a selector of articles kept for ever: has:alert, watch:NAME, tag:NAME, feed:NAME."""
    kind, _sep, target = (part.strip() for part in raw.partition(":"))
    if (kind, target) == ("has", "alert"):
        return "has:alert"
    if kind not in ("watch", "tag", "feed") or not target:
        raise ValueError(
            _("`{text}`: write has:alert, watch:NAME, tag:NAME or feed:NAME", text=raw)
        )
    return f"{kind}:{target.lower() if kind == 'tag' else target}"


WORDS = text(words)
NAME = text(name)
TAG = text(tag, {**ANY_TEXT, "pattern": "^[^\\s]+$"})
LANGUAGE_CODE = text(_language, _pattern("^[A-Za-z]{2}$"))
SEVERITY = _one_of(tuple(Severity), Severity)
ORDER = _one_of(("date", "score"), str)
BACKFILL = _one_of(("list", "notify"), str)
SPLIT = _one_of(("links",), str)
MESSAGE_LANGUAGE = _one_of(LANGUAGES, str)
FOLDER = text(_folder, _PLAIN)
TEMPLATE = text(_template, _PLAIN)
ENCODING = text(_encoding, _PLAIN)
SPARED = several(text(_retention_exception))
TAGS = several(TAG)
LANGUAGE_CODES = several(LANGUAGE_CODE)
TEXTS = several(WORDS)
NOTE = text(words)
SEARCH_QUERY = text(lambda raw: parse_query(words(raw)))
WATCHLIST_QUERY = text(lambda raw: parse_query(words(raw), allow_archive_filters=False))
WEIGHTS = named(WORDS, DECIMAL)


def _outlets(node: Node, place: Place) -> int:
    """Read a number of outlets, at least two; `false` is 0, which is never."""
    raw = node.text if isinstance(node, ScalarNode) else ""
    if node.plain() is False:
        return 0
    if not re.fullmatch(r"\d{1,4}", raw) or int(raw) < 2:
        raise ValueError(_("`outlets` is a whole number from 2, or `false`"))
    return int(raw)


OUTLETS = Kind({"anyOf": [{"type": "integer", "minimum": 2}, {"const": False}]}, _outlets)

_LISTED_LEVELS = several(SEVERITY)


def _levels(node: Node, place: Place) -> tuple[Severity, ...] | None:
    """Read a severity, which means those above it too, or a list of exactly these."""
    levels = _LISTED_LEVELS.read(node, place)
    if levels and isinstance(node, ScalarNode):
        return tuple(Severity)[: tuple(Severity).index(levels[0]) + 1]
    return levels


LEVELS = Kind(_LISTED_LEVELS.schema, _levels, nothing=())


# --- times --------------------------------------------------------------------------


def _seconds(least: str, most: str) -> Callable[[str], float]:
    """Return the parser of a time within these limits."""

    def parse(raw: str) -> float:
        seconds = formatting.seconds(raw)
        if not formatting.seconds(least) <= seconds <= formatting.seconds(most):
            raise ValueError(
                _("`{time}` is not from {least} to {most}", time=raw, least=least, most=most)
            )
        return seconds

    return parse


def clock(raw: str) -> time:
    """Return a time of day, as 07:00; 24:00 is midnight."""
    match = re.fullmatch(r"(\d{1,2}):(\d\d)", raw.strip())
    hour, minute = (int(match[1]), int(match[2])) if match else (99, 0)
    if (hour, minute) == (24, 0):
        return time()
    if hour > 23 or minute > 59:
        raise ValueError(_("`{text}` is not a time of day; write 07:00 or 22:30", text=raw))
    return time(hour, minute)


_DAY_NAMES = mark_all("day", "mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _range_of_days(raw: str) -> tuple[int, ...]:
    """Return the days of `mon`, or of `mon-fri`; 0 is Monday."""
    first, dash, last = (word.strip() for word in raw.lower().partition("-"))
    bounds = [word[:3] for word in (first, last if dash else first) if word.isalpha()]
    if len(bounds) < 2 or not {*bounds} <= {*_DAY_NAMES}:
        names = ", ".join(_DAY_NAMES)
        raise ValueError(
            _(
                "`{text}` is not a day; write one or several of {days}, mon-fri",
                text=raw, days=names,
            )
        )  # fmt: skip
    begin, end = map(_DAY_NAMES.index, bounds)
    return tuple((begin + n) % 7 for n in range((end - begin) % 7 + 1))


def shown_days(days: Iterable[int]) -> str:
    """Return a list of days as people read it; 0 is Monday."""
    return ", ".join(pgettext("day", _DAY_NAMES[day]) for day in days)


_RANGES = several(text(_range_of_days, _pattern("^[A-Za-z]{3,}(-[A-Za-z]{3,})?$")))


def _days(node: Node, place: Place) -> tuple[int, ...]:
    """Read days and ranges of days; none is every day."""
    ranges = _RANGES.read(node, place) or ()
    return tuple(sorted({day for days in ranges for day in days})) or EVERY_DAY


@cache
def _zones() -> dict[str, str]:
    return {zone.casefold(): zone for zone in available_timezones()}


def _day(raw: str) -> str:
    """Return a day, as 2026-11-01."""
    try:
        return date.fromisoformat(raw.strip()).isoformat()
    except ValueError:
        raise ValueError(_("`{text}` is not a day; write 2026-11-01", text=raw)) from None


def _zone(raw: str) -> tzinfo:
    """Return a time zone by its name, as Europe/Brussels."""
    zone = _zones().get(raw.strip().casefold())
    if zone is None:
        message = _("`{text}` is not a time zone; write one as Europe/Brussels", text=raw)
        raise ValueError(message + nearest(raw.strip(), _zones().values()))
    return ZoneInfo(zone)


_SPAN = _pattern("^([0-9.]+ *(s|min|m|h|d) *)+$")
_CLOCK = _pattern("^(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)$")

DURATION = text(_seconds("1s", "1d"), _SPAN)
BRIEFING_SPAN = text(_seconds("1m", "31d"), _SPAN)
TIMEOUT = text(_seconds("1s", "5m"), _pattern("^([0-9.]+ *(s|min|m) *)+$"))
AGE = text(_seconds("1d", "1000y"), _pattern("^[0-9.]+ *(d|w|mo|y)$"))
CLOCK = text(clock, _CLOCK)
CLOCKS = several(CLOCK, at_least_one=True)
DAYS = Kind(_RANGES.schema, _days, nothing=EVERY_DAY)
DAY = text(_day, _pattern(r"^\d{4}-\d{2}-\d{2}$"))
ZONE = text(_zone, _PLAIN)


def _digest(node: Node, place: Place) -> Digest | None:
    """Read an interval, a time, or several times."""
    if isinstance(node, ScalarNode) and ":" not in node.text:
        return Digest(every=_INTERVAL.read(node, place))
    times = CLOCKS.read(node, place)
    return Digest(at=times) if times else None


_INTERVAL = text(_seconds("1m", "1d"), _SPAN)
DIGEST = Kind(
    {"anyOf": [_SPAN, _CLOCK, {"type": "array", "items": _CLOCK, "minItems": 1}]}, _digest
)


# --- addresses, headers, secrets ----------------------------------------------------

HARMLESS = ("accept", "accept-language", "cache-control", "pragma", "referer")
"""Headers that hold no secret, in lower case."""
_OURS = frozenset((
    "accept-encoding", "connection", "content-length", "content-type", "expect", "host",
    "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since",
    "keep-alive", "proxy-authorization", "range", "te", "trailer", "transfer-encoding",
    "upgrade", "user-agent",
))  # fmt: skip
"""Headers that tocsin sets itself."""
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")  # RFC 9110, 5.6.2
_SENT = re.compile(r"[\x20-\x7e\xa0-\xff]*")
_LONGEST = 4096
"""Characters of a header; servers refuse more."""
ELSEWHERE = ("env:", "file:")
"""The beginnings of a reference to a secret."""
DIRECT = "none"
"""The value that means no proxy."""


def header_text(raw: str) -> str:
    """Return a text that a header can carry; the messages do not quote it."""
    value = words(raw).strip()
    if not _SENT.fullmatch(value):
        raise ValueError(_("there is a line break or a character that no header can carry"))
    if len(value) > _LONGEST:
        raise ValueError(
            _("a value of {length} characters; at most {most}", length=len(value), most=_LONGEST)
        )
    return value


def _header(raw: str) -> str:
    name = raw.strip()
    if not _TOKEN.fullmatch(name):
        raise ValueError(_("a header is called by letters, digits and hyphens"))
    if name.lower() in _OURS:
        raise ValueError(
            _(
                "`{name}` is not for `headers`: tocsin sets it itself; `user_agent` and `proxy`"
                " are keys of their own",
                name=name,
            )
        )
    return name


def _public(parse: Callable[[str], str], is_harmless: Callable[[str], bool]) -> Kind[str]:
    """Return the kind of a header without secrets, which any feed may be sent."""

    def read(raw: str) -> str:
        if not is_harmless(raw.strip().lower()):
            raise ValueError(
                _(
                    "`{text}` may be a secret: write it under `hosts: HOST: headers:`, or at the"
                    " feed; any feed may have a tag, also one of a list that was imported",
                    text=raw.partition(":")[0],
                )
            )
        return parse(raw)

    return text(read)


def _selector(raw: str) -> str:
    """Return a selector of CSS."""
    if find_spec("cssselect"):  # else the extra is missing, which `feeds` reports once
        from cssselect import ExpressionError, HTMLTranslator, SelectorError

        try:
            HTMLTranslator().css_to_xpath(raw)
        except (SelectorError, ExpressionError):
            message = _("`{text}` is no selector of CSS; write article.news or ul > li", text=raw)
            raise ValueError(message) from None
    return raw


def _secret(raw: str) -> str:
    """Return a secret, or a reference to it: `env:NAME`, `file:PATH`."""
    if not raw.startswith(ELSEWHERE):
        return header_text(raw)
    kind, _sep, name = raw.partition(":")
    if not name.strip():
        raise ValueError(_("`{text}` names nothing; write env:NAME or file:PATH", text=raw))
    return f"{kind}:{name.strip()}"


def _proxy(raw: str) -> str:
    """Return the address of a proxy, a reference to it, or `none`."""
    if raw.strip().startswith(ELSEWHERE):
        return _secret(raw.strip())
    return DIRECT if raw.strip().lower() == DIRECT else addresses.proxy(raw)


URL = text(addresses.url, {"type": "string", "format": "uri", "pattern": "^https?://"})
SELECTOR = text(_selector, _PLAIN)
MAILBOX = text(addresses.mailbox, _pattern("^[iI][mM][aA][pP][sS]?://"))
SERVER = text(addresses.server)
NETWORKS = several(text(addresses.network, _PLAIN))
CONTACT = text(addresses.contact, _PLAIN)
PAGES = text(addresses.pages, _pattern("^https?://[^/@?#]+/?$"))
STORE = text(addresses.store, _pattern("^postgres(ql)?://[^:@/]*(@.*)?/.+$"))
NODES = several(text(addresses.url, {"type": "string", "pattern": "^https?://"}))
INDEX = text(_index, _pattern("^[a-z][a-z0-9_]*$"))
LISTENING = text(Listening.parse, _pattern(r"^(\[[0-9A-Fa-f:.]+\]|[^\[\]:\s/]+):\d{1,5}$"))
AGENT = text(header_text)
PROXY = text(_proxy, _pattern("^(none|https?://.+|env:.+|file:.+)$"))
SECRET = text(_secret)
HEADERS = named(text(_header), SECRET, {"propertyNames": {"pattern": "^[A-Za-z0-9-]+$"}})
SHARED_HEADERS = named(
    _public(_header, HARMLESS.__contains__),
    _public(header_text, lambda value: not value.startswith(ELSEWHERE)),
    {"propertyNames": {"enum": [*HARMLESS, *map(str.title, HARMLESS)]}},
)
