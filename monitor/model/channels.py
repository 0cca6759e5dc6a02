"""The channels of `feeds.yaml`, and why one refuses."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import tzinfo

    from monitor.model.request_options import Secret
    from monitor.model.routed import Digest, Quiet


class ChannelKind(enum.StrEnum):
    """What stands at the other end."""

    APPRISE = "url"
    WEBHOOK = "webhook"
    COMMAND = "command"
    FILE = "file"
    ATOM = "atom"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A way to tell somebody of alerts."""

    name: str
    kind: ChannelKind
    target: tuple[str, ...]
    """Address, path, or the words of a command; may be secret, and is never shown."""
    secret: str = ""
    """Key that a webhook's body is signed with; never shown."""
    words: str = ""
    """What may be shown of the target: its host, its program, its path."""
    headers: tuple[tuple[str, Secret], ...] = ()
    """Of a webhook's request, besides our own."""
    quiet: Quiet | None = None
    digest: Digest | None = None
    template: str = ""
    """Text of its messages, with `$fields`; empty for ours."""
    zone: tzinfo | None = None
    """Of the times in its messages; None is the machine's."""

    def __repr__(self) -> str:
        return f"Channel(name={self.name!r}, kind={str(self.kind)!r})"


class Fault(enum.StrEnum):
    """Whose fault it is that a delivery was not accepted."""

    CHANNEL = "channel"
    """It is down, or wants nothing of us: each further message would fare the same."""
    TROUBLE = "trouble"
    """It says that something went wrong: perhaps with this message, perhaps with all."""
    MESSAGE = "message"
    """It refuses this very message, and will again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a channel did not accept what it was sent."""

    reason: str
    """In words, without any secret."""
    fault: Fault = Fault.CHANNEL
    retry_after: float | None = None
    """Seconds for which it wants to be left alone."""
