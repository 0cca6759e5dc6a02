"""The schema of channels, routes, briefings and quiet hours in `feeds.yaml`."""

from __future__ import annotations

from datetime import tzinfo
from typing import ClassVar

from pydantic import ConfigDict, Field, model_validator

from monitor.base.translation import gettext as _
from monitor.config.value_types import (
    BriefingSpan,
    Clock,
    Codes,
    Days,
    DigestTimes,
    Folder,
    Headers,
    Hidden,
    Levels,
    Name,
    Shape,
    Tags,
    TemplateText,
    Texts,
    Times,
    Zone,
)
from monitor.model.config import EVERY_DAY, BriefingSchedule, Quiet
from monitor.model.message_template import TEMPLATE_FIELDS
from monitor.model.severity import Severity
from monitor.model.shown_names import UNNAMED


class QuietShape(Shape):
    """Hours in which no alert is sent. At their end the alerts are sent as one message."""

    model_config = ConfigDict(title="Quiet")
    noun: ClassVar = "quiet"

    from_: Clock = Field(
        alias="from", description="Beginning of the quiet hours.", examples=["22:00"]
    )
    to: Clock = Field(
        description="End of the quiet hours: on the next day, unless it is later than `from`.",
        examples=["07:00"],
    )
    days: Days = Field(
        default=(),
        description="Days on which quiet hours begin: mon to sun, or `mon-fri`. "
        "Without it, every day.",
        examples=[["fri", "sat"], "mon-fri"],
    )
    except_: Levels = Field(
        default=(),
        alias="except",
        description="Severities that are sent all the same: one level means this "
        "level and above, a list exactly these levels.",
        examples=["high"],
    )
    zone: Zone | None = Field(
        default=None,
        description="Time zone of the quiet hours. Without it, the `zone` of the file.",
        examples=["Europe/Brussels"],
    )

    @model_validator(mode="after")
    def _ends(self) -> QuietShape:
        if self.from_ == self.to and len(self._on()) == 7:
            raise ValueError(
                _("these quiet hours never end; a route with `to: []` sends to no channel")
            )
        return self

    def _on(self) -> tuple[int, ...]:
        chosen = {day for days in self.days for day in days}
        return tuple(sorted(chosen)) or Quiet(start=self.from_, end=self.to).days

    def understood(self) -> Quiet:
        """Return the quiet hours that the mapping describes."""
        spares = tuple(Severity(level) for level in self.except_)
        return Quiet(start=self.from_, end=self.to, days=self._on(), spares=spares, zone=self.zone)


class RouteShape(Shape):
    """Which alerts go to which channels. The first route whose conditions all hold decides."""

    model_config = ConfigDict(title="Route")
    noun: ClassVar = "route"

    watch: Texts = Field(
        default=(),
        description="Only alerts of these watchlists. Alerts about feeds belong to `feed health`.",
        examples=[["Liège"]],
    )
    severity: Levels = Field(
        default=(),
        description="Only alerts of this severity and above. A list means exactly "
        "these severities.",
        examples=["high", ["medium", "low"]],
    )
    lang: Codes = Field(default=(), description="Only articles in these languages.")
    tag: Tags = Field(
        default=(), description="Only feeds with one of these tags.", examples=["belgique"]
    )
    feeds: Texts = Field(
        default=(), description="Only feeds with these names or tags.", examples=[["lesechos"]]
    )
    to: Texts = Field(
        description="Names of the channels that receive the alerts. `[]` means none.",
        examples=[["desk", "soc"]],
    )
    quiet: QuietShape | None = Field(
        default=None,
        description="Quiet hours of this route, in addition to those of the channel. "
        "Alerts raised in them are sent as one message at their end.",
    )
    digest: DigestTimes | None = Field(
        default=None,
        description='Collect alerts and send them as one message: every `30m`, or at `"07:30"`.',
        examples=["30m", "07:30"],
    )


