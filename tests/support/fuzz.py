"""`make fuzz`: broken feeds without end, through the whole program, beside feeds that are well.

PYTHONPATH=tests python -m support.fuzz [--minutes 1] [--seed N] [--failures FOLDER]
PYTHONPATH=tests python -m support.fuzz --replay FILE...

Each batch is one `tocsin run --once` in this process: from a web server to the archive.
What breaks a promise, or costs more processor time or memory than its budget, is asked for again
alone, and kept as the server sent it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import forkserver
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from monitor.base.translation import shown
from monitor.model.poll import RunSummary
from monitor.runtime.wiring import RunOptions, run_monitor
from support.analyst_hour import resident
from support.archive_invariants import unclean_texts, wrong_matches
from support.feed_mutations import mutated, originals
from support.newsroom import Item, Newsroom, rss
from support.scripted_server import Fault, Reply, Web

BATCH, SUSPECTS = 200, 5
DECIDED = 6.0
WELL = [
    Reply(body=rss(*(Item(f"{word} {n}", f"Le {word} de {n}.", guid=str(n)) for n in range(5))))
    for word in ("Alibaba", "Canal")
]
"""The number of good feeds in each batch, which must be read."""


class Cost(Struct, frozen=True):
    """The cost of a batch, or its budget."""

    seconds: float
    """Processor time, in this process and those it started."""
    growth: int
    """Bytes by which this process has grown."""
    largest: int
    """Bytes of the largest process it started; what an earlier batch reached counts too."""

    def above(self, budget: Cost) -> Iterator[str]:
        """Yield the costs above a budget, in words."""
        if self.seconds > budget.seconds:
            yield f"{self.seconds:.1f} s of the processor, of {budget.seconds:.1f}"
        for name, bytes, limit in (
            ("grown by", self.growth, budget.growth),
            ("a process of", self.largest, budget.largest),
        ):
            if bytes > limit:
                yield f"{name} {bytes >> 20} MB, of {limit >> 20}"


START = Cost(seconds=8.0, growth=64 << 20, largest=420 << 20)
"""Budget of a run with no documents but the good ones."""
DOCUMENT = Cost(seconds=0.05, growth=128 << 10, largest=0)
"""Budget that each document adds."""


def budget(documents: int) -> Cost:
    """Return the budget of a batch."""
    return Cost(
        START.seconds + documents * DOCUMENT.seconds,
        START.growth + documents * DOCUMENT.growth,
        START.largest,
    )


class Verdict(Struct, frozen=True):
    """The outcome of a batch."""

    broken: tuple[str, ...] = ()
    """The broken promises, in words."""
    late: tuple[int, ...] = ()
    """Numbers of documents that were decided late, perhaps because of a queue before them."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """The number of feeds by outcome: read, or the reason of the failure."""
    articles: int = 0
    costly: tuple[str, ...] = ()
    """The costs above the budget, in words."""


def judge(replies: Sequence[Reply]) -> Verdict:
    """Run the program on answers; return the broken promises and the costs above the budget."""
    before, size = _processor_seconds(), resident()
    verdict = _run(replies)
    forkserver._forkserver._stop()  # type: ignore[attr-defined] # ended, its workers are counted
    cost = Cost(
        seconds=_processor_seconds() - before,
        growth=resident() - size,
        largest=resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10,
    )
    return replace(verdict, costly=tuple(cost.above(budget(len(replies)))))


def _processor_seconds() -> float:
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _run(replies: Sequence[Reply]) -> Verdict:
    memory = Path("/dev/shm")
    directory = memory if memory.is_dir() else None
    with Web(clock=time.time) as web, tempfile.TemporaryDirectory(dir=directory) as folder:
        newsroom = Newsroom(Path(folder))
        names = ["well 0", *(f"fuzzed {number}" for number in range(len(replies))), "well 1"]
        for number, reply in enumerate([WELL[0], *replies, WELL[1]]):
            web.on(f"/{number}", reply)
        feeds = [{"url": web.url(f"/{n}"), "name": name} for n, name in enumerate(names)]
        distance = {"name": "near", "query": "sûreté NEAR/9 état"}
        newsroom.watch(feeds, ["Alibaba", distance, "the~"])
        with errors() as errors_logged:
            try:
                orders = RunOptions(once=True, everything=True)
                summary = asyncio.run(run_monitor(newsroom.config, None, orders))
            except Exception as error:
                return Verdict(broken=(f"{type(error).__name__}: {error}",))
        return audit(newsroom, web, summary, errors_logged)


def audit(newsroom: Newsroom, web: Web, summary: RunSummary, log: list[str]) -> Verdict:
    """Return the verdict on a run from its store, its log and the requests."""
    request_times = {request.path: request.at for request in web.requests}
    problems = [f"in the log: {line}" for line in log]
    delays: dict[str, float] = {}
    outcomes: Counter[str] = Counter()
    for name, url, at, outcome, reason, articles in newsroom.sql(
        "SELECT f.name, f.url, p.at, p.outcome, p.reason, f.articles"
        " FROM feeds f LEFT JOIN polls p ON p.feed = f.number"
    ):
        path = "/" + url.rpartition("/")[2]
        outcomes[(shown(reason or "") or "read").split(":")[0][:60]] += 1
        if at is None:
            problems.append(f"{name} was not decided")
        delays[name] = (at or 0.0) - request_times.get(path, at or 0.0)
        if outcome == "failed" and not reason.strip():
            problems.append(f"{name} failed without a reason")
        if name.startswith("well") and articles != 5:
            problems.append(f"{name} has {articles} articles: {reason}")
    problems += [f"not clean: {'.'.join(place)}" for *place, _ in unclean_texts(database(newsroom))]
    problems += [f"a match is askew: {text!r}" for text in wrong_matches(database(newsroom))]
    if newsroom.counts()[2]:
        problems.append("not all of it is searchable")
    usual = max(delays.get(f"well {n}", 0.0) for n in range(2))  # on a busy machine all are slow
    late = [int(name[7:]) for name, delay in delays.items() if delay - usual > DECIDED]
    return Verdict(tuple(problems), tuple(late), outcomes, summary.new)


def database(newsroom: Newsroom) -> Path:
    """Return the path of the database of a newsroom."""
    return newsroom.data / "newsroom.db"


@contextmanager
def errors() -> Iterator[list[str]]:
    """Collect the errors that are logged, and print no log."""
    lines: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    listener, root = Listener(logging.ERROR), logging.getLogger()
    root.addHandler(listener)
    try:
        yield lines
    finally:
        root.removeHandler(listener)


# --- answers as files ---------------------------------------------------------------------


def kept(reply: Reply, path: Path) -> None:
    """Write an answer to a file: a line of JSON with status and headers, then its body."""
    headers = [[_text(name), _text(value)] for name, value in reply.headers]
    head = {"status": reply.status, "headers": headers, "fault": reply.fault}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(json.dumps(head).encode() + b"\n" + reply.body)


def read(path: Path) -> Reply:
    """Return the answer that a file holds."""
    line, _, body = path.read_bytes().partition(b"\n")
    head = json.loads(line)
    headers = tuple((name, value) for name, value in head["headers"])
    fault = Fault(head["fault"]) if head["fault"] else None
    return Reply(head["status"], headers, body, fault=fault)


def _text(raw: str | bytes) -> str:
    return raw if isinstance(raw, str) else raw.decode("latin-1")


# --- the command --------------------------------------------------------------------------


def fuzz(seed: int, seconds: float, failures: Path, batch: int = BATCH) -> list[Path]:
    """Fuzz for some seconds; return the files of the documents that broke a promise."""
    if problems := judge([]).broken:
        raise SystemExit(f"nothing works, with good feeds alone: {problems[0]}")
    bodies = originals()
    kept_files: list[Path] = []
    outcomes: Counter[str] = Counter()
    began, number, articles = time.monotonic(), 0, 0
    while time.monotonic() - began < seconds:
        replies = [mutated(bodies, seed, n) for n in range(number, number + batch)]
        verdict = judge(replies)
        outcomes += verdict.outcomes
        articles += verdict.articles
        if verdict.broken:
            print(*verdict.broken[:5], sep="\n", file=sys.stderr)
            kept_files += keep(find_guilty(replies), replies, failures / f"{seed}-{number}")
        if verdict.costly:
            print(f"seed {seed}, from {number} on:", *verdict.costly, file=sys.stderr)
            numbers = find_guilty(replies, lambda verdict: verdict.costly)
            kept_files += keep(numbers, replies, failures / f"{seed}-{number}-costly")
        slow = [n for n in verdict.late[:SUSPECTS] if judge([replies[n]]).late]
        kept_files += keep(slow, replies, failures / f"{seed}-{number}-slow")
        number += batch
    elapsed = time.monotonic() - began
    print(f"seed {seed}: {number} documents in {elapsed:.0f} s, {articles} articles,"
          f" {len(kept_files)} broke a promise")  # fmt: skip
    for outcome, count in outcomes.most_common(12):
        print(f"{count:8} {outcome}")
    return kept_files


def find_guilty(
    replies: Sequence[Reply],
    fault: Callable[[Verdict], Sequence[str]] = lambda verdict: verdict.broken,
) -> list[int]:
    """Return the numbers of the answers with a fault; all numbers if no answer has it alone."""
    suspects = [range(len(replies))]
    culprits: list[int] = []
    while suspects and len(culprits) < SUSPECTS:
        group = suspects.pop()
        halves = group[: len(group) // 2], group[len(group) // 2 :]
        for half in halves if len(group) > 1 else ():
            if fault(judge([replies[n] for n in half])):
                (culprits.append(half[0]) if len(half) == 1 else suspects.append(half))
    return culprits or list(range(len(replies)))


def keep(numbers: Sequence[int], replies: Sequence[Reply], folder: Path) -> list[Path]:
    """Write answers into a folder and print its path."""
    paths = [folder / str(number) for number in numbers]
    for number, path in zip(numbers, paths, strict=True):
        kept(replies[number], path)
        print(f"kept {path}", file=sys.stderr)
    return paths


def main() -> int:
    """Fuzz or replay; the exit code is 1 if a promise was broken."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--failures", type=Path, default=Path("fuzz-failures"))
    parser.add_argument("--replay", type=Path, nargs="+")
    options = parser.parse_args()
    if options.replay:
        verdict = judge([read(path) for path in options.replay])
        late = ["late"] if verdict.late else []
        print(*verdict.broken, *verdict.outcomes, *late, *verdict.costly, sep="\n")
        return bool(verdict.broken or verdict.late or verdict.costly)
    print(f"seed {options.seed}", flush=True)
    return bool(fuzz(options.seed, options.minutes * 60, options.failures))


if __name__ == "__main__":
    sys.exit(main())
