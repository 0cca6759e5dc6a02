"""lemon24/reader on the corpus; runs in a virtual environment of its own.

python peer_reader.py add|update|index DATABASE [URLS]
"""

from __future__ import annotations

import sys
from pathlib import Path

WORKERS = 4


def main(step: str, database: str, urls: list[str]) -> None:
    """Run one step, and print the number of entries (or feeds)."""
    from reader import make_reader  # type: ignore[import-not-found]

    reader = make_reader(database)
    if step == "add":
        for url in urls:
            reader.add_feed(url)
    elif step == "update":
        reader.update_feeds(workers=WORKERS, scheduled=False)  # all, due or not
    else:
        reader.enable_search()
        reader.update_search()
    print(reader.get_entry_counts().total)


if __name__ == "__main__":
    listed = Path(sys.argv[3]).read_text(encoding="utf-8").split() if len(sys.argv) > 3 else []
    main(sys.argv[1], sys.argv[2], listed)