class BriefingShape(Shape):
    """A briefing that is sent at fixed times."""

    model_config = ConfigDict(title="Briefing")
    noun: ClassVar = "briefing"

    name: Name = Field(
        default="",
        description="Name of the briefing, in its title. Without it, `Briefing`. Each of several"
        " has another one.",
        examples=["Ports, weekly"],
    )
    at: Times = Field(
        min_length=1,
        description="When it is sent: a time, or several. Quiet hours do not hold it back.",
        examples=["07:00", ["07:00", "17:30"]],
    )
    to: Texts = Field(
        min_length=1,
        description="Names of the channels that receive it.",
        examples=["desk", ["desk", "soc"]],
    )
    days: Days = Field(
        default=(),
        description="Days on which it is sent: mon to sun, or `mon-fri`. Without it, every day.",
        examples=["mon-fri"],
    )
    watch: Texts = Field(
        default=(),
        description="Only these watchlists. Without it, all.",
        examples=[["Liège"]],
    )
    since: BriefingSpan | None = Field(
        default=None,
        description="How far back it goes, up to `31d`. Without it, to the briefing before; the"
        " first one goes back a day.",
        examples=["24h"],
    )

    @property
    def title(self) -> str:
        """Return its name, or the usual one."""
        return self.name or UNNAMED

    def understood(self, zone: tzinfo | None) -> BriefingSchedule:
        """Return the schedule that the mapping describes, for the clock of a file."""
        days = tuple(sorted({day for days in self.days for day in days}))
        return BriefingSchedule(
            name=self.title,
            at=self.at,
            to=tuple(dict.fromkeys(self.to)),
            days=days or EVERY_DAY,
            watch=self.watch,
            since=self.since,
            zone=zone,
        )


KINDS = ("url", "webhook", "command", "file", "atom")
"""The keys that give the kind of a channel; a channel has one of them."""


class ChannelShape(Shape):
    """Where alerts are sent: one of `url`, `webhook`, `command`, `file` and `atom`."""

    model_config = ConfigDict(title="Channel")
    noun: ClassVar = "channel"
    needs: ClassVar = {"oneOf": [{"required": ["name", kind]} for kind in KINDS]}

    name: Name = Field(
        description="Name of the channel, for `notify:` and `routes:`.", examples=["desk"]
    )
    url: Hidden = Field(
        default="",
        description="An address of Apprise: e-mail, ntfy, Slack, Matrix and about a "
        "hundred more services. May be `env:NAME` or `file:PATH`. Needs the extra `notify`.",
        examples=["ntfy://ntfy.example.org/veille", "env:DESK_URL"],
    )
    webhook: Hidden = Field(
        default="",
        description="Address to which each alert is sent as JSON (POST). May be "
        "`env:NAME` or `file:PATH`.",
        examples=["https://soc.example.org/in"],
    )
    secret: Hidden = Field(
        default="",
        description="Key with which the requests of a webhook are signed, as "
        "`env:NAME` or `file:PATH`.",
        examples=["env:SOC_SECRET"],
    )
    headers: Headers = Field(
        default_factory=dict,
        description="Headers of the requests of a webhook. A value may be `env:NAME` "
        "or `file:PATH`.",
        examples=[{"Authorization": "env:SOC_TOKEN"}],
    )
    command: Texts = Field(
        default=(),
        description="A program and its arguments. It runs for each alert, without a "
        "shell, and reads the same JSON from its standard input.",
        examples=[["/usr/local/bin/on-alert"]],
    )
    file: Folder = Field(
        default="",
        description="File to which each alert is appended, as a line of JSON. A "
        "relative path starts at the folder of `feeds.yaml`.",
        examples=["alerts.jsonl"],
    )
    atom: Folder = Field(
        default="",
        description="Folder with an Atom feed for each watchlist. A relative path "
        "starts at the folder of `feeds.yaml`.",
        examples=["public/feeds"],
    )
    quiet: QuietShape | None = Field(
        default=None,
        description="Quiet hours of this channel. Alerts raised in them are sent as "
        "one message at their end.",
    )
    digest: DigestTimes | None = Field(
        default=None,
        description="Collect alerts and send them as one message: every `30m`, or at "
        '`"07:30"`, or at several times.',
        examples=["30m", "07:30"],
    )
    template: TemplateText = Field(
        default="",
        description="Text of the messages of a channel with `url`. Fields: "
        + ", ".join(f"`${field}`" for field in TEMPLATE_FIELDS)
        + ".",
        examples=["$sign $headline ($outlet, $time)\n$sentence\n$link"],
    )
