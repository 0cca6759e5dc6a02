"""What the dashboard changes in feeds.yaml, and why it cannot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from index.errors import QueryError
from monitor.errors import ConfigError, MonitorError
from tui.newsroom import Newsroom

NO_FILE = "Nobody said where feeds.yaml is; start tocsin with -c FILE."


async def write(newsroom: Newsroom, change: Callable[[Path], object]) -> str:
    """Change feeds.yaml off the screen's thread; return why it cannot be, empty when it is done."""
    path = newsroom.service.config
    if path is None:
        return NO_FILE
    try:
        await newsroom.ask(change, path)
    except QueryError as error:
        return f"{error.message}{f' ({error.hint})' if error.hint else ''}"
    except ConfigError as error:
        return f"{path.name}, {error.problems[0]}"
    except MonitorError as error:
        return str(error)
    return ""
