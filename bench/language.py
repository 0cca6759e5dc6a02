"""Measures how often the language of a real text is right, alone and with the prior of its feed.

python -m bench.language [--data FOLDER]

The texts are headlines (and headlines with summaries) of real French and English articles, and
sentences of ten languages. With the prior, the texts of a file are those of a feed, which
declares no language or a wrong one; each result adds to the prior of the next text.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.real_articles import arguments, rows
from index.analysis.language import LEARNED_FROM, detect, prior
from monitor.base.text_cleaning import line


class Texts(NamedTuple):
    """Texts of one language, of one kind."""

    lang: str
    name: str
    texts: Sequence[str]


def main() -> None:
    """Measure, and print."""
    data: Path = arguments(__doc__ or "").parse_args().data
    print("| | texts | alone | with the prior | a feed that declares another language |")
    print("|---|---|---|---|---|")
    seconds, count = 0.0, 0
    for lang, name, texts in kinds(data):
        start = time.process_time()
        alone = [detect(text) for text in texts]
        seconds, count = seconds + time.process_time() - start, count + len(texts)
        liar = "en" if lang != "en" else "fr"
        shares = [
            alone.count(lang) / len(texts),
            detected(texts).count(lang) / len(texts),
            detected(texts, liar).count(lang) / len(texts),
        ]
        print(f"| {lang} {name} | {len(texts):,} | {' | '.join(f'{s:.2%}' for s in shares)} |")
    print(f"\n{seconds / count * 1e6:.0f} µs a text by itself")
    mixed(data)


def kinds(data: Path) -> Iterator[Texts]:
    """Yield every collection of texts."""
    french = list(rows(data / "text-fr" / "orangesum-dev.jsonl"))
    yield Texts("fr", "headlines", [line(row["title"]) for row in french])
    combined = [f"{line(row['title'])}\n{line(row['heading'])}" for row in french]
    yield Texts("fr", "headlines and summaries", combined)
    pairs = list(rows(data / "clusters" / "stsb-news-train-en.jsonl"))
    headlines = [row for row in pairs if row["file"] == "headlines"]
    yield Texts("en", "headlines", [row[side] for row in headlines for side in "ab"])
    events = [row["text"].split("\n") for row in rows(data / "clusters" / "ecbplus-en-dev.jsonl")]
    # One half of these files begins with the address of the article.
    excerpts = [[text for text in event if "http" not in text][:2] for event in events]
    yield Texts("en", "headlines and summaries", ["\n".join(event) for event in excerpts])
    for lang in ("fr", "en"):
        for path in sorted((data / f"text-{lang}").glob("ud-*.jsonl")):
            texts = [row["text"] for row in rows(path)]
            yield Texts(lang, f"sentences, {path.stem}", [t for t in texts if len(t) >= 20])
    for path in sorted((data / "text-langid").glob("*.txt")):
        texts = path.read_text(encoding="utf-8").split("\n")
        yield Texts(path.stem[-2:], "sentences", [text for text in texts if text.strip()])


def detected(texts: Sequence[str], declared: str = "") -> list[str]:
    """Return the languages of the texts of a feed, each with the prior from earlier texts."""
    recent: list[str] = []
    for text in texts:
        recent.append(detect(text, prior(recent[-LEARNED_FROM:], declared)))
    return recent


def mixed(data: Path) -> None:
    """Print the results for texts in another language than that of their feed."""
    texts_of = {(lang, name): texts for lang, name, texts in kinds(data)}
    print("\n| one in twenty is foreign | foreign ones right | most frequent verdict |")
    print("|---|---|---|")
    for home, away in (("fr", "en"), ("en", "fr")):
        feed = list(texts_of[home, "headlines"][:2_000])
        guests = texts_of[away, "headlines"][:100]
        feed[::20] = guests
        (verdict, _), *_ = Counter(detected(feed)[::20]).most_common(1)
        right = detected(feed)[::20].count(away) / len(guests)
        print(f"| {away} headlines in a feed in {home} | {right:.0%} | {verdict} |")


if __name__ == "__main__":
    main()
