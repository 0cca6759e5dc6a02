"""The schema of `feeds.yaml`: watchlists, alerts, the archive, searches and the file itself."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from monitor.config.delivery_schema import ChannelShape, RouteShape
from monitor.config.feed_schema import DefaultsShape, FeedShape, TagShape
from monitor.config.schema_base import Shape
from monitor.config.value_types import (
    Age,
    Backfill,
    Codes,
    Contact,
    Folder,
    Level,
    ListeningAt,
    Name,
    Networks,
    Number,
    Order,
    Outlets,
    Seconds,
    Spared,
    Tag,
    Texts,
    Words,
    Zone,
)
from monitor.model.severity import Severity


class SearchShape(Shape):
    """A search of the archive under a name."""

    model_config = ConfigDict(title="Search")
    noun: ClassVar = "search"

    name: Name = Field(
        description="What to call it: `tocsin search @NAME`.", examples=["Liège this week"]
    )
    query: Words = Field(
        description="The query, with any filter: `since:7d`, `has:alert`.",
        examples=["(Liège OR Bierset) since:7d"],
    )
    sort: Order = Field(
        default="date", description="`date`, the newest first, or `score`, the best first."
    )


class ArchiveShape(Shape):
    """What the archive keeps, and how long."""

    model_config = ConfigDict(title="Archive")
    noun: ClassVar = "archive"

    keep: Age | None = Field(
        default=None,
        description="How long an article is kept from when it was first seen, as 3y, 18mo, 90d; "
        "for ever when left out.",
        examples=["3y", "18mo", "90d"],
    )
    except_: Spared = Field(
        default=(),
        alias="except",
        description="What is kept whatever its age: `has:alert`, `watch:NAME`, `tag:NAME`, "
        "`feed:NAME`.",
        examples=[["tag:belgique", "watch:Alibaba"]],
    )
    drop_alerts: bool = Field(
        default=False,
        description="`true` lets articles with an alert go too, with their alerts; "
        "starred ones never do.",
    )


NEVER: dict[str, Any] = {"outlets": False, "languages": False}


class EscalateShape(Shape):
    """When an alert becomes louder than it was raised; `false` is never."""

    model_config = ConfigDict(title="Escalate")
    noun: ClassVar = "escalate"

    outlets: Outlets | None = Field(
        default=None,
        description="When so many independent outlets have the story; 5 when left out, `false` is "
        "never.",
        examples=[5],
    )
    languages: bool | None = Field(
        default=None,
        description="When the story crosses from French to English, or back; `true` when left out.",
    )
    to: Level | None = Field(
        default=None, description="How loud it is then; one up when left out, never less."
    )

    @model_validator(mode="before")
    @classmethod
    def _never(cls, value: Any) -> Any:
        return NEVER if value is False else value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = super().__get_pydantic_json_schema__(core, handler)
        return {"title": schema["title"], "anyOf": [{"const": False}, schema]}


class AlertsShape(Shape):
    """What holds for the alerts of every watchlist that does not say otherwise."""

    model_config = ConfigDict(title="Alerts")
    noun: ClassVar = "alerts"

    escalate: EscalateShape | None = Field(
        default=None,
        description="When an alert becomes louder than it was raised; `false` is never.",
    )
    cooldown: Seconds | None = Field(
        default=None,
        description="After an alert, further ones of its watchlist are listed but not sent for so "
        "long.",
        examples=["30m"],
    )
    backfill: Backfill | None = Field(
        default=None,
        description="`notify` also sends alerts about what was there before; `list`, as when left "
        "out, only lists them.",
        examples=["notify"],
    )
    notify: Texts | None = Field(
        default=None,
        description="Names of the channels that are told, `[]` for nobody; every channel when "
        "left out.",
        examples=[["desk"]],
    )


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
        description="What keeps an article from raising an alert: terms, and the filters "
        "`feed:NAME`, `tag:NAME` and `lang:CODE`.",
        examples=[["Alibaba Cave", "feed:Le Soir"]],
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
    escalate: EscalateShape | None = Field(
        default=None,
        description="When an alert becomes louder than it was raised; `false` is never.",
    )
    cooldown: Seconds | None = Field(
        default=None,
        description="After an alert, further ones of this watchlist are listed but not sent for "
        "so long, 1s to 1d.",
        examples=["30m"],
    )
    backfill: Backfill | None = Field(
        default=None,
        description="`notify` also sends alerts about what was there before; `list`, as when left "
        "out, only lists them.",
        examples=["notify"],
    )
    notify: Texts | None = Field(
        default=None,
        description="Names of the channels that are told of its alerts, `[]` for nobody; every "
        "channel when left out.",
        examples=[["desk"]],
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
    metrics: ListeningAt | None = Field(
        default=None,
        description="Where a monitor tells Prometheus its figures, from its next start on; "
        "nowhere when left out.",
        examples=["127.0.0.1:9464"],
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
    searches: tuple[SearchShape, ...] = Field(
        default=(), description="Searches to make again: `tocsin search @NAME`."
    )
    defaults: DefaultsShape = Field(
        default_factory=DefaultsShape,
        description="What holds for every feed that does not say otherwise, nor any of its tags.",
    )
    tags: dict[Tag, TagShape] = Field(
        default={},
        description="What holds for every feed with a tag that does not say otherwise.",
        examples=[{"belgique": {"every": "5m", "full_text": True}}],
    )
    channels: tuple[ChannelShape, ...] = Field(
        default=(), description="Who is told of alerts; `notify` names them."
    )
    routes: tuple[RouteShape, ...] = Field(
        default=(),
        description="Which alerts go to which channels: the first route that an alert fits "
        "decides; those that fit none go where `alerts.notify` says, else everywhere.",
    )
    zone: Zone | None = Field(
        default=None,
        description="Time zone of quiet hours, digests and messages; the machine's when left out.",
        examples=["Europe/Brussels"],
    )
    alerts: AlertsShape = Field(
        default=AlertsShape(),
        description="What holds for every watchlist that does not say otherwise.",
    )
    network: NetworkShape = Field(
        default=NetworkShape(), description="How tocsin shows itself on the network."
    )
    archive: ArchiveShape = Field(
        default=ArchiveShape(), description="What the archive keeps, and how long."
    )
    data: Folder = Field(
        default="var",
        description="Folder of the archive, beside this file unless absolute.",
        examples=["~/newsroom"],
    )
