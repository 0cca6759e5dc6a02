"""Files: written atomically, and their signatures."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def atomic_write(
    path: Path,
    content: bytes,
    *,
    durable: bool = False,
    mode: int | None = None,
    check: Callable[[], None] | None = None,
) -> None:
    """Replace a file, or make it: a reader sees the old content or the new one.

    Args:
        path: The file.
        content: Its new content.
        durable: Whether it must survive a power failure.
        mode: Permissions of the new file; None for those of any new file.
        check: Called before the old file is replaced; the file stays as it is if that raises.

    Raises:
        OSError: It cannot be written; the error names `path`.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666 if mode is None else 0o600
        )
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(mode)
        if check is not None:
            check()
        temporary.replace(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise


def file_signature(path: Path) -> object:
    """Return a value that differs after the file has changed; None if it is missing."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
