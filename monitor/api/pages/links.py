"""Addresses of pages: what a query string says, and the links to other pages of a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from fastapi import Request
from pydantic import BaseModel, ValidationError

from monitor.api.problems import ApiProblem, FieldProblem
from monitor.base.translation import gettext as _

M = TypeVar("M", bound=BaseModel)


def read_query(request: Request, model: type[M]) -> M:
    """Return what the query string of a page says; empty values and unknown names do not count.

    Raises:
        ApiProblem: A value cannot be used.
    """
    given: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        values = [value for value in request.query_params.getlist(name) if value.strip()]
        if values:
            given[name] = values if "list[" in str(field.annotation) else values[-1]
    try:
        return model.model_validate(given)
    except ValidationError as error:
        names = dict.fromkeys(str(one["loc"][0]) for one in error.errors())
        problems = [
            FieldProblem(field=name, message=_("this value cannot be used")) for name in names
        ]
        words = _("the address has a value that cannot be used: {names}", names=", ".join(names))
        raise ApiProblem("invalid", words, errors=problems) from None


def address(path: str, asked: BaseModel | Mapping[str, Any], **changes: Any) -> str:
    """Return the address of a page that asks the same but for some changes; None takes away."""
    values = asked.model_dump(exclude_defaults=True) if isinstance(asked, BaseModel) else asked
    parameters = {
        name: value for name, value in {**values, **changes}.items() if value not in (None, "")
    }
    query = urlencode(parameters, doseq=True)
    return f"{path}?{query}" if query else path
