import ast
import subprocess
import sys
from dataclasses import FrozenInstanceError, fields, is_dataclass
from importlib import import_module
from pathlib import Path

import pytest

from monitor import model

SOURCE = Path(model.__file__)
FILES = {path.stem for path in SOURCE.parent.glob("*.py")} - {"__init__"}


def told_to_type_readers() -> dict[str, str]:
    return {
        alias.asname or alias.name: statement.module.rpartition(".")[2]
        for statement in ast.walk(ast.parse(SOURCE.read_text(encoding="utf-8")))
        if isinstance(statement, ast.ImportFrom)
        and statement.module is not None
        and statement.module.startswith("monitor.model.")
        for alias in statement.names
    }


def test_python_and_type_readers_find_the_same_names_in_the_same_files() -> None:
    assert told_to_type_readers() == model._FILES


@pytest.mark.parametrize("name", model._FILES)
def test_each_name_is_that_of_its_file(name: str) -> None:
    home = import_module(f"monitor.model.{model._FILES[name]}")
    assert getattr(model, name) is getattr(home, name)


def test_each_class_of_the_package_is_named() -> None:
    for file in FILES:
        home = import_module(f"monitor.model.{file}")
        made_there = {
            name
            for name, value in vars(home).items()
            if isinstance(value, type)
            and value.__module__ == home.__name__
            and not name.startswith("_")
        }
        assert made_there <= set(model._FILES), file


def test_another_name_is_said_to_be_missing() -> None:
    with pytest.raises(AttributeError, match=r"'monitor\.model' has no attribute 'Topic'"):
        _ = model.Topic  # type: ignore[attr-defined]


def test_values_are_frozen() -> None:
    for name in model._FILES:
        value = getattr(model, name)
        if isinstance(value, type) and is_dataclass(value):
            assert value.__dataclass_params__.frozen, name  # type: ignore[attr-defined]
            some = fields(value)[0].name
            with pytest.raises((FrozenInstanceError, AttributeError)):
                setattr(value.__new__(value), some, None)


def test_a_name_brings_no_file_but_its_own_along() -> None:
    code = (
        "import sys; from monitor.model import Filter;"
        "print(*sorted(m for m in sys.modules if m.startswith('monitor.model.')))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["monitor.model.filter"]
