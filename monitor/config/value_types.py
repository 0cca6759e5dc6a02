"""The types of values in the schema of `feeds.yaml`, and the base of all mappings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, tzinfo
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any, ClassVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    InstanceOf,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError

from monitor.base import formatting
from monitor.base.translation import LANGUAGES, mark_all
from monitor.base.translation import gettext as _
from monitor.config import value_parsers
from monitor.model.config import Digest, Listening
from monitor.model.message_template import TEMPLATE_FIELDS, unknown_fields
from monitor.model.severity import Severity


def _text(check: Callable[[str], Any]) -> BeforeValidator:
    """Return a validator that takes only text, and gives what `check` makes of it."""

    def read(value: Any) -> Any:
        if not isinstance(value, str):
            raise PydanticCustomError("string_type", "must be text")  # not a message
        return check(value)

    return BeforeValidator(read)


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticCustomError("float_parsing", "must be a number")  # not a message
    return value


def _wrapped(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _severity(word: str) -> Severity:
    if word.lower() not in list(Severity):
        raise ValueError(_not_a_severity(word))
    return Severity(word.lower())


def _not_a_severity(word: str) -> str:
    return _("`{text}` is not a severity; write high, medium or low", text=word)


def _order(word: str) -> str:
    if word.lower() not in ("date", "score"):
        raise ValueError(_("`{text}` is not an order; write date or score", text=word))
    return word.lower()


def _language(word: str) -> str:
    """Return the language of messages; some write its name."""
    known = {"fr": "fr", "en": "en", "français": "fr", "francais": "fr", "french": "fr",
             "english": "en", "anglais": "en"}  # fmt: skip
    code = word.lower()
    if code in LANGUAGES:
        return code
    near = get_close_matches(code, known, n=1, cutoff=0.6)
    if near:
        code = known[near[0]]
        raise ValueError(
            _("there are no messages in `{word}`; did you mean {code}?", word=word, code=code)
        )
    codes = formatting.either(LANGUAGES)
    raise ValueError(_("there are no messages in `{word}`; write {codes}", word=word, codes=codes))


TEXT: dict[str, Any] = {"type": ["string", "number"]}
URL: dict[str, Any] = {"type": "string", "format": "uri", "pattern": "^https?://"}
TAG: dict[str, Any] = {"type": ["string", "number"], "pattern": "^[^\\s]+$"}
CODE: dict[str, Any] = {"type": "string", "pattern": "^[A-Za-z]{2}$"}
RANGE: dict[str, Any] = {"type": "string"}


LISTED = ("anyOf", "default", "examples")
"""What the schema of a list says that its short form, a single text, does not."""


def _list(item: dict[str, Any]) -> WithJsonSchema:
    """Return the schema of a list of which a single item needs no brackets."""
    return WithJsonSchema({"anyOf": [item, {"type": "array", "items": item}]})


def _mapping(keys: dict[str, Any], values: dict[str, Any]) -> WithJsonSchema:
    """Return the schema of a mapping with keys of the analyst's own."""
    return WithJsonSchema({"type": "object", "propertyNames": keys, "additionalProperties": values})


Url = Annotated[str, _text(value_parsers.url), WithJsonSchema(URL)]
Name = Annotated[str, _text(value_parsers.name), WithJsonSchema(TEXT)]
Words = Annotated[str, _text(value_parsers.words), WithJsonSchema(TEXT)]
Seconds = Annotated[
    float,
    _text(value_parsers.duration),
    WithJsonSchema({"type": "string", "pattern": "^([0-9.]+ *(s|min|m|h|d) *)+$"}),
]
BriefingSpan = Annotated[
    float,
    _text(value_parsers.briefing_span),
    WithJsonSchema({"type": "string", "pattern": "^([0-9.]+ *(s|min|m|h|d) *)+$"}),
]
Code = Annotated[str, _text(value_parsers.language), WithJsonSchema(CODE)]
Level = Annotated[Severity, _text(_severity), WithJsonSchema({"enum": list(map(str, Severity))})]
Order = Annotated[str, _text(_order), WithJsonSchema({"enum": ["date", "score"]})]
Language = Annotated[str, _text(_language), WithJsonSchema({"enum": list(LANGUAGES)})]
Outlets = Annotated[
    int,
    BeforeValidator(value_parsers.outlets),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 2}, {"const": False}]}),
]
Backfill = Annotated[
    str, _text(value_parsers.backfill), WithJsonSchema({"enum": ["list", "notify"]})
]
Number = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
Contact = Annotated[str, _text(value_parsers.contact), WithJsonSchema({"type": "string"})]
PagesAddress = Annotated[
    str,
    _text(value_parsers.pages_address),
    WithJsonSchema({"type": "string", "pattern": "^https?://[^/@?#]+/?$"}),
]
Store = Annotated[
    str,
    _text(value_parsers.store),
    WithJsonSchema({"type": "string", "pattern": "^postgres(ql)?://[^:@/]*(@.*)?/.+$"}),
]
Folder = Annotated[str, _text(value_parsers.folder), WithJsonSchema({"type": "string"})]

