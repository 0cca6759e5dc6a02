"""Backup: a newsroom in one file, taken while a monitor runs; and restore, whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Annotated

import msgspec
from msgspec import Meta, Struct

from monitor.base.article import Timestamp
from monitor.base.errors import MonitorError
from monitor.base.files import atomic_write
from monitor.base.formatting import iso
from monitor.base.translation import gettext as _, number
from monitor.model.config import ARCHIVE_FOLDER, STORE_FILE, StoreAddress
from monitor.model.status import Progress
from monitor.storage.maintenance.verification import verify
from monitor.storage.store.database.schema import VERSION
from monitor.storage.store.database.sqlite import find_damage, open_database, take_rows_only
from monitor.storage.store.sql.evidence import EvidenceReader

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
        message = _(
            "{file}: not a backup of this version of tocsin ({error})", file=file, error=error
        )
        raise BackupError(message) from error
    return manifest


PAGES = 512
"""Pages of the store between two reports of progress: 2 MB."""
CHUNK = 1 << 20


def back_up(
    store: StoreAddress, config: Path, file: Path, now: Timestamp, progress: Progress, *,
    force: bool = False,
) -> Manifest:  # fmt: skip
    """Write a backup, whole or not at all, while a monitor may write.

    Raises:
        StoreError: The store cannot be read.
        BackupError: The store is damaged or not whole, unless `force`; the destination is a folder,
            or its folder is missing.
        OSError: The file cannot be written.
    """
    if file.is_dir():
        raise BackupError(_("{file}: is a folder; name the file to write", file=file))
    if not file.absolute().parent.is_dir():
        raise BackupError(_("{file}: there is no such folder to write it into", file=file))
    part = file.with_name(f".{file.name}.part")
    folder = file.with_name(f".{file.name}.copy")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    copy = folder / STORE_FILE
    try:
        _copy_store(store, copy, progress)
        with EvidenceReader(StoreAddress(folder)) as reader:
            result = verify(reader, lambda _step, *done: progress("checking", *done), now=now)
        if result.faults and not force:
            raise BackupError(
                _(
                    "{file}: it is NOT whole ({fault}), and no backup was written;"
                    " --force writes one of what there is",
                    file=store.folder / STORE_FILE,
                    fault=result.faults[0],
                )
            )
        sources = {STORE_FILE: copy} | ({CONFIG: config} if config.exists() else {})
        manifest = _pack(part, sources, now, progress)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
    return manifest


def _copy_store(store: StoreAddress, copy: Path, progress: Progress) -> None:
    """Copy the store as it is at one moment."""
    _make_private(copy)
    with (
        closing(open_database(store, create=False)) as source,
        closing(sqlite3.connect(copy, isolation_level=None)) as target,
    ):
        # Without a transaction each commit of the monitor would restart the copy.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM feeds").fetchone()
        source.backup(
            target,
            pages=PAGES,
            progress=lambda _s, remaining, total: progress("copying", total - remaining, total),
            sleep=0,
        )
        source.execute("ROLLBACK")


def _make_private(path: Path) -> None:
    """Make an empty file that only this user can read."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600, exist_ok=False)


def _pack(part: Path, sources: dict[str, Path], now: Timestamp, progress: Progress) -> Manifest:
    files: dict[str, PackedFile] = {}
    with closing(sqlite3.connect(sources[STORE_FILE])) as sql:
        sql.execute("PRAGMA journal_mode = DELETE")
        (articles,) = sql.execute("SELECT count(*) FROM articles").fetchone()
        (alerts,) = sql.execute("SELECT count(*) FROM alerts").fetchone()
    _make_private(part)
    total = sum(source.stat().st_size for source in sources.values())
    done = 0
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as zip_file:
        for name, source in sources.items():
            digest = hashlib.sha256()
            with source.open("rb") as file, zip_file.open(name, "w", force_zip64=True) as target:
                while chunk := file.read(CHUNK):
                    digest.update(chunk)
                    target.write(chunk)
                    done += len(chunk)
                    progress("packing", done, total)
            files[name] = PackedFile(source.stat().st_size, digest.hexdigest())
        manifest = Manifest(
            taken=iso(now) or "", articles=articles, alerts=alerts, store=VERSION, files=files
        )
        zip_file.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2))
    with part.open("rb") as file:
        os.fsync(file.fileno())
    return manifest


# --- restore ---------------------------------------------------------------------------


