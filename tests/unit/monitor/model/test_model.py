from importlib import import_module
from pathlib import Path

import pytest
from msgspec import Struct

from monitor import model

FILES = sorted(path.stem for path in Path(model.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("file", [name for name in FILES if name != "__init__"])
def test_values_are_frozen(file: str) -> None:
    module = import_module(f"monitor.model.{file}")
    for name, value in vars(module).items():
        if isinstance(value, type) and issubclass(value, Struct) and value is not Struct:
            assert value.__struct_config__.frozen, name
