"""Articles as files: one each, named after date, feed, title and id, and never half written."""

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
    """The counts of an export so far."""

    written: int = 0
    unchanged: int = 0


def export(
    articles: Iterable[ArticleDetails],
    folder: Path,
    style: str,
    progress: Callable[[ExportCount], None],
) -> ExportCount:
    """Write each article's file unless it is unchanged. Raises OSError.

    A file whose name has changed with the title replaces the old one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    earlier_files = _find_earlier(folder, style)
    count = ExportCount()
    for details in articles:
        name = file_name(details, style)
        content = (markdown(details) if style == "md" else as_json(details)).encode()
        former_names = earlier_files.get(details.article.id, set())
        if name in former_names and (folder / name).read_bytes() == content:
            count.unchanged += 1
        else:
            atomic_write(folder / name, content)
            count.written += 1
        for old in former_names - {name}:
            (folder / old).unlink(missing_ok=True)
        progress(count)
    return count


def _find_earlier(folder: Path, style: str) -> dict[int, set[str]]:
    """Return the files of earlier exports in a folder, by article."""
    files: dict[int, set[str]] = {}
    for path in folder.iterdir():
        match = _ID.search(path.name)
        if match and match[2] == style:
            files.setdefault(int(match[1]), set()).add(path.name)
    return files


# --- names -----------------------------------------------------------------------------


def file_name(details: ArticleDetails, style: str) -> str:
    """Return `2023-10-09_les-echos_greve-au-port_12.md`: letters, digits and dashes only."""
    article = details.article
    day = (iso(article.date) or "undated")[:10]
    parts = [day, slug(details.feed, 40), slug(article.title, LONGEST - 60)]
    return f"{'_'.join(part for part in parts if part)}_{article.id}.{style}"


def slug(text: str, max_bytes: int) -> str:
    """Return the words of a text in lower case, joined by dashes, in so many bytes of UTF-8."""
    words = "-".join(re.findall(r"[^\W_]+", text.lower()))
    return words.encode()[:max_bytes].decode(errors="ignore").rstrip("-")


# --- contents ---------------------------------------------------------------------------


def mapping(details: ArticleDetails) -> dict[str, Any]:
    """Return an article for programs; `tocsin import` reads it."""
    article = details.article
    return {
        "id": article.id,
        "title": article.title,
        "url": article.url,
        "feed": details.feed,
        "author": article.author,
        "lang": article.lang,
        "published": iso(article.published),
        "seen": iso(article.seen),
        "story": article.story,
        "versions": details.versions,
        "alerts": [
            {
                "watchlist": alert.watchlist,
                "severity": str(alert.severity),
                "state": str(alert.state),
                "verdict": str(alert.verdict),
                "raised_at": iso(alert.raised_at),
                "matches": list(map(match_row, alert.matches)),
            }
            for alert in details.alerts
        ],
        "summary": article.summary,
        "body": article.body,
    }


def as_json(details: ArticleDetails) -> str:
    return json.dumps(mapping(details), ensure_ascii=False, indent=1) + "\n"


def markdown(details: ArticleDetails) -> str:
    """Return an article as Markdown, its header and matches in front."""
    fields = mapping(details)
    summary, body, alerts = (fields.pop(key) for key in ("summary", "body", "alerts"))
    header = [f"{key}: {_in_line(value)}" for key, value in fields.items()]
    header += ["alerts:" if alerts else "alerts: []", *(f"- {_in_line(alert)}" for alert in alerts)]
    texts = [body] if body.startswith(summary) else [summary, body]
    title = [f"# {escaped(fields['title'])}\n"] if fields["title"] else []
    content = [*title, *(_paragraphs(text) for text in texts if text)]
    return "\n".join(["---", *header, "---", "", *content])


def _in_line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _paragraphs(text: str) -> str:
    return "\n\n".join(escaped(line) for line in text.splitlines() if line.strip()) + "\n"


def escaped(text: str) -> str:
    """Return a line of text in which Markdown finds no markup."""
    plain = re.sub(r"([\\`*_\[\]<>#|~$!&])", r"\\\1", text)
    return re.sub(r"^(\d*)([-+=.)])", r"\1\\\2", plain.strip())
