"""The schema of channels, routes and quiet hours in `feeds.yaml`."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field, model_validator

from monitor.config.schema_base import Shape
from monitor.config.value_types import (
    Clock,
    Codes,
    Days,
    DigestTimes,
    Folder,
    Headers,
    Hidden,
    Levels,
    Name,
    Tags,
    TemplateText,
    Texts,
    Zone,
)
from monitor.model.config import Quiet
from monitor.model.severity import Severity
from monitor.notify.message import FIELDS


class QuietShape(Shape):
    """Hours in which nobody is told; what is raised in them is told at their end."""

    model_config = ConfigDict(title="Quiet")
    noun: ClassVar = "quiet"

    from_: Clock = Field(alias="from", description="When they begin.", examples=["22:00"])
    to: Clock = Field(
        description="When they end; on the next day unless it is later than `from`.",
        examples=["07:00"],
    )
    days: Days = Field(
        default=(),
        description="Days on which they begin: mon to sun, or `mon-fri`; every day when left out.",
        examples=[["fri", "sat"], "mon-fri"],
    )
    except_: Levels = Field(
        default=(),
        alias="except",
        description="How loud an alert must be to be told all the same: a level and up, or a list.",
        examples=["high"],
    )
    zone: Zone | None = Field(
        default=None,
        description="Time zone whose clock they go by; the file's `zone` when left out.",
        examples=["Europe/Brussels"],
    )

    @model_validator(mode="after")
    def _ends(self) -> QuietShape:
        if self.from_ == self.to and len(self._on()) == 7:
            raise ValueError("these quiet hours never end; `to: []` of a route tells nobody")
        return self

    def _on(self) -> tuple[int, ...]:
        chosen = {day for days in self.days for day in days}
        return tuple(sorted(chosen)) or Quiet(start=self.from_, end=self.to).days

    def understood(self) -> Quiet:
        """Return what it says."""
        spares = tuple(Severity(level) for level in self.except_)
        return Quiet(start=self.from_, end=self.to, days=self._on(), spares=spares, zone=self.zone)


class RouteShape(Shape):
    """Which alerts go where; the first route whose conditions all hold decides."""

    model_config = ConfigDict(title="Route")
    noun: ClassVar = "route"

    watch: Texts = Field(
        default=(),
        description="Only alerts of these watchlists; `feed health` is those about feeds.",
        examples=[["Liège"]],
    )
    severity: Levels = Field(
        default=(),
        description="Only alerts as loud as this or louder; of a list, exactly as loud.",
        examples=["high", ["medium", "low"]],
    )
    lang: Codes = Field(default=(), description="Only articles in these languages.")
    tag: Tags = Field(
        default=(), description="Only feeds with one of these tags.", examples=["belgique"]
    )
    feeds: Texts = Field(
        default=(), description="Only feeds of these names or tags.", examples=[["lesechos"]]
    )
    to: Texts = Field(
        description="Names of the channels that are told; `[]` tells nobody.",
        examples=[["desk", "soc"]],
    )
    quiet: QuietShape | None = Field(
        default=None,
        description="Hours in which nobody is told, besides those of the channel; what is raised "
        "in them goes as one message at their end.",
    )
    digest: DigestTimes | None = Field(
        default=None,
        description="All that was raised meanwhile goes as one message: each `30m`, or at "
        '`"07:30"`.',
        examples=["30m", "07:30"],
    )


KINDS = ("url", "webhook", "command", "file", "atom")
"""The keys that say what stands at the other end; a channel has one of them."""


class ChannelShape(Shape):
    """A way to tell somebody of alerts."""

    model_config = ConfigDict(title="Channel")
    noun: ClassVar = "channel"
    needs: ClassVar = {"oneOf": [{"required": ["name", kind]} for kind in KINDS]}

    name: Name = Field(description="What `notify:` and `routes:` call it.", examples=["desk"])
    url: Hidden = Field(
        default="",
        description="An Apprise address: e-mail, ntfy, Slack, Matrix and a hundred more; may be "
        "`env:NAME` or `file:PATH`.",
        examples=["ntfy://ntfy.example.org/veille", "env:DESK_URL"],
    )
    webhook: Hidden = Field(
        default="",
        description="Address to POST each alert to, as JSON; may be `env:NAME` or `file:PATH`.",
        examples=["https://soc.example.org/in"],
    )
    secret: Hidden = Field(
        default="",
        description="Key that a webhook's requests are signed with, as `env:NAME` or `file:PATH`.",
        examples=["env:SOC_SECRET"],
    )
    headers: Headers = Field(
        default={},
        description="Headers to send to a webhook; a value may be `env:NAME` or `file:PATH`.",
        examples=[{"Authorization": "env:SOC_TOKEN"}],
    )
    command: Texts = Field(
        default=(),
        description="A program and its arguments, run for each alert with the same JSON on its "
        "standard input; no shell is involved.",
        examples=[["/usr/local/bin/on-alert"]],
    )
    file: Folder = Field(
        default="",
        description="File to append each alert to, a line of JSON; beside this file unless "
        "absolute.",
        examples=["alerts.jsonl"],
    )
    atom: Folder = Field(
        default="",
        description="Folder in which each watchlist has an Atom feed of its last alerts; beside "
        "this file unless absolute.",
        examples=["public/feeds"],
    )
    quiet: QuietShape | None = Field(
        default=None,
        description="Hours in which it is told nothing; what is raised in them goes as one "
        "message at their end.",
    )
    digest: DigestTimes | None = Field(
        default=None,
        description="All that was raised meanwhile goes as one message: each `30m`, or at "
        '`"07:30"`, or at several times.',
        examples=["30m", "07:30"],
    )
    template: TemplateText = Field(
        default="",
        description="Text of the messages of a `url`, with fields as `$headline`: "
        + ", ".join(f"`${field}`" for field in FIELDS)
        + ".",
        examples=["$sign $headline ($outlet, $time)\n$sentence\n$link"],
    )
