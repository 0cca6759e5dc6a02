"""The indexer's process: what it says reaches the log of the monitor."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest
from support.newsroom import until

from monitor.model.config import ARCHIVE_FOLDER, StoreAddress
from monitor.storage.maintenance.indexer_process import IndexerProcess
from monitor.storage.store.sql.store import Store

pytestmark = pytest.mark.costly


def test_its_trouble_is_in_the_log_and_nowhere_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    Store(StoreAddress(tmp_path)).close()
    (tmp_path / ARCHIVE_FOLDER).touch()  # a file where the archive should be
    process = IndexerProcess(StoreAddress(tmp_path), time.time)
    with caplog.at_level(logging.INFO, "tocsin"):
        process.start()
        until(lambda: process.indexed() == 0 and "indexing has to wait" in caplog.text)
        process.stop()
    record, *_ = [entry for entry in caplog.records if "indexing has to wait" in entry.getMessage()]
    assert record.levelno == logging.ERROR
    assert capfd.readouterr() == ("", "")
