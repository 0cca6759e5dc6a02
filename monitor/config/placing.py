"""On which line of a `feeds.yaml` something stands."""

from __future__ import annotations

from typing import Literal

from monitor.config.marks import BrokenError, Items, Node, Scalar, Table, decode, tree


def line_of(content: bytes, section: Literal["feeds", "watchlists"], name: str) -> int:
    """Return the line, from 1, of the feed or watchlist of a name or address.

    That of its section if it is not found there, 1 if there is none or nothing can be read.
    """
    source, broken = decode(content)
    try:
        root, _ = tree(source)
    except BrokenError:
        root = None
    pair = root.get(section) if isinstance(root, Table) else None
    if broken or pair is None:
        return 1
    wanted = name.strip().casefold()
    entries = pair.value.nodes if isinstance(pair.value, Items) else ()
    found = next((entry for entry in entries if wanted and wanted in _called(entry)), None)
    return source.problem(found.start if found else pair.key.start, "").line


def _called(entry: Node) -> set[str]:
    """Return what an entry can be called by: its name, its address, its only term."""
    if isinstance(entry, Scalar):
        return {entry.text.strip().casefold()}
    if not isinstance(entry, Table):
        return set()
    values = [pair.value for key in ("name", "url") if (pair := entry.get(key))]
    terms = entry.get("terms")
    if terms and isinstance(terms.value, Items) and len(terms.value.nodes) == 1:
        values.append(terms.value.nodes[0])
    elif terms:
        values.append(terms.value)
    return {value.text.strip().casefold() for value in values if isinstance(value, Scalar)}
