"""A feed that is made to exhaust memory, beside one that is well, in little memory."""

from __future__ import annotations

import json
import platform
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from support.newsroom import LOOPBACK, PATIENCE, TOCSIN, Item, rss
from support.scripted_server import Reply, Web

pytestmark = [
    pytest.mark.costly,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts data"),
]

MEMORY = 200 * 2**20
"""Bytes of data that each process may have: together less than the `MemoryMax` of the service."""
ARTICLES = 8


def confine() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def test_a_hostile_feed_takes_no_more_memory_than_there_is(tmp_path: Path) -> None:
    items = [
        Item(guid=f"bad-{number}", title=f"Bad {number}", text=f"b{number}-" * 20_000)
        for number in range(10, 10 + ARTICLES)
    ]
    with Web() as web:
        web.on("/bad", Reply(body=rss(*items)))
        web.on("/good", Reply(body=rss(Item(guid="good", title="Alibaba à Liège"))))
        feeds = [{"url": web.url(f"/{name}"), "name": name} for name in ("bad", "good")]
        settings = {"feeds": feeds, "watchlists": ["Alibaba"], "network": {"allow": [LOOPBACK]},
                "archive": {"vectors": False}}  # fmt: skip
        (tmp_path / "feeds.yaml").write_text(json.dumps(settings), encoding="utf-8")
        done = subprocess.run(
            [TOCSIN, "run", "--once", "--now", "--json"], cwd=tmp_path, preexec_fn=confine,
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    assert (summary["new"], summary["alerts"], summary["failed"]) == (ARTICLES + 1, 1, 0)


HEAPS = """
import ctypes, threading
from monitor.base.garbage import share_one_heap

share_one_heap()
take = ctypes.CDLL(None).malloc
threads = [threading.Thread(target=take, args=(1_000,)) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
ctypes.CDLL(None).malloc_stats()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is another")
def test_threads_share_one_heap() -> None:
    done = subprocess.run([sys.executable, "-c", HEAPS], capture_output=True, text=True, check=True)
    assert "Arena 0" in done.stderr and "Arena 1" not in done.stderr


PAGES = """
import resource, sys
import numpy
from monitor.base import garbage

getattr(garbage, sys.argv[1])()

def taken() -> int:
    numpy.zeros(2 << 20, dtype=numpy.uint8)[:] = 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

first = taken()
print(max(taken() for _ in range(10)) - first)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is another")
@pytest.mark.parametrize(("setting", "is_kept"), [("keep_freed", True), ("free_at_once", False)])
def test_freed_arrays_are_kept_or_given_back(setting: str, is_kept: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PAGES, setting], capture_output=True, text=True, check=True
    )
    pages = int(done.stdout) * resource.getpagesize()
    assert pages < 2 << 20 if is_kept else pages >= 20 << 20
