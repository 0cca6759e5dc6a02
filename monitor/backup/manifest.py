"""What a backup says of itself: when it was taken, what is in it, and its checksums."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from monitor.errors import MonitorError
from monitor.store.connection import FILE

CONFIG = "feeds.yaml"
MANIFEST = "manifest.json"
FORMAT = 1


class BackupError(MonitorError):
    """A file that is no backup, or not as it was written; or a place that is taken."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    taken: str
    """When, in UTC, as 2023-10-09T07:09:00Z."""
    articles: int
    alerts: int
    store: int
    """Version of the store."""
    files: dict[str, tuple[int, str]]
    """Length and SHA-256 of each file in it."""


def written(manifest: Manifest) -> str:
    """Return a manifest as JSON."""
    said = {
        "format": FORMAT,
        "taken": manifest.taken,
        "articles": manifest.articles,
        "alerts": manifest.alerts,
        "store": manifest.store,
        "files": {name: {"size": s, "sha256": d} for name, (s, d) in manifest.files.items()},
    }
    return json.dumps(said, indent=2)


def read(content: bytes, file: object) -> Manifest:
    """Return the manifest of a backup file; raises BackupError if it makes no sense."""
    try:
        said: dict[str, Any] = json.loads(content)
        files = {name: (int(f["size"]), str(f["sha256"])) for name, f in said["files"].items()}
        if said["format"] != FORMAT or FILE not in files or not files.keys() <= {FILE, CONFIG}:
            raise ValueError("of another format")
        return Manifest(
            taken=str(said["taken"]),
            articles=int(said["articles"]),
            alerts=int(said["alerts"]),
            store=int(said["store"]),
            files=files,
        )
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise BackupError(f"{file}: no backup of this version of tocsin ({error})") from error
