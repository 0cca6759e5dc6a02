"""Restore: a newsroom from a backup, whole or not at all, and nowhere but in its own folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
import stat
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

from msgspec import Struct

from monitor.base.files import atomic_write
from monitor.base.translation import gettext as _
from monitor.base.translation import number
from monitor.model.config import STORE_FILE
from monitor.storage.data_folder import ARCHIVE_FOLDER
from monitor.storage.maintenance.backup import (
    CHUNK,
    CONFIG,
    MANIFEST,
    BackupError,
    Manifest,
    PackedFile,
    Progress,
    parse_manifest,
)
from monitor.storage.store.database.schema import VERSION
from monitor.storage.store.database.sqlite import find_damage

MAX_MANIFEST = 1 << 16
MAX_CONFIG = 1 << 24
"""Bytes of the manifest and of feeds.yaml in a backup, at most."""


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


def read_manifest(file: Path) -> Manifest:
    """Return the manifest of a backup. Raises BackupError, OSError."""
    with _opened(file) as packed:
        return _manifest(packed, file)


def config_of(file: Path) -> bytes | None:
    """Return the `feeds.yaml` of a backup, None if it has none."""
    with _opened(file) as packed:
        return packed.read(CONFIG) if CONFIG in packed.namelist() else None


def unpack(file: Path, places: RestorePaths, progress: Progress) -> Path:
    """Check a backup and unpack its store beside its destination; return where.

    Existing files are not touched. Raises BackupError, OSError.
    """
    with _opened(file) as packed:
        manifest = _manifest(packed, file)
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
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600, exist_ok=False)
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
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as packed:
            _check_members(packed, file)
            yield packed
    except (zipfile.BadZipFile, EOFError, NotImplementedError, KeyError) as error:
        words = _("{file}: not a backup of tocsin, or damaged ({error})", file=file, error=error)
        raise BackupError(words) from error


def _check_members(packed: zipfile.ZipFile, file: Path) -> None:
    """Refuse a zip with anything in it but the files of a backup, each once."""
    limits = {STORE_FILE: None, CONFIG: MAX_CONFIG, MANIFEST: MAX_MANIFEST}
    seen = set()
    for member in packed.infolist():
        kind = stat.S_IFMT(member.external_attr >> 16)
        name = member.filename
        if name not in limits or kind not in (0, stat.S_IFREG):
            raise BackupError(
                _("{file}: {name} in it belongs to no backup", file=file, name=repr(name))
            )
        if name in seen:
            raise BackupError(_("{file}: {name} is in it twice", file=file, name=name))
        limit = limits[name]
        if limit is not None and member.file_size > limit:
            size = number(member.file_size)
            raise BackupError(
                _("{file}: {name} in it has {size} bytes", file=file, name=name, size=size)
            )
        if member.flag_bits & 1:
            raise BackupError(_("{file}: {name} in it is encrypted", file=file, name=name))
        seen.add(name)


def _manifest(packed: zipfile.ZipFile, file: Path) -> Manifest:
    manifest = parse_manifest(packed.read(MANIFEST), file)
    for name, expected in manifest.files.items():
        if packed.getinfo(name).file_size != expected.size:
            raise BackupError(
                _("{file}: {name} in it is damaged: it has another size", file=file, name=name)
            )
    return manifest


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
