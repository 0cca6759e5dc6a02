"""Tests of rows, which are made of values and described by the same fields."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypedDict

import msgspec
import pytest
from msgspec import Struct

from monitor.presentation.rows import (
    AlertNumber,
    Moment,
    alerts,
    articles,
    columns,
    decimals,
    feeds,
    means,
    newsroom,
    row,
    schemas,
    watchlists,
)


class Colour(StrEnum):
    RED = "red"


class Wheel(Struct):
    size: float
    colour: Colour = Colour.RED


class Car(Struct):
    id: int
    built: float | None
    wheels: tuple[Wheel, ...]
    spare: Wheel | None
    colours: dict[Colour, int]


class WheelRow(TypedDict):
    """A wheel."""

    size: Annotated[float, means("In metres.", encode=decimals(1))]
    colour: str


class CarRow(TypedDict):
    """A car."""

    number: Annotated[AlertNumber, means("Its number.", "id")]
    built: Moment
    wheels: list[WheelRow]
    first: Annotated[str, means("The colour of the first wheel.")]
    spare: WheelRow | None
    colours: dict[str, int]


CAR = Car(id=5, built=0.0, wheels=(Wheel(0.123),), spare=None, colours={Colour.RED: 1})


def test_a_row_has_the_attributes_of_its_value_in_the_form_that_its_fields_say() -> None:
    made_row = row(CarRow, CAR, first="red")
    assert made_row == {
        "number": "a5", "built": "1970-01-01T00:00:00Z", "wheels": [{"size": 0.1, "colour": "red"}],
        "first": "red", "spare": None, "colours": {"red": 1},
    }  # fmt: skip
    assert list(made_row) == columns(CarRow)
    assert type(made_row["wheels"][0]["colour"]) is str
    assert msgspec.convert(made_row, CarRow) == made_row


def test_a_value_without_an_attribute_is_refused() -> None:
    with pytest.raises(AttributeError, match="first"):
        row(CarRow, CAR)


def test_the_schema_has_the_rows_and_what_their_fields_mean() -> None:
    row_schemas = schemas([CarRow], "#/rows/")
    assert row_schemas["CarRow"]["properties"]["number"] == {
        "type": "string", "description": "Its number."
    }  # fmt: skip
    assert row_schemas["CarRow"]["properties"]["wheels"]["items"] == {"$ref": "#/rows/WheelRow"}
    assert row_schemas["WheelRow"]["description"] == "A wheel."


MODULES = (
    alerts, articles, feeds, newsroom, watchlists
)  # fmt: skip


def test_every_row_has_a_schema() -> None:
    kinds = {
        value for module in MODULES for name, value in vars(module).items() if name[-3:] == "Row"
    }
    row_schemas = schemas(kinds, "#/")
    assert len(kinds) > 30
    assert {kind.__name__ for kind in kinds} == set(row_schemas)
