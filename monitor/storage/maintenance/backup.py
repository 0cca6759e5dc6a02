"""Backup: a newsroom in one file, taken while a monitor runs."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from monitor.base.article import Timestamp
from monitor.base.errors import MonitorError
from monitor.base.formatting import iso
from monitor.base.translation import gettext as _
from monitor.model.config import STORE_FILE
from monitor.storage.store.database.schema import VERSION
from monitor.storage.store.database.sqlite import RESTORE, find_damage, open_database

CONFIG = "feeds.yaml"
MANIFEST = "manifest.json"
FORMAT = 1


class BackupError(MonitorError):
    """A backup is not valid or damaged, or its destination is in use."""


Count = Annotated[int, Meta(ge=0, le=1 << 48)]


class PackedFile(Struct, frozen=True):
    """A file in a backup."""

    size: Count
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Manifest(Struct, frozen=True, kw_only=True):
    """The manifest of a backup, which holds it as JSON."""

    format: int = FORMAT
    taken: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")]
    """When the backup was taken, in UTC, as 2023-10-09T07:09:00Z."""
    articles: Count
    alerts: Count
    store: Count
    """Version of the store."""
    files: dict[str, PackedFile]


def parse_manifest(content: bytes, file: object) -> Manifest:
    """Return the manifest of a backup file; raises BackupError if it is not valid."""
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
        names = manifest.files.keys()
        if (
            manifest.format != FORMAT
            or STORE_FILE not in names
            or not names <= {STORE_FILE, CONFIG}
        ):
            raise ValueError(_("of another format"))
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        words = _(
            "{file}: not a backup of this version of tocsin ({error})", file=file, error=error
        )
        raise BackupError(words) from error
    return manifest


PAGES = 512
"""Pages of the store between two reports of progress: 2 MB."""
CHUNK = 1 << 20

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and of how much."""


def back_up(data: Path, config: Path, file: Path, now: Timestamp, progress: Progress) -> Manifest:
    """Write a backup, whole or not at all, while a monitor may write.

    Raises:
        StoreError: The store cannot be read.
        BackupError: The store is damaged; the destination is a folder, or its folder is missing.
        OSError: The file cannot be written.
    """
    if file.is_dir():
        raise BackupError(_("{file}: is a folder; name the file to write", file=file))
    if not file.absolute().parent.is_dir():
        raise BackupError(_("{file}: there is no such folder to write it into", file=file))
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
    return {STORE_FILE: copy} | ({CONFIG: config} if config.exists() else {})


def _copy_store(data: Path, copy: Path, progress: Progress) -> tuple[int, int]:
    """Copy the store as it is at one moment, return how many articles and alerts it has."""
    copy.unlink(missing_ok=True)
    with (
        closing(open_database(data, create=False)) as source,
        closing(_make_private(copy)) as target,
    ):
        # Without a transaction each commit of the monitor would restart the copy.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM feeds").fetchone()
        source.backup(
            target,
            pages=PAGES,
            progress=lambda _status, left, all: progress(_("copying"), all - left, all),
            sleep=0,
        )
        source.execute("ROLLBACK")
        target.execute("PRAGMA journal_mode = DELETE")
        progress(_("checking"), 0, 1)
        if damage := find_damage(target):
            raise BackupError(
                _(
                    "{file}: it is damaged ({damage}), and no backup was written; {advice}",
                    file=data / STORE_FILE,
                    damage=damage,
                    advice=_(RESTORE),
                )
            )
        (articles,) = target.execute("SELECT coalesce(sum(articles), 0) FROM feeds").fetchone()
        (alerts,) = target.execute("SELECT count(*) FROM alerts").fetchone()
    return articles, alerts


def _make_private(path: Path) -> sqlite3.Connection:
    path.touch(mode=0o600, exist_ok=False)
    return sqlite3.connect(path, isolation_level=None)


def _pack(
    part: Path,
    sources: dict[str, Path],
    articles: int,
    alerts: int,
    now: Timestamp,
    progress: Progress,
) -> Manifest:
    files: dict[str, PackedFile] = {}
    part.unlink(missing_ok=True)
    part.touch(mode=0o600, exist_ok=False)
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
                    progress(_("packing"), done, total)
            files[name] = PackedFile(source.stat().st_size, digest.hexdigest())
        manifest = Manifest(
            taken=iso(now) or "", articles=articles, alerts=alerts, store=VERSION, files=files
        )
        packed.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2))
    with part.open("rb") as file:
        os.fsync(file.fileno())
    return manifest
