"""A folder of Atom feeds, one for each watchlist: its last alerts, written whole."""

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

LAST = 100
"""Alerts of a feed."""
_ATOM = "http://www.w3.org/2005/Atom"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_EPOCH = "1970-01-01T00:00:00Z"

History = Callable[[str, str, int], Awaitable[list[Alert]]]
"""Returns the last alerts of a watchlist that a channel was told of, newest first."""


class AtomSender:
    """Writes the feeds of the watchlists that an alert is of."""

    most = LAST

    def __init__(self, channel: Channel, history: History) -> None:
        self._channel = channel
        self._folder = Path(channel.target[0])
        self._history = history

    async def send(self, parcels: Sequence[Notification]) -> DeliveryError | None:
        """Write the feeds anew; return why they could not be, None if they were."""
        for watchlist in dict.fromkeys(parcel.alert.watchlist for parcel in parcels):
            fresh = [one.alert for one in reversed(parcels) if one.alert.watchlist == watchlist]
            told = await self._history(self._channel.name, watchlist, LAST)
            alerts = list({alert.id: alert for alert in [*fresh, *told]}.values())[:LAST]
            document = feed(watchlist, alerts, str(self._folder))
            try:
                await asyncio.to_thread(_write, self._folder / file_name(watchlist), document)
            except OSError as error:
                why = error.strerror or type(error).__name__
                return DeliveryError(reason=f"{self._folder} cannot be written to: {why}")
        return None

    async def close(self) -> None:
        """Nothing is kept open."""


def file_name(watchlist: str) -> str:
    """Return the name of a watchlist's file, the same for ever and no other's."""
    plain = re.sub(r"[^a-z0-9]+", "-", watchlist.lower()).strip("-")[:60]
    if plain == watchlist.casefold():
        return f"{plain}.xml"
    mark = blake2b(watchlist.encode("utf-8", "replace"), digest_size=3).hexdigest()
    return f"{plain}-{mark}.xml" if plain else f"{mark}.xml"


def feed(watchlist: str, alerts: Sequence[Alert], place: str) -> bytes:
    """Return the document (RFC 4287); `place` tells the feeds of two newsrooms apart."""
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
    _add(entry, "content", _words(alert))
    return entry


def _words(alert: Alert) -> str:
    """Say what was found, and what became of it."""
    found = ", ".join(dict.fromkeys(match.text for match in alert.matches)) or str(alert.kind)
    louder = "".join(f"; {step.words}" for step in alert.escalations)
    return f"{alert.severity}: {found}{louder}"


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, _name(name)).text = clean(text)


def _name(local: str) -> str:
    return f"{{{_ATOM}}}{local}"


def _urn(of: str) -> str:
    return uuid5(NAMESPACE_URL, of).urn


def _write(path: Path, content: bytes) -> None:
    """Put a file in place, whole: a reader sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, content, durable=True)
