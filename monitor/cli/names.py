"""Names that a command is given: those that do not exist are an error, with the nearest one."""

from __future__ import annotations

from collections.abc import Iterable

import click

from monitor.base.formatting import clauses, nearest
from monitor.base.translation import gettext as _
from monitor.cli import CliContext, say
from monitor.presentation.service.service import Service


class InputError(click.ClickException):
    """The command line is well formed, and means nothing here: a name that does not exist."""

    exit_code = 2


def hinted(problem: str, name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return a problem with `; did you mean …?`, or `otherwise` if no known name is like it."""
    if hint := nearest(name, known):
        return problem + hint
    return clauses([problem, otherwise]) if otherwise else problem


class KnownNames:
    """The names of a newsroom, as commands check them; see `presentation.service.known_names`."""

    def __init__(self, cli: CliContext, service: Service) -> None:
        from monitor.presentation.service.known_names import KnownNames

        self._known = KnownNames(service.views, cli.config_path, cli.data, service.triage.who)
        self.validate = self._known.validate

    def warn(self, *queries: str) -> None:
        """Name the filters of queries that select nothing, because the name does not exist."""
        for query in queries:
            for problem in self._known.unknown_in(query):
                say(_("warning: {problem}", problem=problem))
