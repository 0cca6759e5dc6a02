"""Numbers on the command line: those of alerts begin with an a (a5), those of articles do not."""

from __future__ import annotations

import re
from typing import NamedTuple

import click

from monitor.base.errors import MonitorError
from monitor.base.formatting import alert_number
from monitor.base.translation import gettext as _
from monitor.base.translation import ngettext
from monitor.cli import CliContext
from monitor.cli.names import InputError
from monitor.model.alert import Alert
from monitor.presentation.service.service import Service

LARGEST = 2**63 - 1
"""The largest number that the store can have."""
_NUMBER = re.compile(r"(a?)([0-9]{1,99})", re.IGNORECASE)


class Number(NamedTuple):
    """The number of an alert or of an article."""

    id: int
    is_alert: bool

    def __str__(self) -> str:
        return alert_number(self.id) if self.is_alert else str(self.id)


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
            raise no_alert(number.id) if number.is_alert else no_article(None, number.id)
        return number


class AlertNumber(click.ParamType[int]):
    """The number of an alert, a5. That of an article is an error, which says what to type."""

    name = "alert"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        number = AnyNumber().convert(value, param, ctx)
        if number.is_alert:
            return number.id
        service = _service(ctx)
        raised = service.views.alerts.of_articles([number.id]) if service else []
        if raised:
            names = " ".join(map(alert_number, sorted(one.alert for one in raised)))
            raise InputError(
                ngettext(
                    "{number} is the number of an article; its alerts are {names}",
                    "{number} is the number of an article; its alerts are {names}",
                    len(raised),
                    number=number,
                    names=names,
                )
            )
        raise InputError(
            _(
                "{number} would be an article; alerts are written as {alert},"
                " and `tocsin alerts` lists them",
                number=number,
                alert=alert_number(number.id),
            )
        )


class ArticleNumber(click.ParamType[int]):
    """The number of an article, 5. That of an alert is an error, which says what to type."""

    name = "article"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        number = AnyNumber().convert(value, param, ctx)
        if not number.is_alert:
            return number.id
        alert = _alert(_service(ctx), number.id)
        if alert and alert.article is not None:
            raise InputError(
                _(
                    "{alert} is an alert; its article is {article}",
                    alert=number,
                    article=alert.article,
                )
            )
        raise InputError(
            _(
                "{alert} would be an alert; articles are written as {article}",
                alert=number,
                article=number.id,
            )
        )


def no_alert(*ids: int) -> InputError:
    names = ", ".join(map(alert_number, ids))
    return InputError(_("there is no alert {names}; `tocsin alerts` lists them", names=names))


def no_article(service: Service | None, id: int) -> InputError:
    """Return the error that there is no article with a number, with the alert that has it."""
    if _alert(service, id):
        return InputError(
            _(
                "there is no article {article}; `tocsin show {alert}` shows an alert",
                article=id,
                alert=alert_number(id),
            )
        )
    return InputError(
        _("there is no article {article}; `tocsin search` shows the numbers", article=id)
    )


def _service(context: click.Context | None) -> Service | None:
    cli = context and context.find_object(CliContext)
    try:
        return cli.service() if cli else None
    except MonitorError:
        return None


def _alert(service: Service | None, id: int) -> Alert | None:
    found = service.views.alerts.get([id]) if service else []
    return found[0] if found else None
