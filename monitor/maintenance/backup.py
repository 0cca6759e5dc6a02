"""Backup: a newsroom in one file, taken while a monitor runs; and its restore."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from index.article import Timestamp
from monitor.errors import MonitorError
from monitor.files import ARCHIVE_FOLDER, atomic_write
from monitor.formatting import iso
from monitor.store.sqlite.connection import FILE, open_database
from monitor.store.sqlite.schema import VERSION

CONFIG = "feeds.yaml"
MANIFEST = "manifest.json"
FORMAT = 1


class BackupError(MonitorError):
    """A backup is not valid or damaged, or its destination is in use."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest of a backup."""

    taken: str
    """When the backup was taken, in UTC, as 2023-10-09T07:09:00Z."""
    articles: int
    alerts: int
    store: int
    """Version of the store."""
    files: dict[str, tuple[int, str]]
    """Length and SHA-256 of each file in it."""


def write_manifest(manifest: Manifest) -> str:
    """Return a manifest as JSON."""
    fields = {
        "format": FORMAT,
        "taken": manifest.taken,
        "articles": manifest.articles,
        "alerts": manifest.alerts,
        "store": manifest.store,
        "files": {name: {"size": s, "sha256": d} for name, (s, d) in manifest.files.items()},
    }
    return json.dumps(fields, indent=2)


def read_manifest_text(content: bytes, file: object) -> Manifest:
    """Return the manifest of a backup file; raises BackupError if it is not valid."""
    try:
        fields: dict[str, Any] = json.loads(content)
        files = {name: (int(f["size"]), str(f["sha256"])) for name, f in fields["files"].items()}
        if fields["format"] != FORMAT or FILE not in files or not files.keys() <= {FILE, CONFIG}:
            raise ValueError("of another format")
        return Manifest(
            taken=str(fields["taken"]),
            articles=int(fields["articles"]),
            alerts=int(fields["alerts"]),
            store=int(fields["store"]),
            files=files,
        )
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise BackupError(f"{file}: not a backup of this version of tocsin ({error})") from error


PAGES = 512
"""Pages of the store between two reports of progress: 2 MB."""
CHUNK = 1 << 20

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and of how much."""


def back_up(data: Path, config: Path, file: Path, now: Timestamp, progress: Progress) -> Manifest:
    """Write a backup, whole or not at all, while a monitor may write.

    Raises:
        StoreError: The store cannot be read.
        BackupError: The destination is a folder, or its folder is missing.
        OSError: The file cannot be written.
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
    with (
        closing(open_database(data, create=False)) as source,
        closing(_make_private(copy)) as target,
    ):
        source.execute(
            "BEGIN"
        )  # without a transaction each commit of the monitor would restart the copy
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


def _make_private(path: Path) -> sqlite3.Connection:
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
        manifest = Manifest(iso(now) or "", articles, alerts, VERSION, files)
        packed.writestr(MANIFEST, write_manifest(manifest))
    with part.open("rb") as file:
        os.fsync(file.fileno())
    return manifest


@dataclass(frozen=True, slots=True)
class RestorePaths:
    """Where a newsroom is restored."""

    config: Path
    data: Path

    def in_the_way(self, config: bytes | None) -> list[Path]:
        """Return the existing files; a `feeds.yaml` with the same content does not count."""
        names = (FILE, f"{FILE}-wal", f"{FILE}-shm", ARCHIVE_FOLDER)
        there = [path for name in names if (path := self.data / name).exists()]
        if config is not None and self.config.exists() and self.config.read_bytes() != config:
            there.append(self.config)
        return there


def read_manifest(file: Path) -> Manifest:
    """Return the manifest of a backup. Raises BackupError, OSError."""
    with _opened(file) as packed:
        return read_manifest_text(packed.read(MANIFEST), file)


def config_of(file: Path) -> bytes | None:
    """Return the `feeds.yaml` of a backup, None if it has none."""
    with _opened(file) as packed:
        return packed.read(CONFIG) if CONFIG in packed.namelist() else None


def unpack(file: Path, places: RestorePaths, progress: Progress) -> Path:
    """Check a backup and unpack its store beside its destination; return where.

    Existing files are not touched. Raises BackupError, OSError.
    """
    with _opened(file) as packed:
        manifest = read_manifest_text(packed.read(MANIFEST), file)
        if manifest.store > VERSION:
            raise BackupError(
                f"{file}: of a newer tocsin (store version {manifest.store}); update tocsin"
            )
        places.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = places.data / f"{FILE}.restored"
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        try:
            for name, (size, digest) in manifest.files.items():
                with fresh.open("wb") if name == FILE else contextlib.nullcontext() as into:
                    _check(file, packed, name, size, digest, into, progress)
            _check_store(file, fresh)
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
    fresh.rename(places.data / FILE)
    if config is not None:
        places.config.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(places.config, config)


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as packed:
            yield packed
    except (zipfile.BadZipFile, EOFError, NotImplementedError, KeyError) as error:
        raise BackupError(f"{file}: not a backup of tocsin, or damaged ({error})") from error


def _check(
    file: Path,
    packed: zipfile.ZipFile,
    name: str,
    size: int,
    digest: str,
    into: IO[bytes] | None,
    progress: Progress,
) -> None:
    """Read a file of a backup, into another if one is given; raises BackupError."""
    checksum, done = hashlib.sha256(), 0
    try:
        with packed.open(name) as source:
            for chunk in _chunks(source):
                checksum.update(chunk)
                done += len(chunk)
                if done > size:
                    break
                if into:
                    into.write(chunk)
                progress("unpacking", done, size)
    except Exception as error:
        if isinstance(error, OSError) and not isinstance(error, zipfile.BadZipFile):
            raise
        raise BackupError(f"{file}: {name} in it is damaged ({error})") from error
    if (done, checksum.hexdigest()) != (size, digest):
        raise BackupError(f"{file}: {name} in it has another checksum than the manifest")


def _check_store(file: Path, fresh: Path) -> None:
    try:
        with closing(sqlite3.connect(fresh)) as sql:
            (result,) = sql.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        result = str(error)
    if result != "ok":
        raise BackupError(f"{file}: the store in it is damaged ({result})")


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk
