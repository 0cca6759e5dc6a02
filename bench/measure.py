"""What a command costs: wall, processor time and memory of it and all that it started.

    python -m bench.measure COMMAND…    runs it, prints one line of JSON

It adopts orphans (a fork server outlives the command by an instant), so that the kernel's
own count of the processor time of its children is whole.
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
    """Seconds and bytes."""

    wall: float
    cpu: float
    """User and system, of all processes."""
    own: int
    """Peak resident memory of the command's first process."""
    together: int
    """Peak proportional memory of all its processes at one moment, as sampled."""
    said: str
    """What it printed, with what it complained of."""
    code: int


def cost(
    command: list[str], environment: dict[str, str] | None = None, *, check: bool = True
) -> Cost:
    """Run a command under a process of its own that measures it; `check` raises if it fails."""
    ran = subprocess.run(
        [sys.executable, "-m", "bench.measure", *command],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=os.environ | (environment or {}),
    )
    found = Cost(**json.loads(ran.stdout))
    if check and found.code:
        raise RuntimeError(f"{command}: exit code {found.code}: {found.said[-2_000:]}")
    return found


def wall(command: list[str], times: int) -> float:
    """Return the least wall time of so many runs of a command."""

    def once() -> float:
        began = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        return time.perf_counter() - began

    return min(once() for _ in range(times))


def idle(command: list[str], settle: float, seconds: float) -> float:
    """Return the share of a core that a resident command takes once it has settled."""
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(settle)
        before, began = cpu_of(running.pid), time.perf_counter()
        time.sleep(seconds)
        return (cpu_of(running.pid) - before) / (time.perf_counter() - began)
    finally:
        running.terminate()
        running.wait()


def cpu_with_the_dead(root: int) -> float:
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
    own = together = 0
    with tempfile.TemporaryFile("w+", encoding="utf-8") as spoken:
        began = time.perf_counter()
        running = subprocess.Popen(command, stdout=spoken, stderr=subprocess.STDOUT)
        while running.returncode is None:
            own = max(own, peak_of(running.pid))
            together = max(together, sum(map(_proportional, _tree(os.getpid()))))
            with suppress(subprocess.TimeoutExpired):
                running.wait(INTERVAL)
        took = time.perf_counter() - began
        spoken.seek(0)
        said = spoken.read()
    _reap()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = Cost(took, used.ru_utime + used.ru_stime, own, together, said, running.returncode)
    print(json.dumps(asdict(found)))


def _reap() -> None:
    """Wait until the last of the orphans has ended."""
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return


def _tree(root: int) -> list[int]:
    """Return all processes below one."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            children[int(fields[1])].append(int(status.parent.name))
    found = list(children[root])
    for pid in found:
        found += children[pid]
    return found


@contextmanager
def kept_or_temporary(kept: Path | None) -> Iterator[Path]:
    """Give the folder that is kept for the next time, or one that is deleted in the end."""
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
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
