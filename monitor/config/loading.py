"""Reads a `feeds.yaml`, or the version in force that the store has."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from monitor.base.errors import ConfigError, Problem
from monitor.base.garbage import collector_paused
from monitor.base.translation import gettext as _
from monitor.base.translation import number
from monitor.config.location import data_folder
from monitor.config.source import configured_store, version_in_force
from monitor.model.config import Config

LARGEST = 100_000_000
"""Bytes of a feeds.yaml; a million feeds take 60 million."""


def load(path: Path, *, data: Path | None = None) -> Config:
    """Read a `feeds.yaml`; `data` overrides its data folder.

    Raises:
        ConfigError: With every problem in the file.
    """
    return understand(read(path), path, data=data)


def read(path: Path) -> bytes:
    """Return the content of a `feeds.yaml`, or of the version in force that the store has.

    Raises:
        ConfigError: The file is missing, unreadable or too large.
        StoreError: The configuration is in the store, which cannot be read.
    """
    if configured_store(path):
        return version_in_force(path).content.encode()
    try:
        if path.stat().st_size > LARGEST:
            message = _("larger than {most} bytes", most=number(LARGEST))
            raise ConfigError(str(path), [Problem(1, 1, message)])
        return path.read_bytes()
    except FileNotFoundError:
        message = _("there is no such file; `tocsin init` writes one to start from")
        raise ConfigError(str(path), [Problem(1, 1, message)]) from None
    except OSError as error:
        message = _("cannot be read: {reason}", reason=error.strerror or error)
        raise ConfigError(str(path), [Problem(1, 1, message)]) from error


@collector_paused()
def understand(content: bytes, path: Path, *, data: Path | None = None) -> Config:
    """Return what a `feeds.yaml` of this content, at this path, says.

    Raises ConfigError with every problem in it.
    """
    from monitor.config.assembly import assemble

    config, problems = assemble(content, path)
    if config is None or problems:
        raise ConfigError(str(path), problems)
    if address := configured_store(path):  # where store and data are, the machine says
        config = replace(config, shared=address, data=data_folder(path))
    return config if data is None else replace(config, data=data)
