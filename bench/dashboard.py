"""What the dashboard costs, in a real pty: start, memory, keys, arrivals, rest.

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
"""Typed into the filter; its headlines are all read by then."""
SETTLE = 6.0
"""Seconds until all that was put off at the start is done."""
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
    asked = parser.parse_args()
    keys, rest = (60, 6.0) if asked.quick else (200, 20.0)
    with tempfile.TemporaryDirectory() as folder:
        room = AlertRoom(Path(folder), asked.alerts)
        print(f"{asked.alerts} alerts; goals in brackets", flush=True)
        with room.watched():
            _start(room, "first paint, CPU")
            with _dashboard(room) as shown:
                shown.wait_for(CURSOR)
                time.sleep(SETTLE)
                resident, proportional = shown.memory()
                _say("memory, MB", resident / 1e6, f"; proportional {proportional / 1e6:.0f}")
                _say("at rest, CPU %", _share(shown, rest))
                _keys(shown, "at rest", keys, "jk", nullcontext)
                _keys(shown, f"{RATE:g} arrivals a second", keys, "jk", lambda: room.arriving(RATE))
                _keys(shown, "the store locked", keys, "jka", room.locked)
                _typed(shown, keys // len(WORDS))
                shown.send(".")
                with room.arriving(RATE):
                    time.sleep(2)
                    _say("10 arrivals a second, CPU %", _share(shown, rest))
    if asked.million:
        with tempfile.TemporaryDirectory() as folder:
            room = AlertRoom(Path(folder), 1_000_000)
            with room.watched():
                _start(room, "first paint of a million, CPU")
                with _dashboard(room) as shown:
                    shown.wait_for(CURSOR)
                    time.sleep(2 * SETTLE)
                    print(f"memory with a million, MB: {shown.memory()[0] / 1e6:.0f}", flush=True)
                    _keys(shown, "a million, at rest", keys, "jk", nullcontext)


def _dashboard(room: AlertRoom) -> Terminal:
    config = room.folder / "feeds.yaml"
    config.write_text("feeds: []\nwatchlists: []\n", encoding="utf-8")
    command = [TOCSIN, "-c", str(config), "--data", str(room.folder)]
    return Terminal([*command, "dashboard", "--no-monitor"])


def _start(room: AlertRoom, name: str) -> None:
    """Start it five times, tell the best: the least disturbed."""
    costs = []
    for _ in range(5):
        with _dashboard(room) as shown:
            at = shown.wait_for(CURSOR)
            costs.append((shown.cpu(), at - shown.began))
    cpu, wall = min(costs)
    _say(name, cpu, f" s; wall {wall:.2f} s")


def _share(shown: Terminal, seconds: float) -> float:
    before, began = shown.cpu(), time.perf_counter()
    time.sleep(seconds)
    return 100 * (shown.cpu() - before) / (time.perf_counter() - began)


def _keys(
    shown: Terminal,
    when: str,
    count: int,
    keys: str,
    meanwhile: Callable[[], AbstractContextManager[None]],
) -> None:
    """Press keys at random moments, and tell how long until the cursor was painted anew."""
    chance = random.Random(SEED)
    shown.send("G" + UP * 12)  # rows enough below for every key to move the cursor
    time.sleep(1)
    took: list[float] = []
    late = 0
    with meanwhile():
        time.sleep(1)
        for number in range(count):
            time.sleep(chance.uniform(0.03, 0.12))
            mark = shown.mark
            pressed = shown.send(keys[number % len(keys)])
            try:
                took.append((shown.wait_for(CURSOR, mark, 5.0) - pressed) * 1000)
            except TimeoutError:
                late += 1
    took.sort()
    p95 = took[int(len(took) * 0.95)]
    said = f"; p50 {statistics.median(took):.1f}, worst {took[-1]:.0f}; {when}"
    _say("key to paint, p95, ms", p95, said + (f"; {late} never" if late else ""))


def _typed(shown: Terminal, times: int) -> None:
    """Type words into the filter, and tell how long until each letter was painted."""
    chance = random.Random(SEED)
    took: list[float] = []
    for number in range(times + 1):
        shown.send("f")
        time.sleep(4.0 if number == 0 else 0.5)
        for end in range(1, len(WORDS) + 1):
            time.sleep(chance.uniform(0.06, 0.2))
            mark = shown.mark
            pressed = shown.send(WORDS[end - 1])
            painted = shown.wait_for(WORDS[:end].rstrip(), mark, 5.0)
            if number:  # the first time headlines are read
                took.append((painted - pressed) * 1000)
        shown.send("\x1b")
        time.sleep(1.0)
    took.sort()
    said = f"; p50 {statistics.median(took):.1f}, worst {took[-1]:.0f}; a filter typed"
    _say("key to paint, p95, ms", took[int(len(took) * 0.95)], said)


def _say(name: str, found: float, more: str = "") -> None:
    print(f"{name}: {found:.2f} [{GOALS[name]:g}]{more}", flush=True)


if __name__ == "__main__":
    main()
