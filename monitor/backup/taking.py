"""A newsroom in one file, taken while it is at work (see `restoring` for the way back).

A zip of the store, `feeds.yaml` and a manifest with their checksums. The index is not in
it: it is built again from the store.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from index.article import Timestamp
from monitor.backup.manifest import CONFIG, MANIFEST, BackupError, Manifest, written
from monitor.store.connection import FILE, open_store
from monitor.store.tables import VERSION

PAGES = 512
"""Pages of the store copied between two signs of progress: 2 MB."""
CHUNK = 1 << 20

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""


def back_up(data: Path, config: Path, file: Path, now: Timestamp, progress: Progress) -> Manifest:
    """Write a backup, whole or not at all; a monitor may write meanwhile.

    Raises StoreError, BackupError and OSError.
    """
    if file.is_dir():
        raise BackupError(f"{file}: is a folder; name the file to write")
    if not file.absolute().parent.is_dir():
        raise BackupError(f"{file}: there is no such folder to write it into")
    part = file.with_name(f".{file.name}.part")
    copy = file.with_name(f".{file.name}.db")
    try:
        articles, alerts = _copy_store(data, copy, progress)
        manifest = _pack(part, _sources(copy, config), articles, alerts, now, progress)
        part.replace(file)
    finally:
        for left in (part, copy):
            left.unlink(missing_ok=True)
    return manifest


def _sources(copy: Path, config: Path) -> dict[str, Path]:
    return {FILE: copy} | ({CONFIG: config} if config.exists() else {})


def _copy_store(data: Path, copy: Path, progress: Progress) -> tuple[int, int]:
    """Copy the store as it is at one moment, return how many articles and alerts it has."""
    copy.unlink(missing_ok=True)
    with closing(open_store(data, create=False)) as source, closing(_private(copy)) as target:
        source.execute("BEGIN")  # without it each commit of the monitor would begin the copy anew
        source.execute("SELECT count(*) FROM feeds").fetchone()
        source.backup(
            target,
            pages=PAGES,
            progress=lambda _, left, all: progress("copying", all - left, all),
            sleep=0,
        )
        source.execute("ROLLBACK")
        target.execute("PRAGMA journal_mode = DELETE")
        (articles,) = target.execute("SELECT coalesce(sum(articles), 0) FROM feeds").fetchone()
        (alerts,) = target.execute("SELECT count(*) FROM alerts").fetchone()
    return articles, alerts


def _private(path: Path) -> sqlite3.Connection:
    path.touch(mode=0o600)
    return sqlite3.connect(path, isolation_level=None)


def _pack(
    part: Path,
    sources: dict[str, Path],
    articles: int,
    alerts: int,
    now: Timestamp,
    progress: Progress,
) -> Manifest:
    files: dict[str, tuple[int, str]] = {}
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    total = sum(source.stat().st_size for source in sources.values())
    done = 0
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as packed:
        for name, source in sources.items():
            digest = hashlib.sha256()
            with source.open("rb") as file, packed.open(name, "w", force_zip64=True) as into:
                while chunk := file.read(CHUNK):
                    digest.update(chunk)
                    into.write(chunk)
                    done += len(chunk)
                    progress("packing", done, total)
            files[name] = (source.stat().st_size, digest.hexdigest())
        manifest = Manifest(_iso(now), articles, alerts, VERSION, files)
        packed.writestr(MANIFEST, written(manifest))
    with part.open("rb") as file:
        os.fsync(file.fileno())
    return manifest


def _iso(moment: Timestamp) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
