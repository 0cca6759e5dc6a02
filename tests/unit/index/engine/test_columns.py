"""The columns of a segment: what is written is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.engine.columns import Columns, ColumnsWriter


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("segment") / "one"


@given(st.dictionaries(st.integers(0, 30), st.floats(-1e9, 1e10), min_size=1))
def test_columns(path: Path, values: dict[int, float]) -> None:
    count = max(values) + 3
    writer = ColumnsWriter()
    for doc in sorted(values):
        writer.put("date", "d", doc, values[doc])
    with path.open("wb") as file:
        writer.write(file, count)
    with path.open("rb") as file:
        columns = Columns(file, "one")
    expected = [values.get(doc, 0.0) for doc in range(count)]
    assert list(columns.values("date")) == expected
    assert columns.bounds("date") == (min(expected), max(expected))
    assert list(columns.values("id")) == [0] * count
