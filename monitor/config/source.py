"""Where the configuration is: in a `feeds.yaml`, or in the store that several machines share.

A `feeds.yaml` that says only where the store is (`store:`, perhaps `data:` and `language:` of this
machine), or none at all beside `TOCSIN_STORE`, leaves the rest to the store: the newest version
that somebody applied. A file that says more is the truth for its machine. What a version says of
files and variables (`file:`, `env:`, programs, folders) is meant on the machine that reads it,
relative to the folder of its own `feeds.yaml`.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.base.errors import ConfigError, NoStoreError, Problem
from monitor.base.files import file_signature
from monitor.base.translation import gettext as _
from monitor.config.location import STORE_VARIABLE, shared_store
from monitor.model.config import StoreAddress
from monitor.storage.store import open_views

if TYPE_CHECKING:
    from monitor.model.config import StoredConfig
    from monitor.storage.store.sql.configs import ConfigViews

BUSY_MS = 40_000
"""Milliseconds that a new version waits for another writer. One that stands still in the middle of
a transaction is cut off after 30 s."""
LOCAL = frozenset({"store", "data", "language"})
"""What a `feeds.yaml` may say of its machine while the rest is in the store."""


def configured_store(path: Path) -> str:
    """Return the address of the store that has the configuration; empty where the file has it."""
    return _configured_store(path, file_signature(path), os.environ.get(STORE_VARIABLE, ""))


@lru_cache(4)
def _configured_store(path: Path, _signature: object, variable: str) -> str:
    """Read a file once for each of its versions: this is asked again and again."""
    address = shared_store(path, {STORE_VARIABLE: variable})
    return address if address and _leaves_it_to_the_store(path) else ""


def _leaves_it_to_the_store(path: Path) -> bool:
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
    """Return what differs after the configuration of a machine has changed; None without one.

    Raises:
        StoreError: The store that has it cannot be read.
    """
    address = configured_store(path)
    return ("store", config_views(address).number()) if address else file_signature(path)


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
