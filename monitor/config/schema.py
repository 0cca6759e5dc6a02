"""The shapes of `feeds.yaml`: every key with its type, its default and what it is for.

The JSON Schema for editors and the table of the README are made from here.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any, ClassVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError

from monitor.config import fields
from monitor.model import Severity

# --- single values ---------------------------------------------------------------


def _text(check: Callable[[str], Any]) -> BeforeValidator:
    """Return a validator that takes only text, and gives what `check` makes of it."""

    def read(value: Any) -> Any:
        if not isinstance(value, str):
            raise PydanticCustomError("string_type", "must be text")
        return check(value)

    return BeforeValidator(read)


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticCustomError("float_parsing", "must be a number")
    return value


def _wrapped(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _severity(word: str) -> Severity:
    if word.lower() not in list(Severity):
        raise ValueError(f"`{word}` is not a severity; write high, medium or low")
    return Severity(word.lower())


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


Url = Annotated[str, _text(fields.url), WithJsonSchema(URL)]
Name = Annotated[str, _text(fields.name), WithJsonSchema(TEXT)]
Words = Annotated[str, _text(fields.words), WithJsonSchema(TEXT)]
Seconds = Annotated[
    float,
    _text(fields.duration),
    WithJsonSchema({"type": "string", "pattern": "^([0-9.]+ *(s|min|m|h|d) *)+$"}),
]
Code = Annotated[str, _text(fields.language), WithJsonSchema(CODE)]
Level = Annotated[Severity, _text(_severity), WithJsonSchema({"enum": list(map(str, Severity))})]
Number = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
Contact = Annotated[str, _text(fields.contact), WithJsonSchema({"type": "string"})]
Folder = Annotated[str, _text(fields.folder), WithJsonSchema({"type": "string"})]

Tags = Annotated[
    tuple[Annotated[str, _text(fields.tag)], ...], BeforeValidator(_wrapped), _list(TAG)
]
Codes = Annotated[tuple[Code, ...], BeforeValidator(_wrapped), _list(CODE)]
Texts = Annotated[tuple[Words, ...], BeforeValidator(_wrapped), _list(TEXT)]
Networks = Annotated[
    tuple[Annotated[IPv4Network | IPv6Network, _text(fields.network)], ...],
    BeforeValidator(_wrapped),
    _list(RANGE),
]

# --- mappings --------------------------------------------------------------------


class Shape(BaseModel):
    """A mapping of `feeds.yaml`: frozen, and no key but its own."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, field_title_generator=lambda name, _: name.strip("_")
    )

    noun: ClassVar[str]
    """What a message calls it."""
    short: ClassVar[str] = ""
    """The key that a bare text stands for; empty when there is no short form."""
    needs: ClassVar[dict[str, list[dict[str, Any]]]] = {}
    """Which keys go together, in the language of JSON Schema."""

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


class FeedShape(Shape):
    """A feed: its address, or a mapping that says more."""

    model_config = ConfigDict(title="Feed")
    noun: ClassVar = "feed"
    short: ClassVar = "url"

    url: Url = Field(
        description="Address of the feed: RSS, RDF, Atom or JSON Feed.",
        examples=["https://www.lemonde.fr/rss/une.xml"],
    )
    name: Name = Field(
        default="", description="What to call it; the host of its address when left out."
    )
    tags: Tags = Field(
        default=(),
        description="Words to group feeds by; `tag:belgique` then selects them.",
        examples=[["belgique", "presse"]],
    )
    every: Seconds | None = Field(
        default=None,
        description="Time between two polls, 1m to 1d (from 1s inside `network.allow`); "
        "15m, adapted to what the feed shows, when left out.",
        examples=["15m", "1h"],
    )
    full_text: bool | None = Field(
        default=None, description="Fetch the page of each new article and watch its text too."
    )
    lang: Code = Field(
        default="",
        description="Language of the feed; found out when left out.",
        examples=["fr", "en"],
    )
    enabled: bool = Field(
        default=True, description="`false` stops polling it and keeps its articles."
    )


