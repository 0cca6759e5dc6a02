"""Names and numbers that a command is given; those that do not exist are an error.

Numbers of alerts begin with an a (a5), those of articles do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import click

from monitor.base.formatting import alert_number, clauses, nearest
from monitor.base.translation import gettext as _, mark
from monitor.cli import CliContext, say
from monitor.presentation.service.service import Service


class InputError(click.ClickException):
    """The command line is well formed, and means nothing here: a name that does not exist."""

    exit_code = 2


def hinted(problem: str, name: str, names: Iterable[str], fallback: str = "") -> str:
    """Return a problem with `; did you mean …?`, or with `fallback` if no name is like it."""
    if hint := nearest(name, names):
        return problem + hint
    return clauses([problem, fallback]) if fallback else problem


class KnownNames:
    """The names of a newsroom, as commands check them; see `presentation.service.known_names`."""

    def __init__(self, cli: CliContext, service: Service) -> None:
        from monitor.presentation.service.known_names import KnownNames

        self._known = KnownNames(service.views, cli.config_path, cli.data, service.user)
        self.validate = self._known.validate

    def warn(self, *queries: str) -> None:
        """Name the filters of queries that select nothing, because the name does not exist."""
        for query in queries:
            for problem in self._known.unknown_in(query):
                say(_("warning: {problem}", problem=problem))


LARGEST = 2**63 - 1
"""The largest number that the store can have."""
_NUMBER = re.compile(r"(a?)([0-9]{1,99})", re.IGNORECASE)


class Number(NamedTuple):
    """The number of an alert or of an article."""

    id: int
    is_alert: bool


class AnyNumber(click.ParamType[Number]):
    """The number of an article (5) or of an alert (a5)."""

    name = "number"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Number:
        match = _NUMBER.fullmatch(str(value))
        if match is None:
            self.fail(
                _("{text} is no number; write 5 for an article, a5 for an alert", text=value),
                param,
                ctx,
            )
        number = Number(int(match[2]), bool(match[1]))
        if not 0 < number.id <= LARGEST:
            raise no_alert(number.id) if number.is_alert else no_article(number.id)
        return number


class AlertNumber(click.ParamType[int]):
    """The number of an alert, a5. That of an article is an error."""

    name = "alert"
    hint = mark(
        "{number} is the number of an article; `tocsin show {number}` names its alerts, as a5"
    )

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        number = AnyNumber().convert(value, param, ctx)
        if number.is_alert != (self.name == "alert"):
            written = alert_number(number.id) if number.is_alert else number.id
            raise InputError(_(self.hint, number=written))
        return number.id


class ArticleNumber(AlertNumber):
    """The number of an article, 5. That of an alert is an error."""

    name = "article"
    hint = mark("{number} is the number of an alert; `tocsin show {number}` names its article")


def no_alert(*ids: int) -> InputError:
    names = ", ".join(map(alert_number, ids))
    return InputError(_("there is no alert {names}; `tocsin alerts` lists them", names=names))


def no_article(id: int) -> InputError:
    return InputError(
        _("there is no article {article}; `tocsin search` shows the numbers", article=id)
    )
