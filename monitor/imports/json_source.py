"""The articles in files of JSON: a line each, a list, or a file each in a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

LONGEST = 20_000_000
"""Bytes of a line; what is longer is no article."""


@dataclass(frozen=True, slots=True)
class Handed:
    """One piece of JSON, and where it stands."""

    place: str
    """As `articles.jsonl:12`."""
    raw: bytes
    """As it was written."""
    read: int
    """Bytes of all files up to and with it."""

    def said(self) -> Any:
        """Return what it says; raises ValueError in words."""
        if len(self.raw) > LONGEST:
            raise ValueError(f"is longer than {LONGEST // 1_000_000} MB")
        try:
            return json.loads(self.raw)
        except RecursionError:
            raise ValueError("is nested too deeply") from None
        except UnicodeDecodeError as error:
            raise ValueError(f"is not UTF-8 ({error.reason} at byte {error.start})") from None
        except json.JSONDecodeError as error:
            raise ValueError(f"is not JSON: {error.msg} at character {error.pos + 1}") from None


def size(path: Path) -> int:
    """Return how many bytes there are to read in a file or folder."""
    return sum(file.stat().st_size for file in _files(path))


def handed(path: Path) -> Iterator[Handed]:
    """Yield what a file holds, or each `.json` and `.jsonl` file of a folder; raises OSError."""
    before = 0
    for file in _files(path):
        with file.open("rb") as opened:
            for one in pieces(opened, file.name, whole=file.suffix == ".json"):
                yield Handed(one.place, one.raw, before + one.read)
        before += file.stat().st_size


def pieces(file: IO[bytes], name: str, *, whole: bool = False) -> Iterator[Handed]:
    """Yield each line of a file; `whole` reads it as one piece, or as a list of them."""
    if whole:
        yield from _listed(file.read(), name)
        return
    read = 0
    for number, line in enumerate(file, 1):
        read += len(line)
        text = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
        if number == 1 and text == b"[":
            yield from _listed(line + file.read(), name)
            return
        if text:
            yield Handed(f"{name}:{number}", text, read)


def _listed(content: bytes, name: str) -> Iterator[Handed]:
    """Yield the items of a list, or what is no list as it is."""
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, list):
        yield Handed(name, content.strip(), len(content))
        return
    for number, item in enumerate(said, 1):
        raw = json.dumps(item, ensure_ascii=False).encode(errors="replace")
        yield Handed(f"{name}, item {number}", raw, len(content) * number // len(said))


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.iterdir() if file.suffix in (".json", ".jsonl"))
    return [path]
