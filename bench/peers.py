"""`make bench-peers`: newsboat, lemon24/reader and Miniflux on the same feeds, beside tocsin.

python -m bench.peers [--feeds 1000] [--entries 30] [--corpus FOLDER] [--venv FOLDER]

newsboat keeps no full-text index. reader fetches and indexes in two steps, both measured.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from bench import peer_miniflux
from bench.__main__ import arguments, baseline, heading, introduce, row
from bench.measure import Cost, cost, kept_or_temporary
from bench.newsroom import Newsroom, lay_out
from bench.server import serving
from bench.tocsin_run import Tocsin, WrongError

READER = ("reader", "sgmllib3k")  # the second is missing among its requirements
RELOAD_THREADS = 4


def main() -> None:
    """Measure, and print each result when it is known."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--venv", type=Path, default=Path(".venv-peers"), help="where reader is")
    options = parser.parse_args()
    python = reader_installed(options.venv)
    newsboat = newsboat_installed()
    with kept_or_temporary(options.corpus) as corpus, tempfile.TemporaryDirectory() as scratch_name:
        scratch = Path(scratch_name)
        newsroom = lay_out(corpus, options.feeds, options.entries)
        introduce(newsroom)
        with serving(newsroom.site, scratch) as (port, server):
            print(f"served by {server} on loopback\n", flush=True)
            heading()
            row("feedparser + FTS5, one process", baseline(newsroom, scratch))
            rounds = Tocsin(newsroom, scratch, port).rounds()
            row("tocsin, cold: stored, matched, searchable", rounds.cold)
            row("tocsin, warm", rounds.warm)
            run_newsboat(newsboat, newsroom, scratch, port)
            run_reader(python, newsroom, scratch, port)
            run_miniflux(newsroom, scratch, port)


def run_newsboat(newsboat: str, newsroom: Newsroom, scratch: Path, port: int) -> None:
    """Reload twice in a temporary home, and print the rows."""
    home = scratch / "newsboat"
    home.mkdir()
    urls, settings, cache = home / "urls", home / "config", home / "cache.db"
    urls.write_text("\n".join(newsroom.urls(port)) + "\n", encoding="utf-8")
    settings.write_text(f"reload-threads {RELOAD_THREADS}\nmax-items 0\n", encoding="utf-8")
    command = [newsboat, "-u", str(urls), "-C", str(settings), "-c", str(cache), "-x", "reload"]
    row("newsboat, cold: stored", cost(command, {"HOME": str(home)}))
    with closing(sqlite3.connect(cache)) as sql:
        expect(newsroom, "newsboat", sql.execute("SELECT count(*) FROM rss_item").fetchone()[0])
    row("newsboat, warm", cost(command, {"HOME": str(home)}))


def run_reader(python: Path, newsroom: Newsroom, scratch: Path, port: int) -> None:
    """Update and index, then update again, and print the rows."""
    urls, database = scratch / "urls", scratch / "reader.db"
    urls.write_text("\n".join(newsroom.urls(port)), encoding="utf-8")
    script = str(Path(__file__).with_name("peer_reader.py"))

    def step(name: str, *words: str) -> Cost:
        return cost([str(python), script, name, str(database), *words])

    step("add", str(urls))
    fetched = step("update")
    expect(newsroom, "reader", int(fetched.output.split()[-1]))
    row("reader, cold: stored", fetched)
    row("reader, cold: searchable, after that", step("index"))
    row("reader, warm: update", step("update"))
    row("reader, warm: index, after that", step("index"))


def run_miniflux(newsroom: Newsroom, scratch: Path, port: int) -> None:
    """Refresh twice in a new database, and print the rows; or print why this is impossible."""
    if missing := peer_miniflux.available():
        print(f"\nMiniflux was not run: {missing}")
        return
    with peer_miniflux.database(scratch) as running:
        peer_miniflux.subscribe(running, newsroom.urls(port))
        fetched = peer_miniflux.refresh(running)
        expect(newsroom, "Miniflux", peer_miniflux.entries(running))
        row("Miniflux, cold: stored, searchable", fetched)
        row("Miniflux, warm", peer_miniflux.refresh(running))


def expect(newsroom: Newsroom, peer: str, entries: int) -> None:
    """Raise WrongError unless a peer has every entry."""
    if entries != newsroom.articles:
        raise WrongError(f"{peer} has {entries} of {newsroom.articles} entries")


def reader_installed(venv: Path) -> Path:
    """Return the Python of an environment that has reader, made if needed."""
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *READER], check=True)
    return python.absolute()


def newsboat_installed() -> str:
    """Return the newsboat program, installed from the distribution if needed."""
    if shutil.which("newsboat") is None:
        subprocess.run(
            ["apt-get", "install", "-y", "--no-install-recommends", "newsboat"], check=True
        )
    path = shutil.which("newsboat")
    if path is None:
        raise FileNotFoundError("newsboat")
    return path


if __name__ == "__main__":
    main()
