"""What the values of `feeds.yaml` may be: text that is parsed, lists, mappings."""

from __future__ import annotations

from index.query.parser import parse_query
from monitor.base.translation import LANGUAGES
from monitor.base.translation import gettext as _
from monitor.config import value_parsers
from monitor.config.tables import ANY_TEXT, DECIMAL, Kind, Place, Schema, named, several, text
from monitor.config.yaml_nodes import Node, ScalarNode, SequenceNode
from monitor.model.config import EVERY_DAY, Digest, Listening
from monitor.model.watchlist import Severity

_PLAIN: Schema = {"type": "string"}


def _pattern(expression: str) -> Schema:
    return {"type": "string", "pattern": expression}


_SPAN = _pattern("^([0-9.]+ *(s|min|m|h|d) *)+$")
_CLOCK = _pattern("^(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)$")

URL = text(value_parsers.url, {"type": "string", "format": "uri", "pattern": "^https?://"})
NAME = text(value_parsers.name)
WORDS = text(value_parsers.words)
TAG = text(value_parsers.tag, {**ANY_TEXT, "pattern": "^[^\\s]+$"})
LANGUAGE_CODE = text(value_parsers.language, _pattern("^[A-Za-z]{2}$"))
DURATION = text(value_parsers.duration, _SPAN)
BRIEFING_SPAN = text(value_parsers.briefing_span, _SPAN)
TIMEOUT = text(value_parsers.timeout, _pattern("^([0-9.]+ *(s|min|m) *)+$"))
AGE = text(value_parsers.age, _pattern("^[0-9.]+ *(d|w|mo|y)$"))
SEVERITY = text(value_parsers.severity, {"enum": [str(level) for level in Severity]})
ORDER = text(value_parsers.order, {"enum": ["date", "score"]})
BACKFILL = text(value_parsers.backfill, {"enum": ["list", "notify"]})
MESSAGE_LANGUAGE = text(value_parsers.message_language, {"enum": list(LANGUAGES)})
ZONE = text(value_parsers.zone, _PLAIN)
CLOCK = text(value_parsers.clock, _CLOCK)
FOLDER = text(value_parsers.folder, _PLAIN)
TEMPLATE = text(value_parsers.template, _PLAIN)
CONTACT = text(value_parsers.contact, _PLAIN)
PAGES = text(value_parsers.pages_address, _pattern("^https?://[^/@?#]+/?$"))
STORE = text(value_parsers.store, _pattern("^postgres(ql)?://[^:@/]*(@.*)?/.+$"))
LISTENING = text(Listening.parse, _pattern(r"^(\[[0-9A-Fa-f:.]+\]|[^\[\]:\s/]+):\d{1,5}$"))
AGENT = text(value_parsers.check_header_text)
ENCODING = text(value_parsers.encoding, _PLAIN)
PROXY = text(value_parsers.proxy, _pattern("^(none|https?://.+|env:.+|file:.+)$"))
SECRET = text(value_parsers.secret_reference)
SERVER = text(value_parsers.server)

TAGS = several(TAG)
LANGUAGE_CODES = several(LANGUAGE_CODE)
TEXTS = several(WORDS)
NETWORKS = several(text(value_parsers.network, _PLAIN))
SPARED = several(text(value_parsers.retention_exception))
CLOCKS = several(CLOCK, at_least_one=True)
SEARCH_QUERY = text(lambda written: parse_query(value_parsers.words(written)))
WATCHLIST_QUERY = text(
    lambda written: parse_query(value_parsers.words(written), allow_archive_filters=False)
)
WEIGHTS = named(WORDS, DECIMAL)

_HARMLESS = [*value_parsers.HARMLESS, *map(str.title, value_parsers.HARMLESS)]
HEADERS = named(
    text(value_parsers.header), SECRET, {"propertyNames": {"pattern": "^[A-Za-z0-9-]+$"}}
)
SHARED_HEADERS = named(
    text(value_parsers.shared_header),
    text(value_parsers.shared_header_value),
    {"propertyNames": {"enum": _HARMLESS}},
)


def _outlets(node: Node, place: Place) -> int:
    return value_parsers.outlets(node.plain())


OUTLETS = Kind({"anyOf": [{"type": "integer", "minimum": 2}, {"const": False}]}, _outlets)


def _levels(node: Node, place: Place) -> tuple[Severity, ...] | None:
    """Read a severity, which means those above it too, or a list of exactly these."""
    levels = _LISTED_LEVELS.read(node, place)
    if levels and isinstance(node, ScalarNode):
        return tuple(Severity)[: tuple(Severity).index(levels[0]) + 1]
    return levels


_LISTED_LEVELS = several(SEVERITY)
LEVELS = Kind(_LISTED_LEVELS.schema, _levels, nothing=())


def _days(node: Node, place: Place) -> tuple[int, ...]:
    """Read days and ranges of days; 0 is Monday, and none is every day."""
    ranges = _RANGES.read(node, place) or ()
    return tuple(sorted({day for days in ranges for day in days})) or EVERY_DAY


_RANGES = several(text(value_parsers.days, _pattern("^[A-Za-z]{3,}(-[A-Za-z]{3,})?$")))
DAYS = Kind(_RANGES.schema, _days, nothing=EVERY_DAY)


def _digest(node: Node, place: Place) -> Digest:
    """Read an interval, a time, or several times."""
    nodes = node.nodes if isinstance(node, SequenceNode) else [node]
    texts = tuple(value for child in nodes if isinstance(value := child.plain(), str))
    if not texts or len(texts) < len(nodes):
        raise ValueError(_('`digest` is an interval as 30m, or a time as "07:30", or several'))
    return value_parsers.digest(texts)


DIGEST = Kind(
    {"anyOf": [_SPAN, _CLOCK, {"type": "array", "items": _CLOCK, "minItems": 1}]}, _digest
)