class RestorePaths(Struct, frozen=True):
    """The destination of a restored newsroom."""

    config: Path
    data: Path

    def existing_files(self, config: bytes | None) -> list[Path]:
        """Return the existing files; a `feeds.yaml` with the same content does not count."""
        names = (STORE_FILE, f"{STORE_FILE}-wal", f"{STORE_FILE}-shm", ARCHIVE_FOLDER)
        files = [path for name in names if (path := self.data / name).exists()]
        if config is not None and self.config.exists() and self.config.read_bytes() != config:
            files.append(self.config)
        return files


def read_backup(file: Path) -> tuple[Manifest, bytes | None]:
    """Return the manifest and the `feeds.yaml` of a backup, None if it has none.

    Raises:
        BackupError: It is no backup, or damaged.
        OSError: It cannot be read.
    """
    with _open_backup(file) as (zip_file, manifest):
        return manifest, zip_file.read(CONFIG) if CONFIG in manifest.files else None


def unpack(file: Path, paths: RestorePaths, progress: Progress) -> Path:
    """Check a backup and unpack its store beside its destination; return the path.

    Existing files are not touched. Raises BackupError, OSError.
    """
    with _open_backup(file) as (zip_file, manifest):
        if manifest.store > VERSION:
            raise BackupError(
                _(
                    "{file}: of a newer tocsin (store version {version}); update tocsin",
                    file=file,
                    version=manifest.store,
                )
            )
        paths.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        needed, spare = manifest.files[STORE_FILE].size, shutil.disk_usage(paths.data).free
        if needed > spare:
            raise BackupError(
                _(
                    "{file}: restoring it needs {needed} MB of free disk in {folder},"
                    " there are {spare} MB",
                    file=file,
                    needed=number(needed >> 20),
                    folder=paths.data,
                    spare=number(spare >> 20),
                )
            )
        store = paths.data / f"{STORE_FILE}.restored"
        _make_private(store)
        try:
            for name, expected in manifest.files.items():
                with store.open("wb") if name == STORE_FILE else contextlib.nullcontext() as target:
                    _check(file, zip_file, name, expected, target, progress)
            try:
                altered = take_rows_only(store)
                with closing(sqlite3.connect(store)) as sql:
                    damage = find_damage(sql)
            except sqlite3.Error as error:
                altered, damage = [], str(error)
            if damage:
                raise BackupError(
                    _("{file}: the store in it is damaged ({damage})", file=file, damage=damage)
                )
            if altered:
                names = ", ".join(altered)
                raise BackupError(
                    _("{file}: not a store as tocsin makes it: {names}", file=file, names=names)
                )
            with store.open("rb") as stream:
                os.fsync(stream.fileno())
        except BaseException:
            store.unlink(missing_ok=True)
            raise
    return store


def replace_newsroom(store: Path, config: bytes | None, paths: RestorePaths, folder: Path) -> None:
    """Move existing files to `folder`, then the store and feeds.yaml to their destination."""
    if old_files := paths.existing_files(config):
        folder.mkdir(mode=0o700, parents=True)
    for path in old_files:
        shutil.move(path, folder / path.name)
    store.rename(paths.data / STORE_FILE)
    if config is not None:
        paths.config.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(paths.config, config)


@contextlib.contextmanager
def _open_backup(file: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """Open a backup and its manifest; other files in it are never read."""
    try:
        with zipfile.ZipFile(file) as zip_file:
            with zip_file.open(MANIFEST) as stream:
                manifest = parse_manifest(stream.read(MAX_MANIFEST), file)
            yield zip_file, manifest
    except (
        zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, KeyError, RuntimeError,
    ) as error:  # fmt: skip
        message = _("{file}: not a backup of tocsin, or damaged ({error})", file=file, error=error)
        raise BackupError(message) from error


def _check(
    file: Path,
    zip_file: zipfile.ZipFile,
    name: str,
    expected: PackedFile,
    target: IO[bytes] | None,
    progress: Progress,
) -> None:
    """Check a file of a backup, and copy it to `target` if there is one; raises BackupError."""
    checksum, done = hashlib.sha256(), 0
    try:
        with zip_file.open(name) as source:
            while chunk := source.read(CHUNK):
                checksum.update(chunk)
                done += len(chunk)
                if done > expected.size:
                    break
                if target:
                    target.write(chunk)
                progress("unpacking", done, expected.size)
    except Exception as error:
        if isinstance(error, OSError) and not isinstance(error, zipfile.BadZipFile):
            raise
        message = _("{file}: {name} in it is damaged ({error})", file=file, name=name, error=error)
        raise BackupError(message) from error
    if PackedFile(done, checksum.hexdigest()) != expected:
        raise BackupError(
            _("{file}: {name} in it has another checksum than the manifest", file=file, name=name)
        )
