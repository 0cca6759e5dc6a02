"""Files are written atomically."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.base.files import atomic_write, file_signature


def test_a_file_is_made_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a"
    assert file_signature(path) is None
    atomic_write(path, b"one", durable=True, mode=0o640)
    before = file_signature(path)
    assert path.stat().st_mode & 0o777 == 0o640
    atomic_write(path, b"three")
    assert path.read_bytes() == b"three"
    assert file_signature(path) != before
    assert list(tmp_path.iterdir()) == [path]


def test_a_check_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")

    def check() -> None:
        raise RuntimeError("edited meanwhile")

    with pytest.raises(RuntimeError):
        atomic_write(path, b"two", check=check)
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere/a"):
        atomic_write(tmp_path / "nowhere" / "a", b"one")
