"""Articles as files: one each, named after date, feed, title and id, whole or not there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from msgspec import Struct

from monitor.base.files import atomic_write
from monitor.base.formatting import iso
from monitor.model.article import ArticleDetails
from monitor.presentation.rows.alerts import match_row

LONGEST = 150
"""Bytes of a name before its id; file systems take 255."""
_ID = re.compile(r"_(\d+)\.(md|json)\Z")


class ExportCount(Struct):
    """What an export came to so far."""

    written: int = 0
    unchanged: int = 0


def export(
    readings: Iterable[ArticleDetails],
    folder: Path,
    style: str,
    progress: Callable[[ExportCount], None],
) -> ExportCount:
    """Write each article's file unless it is there as it should be. Raises OSError.

    One whose name has changed with its title takes the place of its old file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = _known(folder, style)
    done = ExportCount()
    for reading in readings:
        name = file_name(reading, style)
        content = (markdown(reading) if style == "md" else as_json(reading)).encode()
        before = known.get(reading.article.id, set())
        if name in before and (folder / name).read_bytes() == content:
            done.unchanged += 1
        else:
            atomic_write(folder / name, content)
            done.written += 1
        for old in before - {name}:
            (folder / old).unlink(missing_ok=True)
        progress(done)
    return done


def _known(folder: Path, style: str) -> dict[int, set[str]]:
    """Return the files of earlier exports in a folder, by article."""
    files: dict[int, set[str]] = {}
    for path in folder.iterdir():
        named = _ID.search(path.name)
        if named and named[2] == style:
            files.setdefault(int(named[1]), set()).add(path.name)
    return files


# --- names -----------------------------------------------------------------------------


def file_name(reading: ArticleDetails, style: str) -> str:
    """Return `2023-10-09_les-echos_greve-au-port_12.md`: letters, digits and dashes only."""
    article = reading.article
    day = (iso(article.date) or "undated")[:10]
    parts = [day, slug(reading.feed, 40), slug(article.title, LONGEST - 60)]
    return f"{'_'.join(part for part in parts if part)}_{article.id}.{style}"


def slug(text: str, longest: int) -> str:
    """Return the words of a text in lower case, joined by dashes, in so many bytes of UTF-8."""
    words = "-".join(re.findall(r"[^\W_]+", text.lower()))
    return words.encode()[:longest].decode(errors="ignore").rstrip("-")


# --- contents ---------------------------------------------------------------------------


def mapping(reading: ArticleDetails) -> dict[str, Any]:
    """Return an article for programs; `tocsin import` reads it."""
    article = reading.article
    return {
        "id": article.id,
        "title": article.title,
        "url": article.url,
        "feed": reading.feed,
        "author": article.author,
        "lang": article.lang,
        "published": iso(article.published),
        "seen": iso(article.seen),
        "story": article.story,
        "versions": reading.versions,
        "alerts": [
            {
                "watchlist": alert.watchlist,
                "severity": str(alert.severity),
                "state": str(alert.state),
                "verdict": str(alert.verdict),
                "raised_at": iso(alert.raised_at),
                "matches": list(map(match_row, alert.matches)),
            }
            for alert in reading.alerts
        ],
        "summary": article.summary,
        "body": article.body,
    }


def as_json(reading: ArticleDetails) -> str:
    return json.dumps(mapping(reading), ensure_ascii=False, indent=1) + "\n"


def markdown(reading: ArticleDetails) -> str:
    """Return an article as Markdown, its metadata and matches in front."""
    fields = mapping(reading)
    summary, body, alerts = (fields.pop(key) for key in ("summary", "body", "alerts"))
    front = [f"{key}: {_in_line(value)}" for key, value in fields.items()]
    front += ["alerts:" if alerts else "alerts: []", *(f"- {_in_line(one)}" for one in alerts)]
    texts = [body] if body.startswith(summary) else [summary, body]
    title = [f"# {escaped(fields['title'])}\n"] if fields["title"] else []
    content = [*title, *(_paragraphs(text) for text in texts if text)]
    return "\n".join(["---", *front, "---", "", *content])


def _in_line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _paragraphs(text: str) -> str:
    return "\n\n".join(escaped(line) for line in text.splitlines() if line.strip()) + "\n"


def escaped(text: str) -> str:
    """Return a line of text in which Markdown finds no markup."""
    plain = re.sub(r"([\\`*_\[\]<>#|~$!&])", r"\\\1", text)
    return re.sub(r"^(\d*)([-+=.)])", r"\1\\\2", plain.strip())
