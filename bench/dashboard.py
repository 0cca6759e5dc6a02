"""Measures the dashboard in a real pty: start, memory, keys, arrivals, rest.

python -m bench.dashboard [--alerts 100000] [--million] [--quick]
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from bench.alert_newsroom import AlertRoom
from bench.terminal import Terminal

TOCSIN = str(Path(sys.executable).with_name("tocsin"))
CURSOR = "▌"
RATE = 10.0
SEED = 7
UP = "\x15"
WORDS = "greve orly"
"""The words that are typed into the filter, when all headlines have been read."""
SETTLE = 6.0
"""Seconds until the deferred work of the start is done."""
GOALS = {
    "first paint, CPU": 0.4,
    "memory, MB": 80,
    "key to paint, p95, ms": 50,
    "at rest, CPU %": 0.5,
    "10 arrivals a second, CPU %": 2,
    "first paint of a million, CPU": 1,
}


def main() -> None:
    """Measure, and print each result when it is known."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--million", action="store_true", help="also the start with a million")
    parser.add_argument("--quick", action="store_true", help="fewer keys, shorter rests")
    options = parser.parse_args()
    keys, pause = (60, 6.0) if options.quick else (200, 20.0)
    with tempfile.TemporaryDirectory() as folder:
        room = AlertRoom(Path(folder), options.alerts)
        print(f"{options.alerts} alerts; goals in brackets", flush=True)
        with room.watched():
            _start(room, "first paint, CPU")
            with _dashboard(room) as tty:
                tty.wait_for(CURSOR)
                time.sleep(SETTLE)
                resident, proportional = tty.memory()
                _say("memory, MB", resident / 1e6, f"; proportional {proportional / 1e6:.0f}")
                _say("at rest, CPU %", _share(tty, pause))
                _keys(tty, "at rest", keys, "jk", nullcontext)
                _keys(tty, f"{RATE:g} arrivals a second", keys, "jk", lambda: room.arriving(RATE))
                _keys(tty, "the store locked", keys, "jka", room.locked)
                _typed(tty, keys // len(WORDS))
                tty.send(".")
                with room.arriving(RATE):
                    time.sleep(2)
                    _say("10 arrivals a second, CPU %", _share(tty, pause))
    if options.million:
        with tempfile.TemporaryDirectory() as folder:
            room = AlertRoom(Path(folder), 1_000_000)
            with room.watched():
                _start(room, "first paint of a million, CPU")
                with _dashboard(room) as tty:
                    tty.wait_for(CURSOR)
                    time.sleep(2 * SETTLE)
                    print(f"memory with a million, MB: {tty.memory()[0] / 1e6:.0f}", flush=True)
                    _keys(tty, "a million, at rest", keys, "jk", nullcontext)


def _dashboard(room: AlertRoom) -> Terminal:
    config = room.folder / "feeds.yaml"
    config.write_text("feeds: []\nwatchlists: []\n", encoding="utf-8")
    command = [TOCSIN, "-c", str(config), "--data", str(room.folder)]
    return Terminal([*command, "dashboard", "--no-monitor"])


def _start(room: AlertRoom, name: str) -> None:
    """Start the dashboard five times, and print the least disturbed start."""
    costs = []
    for _ in range(5):
        with _dashboard(room) as tty:
            painted = tty.wait_for(CURSOR)
            costs.append((tty.cpu(), painted - tty.began))
    cpu, wall = min(costs)
    _say(name, cpu, f" s; wall {wall:.2f} s")


def _share(tty: Terminal, seconds: float) -> float:
    before, start = tty.cpu(), time.perf_counter()
    time.sleep(seconds)
    return 100 * (tty.cpu() - before) / (time.perf_counter() - start)


def _keys(
    tty: Terminal,
    when: str,
    count: int,
    keys: str,
    meanwhile: Callable[[], AbstractContextManager[None]],
) -> None:
    """Press keys at random moments, and print the time until the cursor was painted again."""
    rng = random.Random(SEED)
    tty.send("G" + UP * 12)  # rows enough below for every key to move the cursor
    time.sleep(1)
    times: list[float] = []
    late = 0
    with meanwhile():
        time.sleep(1)
        for number in range(count):
            time.sleep(rng.uniform(0.03, 0.12))
            mark = tty.mark
            pressed = tty.send(keys[number % len(keys)])
            try:
                times.append((tty.wait_for(CURSOR, mark, 5.0) - pressed) * 1000)
            except TimeoutError:
                late += 1
    times.sort()
    p95 = times[int(len(times) * 0.95)]
    details = f"; p50 {statistics.median(times):.1f}, worst {times[-1]:.0f}; {when}"
    _say("key to paint, p95, ms", p95, details + (f"; {late} never" if late else ""))


def _typed(tty: Terminal, rounds: int) -> None:
    """Type words into the filter, and print the time until each letter was painted."""
    rng = random.Random(SEED)
    times: list[float] = []
    for number in range(rounds + 1):
        tty.send("f")
        time.sleep(4.0 if number == 0 else 0.5)
        for end in range(1, len(WORDS) + 1):
            time.sleep(rng.uniform(0.06, 0.2))
            mark = tty.mark
            pressed = tty.send(WORDS[end - 1])
            painted = tty.wait_for(WORDS[:end].rstrip(), mark, 5.0)
            if number:  # the first time headlines are read
                times.append((painted - pressed) * 1000)
        tty.send("\x1b")
        time.sleep(1.0)
    times.sort()
    details = f"; p50 {statistics.median(times):.1f}, worst {times[-1]:.0f}; a filter typed"
    _say("key to paint, p95, ms", times[int(len(times) * 0.95)], details)


def _say(name: str, value: float, details: str = "") -> None:
    print(f"{name}: {value:.2f} [{GOALS[name]:g}]{details}", flush=True)


if __name__ == "__main__":
    main()
