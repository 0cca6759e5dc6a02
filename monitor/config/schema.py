"""The schema of `feeds.yaml`: watchlists, alerts, the archive, searches and the file itself."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import CoreSchema, core_schema

from monitor.config.delivery_schema import BriefingShape, ChannelShape, RouteShape
from monitor.config.feed_schema import DefaultsShape, FeedShape, HostShape, TagShape
from monitor.config.value_types import (
    Age,
    Backfill,
    Codes,
    Contact,
    Folder,
    Language,
    Level,
    ListeningAt,
    Name,
    Networks,
    Number,
    Order,
    Outlets,
    PagesAddress,
    Seconds,
    Server,
    Shape,
    Spared,
    Store,
    Tag,
    Texts,
    Words,
    Zone,
)
from monitor.model.severity import Severity


class SearchShape(Shape):
    """A saved search of the archive."""

    model_config = ConfigDict(title="Search")
    noun: ClassVar = "search"

    name: Name = Field(
        description="Name of the search, for `tocsin search @NAME`.", examples=["Liège this week"]
    )
    query: Words = Field(
        description="The query. It may contain every filter, as `since:7d` and `has:alert`.",
        examples=["(Liège OR Bierset) since:7d"],
    )
    sort: Order = Field(
        default="date",
        description="`date` puts the newest article first, `score` the most relevant.",
    )


class ArchiveShape(Shape):
    """What the archive keeps, for how long, and whether articles get vectors."""

    model_config = ConfigDict(title="Archive")
    noun: ClassVar = "archive"

    keep: Age | None = Field(
        default=None,
        description="How long an article is kept after it was first seen, as 3y, "
        "18mo, 90d. Without it, for ever.",
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
        description="`true` also deletes articles with alerts, and these alerts. "
        "Starred alerts are always kept.",
    )
    vectors: bool = Field(
        default=True,
        description="`false` makes no vectors: articles are linked by names only, and "
        "`tocsin similar` knows those that had a vector before. Vectors need the extra `stories`, "
        "and processor time for each article.",
    )


NEVER: dict[str, Any] = {"outlets": False, "languages": False}


class EscalateShape(Shape):
    """When an alert is escalated. `false` means never."""

    model_config = ConfigDict(title="Escalate")
    noun: ClassVar = "escalate"

    outlets: Outlets | None = Field(
        default=None,
        description="Escalate when so many independent outlets have the story. "
        "Without it, 5. `false` means never.",
        examples=[5],
    )
    languages: bool | None = Field(
        default=None,
        description="Escalate when the story crosses from French to English, or back."
        " Without it, `true`.",
    )
    to: Level | None = Field(
        default=None,
        description="Severity after the escalation. Without it, one level higher."
        " It is never lowered.",
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
    """Settings of all watchlists. Settings of the watchlist itself have precedence."""

    model_config = ConfigDict(title="Alerts")
    noun: ClassVar = "alerts"

    escalate: EscalateShape | None = Field(
        default=None,
        description="When an alert becomes more severe. `false` means never.",
    )
    cooldown: Seconds | None = Field(
        default=None,
        description="Time after an alert in which further alerts of its watchlist are"
        " listed, but not sent.",
        examples=["30m"],
    )
    backfill: Backfill | None = Field(
        default=None,
        description="Alerts about articles that were published before the watchlist "
        "or the feed was watched: `notify` sends them, `list` only lists "
        "them. Without it, `list`.",
        examples=["notify"],
    )
    unusual: bool | None = Field(
        default=None,
        description="Whether an alert is raised when far more stories match than is usual at"
        " this time, or none any more. It takes two weeks to learn what is usual. Without it,"
        " `true`.",
        examples=[False],
    )
    notify: Texts | None = Field(
        default=None,
        description="Names of the channels that receive alerts. `[]` means none. "
        "Without it, every channel.",
        examples=[["desk"]],
    )


class WatchlistShape(Shape):
    """A watchlist: one term alone, or a mapping with `terms`, `query` or `score`."""

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
        default="",
        description="Name of the watchlist. With one term only, it may be left "
        "out; the term is the name.",
    )
    terms: Texts = Field(
        default=(),
        description="Terms. An article that contains any of them raises an alert.",
        examples=[["Alibaba", "Cainiao", "阿里巴巴"]],
    )
    query: Words = Field(
        default="",
        description='A query, as in `tocsin search`: AND, OR, NOT, "a phrase", a NEAR/10 b, word~.',
        examples=["espionnage~ AND (Liège OR belge~)"],
    )
    score: dict[Words, Number] = Field(
        default_factory=dict,
        description="Terms with weights. An article raises an alert when the weights "
        "of the terms in it add up to `threshold`.",
        examples=[{"ransomware": 10, "logisti*": 3, "exercise": -5}],
    )
    threshold: Number | None = Field(
        default=None, description="Sum of weights from which an alert is raised.", examples=[12]
    )
    not_: Texts = Field(
        default=(),
        alias="not",
        description="Exclusions: an article that contains one of these terms, or that"
        " one of the filters `feed:NAME`, `tag:NAME` and `lang:CODE` "
        "selects, raises no alert.",
        examples=[["Alibaba Cave", "feed:Le Soir"]],
    )
    severity: Level = Field(
        default=Severity.MEDIUM, description="Severity of its alerts: high, medium or low."
    )
    lang: Codes = Field(
        default=(),
        description="Only articles in these languages, or whose language is unknown. "
        "Without it, all.",
        examples=[["fr", "en"]],
    )
    feeds: Texts = Field(
        default=(),
        description="Only feeds with these names or tags. Without it, all feeds.",
        examples=[["tag:belgique", "lesechos"]],
    )
    match: Texts = Field(
        default=(),
        description="Sentences that must match: tests of the watchlist.",
        examples=[["La sûreté belge soupçonne un espionnage à Liège"]],
    )
    no_match: Texts = Field(
        default=(),
        description="Sentences that must not match: tests of the watchlist.",
        examples=[["Le film d'espionnage de la semaine"]],
    )
    escalate: EscalateShape | None = Field(
        default=None,
        description="When an alert becomes more severe. `false` means never.",
    )
    cooldown: Seconds | None = Field(
        default=None,
        description="Time after an alert in which further alerts of this watchlist "
        "are listed, but not sent, from 1s to 1d.",
        examples=["30m"],
    )
    backfill: Backfill | None = Field(
        default=None,
        description="Alerts about articles that were published before the watchlist "
        "or the feed was watched: `notify` sends them, `list` only lists "
        "them. Without it, `list`.",
        examples=["notify"],
    )
    unusual: bool | None = Field(
        default=None,
        description="Whether an alert is raised when far more stories match than is usual at"
        " this time, or none any more. It takes two weeks to learn what is usual. Without it,"
        " `true`.",
        examples=[False],
    )
    notify: Texts | None = Field(
        default=None,
        description="Names of the channels that receive its alerts. `[]` means none. "
        "Without it, the routes decide; without routes, every channel.",
        examples=[["desk"]],
    )


class NetworkShape(Shape):
    """Which networks are allowed, and how tocsin identifies itself."""

    model_config = ConfigDict(title="Network")
    noun: ClassVar = "network"

    allow: Networks = Field(
        default=(),
        description="Private networks to which tocsin may connect. It never connects "
        "to any other private network.",
        examples=[["192.168.0.0/16"]],
    )
    contact: Contact = Field(
        default="",
        description="Mail address or web address at which publishers can reach you. "
        "It is sent with each request.",
        examples=["watch@example.org"],
    )
    metrics: ListeningAt | None = Field(
        default=None,
        description="Address and port of the metrics for Prometheus. It applies from "
        "the next start of the monitor. Without it, there are none.",
        examples=["127.0.0.1:9464"],
    )


class ApiShape(Shape):
    """Where people reach the pages of `tocsin api`."""

    model_config = ConfigDict(title="Api")
    noun: ClassVar = "api"

    url: PagesAddress = Field(
        default="",
        description="Address at which your readers open the pages of `tocsin api`. Messages,"
        " briefings and Atom feeds then link to the page of each alert. Without it, they link to"
        " the article only.",
        examples=["https://news.example.org"],
    )


class _OneOrSeveral:
    """In the JSON Schema, a list of which a single item needs no brackets."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler(core)
        return {"anyOf": [schema["items"], schema]}


