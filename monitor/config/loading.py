"""Reads a `feeds.yaml`, or the version in force that the store has.

A `feeds.yaml` that says only where the store is (`store:`, perhaps `data:` and `language:` of this
machine), or none at all beside `TOCSIN_STORE`, leaves the rest to the store: the newest version
that somebody applied. A file that says more counts alone on its machine. Files and variables of a
version (`file:`, `env:`, programs, folders) are those of the machine that reads it, relative to the
folder of its own `feeds.yaml`.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from index.opensearch.address import ClusterAddress
from monitor.base.errors import ConfigError, NoStoreError, Problem
from monitor.base.files import file_signature
from monitor.base.garbage import collector_paused
from monitor.base.translation import gettext as _, number
from monitor.config.location import (
    CLUSTER,
    STORE_VARIABLE,
    concepts_file,
    data_folder,
    shared_store,
)
from monitor.model.config import Config, StoreAddress
from monitor.storage.store import open_views

if TYPE_CHECKING:
    from monitor.model.config import StoredConfig
    from monitor.storage.store.sql.views import ConfigViews

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
def understand(
    content: bytes, path: Path, *, data: Path | None = None, concepts: bytes | None = None
) -> Config:
    """Return the configuration of a `feeds.yaml` of this content, at this path.

    `concepts` is the content of its file of concepts, if it is not the one there. Raises
    ConfigError with every problem in it.
    """
    from monitor.config.assembly import assemble

    config, problems = assemble(content, path, concepts)
    if config is None or problems:
        raise ConfigError(str(path), problems)
    if address := configured_store(path):  # the machine says where they are
        config = replace(config, shared=address, data=data_folder(path))
    return config if data is None else replace(config, data=data)


def archive_cluster(path: Path, content: bytes | None = None) -> ClusterAddress | None:
    """Return the cluster that a `feeds.yaml`, or its new content, names; others are glanced at.

    Raises:
        ConfigError: It names a cluster, and has a mistake.
        StoreError: The configuration is in the store, which cannot be read.
    """
    try:
        content = read(path) if content is None else content
    except ConfigError:
        return None
    return understand(content, path).cluster if CLUSTER in content else None


# --- the versions in a store ------------------------------------------------------------

BUSY_MS = 40_000
"""Milliseconds that a new version waits for another writer. One that stands still in the middle of
a transaction is cut off after 30 s."""
LOCAL = frozenset({"store", "data", "language"})
"""Keys that a `feeds.yaml` may have while the rest is in the store."""


def configured_store(path: Path) -> str:
    """Return the address of the store that has the configuration; empty where the file has it."""
    return _configured_store(path, file_signature(path), os.environ.get(STORE_VARIABLE, ""))


@lru_cache(4)
def _configured_store(path: Path, _signature: object, variable: str) -> str:
    """Read a file once for each of its versions: callers ask often."""
    address = shared_store(path, {STORE_VARIABLE: variable})
    return address if address and _defers_to_store(path) else ""


def _defers_to_store(path: Path) -> bool:
    from monitor.config.yaml_nodes import MappingNode, YamlSyntaxError, decode, tree

    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return STORE_VARIABLE in os.environ
    except OSError:
        return False
    if len(content) > 4_096:
        return False
    try:
        root = tree(decode(content)[0])[0]
    except YamlSyntaxError:
        return False
    return isinstance(root, MappingNode) and {pair.key.text for pair in root.pairs} <= LOCAL


def signature(path: Path) -> object:
    """Return a value that changes with the configuration of a machine; None without one.

    Raises:
        StoreError: The store that has it cannot be read.
    """
    address = configured_store(path)
    return ("store", config_views(address).number()) if address else files_signature(path)


def files_signature(path: Path) -> object:
    """Return a value that changes with a `feeds.yaml`, and with the file of its concepts."""
    own = file_signature(path)
    concepts = _concepts_file(path, own)
    return own, concepts and file_signature(concepts)


_concepts_file = lru_cache(4)(lambda path, _signature: concepts_file(path))


def config_views(url: str) -> ConfigViews:
    """Return the versions in a shared store."""
    return open_views(StoreAddress(url=url), busy_ms=BUSY_MS).configs


def version_in_force(path: Path) -> StoredConfig:
    """Return the version that a machine uses whose `feeds.yaml` leaves it to the store.

    Raises:
        ConfigError: Nothing was applied yet.
        StoreError: The store cannot be read.
    """
    version = None
    with suppress(NoStoreError):
        version = config_views(configured_store(path)).version()
    if version is None:
        message = _(
            "the store has no configuration yet; `tocsin apply FILE` puts a whole feeds.yaml there"
        )
        raise ConfigError(str(path), [Problem(1, 1, message)])
    return version
