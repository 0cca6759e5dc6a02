"""One monitor per data folder: the lock that it holds, and the heartbeat that viewers read.

The kernel frees the lock on kill -9. A file beside it holds the heartbeat.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.base.errors import AlreadyRunningError, MonitorError
from monitor.base.files import atomic_write
from monitor.base.translation import coded, gettext as _, shown
from monitor.model.status import MonitorPresence
from monitor.storage import data_folder

LOCK = "monitor.lock"
HEARTBEAT = "monitor.json"
GRACE = 0.5
"""Seconds that a starting monitor waits: a viewer that checks the lock holds it for an instant."""


class Heartbeat(Struct, frozen=True):
    """The state of the monitor, for its viewers."""

    presence: MonitorPresence
    pulse: Timestamp
    config_error: str = ""
    edit_effects: str = ""
    network_down: str = ""
    store_damage: str = ""
    index_waits: str = ""
    """Why no article is indexed at present; empty when all is well."""
    no_vectors: str = ""
    """The reason why articles get no vectors; empty when they do."""


_WORDS = (
    "config_error", "edit_effects", "network_down", "store_damage", "index_waits", "no_vectors",
)  # fmt: skip


class MonitorLock:
    """The lock of a data folder, as a context manager.

    Raises:
        AlreadyRunningError: Another monitor holds the lock.
        MonitorError: The folder is not ours alone, or cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        from filelock import FileLock

        self._folder = folder
        self._lock = FileLock(folder / LOCK, timeout=GRACE)
        self._last_written: Heartbeat | None = None

    def __enter__(self) -> MonitorLock:
        try:
            data_folder.claim(self._folder)
            self._lock.acquire()
            # A killed monitor leaves its heartbeat, with a process id that is not in use.
            (self._folder / HEARTBEAT).unlink(missing_ok=True)
        except TimeoutError:
            heartbeat = _read(self._folder)
            raise AlreadyRunningError(
                str(self._folder), heartbeat.presence.pid if heartbeat else 0
            ) from None
        except OSError as error:
            self._lock.release()
            raise MonitorError(
                _(
                    "{folder}: {why}; may it be written to?",
                    folder=self._folder,
                    why=error.strerror or error,
                )
            ) from error
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        if kind is None or not issubclass(kind, Exception):  # else it stays, as after a kill
            (self._folder / HEARTBEAT).unlink(missing_ok=True)
        self._lock.release()

    def beat(self, heartbeat: Heartbeat) -> None:
        """Write the heartbeat."""
        path = self._folder / HEARTBEAT
        content = replace(heartbeat, pulse=0.0)
        if content != self._last_written or not path.exists():
            atomic_write(path, msgspec.json.encode(heartbeat, enc_hook=coded))
            self._last_written = content
        os.utime(path, (heartbeat.pulse, heartbeat.pulse))


def is_locked(folder: Path) -> bool:
    """Return whether a monitor holds the lock; it has no heartbeat while it starts or ends."""
    try:
        with (folder / LOCK).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


@contextmanager
def dashboard_open(folder: Path) -> Iterator[Callable[[], bool]]:
    """Mark a data folder as open in a dashboard; yield a check whether another one is open."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        yield lambda: False
        return

    def is_another_open() -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        return False

    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield is_another_open
    finally:
        os.close(descriptor)


def current_heartbeat(folder: Path) -> Heartbeat | None:
    """Return the heartbeat of the monitor that runs on `folder`, None without one."""
    return _read(folder) if is_locked(folder) else None


def died_heartbeat(folder: Path) -> Heartbeat | None:
    """Return the last heartbeat of a monitor that was killed or failed; None if it was stopped."""
    heartbeat = _read(folder)
    return None if is_locked(folder) else heartbeat


def _read(folder: Path) -> Heartbeat | None:
    path = folder / HEARTBEAT
    try:
        heartbeat = msgspec.json.decode(path.read_bytes(), type=Heartbeat)
        words = {name: shown(getattr(heartbeat, name)) for name in _WORDS}
        return replace(heartbeat, pulse=path.stat().st_mtime, **words)
    except (OSError, msgspec.MsgspecError):
        return None
