"""The location of a newsroom: the data folder and the store that a `feeds.yaml` names.

Commands that only read ask for these, and the rest of the file is not read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path

DEFAULT_DATA = "var"

_LINES = r"""^(?:{0}|'{0}'|"{0}")[ \t]*:(?:[ \t].*)?$(?:\r?\n(?:[ \t].*|[ \t]*)$)*"""
DATA_LINES = re.compile(_LINES.format("data"), re.MULTILINE)
STORE_LINES = re.compile(_LINES.format("store"), re.MULTILINE)

CONCEPTS_LINE = re.compile(r"""^(?:concepts|'concepts'|"concepts")[ \t]*:[ \t].*$""", re.MULTILINE)

STORE_VARIABLE = "TOCSIN_STORE"
"""The environment variable with the address of the store; it comes before `feeds.yaml`."""

CLUSTER = b"opensearch"
"""What every `feeds.yaml` contains whose archive is in a cluster."""
FLOW = re.compile(r"\s*\{.*", re.DOTALL)
"""A file in braces, as JSON: its keys can be anywhere on a line."""


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
    return beside(path, _key_text(content, "data", DATA_LINES) or DEFAULT_DATA)


def shared_store(path: Path, environ: Mapping[str, str]) -> str:
    """Return the address of a shared store, and read nothing else of a `feeds.yaml`.

    `TOCSIN_STORE` comes before the file. Empty is a store in the data folder.
    """
    if address := environ.get(STORE_VARIABLE, ""):
        return address
    try:
        return _key_text(path.read_bytes(), "store", STORE_LINES)
    except OSError:
        return ""


def may_name_cluster(path: Path, environ: Mapping[str, str]) -> bool:
    """Return whether a `feeds.yaml`, or the shared store that has its content, may name a cluster.

    Quick; nearly all say no.
    """
    with suppress(OSError):
        if CLUSTER in path.read_bytes():
            return True
    return bool(shared_store(path, environ))


def concepts_file(path: Path) -> Path | None:
    """Return the file of concepts that a `feeds.yaml` names; None if it names none."""
    try:
        name = _key_text(path.read_bytes(), "concepts", CONCEPTS_LINE)
    except OSError:
        return None
    return beside(path, name) if name else None


_KEY = re.compile(r"""(?:^|[{,][ \t]*)["']?([a-z_]+)["']?[ \t]*:""", re.MULTILINE)


def is_unclear(path: Path) -> bool:
    """Return whether a `feeds.yaml` has a `data` or `store`, perhaps misspelt, without a place."""
    try:
        content = path.read_bytes()
    except OSError:
        return False
    keys = set(_KEY.findall(content.decode("utf-8-sig", errors="replace")))
    return any(
        get_close_matches(key, keys, cutoff=0.75) and not _key_text(content, key, lines)
        for key, lines in (("data", DATA_LINES), ("store", STORE_LINES))
    )


def _key_text(content: bytes, key: str, lines: re.Pattern[str]) -> str:
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
    value = pair.value.plain() if pair and isinstance(pair.value, ScalarNode) else None
    return value if isinstance(value, str) and value.strip() else ""


def beside(path: Path, folder: str) -> Path:
    """Return a folder that a file at `path` names: `~` is home, other paths are relative to it."""
    try:
        return path.parent / Path(folder).expanduser()
    except RuntimeError:  # a home that nobody has
        return path.parent / folder
