"""Measures a command: wall and processor time and memory of it and of all its child processes.

    python -m bench.measure COMMAND…    runs it, prints one line of JSON

It adopts orphans (a fork server outlives the command briefly), so that the kernel's count of
the processor time of its children is complete.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct
from msgspec.structs import asdict

INTERVAL = 0.1
_PR_SET_CHILD_SUBREAPER = 36


class Cost(Struct, frozen=True):
    """The cost of a command, in seconds and bytes."""

    wall: float
    cpu: float
    """User and system time of all processes."""
    main_memory: int
    """Peak resident memory of the command's first process."""
    total_memory: int
    """Highest sampled sum of the proportional memory of all its processes."""
    output: str
    """Its standard output and errors."""
    code: int


def cost(
    command: list[str], environment: dict[str, str] | None = None, *, check: bool = True
) -> Cost:
    """Run a command in a process that measures it; with `check`, raise if the command fails."""
    completed = subprocess.run(
        [sys.executable, "-m", "bench.measure", *command],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=os.environ | (environment or {}),
    )
    result = Cost(**json.loads(completed.stdout))
    if check and result.code:
        raise RuntimeError(f"{command}: exit code {result.code}: {result.output[-2_000:]}")
    return result


def wall(command: list[str], times: int) -> float:
    """Return the shortest wall time of several runs of a command."""

    def once() -> float:
        start = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        return time.perf_counter() - start

    return min(once() for _ in range(times))


def idle(command: list[str], settle: float, seconds: float) -> float:
    """Return the share of a core that a running command takes once it has settled."""
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(settle)
        before, start = cpu_of(running.pid), time.perf_counter()
        time.sleep(seconds)
        return (cpu_of(running.pid) - before) / (time.perf_counter() - start)
    finally:
        running.terminate()
        running.wait()


def cpu_with_ended(root: int) -> float:
    """Return the processor seconds of a process, those below it, and those it has waited for."""
    ticks = 0
    for pid in [root, *_tree(root)]:
        with suppress(OSError):
            fields = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def main(command: list[str]) -> None:
    """Run and print."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    peak = total = 0
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        start = time.perf_counter()
        running = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        while running.returncode is None:
            peak = max(peak, peak_of(running.pid))
            total = max(total, sum(map(_proportional, _tree(os.getpid()))))
            with suppress(subprocess.TimeoutExpired):
                running.wait(INTERVAL)
        seconds = time.perf_counter() - start
        log.seek(0)
        output = log.read()
    _reap()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = Cost(seconds, used.ru_utime + used.ru_stime, peak, total, output, running.returncode)
    print(json.dumps(asdict(result)))


def total_memory(root: int) -> int:
    """Return the sum of the proportional memory of a process and all below it, in bytes."""
    return sum(map(_proportional, [root, *_tree(root)]))


def _reap() -> None:
    """Wait until the last of the orphans has ended."""
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return


def _tree(root: int) -> list[int]:
    """Return all descendants of a process."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            children[int(fields[1])].append(int(status.parent.name))
    pids = list(children[root])
    for pid in pids:
        pids += children[pid]
    return pids


@contextmanager
def kept_or_temporary(folder: Path | None) -> Iterator[Path]:
    """Yield the given folder, which is kept, or a temporary folder."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def peak_of(pid: int) -> int:
    """Return the peak resident memory of a process, in bytes."""
    return _kilobytes(pid, "status", "VmHWM:")


def _proportional(pid: int) -> int:
    return _kilobytes(pid, "smaps_rollup", "Pss:")


def _kilobytes(pid: int, file: str, field: str) -> int:
    try:
        lines = (Path("/proc") / str(pid) / file).read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith(field)), 0)


def cpu_of(root: int) -> float:
    """Return the processor seconds that living processes have used, to the nanosecond."""
    total = 0
    for pid in [root, *_tree(root)]:
        for thread in (Path("/proc") / str(pid) / "task").glob("*/schedstat"):
            with suppress(OSError):
                total += int(thread.read_text().split()[0])
    return total / 1e9


if __name__ == "__main__":
    main(sys.argv[1:])
