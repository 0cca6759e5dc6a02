"""Errors of the monitor; each names its subject and what to do next."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, Self
from urllib.parse import unquote, urlsplit

from monitor.base.translation import gettext as _, joined


class MonitorError(Exception):
    """Something the user must know; the message says what to do next."""


class Problem(NamedTuple):
    """One mistake in `feeds.yaml`; line and column count from 1."""

    line: int
    column: int
    message: str
    file: str = ""
    """The file of concepts that has it; empty if feeds.yaml itself has."""

    def __str__(self) -> str:
        return _(
            "line {line}, column {column}: {problem}",
            line=self.line,
            column=self.column,
            problem=self.message,
        )


class ConfigError(MonitorError):
    """A configuration that cannot be used, with every problem in it."""

    def __init__(
        self, path: str, problems: list[Problem], *, unwritten: bytes | None = None
    ) -> None:
        self.path = path
        self.unwritten = unwritten
        """The text with the problems that an edit would have written; the file is unchanged."""
        self.problems = sorted(problems)
        lines = [joined((problem.file or path, str(problem)), ": ") for problem in self.problems]
        super().__init__(joined(lines, "\n"))


class UnknownNameError(MonitorError):
    """A name does not exist; the message has the nearest one, or says who lists all."""


def install_command(extra: str) -> str:
    """The command that adds an extra to this installation: to a checkout, else its libraries.

    It never names `tocsin` as a package of an index: tocsin is in none, and whoever registers the
    name would be run.
    """
    import shlex  # 18 ms; a command that works needs none of these
    from importlib.metadata import distribution
    from importlib.util import find_spec

    tocsin = distribution("tocsin")
    origin = json.loads(tocsin.read_text("direct_url.json") or "{}")
    editable = origin.get("dir_info", {}).get("editable", False)
    checkout = unquote(urlsplit(origin["url"]).path) if editable else ""
    installer = [sys.executable, "-m", "pip", "install"]
    if find_spec("pip") is None:  # as in the environments of uv
        installer = ["uv", "pip", "install", "--python", sys.executable]
    extra_marker = re.compile(rf"""\bextra == ['"]{extra}['"]""")
    required = [line for line in tocsin.requires or () if extra_marker.search(line)]
    libraries = [line.partition(";")[0].strip() for line in required]
    return shlex.join([*installer, *(["-e", f"{checkout}[{extra}]"] if checkout else libraries)])


class MissingExtraError(MonitorError):
    """A library that comes with an extra of tocsin is not installed."""

    def __init__(self, needed_by: str, extra: str) -> None:
        command = install_command(extra)
        super().__init__(
            _("{what} needs the extra `{extra}`: {command}",
              what=needed_by, extra=extra, command=command)
        )  # fmt: skip


@contextmanager
def requires_extra(extra: str, needed_by: str) -> Iterator[None]:
    """Report a library that cannot be imported as a missing extra.

    Args:
        extra: The extra of pyproject.toml that the libraries imported inside belong to.
        needed_by: What the user asked for, as the message begins.

    Raises:
        MissingExtraError: A library is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingExtraError(needed_by, extra) from error


class StoreError(MonitorError):
    """The store cannot be opened, read or written."""


class StoreAwayError(StoreError):
    """The database does not answer, or has just ended the connection: it is being restarted."""


class LeaseLostError(StoreError):
    """Another monitor holds the lease by now; nothing of this work was stored."""


class CursorError(MonitorError):
    """A cursor that is not valid, or belongs to another search."""


class EncodingError(MonitorError):
    """The process that encodes was killed, or died: too slow, or too much memory."""


class AlreadyRunningError(MonitorError):
    """Another monitor watches this data folder; its pid is 0 while it starts."""

    def __init__(self, folder: str, pid: int) -> None:
        self.pid = pid
        state = (
            _("pid {pid}", pid=pid) if pid else _("starting, ending, or building the archive again")
        )
        super().__init__(
            _(
                "{folder}: a monitor already runs here ({who}); "
                "`tocsin stop` ends it, `tocsin` joins it",
                folder=folder, who=state,
            )
        )  # fmt: skip


class NoStoreError(StoreError):
    """There is no store yet at this address."""


class StoreTakenError(AlreadyRunningError):
    """The store is in use, maybe on other machines, and one of its users needs it alone."""

    def __init__(self, store: str) -> None:
        self.pid = 0
        message = _(
            "{store}: a monitor, `tocsin run --once` or `tocsin move` uses this store, maybe on"
            " another machine; try again when it has ended",
            store=store,
        )
        MonitorError.__init__(self, message)


class FeedError(MonitorError):
    """One feed failed; the others go on. `url` names it, `reason` says why in words."""

    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        self.reason = reason
        super().__init__(f"{url}: {reason}")

    def bare(self) -> Self:
        """Return the error without tracebacks: their frames hold whole bodies."""
        error: BaseException | None = self
        visited: set[int] = set()  # an error that is raised again can be the cause of its own cause
        while error is not None and id(error) not in visited:
            visited.add(id(error))
            error = error.with_traceback(None).__cause__ or error.__context__
        return self


class FetchError(FeedError):
    """The server could not be asked or did not give a usable answer.

    `status` is the HTTP status if there was one; `retry_after` is in seconds;
    `network` is true when nothing could be reached at all (name, route, connection).
    """

    def __init__(
        self,
        url: str,
        reason: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        network: bool = False,
    ) -> None:
        super().__init__(url, reason)
        self.status = status
        self.retry_after = retry_after
        self.network = network


class ParseError(FeedError):
    """The answer holds no feed that can be read."""


class BarrierError(ParseError):
    """Something stands in place of the document: a challenge, consent, a login, a paywall."""
