from dataclasses import FrozenInstanceError, fields, is_dataclass
from importlib import import_module
from pathlib import Path

import pytest

from monitor import model

FILES = sorted(path.stem for path in Path(model.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("file", [name for name in FILES if name != "__init__"])
def test_values_are_frozen(file: str) -> None:
    home = import_module(f"monitor.model.{file}")
    for name, value in vars(home).items():
        if isinstance(value, type) and is_dataclass(value):
            assert value.__dataclass_params__.frozen, name  # type: ignore[attr-defined]
            some = fields(value)[0].name
            with pytest.raises((FrozenInstanceError, AttributeError)):
                setattr(value.__new__(value), some, None)
