"""Fixtures that every test may ask for."""

import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from support import ROOT

from hatch_build import compile_catalogues
from monitor.base import translation
from monitor.base.garbage import exempt_all
from monitor.base.language import FOLDER

pytest_plugins = (
    "support.databases",
    "support.scripted_server",
    "support.fetch_client",
    "support.delivery_desk",
    "support.two_feed_newsroom",
    "support.opensearch_nodes",
)

# English, whatever the locale of the machine: here, and in the processes that tests start.
os.environ["TOCSIN_LANGUAGE"] = "en"
compile_catalogues(ROOT)


MEMORY = Path("/dev/shm")
"""A disk in memory: thousands of stores and indexes need not wait for another, and no power fails.

They take half a gigabyte, and some run programs from it.
"""


def _is_large(disk: Path) -> bool:
    return (
        disk.is_dir()
        and shutil.disk_usage(disk).free > 4 << 30
        and not os.statvfs(disk).f_flag & os.ST_NOEXEC
    )


if "TMPDIR" not in os.environ and _is_large(MEMORY):
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)

# No deadlines: a busy machine is not a bug. The same examples each time where a run decides.
# Few of them, and fewer in `make test-fast`: `make properties` tries thousands.
settings.register_profile(
    "tests", max_examples=20, deadline=None, derandomize=bool(os.environ.get("CI"))
)
settings.register_profile("fast", settings.get_profile("tests"), max_examples=8)
settings.register_profile("properties", max_examples=3_000, deadline=None, print_blob=True)
settings.load_profile("tests")

# What is started with an ignored ^C (nohup, a background job) hands that on to what it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Spare the garbage collector what is imported: it stays, in each of the workers.

    What tests make is looked through seldom: it is much, and little of it is garbage.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        exempt_all()
        gc.set_threshold(10_000, 10, 10)
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: at the end no worker waits for one of them."""
    items.sort(key=lambda item: (item.path.parent.name != "slow", not _is_costly(item)))


def _is_costly(item: pytest.Item) -> bool:
    file = item.getparent(pytest.Module)
    return file is not None and file.get_closest_marker("costly") is not None


@pytest.fixture
def french() -> Iterator[None]:
    """Show messages in French."""
    before = translation.choice()
    translation.use("fr", FOLDER)
    yield
    translation.use(*before)
