"""The API of a newsroom that has read two feeds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.api_server import Api, serving
from support.newsroom import Newsroom


@pytest.fixture(scope="module")
def api(filled: Newsroom) -> Iterator[Api]:
    with serving(filled.config, filled.data) as served:
        yield served
