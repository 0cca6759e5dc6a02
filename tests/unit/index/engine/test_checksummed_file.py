"""Files of a segment that are damaged are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from index.engine.inverted_batch import TermPool
from index.engine.postings_file import PostingsFile, PostingsFileWriter
from index.errors import ArchiveDamaged


def written(path: Path, terms: dict[str, dict[int, list[int]]]) -> PostingsFile:
    pool = TermPool()
    for doc in sorted({doc for found in terms.values() for doc in found}):
        pool.add_terms(
            "words", doc, {term: found[doc] for term, found in terms.items() if doc in found}
        )
    with path.open("wb") as file:
        writer = PostingsFileWriter(file)
        for field, lists in pool.iter_postings():
            writer.add_field(field, lists)
        writer.close()
    with path.open("rb") as file:
        return PostingsFile(file, path.name)


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
    written(path, {"word": {3: [4, 5], 9: [6]}})
    path.write_bytes(DAMAGES[kind](path.read_bytes()))
    with path.open("rb") as file, pytest.raises(ArchiveDamaged, match="one"):
        PostingsFile(file, "one")


def test_every_flipped_bit_is_found(path: Path) -> None:
    written(path, {"word": {3: [4, 5], 9: [6]}})
    content = path.read_bytes()
    for at in range(len(content)):
        path.write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
        with path.open("rb") as file, pytest.raises(ArchiveDamaged):
            PostingsFile(file, "one").file.verify()