class FileShape(Shape):
    """One newsroom: its feeds, its watchlists, and how alerts are delivered."""

    model_config = ConfigDict(
        title="feeds.yaml of tocsin",
        json_schema_extra={"required": ["feeds", "watchlists"]},
    )
    noun: ClassVar = "feeds.yaml"

    feeds: tuple[FeedShape, ...] = Field(default=(), description="The feeds to poll.")
    watchlists: tuple[WatchlistShape, ...] = Field(
        default=(), description="The watchlists. `[]` only fills the archive."
    )
    searches: tuple[SearchShape, ...] = Field(
        default=(), description="Saved searches, for `tocsin search @NAME`."
    )
    defaults: DefaultsShape = Field(
        default_factory=DefaultsShape,
        description="Settings of all feeds. Settings of the feed, its host and its tags have"
        " precedence.",
    )
    tags: dict[Tag, TagShape] = Field(
        default_factory=dict,
        description="Settings of all feeds with a tag. Those of the feed and of its host have"
        " precedence.",
        examples=[{"belgique": {"every": "5m", "full_text": True}}],
    )
    hosts: dict[Server, HostShape] = Field(
        default_factory=dict,
        description="Settings of all feeds of a host, as credentials. Those of the feed have"
        " precedence. A host alone stands for `https`; write `http://HOST` for `http`.",
        examples=[{"journal.example": {"auth": {"user": "me", "password": "env:JOURNAL"}}}],
    )
    channels: tuple[ChannelShape, ...] = Field(default=(), description="Where alerts are sent.")
    routes: tuple[RouteShape, ...] = Field(
        default=(),
        description="Which alerts go to which channels. The first route whose "
        "conditions hold decides. Without such a route, an alert goes to "
        "the channels under `alerts.notify`, else to all channels.",
    )
    briefing: Annotated[tuple[BriefingShape, ...], _OneOrSeveral()] = Field(
        default=(),
        description="A briefing that is sent at fixed times; a list for several.",
        examples=[{"at": "07:00", "days": "mon-fri", "to": "desk"}],
    )
    language: Language = Field(
        default="",
        description="Language of messages, help, dashboard and briefings: `en` or `fr`. Without it,"
        " that of the machine's locale. `TOCSIN_LANGUAGE` has precedence.",
        examples=["fr"],
    )
    zone: Zone | None = Field(
        default=None,
        description="Time zone of quiet hours, digests, briefings and messages. Without it, that"
        " of the machine.",
        examples=["Europe/Brussels"],
    )
    alerts: AlertsShape = Field(
        default=AlertsShape(),
        description="Settings of all watchlists. Settings of the watchlist itself have precedence.",
    )
    network: NetworkShape = Field(
        default=NetworkShape(),
        description="Which networks are allowed, and how tocsin identifies itself.",
    )
    api: ApiShape = Field(
        default=ApiShape(), description="Where people reach the pages of `tocsin api`."
    )
    archive: ArchiveShape = Field(
        default=ArchiveShape(),
        description="What the archive keeps, for how long, and whether articles get vectors.",
    )
    data: Folder = Field(
        default="var",
        description="Data folder. A relative path starts at the folder of `feeds.yaml`.",
        examples=["~/newsroom"],
    )
    store: Store = Field(
        default="",
        description="Address of a PostgreSQL that several machines share, in place of the store in"
        " the data folder. Its password is not written here: it comes from the environment"
        " (`TOCSIN_STORE`, `PGPASSWORD`) or from a file (`~/.pgpass`). Needs the extra"
        " `postgresql`.",
        examples=["postgresql://tocsin@db.example.org/newsroom"],
    )


class _SchemaWriter(GenerateJsonSchema):
    """Leaves out null and empty defaults, which an editor should not offer."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        written = super().default_schema(schema)
        if not written.get("default") or isinstance(written["default"], dict):
            written.pop("default", None)
        return written


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of `feeds.yaml`, by which editors complete and explain its keys."""
    schema = FileShape.model_json_schema(schema_generator=_SchemaWriter)
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}
