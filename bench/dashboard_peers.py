"""The dashboard beside newsboat on the same 30,000 articles: start, memory, search.

python -m bench.dashboard_peers [--feeds 1000] [--entries 30] [--corpus FOLDER]
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench.__main__ import arguments, introduce
from bench.measure import cost, kept_or_temporary
from bench.newsroom import Newsroom, lay_out
from bench.peers import RELOAD_THREADS, newsboat_installed
from bench.server import serving
from bench.terminal import Terminal
from bench.tocsin_run import Tocsin

SETTLE = 5.0
SLOW = 5.0
PATIENCE = 120.0
"""Seconds."""


def main() -> None:
    """Measure, and print each result when it is known."""
    options = arguments(__doc__ or "").parse_args()
    newsboat = newsboat_installed()
    with kept_or_temporary(options.corpus) as corpus, tempfile.TemporaryDirectory() as scratch_name:
        scratch = Path(scratch_name)
        newsroom = lay_out(corpus, options.feeds, options.entries)
        introduce(newsroom)
        with serving(newsroom.site, scratch) as (port, _):
            tocsin = Tocsin(newsroom, scratch, port)
            cost(tocsin.command("run", "--once", "--now", "--json"))
            reader = _filled(newsboat, newsroom, scratch, port)
        word = next(iter(newsroom.words))
        print(f"searched: {word}, in {newsroom.words[word]} articles")
        print("| | start, CPU s | start, wall s | memory, MB | search, wall s |")
        print("|---|---|---|---|---|", flush=True)
        _row("tocsin", tocsin.command("dashboard", "--no-monitor"), "▌", f"/{word}", "found")
        _row("newsboat", reader, "feed-0", f"/{word}\r", "Search results")


def _filled(newsboat: str, newsroom: Newsroom, scratch: Path, port: int) -> list[str]:
    """Return the command of a newsboat that has read every feed."""
    home = scratch / "newsboat"
    home.mkdir()
    urls, settings, cache = home / "urls", home / "config", home / "cache.db"
    urls.write_text("\n".join(newsroom.urls(port)) + "\n", encoding="utf-8")
    settings.write_text(f"reload-threads {RELOAD_THREADS}\nmax-items 0\n", encoding="utf-8")
    command = [newsboat, "-u", str(urls), "-C", str(settings), "-c", str(cache)]
    cost([*command, "-x", "reload"], {"HOME": str(home)})
    return ["env", f"HOME={home}", *command]


def _row(name: str, command: list[str], painted: str, search: str, answer: str) -> None:
    """Start three times, once if it is slow; print the best start, the memory and a search."""
    starts: list[tuple[float, float]] = []
    while len(starts) < 3 and sum(wall for _, wall in starts) < SLOW:
        with Terminal(command) as tty:
            end = tty.wait_for(painted, seconds=PATIENCE)
            starts.append((tty.cpu(), end - tty.began))
    with Terminal(command) as tty:
        tty.wait_for(painted, seconds=PATIENCE)
        time.sleep(SETTLE)
        memory = tty.memory()[0] / 1e6
        mark = tty.mark
        pressed = tty.send(search)
        seconds = tty.wait_for(answer, mark, PATIENCE) - pressed
    cpu, wall = min(starts)
    print(f"| {name} | {cpu:.2f} | {wall:.2f} | {memory:.0f} | {seconds:.2f} |", flush=True)


if __name__ == "__main__":
    main()
