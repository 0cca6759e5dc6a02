"""How alerts reach people: the channels of `feeds.yaml`, and what is on its way to them."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import tzinfo

from index.article import Article, Timestamp
from monitor.model.alerts import Alert
from monitor.model.manner import Secret
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


class Occasion(enum.StrEnum):
    """Why a channel is told of an alert."""

    RAISED = "raised"
    ESCALATED = "escalated"
    UNMUTED = "unmuted"
    """Its watchlist was muted; this is the last alert that was held back meanwhile."""


class DeliveryState(enum.StrEnum):
    """How far a delivery has got."""

    WAITING = "waiting"
    """To be sent when it is due: now, after a failure, or when quiet hours end."""
    SENT = "sent"
    DEAD = "dead"
    """Given up: shown, and sent again only if the analyst asks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A delivery decided upon, to be stored with the alert it is about."""

    channel: str
    due: Timestamp
    reason: str = ""
    """Why it is not due at once: `quiet hours until 07:00`, `digest at 07:30`."""
    bundle: str = ""
    """Deliveries of a channel with the same bundle go as one message; empty goes alone."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One alert on its way to one channel."""

    id: int
    alert: int
    channel: str
    occasion: Occasion
    why: str
    """What made the alert louder; empty when it was just raised."""
    key: str
    """The same at each try, so that who is told twice can know."""
    state: DeliveryState
    due: Timestamp
    attempts: int
    reason: str
    """Why it is not sent yet, or was given up; empty when it was sent at once."""
    created_at: Timestamp
    sent_at: Timestamp | None
    bundle: str = ""
    failing: Timestamp | None = None
    """Since when it has been tried in vain; None when it was not, or was asked for again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A delivery with what it tells of."""

    delivery: Delivery
    alert: Alert
    """With its matches and who else has its story."""
    article: Article | None
    """None when the alert is about a feed."""
