"""Tests of the modules that are imported for workers."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from monitor.base import fork_server
from monitor.intake.parse.workers import Parser
from monitor.model.config import StoreAddress
from monitor.storage.maintenance.indexer_process import IndexerProcess


def test_whatever_is_to_be_imported_first_exists(tmp_path: Path) -> None:
    """The fork server ignores an unknown module; then each worker would import it by itself."""
    Parser()
    IndexerProcess(StoreAddress(tmp_path), lambda: 0.0)
    module_names = list(fork_server._preloaded)
    assert {"monitor.intake.parse.preloaded", "index.engine.writer"} <= set(module_names)
    for module in module_names:
        import_module(module)
