"""Files of a segment that are damaged are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.postings_files import of_terms

from index.engine.postings_file import PostingsFile
from index.errors import ArchiveDamaged


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("segment") / "one"


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "short": lambda content: content[:7],
    "truncated": lambda content: content[: len(content) // 2],
    "one byte missing": lambda content: content[:-1],
    "zeros after a power cut": lambda content: bytes(len(content)),
    "another version": lambda content: content.replace(b"tocsin\x02", b"tocsin\x03"),
    "something else": lambda _: b"PK\x03\x04" * 100,
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_broken_file_is_not_opened(path: Path, kind: str) -> None:
    of_terms(path, {"word": {3: [4, 5], 9: [6]}}, 2**16)
    path.write_bytes(DAMAGES[kind](path.read_bytes()))
    with path.open("rb") as file, pytest.raises(ArchiveDamaged, match="one"):
        PostingsFile(file, "one")


def test_every_flipped_bit_is_found(path: Path) -> None:
    of_terms(path, {"word": {3: [4, 5], 9: [6]}}, 2**16)
    content = path.read_bytes()
    for at in range(len(content)):
        path.write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
        with path.open("rb") as file, pytest.raises(ArchiveDamaged):
            PostingsFile(file, "one").file.verify()
