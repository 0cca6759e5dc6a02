"""`feeds.yaml` to Config: every problem at once, each with its line and column.

    bytes ─ yaml_nodes ─▶ tree with places ─ validation ─▶ what fits the schema
                                                                │
       assembly: feeds (settings, credentials), watchlists, channels, routes
                                                                ▼
    reference: JSON Schema for editors                       Config ─▶ warnings, summary, diff
                                                                │
               watchlist_tests: the sentences beside watchlists, by the matcher

    yaml_edit: what commands add to a file or take from it; comments and order stay

What takes time to import is imported by `load`; `data_folder` is for the commands
that only read.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from monitor.base.errors import ConfigError, Problem
from monitor.base.garbage import collector_paused
from monitor.base.translation import gettext as _
from monitor.base.translation import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.model.config import Config

DEFAULT_DATA = "var"

LARGEST = 100_000_000
"""Bytes of a feeds.yaml; a million feeds take 60 million."""

_LINES = r"""^(?:{0}|'{0}'|"{0}")[ \t]*:(?:[ \t].*)?$(?:\r?\n(?:[ \t].*|[ \t]*)$)*"""
DATA_LINES = re.compile(_LINES.format("data"), re.MULTILINE)
STORE_LINES = re.compile(_LINES.format("store"), re.MULTILINE)

STORE_VARIABLE = "TOCSIN_STORE"
"""The environment variable with the address of the store; it comes before `feeds.yaml`."""

FLOW = re.compile(r"\s*\{.*", re.DOTALL)
"""A file in braces, as JSON: its keys can be anywhere on a line."""


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
    from monitor.config.source import configured_store, version_in_force

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
    from monitor.config.source import configured_store

    config, problems = assemble(content, path)
    if config is None or problems:
        raise ConfigError(str(path), problems)
    if address := configured_store(path):  # where store and data are, the machine says
        config = replace(config, shared=address, data=data_folder(path))
    return config if data is None else replace(config, data=data)


def data_folder(path: Path, *, data: Path | None = None) -> Path:
    """Return the data folder that a `feeds.yaml` names, and read nothing else of it.

    `data` overrides it. A file that is missing or half written names `var` beside it.
    """
    if data is not None:
        return data
    try:
        return data_folder_of(path.read_bytes(), path)
    except OSError:
        return beside(path, DEFAULT_DATA)


def data_folder_of(content: bytes, path: Path) -> Path:
    """Return the data folder that the content of a `feeds.yaml` at `path` names."""
    return beside(path, _written(content, "data", DATA_LINES) or DEFAULT_DATA)


def shared_store(path: Path, environ: Mapping[str, str]) -> str:
    """Return the address of a shared store, and read nothing else of a `feeds.yaml`.

    `TOCSIN_STORE` comes before the file. Empty is a store in the data folder.
    """
    if address := environ.get(STORE_VARIABLE, ""):
        return address
    try:
        return _written(path.read_bytes(), "store", STORE_LINES)
    except OSError:
        return ""


def _written(content: bytes, key: str, lines: re.Pattern[str]) -> str:
    """Return the text of a key of the content of a `feeds.yaml`; empty if it has none."""
    text = content.decode("utf-8-sig", errors="replace")
    match = FLOW.match(text) or lines.search(text)
    if match is None or not re.search(rf"{key}[\"']?\s*:", match[0]):
        return ""
    from monitor.config.yaml_nodes import MappingNode, ScalarNode, YamlSyntaxError, YamlText, tree

    try:
        table = tree(YamlText(match[0]))[0]
    except YamlSyntaxError:
        return ""
    pair = table.get(key) if isinstance(table, MappingNode) else None
    written = pair.value.plain() if pair and isinstance(pair.value, ScalarNode) else None
    return written if isinstance(written, str) and written.strip() else ""


def beside(path: Path, folder: str) -> Path:
    """Return a folder as a file at `path` means it: `~` is home, the rest is relative to it."""
    try:
        return path.parent / Path(folder).expanduser()
    except RuntimeError:  # a home that nobody has
        return path.parent / folder
