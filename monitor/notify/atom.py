"""Writes a folder of Atom feeds, one for each watchlist, with its last alerts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

from index.analysis.text_cleaning import clean
from monitor.files import atomic_write
from monitor.formatting import iso
from monitor.model.alert import Alert
from monitor.model.config import Channel, DeliveryError
from monitor.model.delivery import Notification

MAX_ENTRIES = 100
"""Most alerts in a feed."""
_ATOM = "http://www.w3.org/2005/Atom"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_EPOCH = "1970-01-01T00:00:00Z"

History = Callable[[str, str, int], Awaitable[list[Alert]]]
"""Returns the last alerts of a watchlist sent to a channel, newest first.

Arguments: channel, watchlist, limit.
"""


class AtomSender:
    """Writes the feed of each watchlist with new alerts."""

    most = MAX_ENTRIES

    def __init__(self, channel: Channel, history: History) -> None:
        self._channel = channel
        self._folder = Path(channel.target[0])
        self._history = history

    async def send(self, notifications: Sequence[Notification]) -> DeliveryError | None:
        """Write the feeds; return an error, None if all were written."""
        for watchlist in dict.fromkeys(
            notification.alert.watchlist for notification in notifications
        ):
            new_alerts = [
                notification.alert
                for notification in reversed(notifications)
                if notification.alert.watchlist == watchlist
            ]
            earlier = await self._history(self._channel.name, watchlist, MAX_ENTRIES)
            alerts = list({alert.id: alert for alert in [*new_alerts, *earlier]}.values())[
                :MAX_ENTRIES
            ]
            document = render_feed(watchlist, alerts, str(self._folder))
            try:
                await asyncio.to_thread(_write_file, self._folder / file_name(watchlist), document)
            except OSError as error:
                why = error.strerror or type(error).__name__
                return DeliveryError(reason=f"{self._folder} cannot be written to: {why}")
        return None

    async def close(self) -> None:
        """Do nothing: no connection is kept."""


def file_name(watchlist: str) -> str:
    """Return the file name of a watchlist, which never changes and is unique."""
    plain = re.sub(r"[^a-z0-9]+", "-", watchlist.lower()).strip("-")[:60]
    if plain == watchlist.casefold():
        return f"{plain}.xml"
    mark = blake2b(watchlist.encode("utf-8", "replace"), digest_size=3).hexdigest()
    return f"{plain}-{mark}.xml" if plain else f"{mark}.xml"


def render_feed(watchlist: str, alerts: Sequence[Alert], place: str) -> bytes:
    """Return an Atom document (RFC 4287); `place` makes the ids of two newsrooms differ."""
    ET.register_namespace("", _ATOM)
    root = ET.Element(_name("feed"))
    _add(root, "id", _urn(f"tocsin alerts {place} {watchlist}"))
    _add(root, "title", f"tocsin: {watchlist}")
    _add(root, "updated", max((iso(a.stirred_at) or _EPOCH for a in alerts), default=_EPOCH))
    _add(root, "generator", "tocsin")
    for alert in alerts:
        root.append(_entry(alert, place))
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _entry(alert: Alert, place: str) -> ET.Element:
    entry = ET.Element(_name("entry"), {_LANG: alert.lang} if alert.lang else {})
    _add(entry, "id", _urn(f"tocsin alert {place} {alert.id} {alert.raised_at!r}"))
    _add(entry, "title", alert.title or "(untitled)")
    _add(entry, "updated", iso(alert.stirred_at) or _EPOCH)
    _add(entry, "published", iso(alert.raised_at) or _EPOCH)
    author = ET.SubElement(entry, _name("author"))
    _add(author, "name", alert.feed)
    ET.SubElement(entry, _name("category"), term=str(alert.severity))
    if alert.url.startswith(("http://", "https://")):
        ET.SubElement(entry, _name("link"), rel="alternate", href=clean(alert.url))
    _add(entry, "content", _describe_alert(alert))
    return entry


def _describe_alert(alert: Alert) -> str:
    """Return severity, matched words and escalations of an alert."""
    matches = ", ".join(dict.fromkeys(match.text for match in alert.matches)) or str(alert.kind)
    escalations = "".join(f"; {step.words}" for step in alert.escalations)
    return f"{alert.severity}: {matches}{escalations}"


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, _name(name)).text = clean(text)


def _name(local: str) -> str:
    return f"{{{_ATOM}}}{local}"


def _urn(of: str) -> str:
    return uuid5(NAMESPACE_URL, of).urn


def _write_file(path: Path, content: bytes) -> None:
    """Replace a file atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, content, durable=True)
