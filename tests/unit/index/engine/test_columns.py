"""Tests that the columns of a segment are read as they were written."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from index.engine.columns import Columns, write_columns


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("segment") / "one"


@given(st.lists(st.floats(-1e9, 1e10), min_size=1))
def test_columns(path: Path, values: list[float]) -> None:
    ids = range(len(values))
    with path.open("wb") as file:
        write_columns(file, {"date": array("d", values), "id": array("Q", ids)})
    with path.open("rb") as file:
        columns = Columns(file, "one")
    assert columns.documents == len(values)
    assert list(columns.values("date")) == values
    assert columns.bounds("date") == (min(values), max(values))
    assert list(columns.values("id")) == list(ids)
    assert columns.total("id") == sum(ids)
