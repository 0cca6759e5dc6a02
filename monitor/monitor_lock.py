"""Who watches a data folder: one monitor, known to every viewer, freed on kill -9.

The lock is the kernel's; the file beside it says who holds it, and its age is the pulse.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

from index.article import Timestamp
from monitor.errors import AlreadyRunningError, MonitorError
from monitor.model.status import MonitorPresence

LOCK = "monitor.lock"
CARD = "monitor.json"
GRACE = 0.5
"""Seconds a starting monitor waits, since a viewer that looks holds the lock for an instant."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What the monitor tells its viewers about itself."""

    presence: MonitorPresence
    pulse: Timestamp
    config_error: str = ""
    network_down: str = ""


class MonitorLock:
    """Being the monitor of a folder. Raises AlreadyRunningError if another one is."""

    def __init__(self, folder: Path) -> None:
        from filelock import FileLock  # 30 ms that a viewer without a monitor need not wait

        self._folder = folder
        self._lock = FileLock(folder / LOCK, timeout=GRACE)
        self._said: dict[str, object] | None = None

    def __enter__(self) -> MonitorLock:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock.acquire()
            (self._folder / CARD).unlink(missing_ok=True)  # a killed monitor's: its pid is nobody's
        except TimeoutError:
            known = _read(self._folder)
            raise AlreadyRunningError(
                str(self._folder), known.presence.pid if known else 0
            ) from None
        except OSError as error:
            self._lock.release()
            raise MonitorError(
                f"{self._folder}: {error.strerror or error}; may it be written to?"
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        (self._folder / CARD).unlink(missing_ok=True)
        self._lock.release()

    def beat(self, card: Heartbeat) -> None:
        """Give a sign of life, and say what changed since the last."""
        path = self._folder / CARD
        said = asdict(card) | {"pulse": None}
        if said != self._said or not path.exists():
            fresh = path.with_suffix(".new")
            fresh.write_text(json.dumps(asdict(card)), encoding="utf-8")
            fresh.replace(path)
            self._said = said
        os.utime(path, (card.pulse, card.pulse))


def taken(folder: Path) -> bool:
    """Tell whether a monitor holds `folder`; while it starts or ends it has no card."""
    if not (folder / LOCK).exists():
        return False
    from filelock import FileLock

    try:
        with FileLock(folder / LOCK, timeout=0):
            return False
    except TimeoutError:
        return True
    except OSError:
        return False


def present(folder: Path) -> Heartbeat | None:
    """Return the card of the monitor that runs on `folder`, None when there is none."""
    return _read(folder) if taken(folder) else None


def _read(folder: Path) -> Heartbeat | None:
    path = folder / CARD
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Heartbeat(
            presence=MonitorPresence(**said["presence"]),
            pulse=path.stat().st_mtime,
            config_error=said["config_error"],
            network_down=said["network_down"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
