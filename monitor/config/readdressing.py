"""Another address for a feed of `feeds.yaml`, in place of the old one and nothing else."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from monitor.config import fields
from monitor.config.cutting import LayoutError, checked, root_of
from monitor.config.editing import edit
from monitor.config.marks import Items, Scalar, Table
from monitor.config.written import scalar


def move(path: Path, old: str, new: str, *, data: Path | None = None) -> None:
    """Put the address `new` where a feed has `old`; a login that is written there stays.

    Raises ConfigError, MonitorError; the file is then as it was.
    """
    edit(path, lambda text: readdressed(text, old, new), data=data)


def readdressed(text: str, old: str, new: str) -> str:
    """Return the text with another address for the feed that has `old`; raises LayoutError."""
    root = root_of(text)
    pair = root.get("feeds")
    nodes = pair.value.nodes if pair and isinstance(pair.value, Items) else ()
    for number, node in enumerate(nodes):
        url = node.get("url") if isinstance(node, Table) else None
        place = url.value if url else node
        if isinstance(place, Scalar) and fields.without_login(place.text) == old:
            address = _with_login_of(place.text, new)
            wanted = root.plain()
            if url:
                wanted["feeds"][number]["url"] = address
            else:
                wanted["feeds"][number] = address
            return checked(text[: place.start] + scalar(address) + text[place.end :], wanted)
    raise LayoutError(f"no feed has the address {old}")


def _with_login_of(written: str, new: str) -> str:
    login, at, _ = urlsplit(written).netloc.rpartition("@")
    return new.replace("://", f"://{login}@", 1) if at else new
