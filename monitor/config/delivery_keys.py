"""The keys of delivery in `feeds.yaml`: of channels, routes, quiet hours and briefings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from monitor.base.translation import gettext as _, mark_all
from monitor.config import kinds
from monitor.config.tables import YES_OR_NO, Table, one_of, several, table
from monitor.config.yaml_nodes import MappingNode
from monitor.model.config import EVERY_DAY, TEMPLATE_FIELDS, Quiet
from monitor.model.shown_names import UNNAMED


class QuietKeys(Table):
    """Hours in which no alert is sent. At their end the alerts are sent as one message."""

    (noun,) = mark_all("this", "quiet")

    from_ = kinds.CLOCK.required("Beginning of the quiet hours.", examples=["22:00"])
    to = kinds.CLOCK.required(
        "End of the quiet hours: on the next day, unless it is later than `from`.",
        examples=["07:00"],
    )
    days = kinds.DAYS.key(
        "Days on which quiet hours begin: mon to sun, or `mon-fri`. Without it, every day."
    )
    except_ = kinds.LEVELS.key(
        "Severities that are sent all the same: one level and above, or exactly those of a list."
    )
    zone = kinds.ZONE.optional(
        "Time zone of the quiet hours. Without it, the `zone` of the file.",
        examples=["Europe/Brussels"],
    )

    def hours(self) -> Quiet:
        """Return the quiet hours that the mapping describes; raises ValueError."""
        if self.from_ == self.to and self.days == EVERY_DAY:
            raise ValueError(
                _("these quiet hours never end; a route with `to: []` sends to no channel")
            )
        return Quiet(
            start=self.from_, end=self.to, days=self.days, spares=self.except_, zone=self.zone
        )


QUIET = table(QuietKeys, QuietKeys.hours)


class RouteKeys(Table):
    """Which alerts go to which channels. The first route whose conditions all hold decides."""

    (noun,) = mark_all("this", "route")

    watch = kinds.TEXTS.key(
        "Only alerts of these watchlists. Alerts about feeds belong to `feed health`.",
        examples=[["Liège"]],
    )
    severity = kinds.LEVELS.key(
        "Only alerts of this severity and above, or exactly those of a list."
    )
    lang = kinds.LANGUAGE_CODES.key("Only articles in these languages.")
    tag = kinds.TAGS.key("Only feeds with one of these tags.", examples=["belgique"])
    feeds = kinds.TEXTS.key("Only feeds with these names or tags.", examples=[["lesechos"]])
    to = kinds.TEXTS.required(
        "Names of the channels that receive the alerts. `[]` means none.",
        examples=[["desk", "soc"]],
    )
    quiet = QUIET.optional("Quiet hours of this route, besides those of the channel.")
    digest = kinds.DIGEST.optional(
        'Collect alerts and send them as one message: every `30m`, or at `"07:30"`.'
    )


class BriefingKeys(Table):
    """A briefing that is sent at fixed times."""

    (noun,) = mark_all("this", "briefing")

    name = kinds.NAME.key(
        "Name of the briefing, in its title; each of several has another. Without it, `Briefing`.",
        examples=["Ports, weekly"],
    )
    at = kinds.CLOCKS.required(
        "When it is sent: a time, or several. Quiet hours do not hold it back.",
        examples=["07:00", ["07:00", "17:30"]],
    )
    to = several(kinds.WORDS, at_least_one=True).required(
        "Names of the channels that receive it.", examples=["desk", ["desk", "soc"]]
    )
    days = kinds.DAYS.key(
        "Days on which it is sent: mon to sun, or `mon-fri`. Without it, every day."
    )
    watch = kinds.TEXTS.key("Only these watchlists. Without it, all.", examples=[["Liège"]])
    since = kinds.BRIEFING_SPAN.optional(
        "How far back it goes, up to `31d`. Without it, to the briefing before; at first, a day.",
        examples=["24h"],
    )

    @property
    def title(self) -> str:
        """Its name, or the usual one."""
        return self.name or UNNAMED


KINDS = ("url", "webhook", "command", "desktop", "file", "atom")
"""The keys that give the kind of a channel; a channel has one of them."""


class ChannelKeys(Table):
    """Where alerts are sent: one of `url`, `webhook`, `command`, `desktop`, `file` and `atom`."""

    (noun,) = mark_all("this", "channel")
    needs: ClassVar = {"oneOf": [{"required": ["name", kind]} for kind in KINDS]}

    name = kinds.NAME.required(
        "Name of the channel, for `notify:` and `routes:`.", examples=["desk"]
    )
    url = kinds.SECRET.key(
        "An address of Apprise: e-mail, ntfy, Slack, Matrix and a hundred more services. May be"
        " `env:NAME` or `file:PATH`. Needs the extra `notify`.",
        examples=["ntfy://ntfy.example.org/veille", "env:DESK_URL"],
    )
    webhook = kinds.SECRET.key(
        "Address to which each alert is sent as JSON (POST). May be `env:NAME` or `file:PATH`.",
        examples=["https://soc.example.org/in"],
    )
    secret = kinds.SECRET.key(
        "Key with which the requests of a webhook are signed, as `env:NAME` or `file:PATH`.",
        examples=["env:SOC_SECRET"],
    )
    headers = kinds.HEADERS.key(
        "Headers of the requests of a webhook. A value may be `env:NAME` or `file:PATH`.",
        examples=[{"Authorization": "env:SOC_TOKEN"}],
    )
    command = kinds.TEXTS.key(
        "A program and its arguments, run for each alert without a shell. It reads the same JSON"
        " from its standard input.",
        examples=[["/usr/local/bin/on-alert"]],
    )
    desktop = YES_OR_NO.key("`true` shows each alert on the desktop on which the monitor runs.")
    file = kinds.FOLDER.key(
        "File to which each alert is appended as JSON, relative to `feeds.yaml`.",
        examples=["alerts.jsonl"],
    )
    atom = kinds.FOLDER.key(
        "Folder, relative to `feeds.yaml`, with an Atom feed for each watchlist.",
        examples=["public/feeds"],
    )
    quiet = QUIET.optional("Quiet hours of this channel.")
    digest = kinds.DIGEST.optional(
        'Collect alerts and send them as one message: every `30m`, or at `"07:30"`, or at several'
        " times."
    )
    template = kinds.TEMPLATE.key(
        "Text of the messages of a channel with `url` or `desktop`. Fields: "
        + ", ".join(f"`${field}`" for field in TEMPLATE_FIELDS)
        + ".",
        examples=["$sign $headline ($outlet, $time)\n$sentence\n$link"],
    )

    @classmethod
    def unfit_keys(cls, node: MappingNode) -> Iterator[tuple[int, str]]:
        """Yield problems: none or two of `KINDS`, or a key of another kind."""
        yield from one_of(KINDS, node, _("a channel needs one of {keys}", keys=", ".join(KINDS)))
        for key, value in node.pairs:
            if key.text == "desktop" and value.plain() is False:
                yield key.start, _("`desktop: true` shows alerts; leave the channel out for none")
            if key.text == "template" and not (node.get("url") or node.get("desktop")):
                message = _("a `template` is for a `url` or a `desktop`; programs are sent JSON")
                yield key.start, message
            if key.text in ("secret", "headers") and not node.get("webhook"):
                yield key.start, _("`{key}` is for a `webhook`", key=key.text)
