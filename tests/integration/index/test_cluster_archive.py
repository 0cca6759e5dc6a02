"""An archive in OpenSearch passes the tests of every archive, and what only a cluster can do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.opensearch_nodes import Nodes
from unit.index import test_archive
from unit.index.test_archive import *  # noqa: F403 (its tests)

from index.opensearch.address import ClusterAddress
from index.opensearch.cluster import Cluster

pytestmark = pytest.mark.costly


@pytest.fixture
def kind(opensearch: Nodes, monkeypatch: pytest.MonkeyPatch) -> str:
    @contextmanager
    def nobody_has() -> Iterator[ClusterAddress]:
        address = opensearch.address()
        yield address
        Cluster(address).call("DELETE", f"{address.index}-*")

    monkeypatch.setitem(test_archive.PLACES, "cluster", nobody_has)
    return "cluster"