Timeout = Annotated[
    float,
    _text(value_parsers.timeout),
    WithJsonSchema({"type": "string", "pattern": "^([0-9.]+ *(s|min|m) *)+$"}),
]
Agent = Annotated[str, _text(value_parsers.user_agent), WithJsonSchema(TEXT)]
Encoding = Annotated[str, _text(value_parsers.encoding), WithJsonSchema({"type": "string"})]
Proxy = Annotated[
    str,
    _text(value_parsers.proxy),
    WithJsonSchema({"type": "string", "pattern": "^(none|https?://.+|env:.+|file:.+)$"}),
]
Hidden = Annotated[str, _text(value_parsers.secret_reference), WithJsonSchema(TEXT)]
Headers = Annotated[
    dict[Annotated[str, _text(value_parsers.header)], Hidden],
    _mapping({"pattern": "^[A-Za-z0-9-]+$"}, TEXT),
]
SharedHeaders = Annotated[
    dict[
        Annotated[str, _text(value_parsers.shared_header)],
        Annotated[str, _text(value_parsers.shared_header_value)],
    ],
    _mapping({"enum": [*value_parsers.HARMLESS, *map(str.title, value_parsers.HARMLESS)]}, TEXT),
]
Server = Annotated[str, _text(value_parsers.server)]

Tag = Annotated[str, _text(value_parsers.tag)]
Tags = Annotated[tuple[Tag, ...], BeforeValidator(_wrapped), _list(TAG)]
Codes = Annotated[tuple[Code, ...], BeforeValidator(_wrapped), _list(CODE)]
Texts = Annotated[tuple[Words, ...], BeforeValidator(_wrapped), _list(TEXT)]
Networks = Annotated[
    tuple[Annotated[IPv4Network | IPv6Network, _text(value_parsers.network)], ...],
    BeforeValidator(_wrapped),
    _list(RANGE),
]

ListeningAt = Annotated[
    Listening,
    _text(Listening.parse),
    WithJsonSchema({"type": "string", "pattern": r"^(\[[0-9A-Fa-f:.]+\]|[^\[\]:\s/]+):\d{1,5}$"}),
]

Age = Annotated[
    float,
    _text(value_parsers.age),
    WithJsonSchema({"type": "string", "pattern": "^[0-9.]+ *(d|w|mo|y)$"}),
]
Spared = Annotated[
    tuple[Annotated[str, _text(value_parsers.retention_exception)], ...],
    BeforeValidator(_wrapped),
    _list(TEXT),
]


_CLOCK = {"type": "string", "pattern": r"^(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)$"}
_SPAN = {"type": "string", "pattern": "^([0-9.]+ *(s|min|m|h|d) *)+$"}
_DAY = {"type": "string", "pattern": "^[A-Za-z]{3,}(-[A-Za-z]{3,})?$"}
_LEVEL = {"enum": [str(level) for level in Severity]}


def _hour_text(read: Callable[[str], Any]) -> BeforeValidator:
    def checked(value: Any) -> Any:
        if not isinstance(value, str):
            raise PydanticCustomError("string_type", "must be text")  # not a message
        return read(value)

    return BeforeValidator(checked)


def _levels(value: Any) -> Any:
    """Return a level and those above it, or the list that is given."""
    if not isinstance(value, str):
        return value
    levels = [str(level) for level in Severity]  # the loudest first
    if value.lower() not in levels:
        raise ValueError(_not_a_severity(value))
    return levels[: levels.index(value.lower()) + 1]


def _digest(value: Any) -> Any:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(t, str) for t in texts):
        raise ValueError(_('`digest` is an interval as 30m, or a time as "07:30", or several'))
    return value_parsers.digest(tuple(texts))


def _template(text: str) -> str:
    for wrong in unknown_fields(text):
        close = get_close_matches(wrong, TEMPLATE_FIELDS, n=1)
        if close:
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


def _listed(item: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [item, {"type": "array", "items": item}]})


Clock = Annotated[time, _hour_text(value_parsers.clock), WithJsonSchema(_CLOCK)]
Zone = Annotated[
    InstanceOf[tzinfo], _hour_text(value_parsers.zone), WithJsonSchema({"type": "string"})
]
Days = Annotated[
    tuple[Annotated[tuple[int, ...], _hour_text(value_parsers.days)], ...],
    BeforeValidator(_wrapped),
    _listed(_DAY),
]
Times = Annotated[tuple[Clock, ...], BeforeValidator(_wrapped), _listed(_CLOCK)]
Levels = Annotated[tuple[Level, ...], BeforeValidator(_levels), _listed(_LEVEL)]
TemplateText = Annotated[str, _hour_text(_template), WithJsonSchema({"type": "string"})]
DigestTimes = Annotated[
    InstanceOf[Digest],
    BeforeValidator(_digest),
    WithJsonSchema({"anyOf": [_SPAN, _CLOCK, {"type": "array", "items": _CLOCK, "minItems": 1}]}),
]


NOUNS = mark_all("this", "feed", "search", "channel", "route", "quiet", "briefing")
"""What has keys that it must have."""


class Shape(BaseModel):
    """A mapping of `feeds.yaml`: frozen, without unknown keys."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        field_title_generator=lambda name, _: name.strip("_"),
        arbitrary_types_allowed=True,
    )

    noun: ClassVar[str]
    """The name of the mapping in messages."""
    short: ClassVar[str] = ""
    """The key that a bare text stands for; empty when there is no short form."""
    needs: ClassVar[dict[str, list[dict[str, Any]]]] = {}
    """Which keys go together, as JSON Schema."""

    @model_validator(mode="before")
    @classmethod
    def _long_form(cls, value: Any) -> Any:
        return {cls.short: value} if cls.short and isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler.resolve_ref_schema(handler(core)) | cls.needs
        if not cls.short:
            return schema
        long = schema["properties"][cls.short]
        bare = TEXT | {key: value for key, value in long.items() if key not in LISTED}
        return {"title": schema["title"], "anyOf": [bare, schema]}
