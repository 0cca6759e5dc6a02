"""What a command imports before it answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.small_store import ALIBABA, arrival, article, opened

from monitor.model.config import StoreAddress

pytestmark = pytest.mark.costly

NEVER_USED = {
    "index.analysis.tokenizer",
    "index.engine.searcher",
    "index.evaluation.spans",
    "index.query.parser",
    "asyncio",
    "httpx",
    "lxml",
    "numpy",
    "pydantic",
    "whoosh",
}
"""Modules that take longer to import than these commands take."""
COMMAND = """
import sys
from monitor.cli import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""


def imported(folder: Path, *command: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "--data", str(folder), *command],
        capture_output=True,
        text=True,
        cwd=folder.parent,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return set(done.stderr.split())


@pytest.mark.parametrize(
    ("command", "is_empty"),
    [
        *((command, True) for command in ("status", "feeds", "alerts", "deliveries")),
        *((command, False) for command in ("status", "feeds", "alerts")),
    ],
)
def test_a_command_that_shows_the_store_imports_no_search_engine(
    command: str, is_empty: bool, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    if not is_empty:
        room = opened(StoreAddress(folder))
        room.save(arrival(1, ALIBABA), arrival(2, article=article(2, 2, story=1)))
        room.store.close()
    modules = imported(folder, command)
    assert "monitor.storage.store.database.sqlite" in modules
    assert not NEVER_USED & modules


def test_a_command_ends_without_a_look_through_all_that_it_imported(tmp_path: Path) -> None:
    room = opened(StoreAddress(tmp_path / "data"))
    room.save(arrival(1, ALIBABA))
    room.store.close()
    program = (
        "import atexit, gc, sys; from monitor.__main__ import main;"
        " atexit.register(lambda: print(len(gc.get_objects()), file=sys.stderr)); main()"
    )
    for command in ("alerts", "status"):
        done = subprocess.run(
            [sys.executable, "-c", program, "--data", str(tmp_path / "data"), command],
            capture_output=True, text=True, cwd=tmp_path, check=True,
        )  # fmt: skip
        assert int(done.stderr.split()[-1]) < 5_000
    assert not (tmp_path / "data/newsroom.db-wal").exists(), "the store was closed"


def test_the_monitor_imports_no_dashboard_and_no_numpy(tmp_path: Path) -> None:
    config = tmp_path / "feeds.yaml"
    config.write_text(
        "network: {allow: [127.0.0.1]}\nfeeds: [{url: 'http://127.0.0.1:9/feed'}]\nwatchlists: []\n"
    )
    modules = imported(tmp_path / "data", "-c", str(config), "run", "--once")
    assert {"monitor.runtime.daemon", "monitor.intake.similar.event_linker"} <= modules
    assert "httpx" in modules
    assert not {"numpy", "textual"} & modules
