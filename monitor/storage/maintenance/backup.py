"""Backup: a newsroom in one file, taken while a monitor runs; and restore, whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Annotated

import msgspec
from msgspec import Meta, Struct

from monitor.base.article import Timestamp
from monitor.base.errors import MonitorError
from monitor.base.files import atomic_write
from monitor.base.formatting import iso
from monitor.base.translation import gettext as _
from monitor.base.translation import number
from monitor.model.config import STORE_FILE
from monitor.storage.data_folder import ARCHIVE_FOLDER
from monitor.storage.store.database.schema import VERSION
from monitor.storage.store.database.sqlite import RESTORE, find_damage, open_database

CONFIG = "feeds.yaml"
MANIFEST = "manifest.json"
FORMAT = 1
MAX_MANIFEST = 1 << 16
MAX_CONFIG = 1 << 24
"""Bytes of the manifest and of feeds.yaml in a backup, at most."""


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
        if CONFIG in names and manifest.files[CONFIG].size > MAX_CONFIG:
            raise ValueError(_("its feeds.yaml is too large"))
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
        sources = {STORE_FILE: copy} | ({CONFIG: config} if config.exists() else {})
        manifest = _pack(part, sources, articles, alerts, now, progress)
        part.replace(file)
    finally:
        for left in (part, copy):
            left.unlink(missing_ok=True)
    return manifest


def _copy_store(data: Path, copy: Path, progress: Progress) -> tuple[int, int]:
    """Copy the store as it is at one moment, return how many articles and alerts it has."""
    _make_private(copy)
    with (
        closing(open_database(data, create=False)) as source,
        closing(sqlite3.connect(copy, isolation_level=None)) as target,
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


def _make_private(path: Path) -> None:
    """Make an empty file that only this user can read."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600, exist_ok=False)


def _pack(
    part: Path,
    sources: dict[str, Path],
    articles: int,
    alerts: int,
    now: Timestamp,
    progress: Progress,
) -> Manifest:
    files: dict[str, PackedFile] = {}
    _make_private(part)
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


# --- restore ---------------------------------------------------------------------------


class RestorePaths(Struct, frozen=True):
    """Where a newsroom is restored."""

    config: Path
    data: Path

    def in_the_way(self, config: bytes | None) -> list[Path]:
        """Return the existing files; a `feeds.yaml` with the same content does not count."""
        names = (STORE_FILE, f"{STORE_FILE}-wal", f"{STORE_FILE}-shm", ARCHIVE_FOLDER)
        there = [path for name in names if (path := self.data / name).exists()]
        if config is not None and self.config.exists() and self.config.read_bytes() != config:
            there.append(self.config)
        return there


def read_backup(file: Path) -> tuple[Manifest, bytes | None]:
    """Return the manifest and the `feeds.yaml` of a backup, None if it has none.

    Raises:
        BackupError: It is no backup, or damaged.
        OSError: It cannot be read.
    """
    with _opened(file) as (packed, manifest):
        return manifest, packed.read(CONFIG) if CONFIG in manifest.files else None


def unpack(file: Path, places: RestorePaths, progress: Progress) -> Path:
    """Check a backup and unpack its store beside its destination; return where.

    Existing files are not touched. Raises BackupError, OSError.
    """
    with _opened(file) as (packed, manifest):
        if manifest.store > VERSION:
            raise BackupError(
                _(
                    "{file}: of a newer tocsin (store version {version}); update tocsin",
                    file=file,
                    version=manifest.store,
                )
            )
        places.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        needed, spare = manifest.files[STORE_FILE].size, shutil.disk_usage(places.data).free
        if needed > spare:
            raise BackupError(
                _(
                    "{file}: restoring it needs {needed} MB of free disk in {folder},"
                    " there are {spare} MB",
                    file=file,
                    needed=number(needed >> 20),
                    folder=places.data,
                    spare=number(spare >> 20),
                )
            )
        fresh = places.data / f"{STORE_FILE}.restored"
        _make_private(fresh)
        try:
            for name, expected in manifest.files.items():
                with fresh.open("wb") if name == STORE_FILE else contextlib.nullcontext() as into:
                    _check(file, packed, name, expected, into, progress)
            with closing(sqlite3.connect(fresh)) as sql:
                damage = find_damage(sql)
            if damage:
                raise BackupError(
                    _("{file}: the store in it is damaged ({damage})", file=file, damage=damage)
                )
            with fresh.open("rb") as written:
                os.fsync(written.fileno())
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
    return fresh


def replace_newsroom(fresh: Path, config: bytes | None, places: RestorePaths, aside: Path) -> None:
    """Move existing files to `aside`, then the store and feeds.yaml to their destination."""
    if there := places.in_the_way(config):
        aside.mkdir(mode=0o700, parents=True)
    for path in there:
        shutil.move(path, aside / path.name)
    fresh.rename(places.data / STORE_FILE)
    if config is not None:
        places.config.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(places.config, config)


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """Open a backup; other files in it are never looked at."""
    try:
        with zipfile.ZipFile(file) as packed:
            with packed.open(MANIFEST) as written:
                manifest = parse_manifest(written.read(MAX_MANIFEST), file)
            yield packed, manifest
    except (
        zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, KeyError, RuntimeError,
    ) as error:  # fmt: skip
        words = _("{file}: not a backup of tocsin, or damaged ({error})", file=file, error=error)
        raise BackupError(words) from error


def _check(
    file: Path,
    packed: zipfile.ZipFile,
    name: str,
    expected: PackedFile,
    into: IO[bytes] | None,
    progress: Progress,
) -> None:
    """Read a file of a backup, into another if one is given; raises BackupError."""
    checksum, done = hashlib.sha256(), 0
    try:
        with packed.open(name) as source:
            while chunk := source.read(CHUNK):
                checksum.update(chunk)
                done += len(chunk)
                if done > expected.size:
                    break
                if into:
                    into.write(chunk)
                progress(_("unpacking"), done, expected.size)
    except Exception as error:
        if isinstance(error, OSError) and not isinstance(error, zipfile.BadZipFile):
            raise
        words = _("{file}: {name} in it is damaged ({error})", file=file, name=name, error=error)
        raise BackupError(words) from error
    if PackedFile(done, checksum.hexdigest()) != expected:
        raise BackupError(
            _("{file}: {name} in it has another checksum than the manifest", file=file, name=name)
        )
