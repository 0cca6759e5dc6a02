"""What went wrong in the service, as a problem that a client reads."""

from __future__ import annotations

from index.errors import ArchiveError, Interrupted, QueryError
from monitor.api.problems import ApiProblem, invalid
from monitor.base.errors import (
    ConfigError,
    CursorError,
    EncodingError,
    MissingExtraError,
    MonitorError,
    StoreError,
    UnknownNameError,
)
from monitor.base.translation import gettext as _
from monitor.model.triage import ChangedMeanwhileError

FAILURES = (MonitorError, ArchiveError, QueryError, ChangedMeanwhileError)
"""Errors of the service that a client must know."""


def problem_of(error: Exception) -> ApiProblem:
    match error:
        case Interrupted():
            return ApiProblem(
                "too-costly",
                _("it took too long; narrow the question by dates, feeds or rarer words"),
                headers={"Retry-After": "10"},
            )
        case EncodingError():
            return ApiProblem("too-costly", str(error), headers={"Retry-After": "10"})
        case QueryError():
            return invalid("query", str(error))
        case CursorError():
            return invalid("after", str(error))
        case ChangedMeanwhileError():
            return ApiProblem(
                "changed", _("nothing was changed; look at it as it is now"), now=error.now
            )
        case UnknownNameError():
            return ApiProblem("invalid", str(error))
        case ConfigError():
            return ApiProblem("broken-file", str(error))
        case MissingExtraError():
            return ApiProblem("not-installed", str(error))
        case StoreError() | ArchiveError():
            return ApiProblem("no-store", str(error), headers={"Retry-After": "5"})
    return ApiProblem("invalid", str(error))
