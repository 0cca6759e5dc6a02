"""The configuration: the parsed content of `feeds.yaml`."""

from __future__ import annotations

import enum
import re
from datetime import time, tzinfo
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from index.opensearch.address import ClusterAddress
from monitor.base.article import Article, Timestamp
from monitor.base.translation import gettext as _
from monitor.model.watchlist import Severity

if TYPE_CHECKING:
    from array import array

    from index.query.concepts import Definition
    from index.query.parser import Query
    from monitor.model.feed import Feed, Secret
    from monitor.model.watchlist import Watchlist


STORE_FILE = "newsroom.db"
"""Name of the SQLite file, in the data folder."""


ARCHIVE_FOLDER = "index"


class StoreAddress(Struct, frozen=True):
    """Where a newsroom is: its data folder, its store and its archive."""

    folder: Path = Path()
    """The data folder: of the SQLite file, unless there is a `url`."""
    url: str = ""
    """postgresql://…, which several machines share; empty for a file."""
    cluster: ClusterAddress | None = None
    """The cluster with the archive; None if the folder has it."""

    @property
    def is_shared(self) -> bool:
        """Whether several machines can have it open."""
        return bool(self.url)

    @property
    def archive(self) -> str | ClusterAddress:
        """The address of the archive."""
        return self.cluster or str(self.folder / ARCHIVE_FOLDER)

    @property
    def has_own_archive(self) -> bool:
        """Whether each machine has an archive of its own of a store that they share."""
        return self.is_shared and self.cluster is None

    @property
    def log(self) -> Path:
        """The write-ahead log of the SQLite file, which each commit changes."""
        return self.folder / f"{STORE_FILE}-wal"

    def __repr__(self) -> str:
        return f"StoreAddress({'' if self.url else self.folder})"  # a URL may hold a password


class StoredConfig(Struct, frozen=True, kw_only=True):
    """A version of `feeds.yaml` that was applied. Versions are kept, and never changed."""

    number: int
    """Number of the version, from 1, in the order of `tocsin apply`."""
    at: Timestamp
    """Time when it was applied, by the clock of the database."""
    who: str
    """Name of the person who applied it; empty without a name."""
    again: int | None = None
    """The earlier version that was restored; None for a new text."""
    content: str = ""
    """The text of the file; empty in a list of versions."""


class Retention(Struct, frozen=True, kw_only=True):
    """The retention that `archive:` of feeds.yaml asks for."""

    keep: float | None = None
    """Seconds after which an article is dropped, from when it was first seen; None: never."""
    spare: tuple[str, ...] = ()
    """Articles that are kept for ever: `has:alert`, `watch:NAME`, `tag:NAME`, `feed:NAME`."""
    drop_alerts: bool = False
    """Whether articles with alerts are dropped too, with their alerts; starred ones never are."""


FOR_EVER = Retention()


class RetentionExceptions(Struct, frozen=True, kw_only=True):
    """The articles that are kept whatever their age, in the terms of the store."""

    feeds: frozenset[int] = frozenset()
    """Articles that one of these feeds carried, by number."""
    watchlists: frozenset[str] = frozenset()
    """Articles for which one of these watchlists raised an alert, by name."""
    alerts: bool = True
    """Whether articles with an alert are kept."""


class ExpiringArticle(Struct, frozen=True, kw_only=True):
    """An article that has passed the age of retention."""

    id: int
    seen: Timestamp
    characters: int
    """Characters of its text."""
    spared: bool
    """Whether it is kept all the same."""


class OutboxEntry(NamedTuple):
    """An article on its way into the index, or out of it."""

    number: int
    """Tickets are used up in their order."""
    id: int
    article: Article | None
    """None if it is no longer in the store."""


class OutboxState(NamedTuple):
    """The articles on their way into the index or out of it."""

    articles: array[int]
    """The article of each entry; an article may occur several times."""
    last: int
    """Number of the newest entry; 0 without any."""


EVERY_DAY = tuple(range(7))


class Quiet(Struct, frozen=True, kw_only=True):
    """Hours in which no notification is sent; alerts raised in them are sent at their end."""

    start: time
    end: time
    """On the next day, unless it is later than the start."""
    days: tuple[int, ...] = EVERY_DAY
    """Days on which the quiet hours begin; 0 is Monday."""
    spares: tuple[Severity, ...] = ()
    """Severities of alerts that are sent all the same."""
    zone: tzinfo | None = None
    """The time zone of these times; None is that of the machine."""


class Digest(Struct, frozen=True, kw_only=True):
    """The times at which all alerts since the last message are sent as one message."""

    every: float | None = None
    """Seconds between two digests, counted from midnight; None uses `at`."""
    at: tuple[time, ...] = ()
    zone: tzinfo | None = None
    """The time zone of these times; None is that of the machine."""


class Route(Struct, frozen=True, kw_only=True):
    """A route of alerts to channels; an empty condition does not restrict."""

    to: tuple[str, ...]
    """Names of channels; empty notifies nobody."""
    watch: tuple[str, ...] = ()
    """Names of watchlists, in any case."""
    severity: tuple[Severity, ...] = ()
    lang: tuple[str, ...] = ()
    feeds: tuple[str, ...] | None = None
    """Names of the feeds whose alerts take it; None is all."""
    quiet: Quiet | None = None
    digest: Digest | None = None


class BriefingSchedule(Struct, frozen=True, kw_only=True):
    """A briefing that is sent at fixed times."""

    name: str
    at: tuple[time, ...]
    to: tuple[str, ...]
    """Names of channels."""
    days: tuple[int, ...] = EVERY_DAY
    """Days on which it is sent; 0 is Monday."""
    watch: tuple[str, ...] = ()
    """Names of watchlists; empty is all."""
    since: float | None = None
    """Seconds that it covers; None begins at the end of the last briefing."""
    zone: tzinfo | None = None
    """The time zone of these times; None is that of the machine."""

    @property
    def times(self) -> str:
        """Return days and times in one text, which changes when they are edited."""
        return f"{self.days} {[str(at) for at in self.at]} {self.zone}"


