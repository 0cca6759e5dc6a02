"""The data folder: its owner, and who may write there.

Whoever can write there can put another store in place of this one, or a link in place of a file.
"""

from __future__ import annotations

import logging
import os
import pwd
import stat
from contextlib import suppress
from itertools import chain
from pathlib import Path

from monitor.base.errors import MonitorError
from monitor.base.translation import gettext as _
from monitor.model.config import ARCHIVE_FOLDER

log = logging.getLogger("tocsin")

PRIVATE = 0o700
_SHARED_FOLDERS = {"/tmp", "/var/tmp", "/dev/shm"}
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def claim(folder: Path) -> None:
    """Make a data folder, or check that nobody else can write there; writers call it first.

    Raises:
        MonitorError: The folder or a file in it belongs to somebody else, or it is a folder that
            others use too.
        OSError: It cannot be made or read.
    """
    folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    require_owner(folder)
    mode = folder.stat().st_mode
    if mode & OTHERS_WRITE:
        if not _is_ours(folder):
            raise MonitorError(
                _(
                    "{folder}: others may write there, and it holds files that are not of tocsin;"
                    " name a folder of its own with --data or `data:`",
                    folder=folder,
                )
            )
        folder.chmod(PRIVATE)
        log.warning(
            _("{folder}: others could write there; now only you can (mode 0700)", folder=folder)
        )
    index = folder / ARCHIVE_FOLDER
    for path in chain(folder.iterdir(), index.iterdir() if index.is_dir() else ()):
        with suppress(FileNotFoundError):  # SQLite removes its own when a viewer ends
            _refuse_foreign(path, path.lstat().st_uid)


def is_read_only(folder: Path) -> bool:
    """Return whether a folder exists and cannot be written."""
    return folder.exists() and not os.access(folder, os.W_OK)


def require_owner(folder: Path) -> None:
    """Raise MonitorError if a folder belongs to another user than this process."""
    _refuse_foreign(folder, folder.stat().st_uid)


def _refuse_foreign(path: Path, owner: int) -> None:
    user = os.geteuid()
    if owner != user:
        owner_name, user_name = _name(owner), _name(user)
        raise MonitorError(
            _(
                "{path}: it belongs to {owner}, and tocsin runs as {user};"
                " run tocsin as {owner} (`sudo -u {owner} tocsin …`),"
                " or look at the files and give them to {user} (`chown -R`)",
                path=path,
                owner=owner_name,
                user=user_name,
            )
        )


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return _("user {number}", number=user)


def _is_ours(folder: Path) -> bool:
    if str(folder.resolve()) in _SHARED_FOLDERS:
        return False
    names = {path.name for path in folder.iterdir()}
    return not names or not names.isdisjoint({"newsroom.db", ARCHIVE_FOLDER, "demo"})
