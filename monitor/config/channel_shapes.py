"""The shape of a channel: who is told of alerts."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from monitor.config.hour_values import DigestTimes, TemplateText
from monitor.config.route_shapes import QuietShape
from monitor.config.shape import Shape
from monitor.config.values import Folder, Headers, Hidden, Name, Texts
from monitor.message import FIELDS

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