class DefaultsShape(Shape):
    """What holds for every feed that does not say otherwise."""

    model_config = ConfigDict(title="Defaults")
    noun: ClassVar = "defaults"

    every: Seconds | None = Field(
        default=None, description="Time between two polls of each feed.", examples=["15m"]
    )
    full_text: bool = Field(
        default=False, description="Fetch the page of each new article and watch its text too."
    )
    lang: Code = Field(default="", description="Language of the feeds.", examples=["fr", "en"])
    tags: Tags = Field(default=(), description="Tags that every feed has besides its own.")


class WatchlistShape(Shape):
    """A watchlist: its one term, or a mapping with terms, a query or a score."""

    model_config = ConfigDict(title="Watchlist")
    noun: ClassVar = "watchlist"
    short: ClassVar = "terms"
    needs: ClassVar = {
        "oneOf": [
            {"required": ["terms"]},
            {"required": ["query", "name"]},
            {"required": ["score", "threshold", "name"]},
        ]
    }

    name: Name = Field(
        default="", description="What to call it; the term itself when there is only one."
    )
    terms: Texts = Field(
        default=(),
        description="Terms of which any one raises an alert.",
        examples=[["Alibaba", "Cainiao", "阿里巴巴"]],
    )
    query: Words = Field(
        default="",
        description='A query, as in `tocsin search`: AND OR NOT, "a phrase", a NEAR/10 b, word~.',
        examples=["espionnage~ AND (Liège OR belge~)"],
    )
    score: dict[Words, Number] = Field(
        default={},
        description="Terms with weights; their sum is held against `threshold`.",
        examples=[{"ransomware": 10, "logisti*": 3, "exercise": -5}],
    )
    threshold: Number | None = Field(
        default=None, description="Score from which an alert is raised.", examples=[12]
    )
    not_: Texts = Field(
        default=(),
        alias="not",
        description="Terms that keep an article from raising an alert.",
        examples=[["Alibaba Cave"]],
    )
    severity: Level = Field(
        default=Severity.MEDIUM, description="How loud an alert is: high, medium, low."
    )
    lang: Codes = Field(
        default=(),
        description="Only articles in these languages (or of unknown language); all when left out.",
        examples=[["fr", "en"]],
    )
    feeds: Texts = Field(
        default=(),
        description="Only feeds of these names or tags; all when left out.",
        examples=[["tag:belgique", "lesechos"]],
    )
    match: Texts = Field(
        default=(),
        description="Sentences that must raise an alert: tests of the watchlist.",
        examples=[["La sûreté belge soupçonne un espionnage à Liège"]],
    )
    no_match: Texts = Field(
        default=(),
        description="Sentences that must not.",
        examples=[["Le film d'espionnage de la semaine"]],
    )


class NetworkShape(Shape):
    """How tocsin shows itself on the network."""

    model_config = ConfigDict(title="Network")
    noun: ClassVar = "network"

    allow: Networks = Field(
        default=(),
        description="Private networks that may be asked; the others never are.",
        examples=[["192.168.0.0/16"]],
    )
    contact: Contact = Field(
        default="",
        description="Mail or web address that publishers can write to; sent with each request.",
        examples=["watch@example.org"],
    )


class FileShape(Shape):
    """One newsroom: what to poll and what to watch for."""

    model_config = ConfigDict(
        title="feeds.yaml of tocsin",
        json_schema_extra={"required": ["feeds", "watchlists"]},
    )
    noun: ClassVar = "feeds.yaml"

    feeds: tuple[FeedShape, ...] = Field(default=(), description="The feeds to poll.")
    watchlists: tuple[WatchlistShape, ...] = Field(
        default=(), description="What to watch for; `[]` only fills the archive."
    )
    defaults: DefaultsShape = Field(
        default_factory=DefaultsShape,
        description="What holds for every feed that does not say otherwise.",
    )
    network: NetworkShape = Field(
        default=NetworkShape(), description="How tocsin shows itself on the network."
    )
    data: Folder = Field(
        default="var",
        description="Folder of the archive, beside this file unless absolute.",
        examples=["~/newsroom"],
    )