class ChannelKind(enum.StrEnum):
    """The kind of receiver of a channel."""

    APPRISE = "url"
    WEBHOOK = "webhook"
    COMMAND = "command"
    DESKTOP = "desktop"
    FILE = "file"
    ATOM = "atom"


class Channel(Struct, frozen=True, kw_only=True):
    """A receiver of alerts and briefings."""

    name: str
    kind: ChannelKind
    target: tuple[str, ...]
    """Address, path, or the words of a command; may be secret, and is never shown."""
    secret: str = ""
    """Key that a webhook's body is signed with; never shown."""
    words: str = ""
    """The part of the target that may be shown: its host, its program, its path."""
    headers: tuple[tuple[str, Secret], ...] = ()
    """Headers of a webhook's request, besides tocsin's own."""
    quiet: Quiet | None = None
    digest: Digest | None = None
    template: str = ""
    """Text of its messages, with `$fields`; empty is tocsin's own."""
    zone: tzinfo | None = None
    """Time zone of the times in its messages; None is that of the machine."""
    pages: str = ""
    """Address of the pages to which its messages link; empty for none."""

    def __repr__(self) -> str:
        return f"Channel(name={self.name!r}, kind={str(self.kind)!r})"  # not a message


class DeliveryFault(enum.StrEnum):
    """The part that is at fault when a delivery is not accepted."""

    CHANNEL = "channel"
    """The channel is down or refuses everything: each further message would fail too."""
    TROUBLE = "trouble"
    """The channel reports an error, of this message or of all."""
    MESSAGE = "message"
    """The channel refuses this message, and will refuse it again."""


class DeliveryError(Struct, frozen=True, kw_only=True):
    """The reason why a channel did not accept a message."""

    reason: str
    """The reason in words, without any secret."""
    fault: DeliveryFault = DeliveryFault.CHANNEL
    retry_after: float | None = None
    """Seconds after which the channel asks to be tried again."""


_LISTENING = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:\s/]+)):(\d{1,5})")


class Listening(Struct, frozen=True):
    """An address and a port to listen at."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return the address in the form `127.0.0.1:9464` or `[::1]:9464`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, text: str) -> Listening:
        """Return the address of `127.0.0.1:9464`, `localhost:9464` or `[::1]:9464`.

        Raises:
            ValueError: The text has another form; the message names the right one.
        """
        match = _LISTENING.fullmatch(text.strip())
        port = int(match[3]) if match else 0
        if not match or not 0 < port < 65_536:
            raise ValueError(
                _("`{text}` is not an address to listen at; write 127.0.0.1:9464", text=text)
            )
        return cls(match[1] or match[2], port)


class SavedSearch(Struct, frozen=True, kw_only=True):
    """A search of the archive that the analyst has saved."""

    name: str
    query: Query
    sort: str = "date"
    """`date`, the newest first, or `score`, the best first."""


Networks = tuple[IPv4Network | IPv6Network, ...]


class Config(Struct, frozen=True, kw_only=True):
    """The parsed content of `feeds.yaml`."""

    path: Path
    data: Path
    """The folder of this newsroom's index, log, and store."""
    shared: str = ""
    """The address of a store that several machines share; empty for a store in `data`."""
    feeds: tuple[Feed, ...]
    watchlists: tuple[Watchlist, ...]
    concepts: tuple[Definition, ...] = ()
    searches: tuple[SavedSearch, ...] = ()
    allow: Networks = ()
    """Private address ranges to which tocsin may connect."""
    contact: str = ""
    """Address a publisher can write to, sent in the User-Agent."""
    metrics: Listening | None = None
    """Address of the metrics of a monitor; None for no metrics."""
    retention: Retention = FOR_EVER
    vectors: bool = True
    """Whether articles get vectors, where the model is installed."""
    cluster: ClusterAddress | None = None
    """Where the archive is, when it is not in the data folder."""
    channels: tuple[Channel, ...] = ()
    routes: tuple[Route, ...] = ()
    """The first route that matches an alert decides where it is sent."""
    notify: tuple[str, ...] | None = None
    """Channels of alerts that match no route; None is all."""
    briefings: tuple[BriefingSchedule, ...] = ()
    pages: str = ""
    """Address of the pages to which messages link; empty for none."""
    language: str = ""
    """Language of messages; empty is that of the machine."""
    zone: tzinfo | None = None
    """Time zone of quiet hours, digests, briefings and messages; None is that of the machine."""

    def __repr__(self) -> str:
        return f"Config({self.path})"  # the address of the store may hold a password

    @property
    def store(self) -> StoreAddress:
        """The address of store and archive."""
        return StoreAddress(self.data, self.shared, self.cluster)


TEMPLATE_FIELDS = (
    "watchlist", "severity", "sign", "headline", "outlet", "lang", "time", "sentence", "terms",
    "others", "first", "elsewhere", "link", "page", "why", "id",
)  # fmt: skip
"""The fields of a template, written `$headline` or `${headline}`."""


def unknown_fields(template: str) -> list[str]:
    """Return the fields of a template that do not exist.

    Raises:
        ValueError: A `$` is followed by no name.
    """
    parsed = Template(template)
    if not parsed.is_valid():
        raise ValueError(_("a `$` without a name; write `$$` for a dollar sign"))
    return [name for name in parsed.get_identifiers() if name not in TEMPLATE_FIELDS]
