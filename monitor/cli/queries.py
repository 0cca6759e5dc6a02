"""Commands that take a query: `tocsin search alibaba -cave`."""

from __future__ import annotations

import re
from typing import Any

import click

_EXCLUDED = re.compile(r"-(?!-|v+$|q+$|$)")
"""A word that must not be there; -v and -q are options, - alone is stdout."""
_MARK = "\x00"


class QueryCommand(click.Command):
    """A command whose words may begin with a minus: -cave is not -c, -a, -v and -e."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line."""
        marked = [_MARK + word if _EXCLUDED.match(word) else word for word in args]
        rest = super().parse_args(ctx, marked)
        ctx.params = {name: _unmarked(value) for name, value in ctx.params.items()}
        return rest


def _unmarked(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_unmarked, value))
    return value.removeprefix(_MARK) if isinstance(value, str) else value
