"""The settings file with other keys, and the state that the dashboard keeps between runs."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from monitor.base.errors import MonitorError
from monitor.base.files import atomic_write
from monitor.base.formatting import nearest
from monitor.base.translation import gettext as _

UI_STATE_FILE = "dashboard.json"
"""Name of the file in the data folder."""


class UiState(Struct, frozen=True, kw_only=True):
    """The state in which the analyst left the dashboard; empty fields are not remembered."""

    theme: str = ""
    filter: str = ""
    """The filter of the alerts, as written."""
    saved: tuple[str, ...] = ()
    """The saved filters of the alerts, as written."""
    order: str = ""
    """The column by which the alerts are sorted."""
    hidden: tuple[str, ...] | None = None
    """The columns of the alerts that are hidden."""
    pane: str = ""
    """Id of the current pane."""
    zoomed: bool = False
    bell: bool = False
    """Whether alerts of high severity ring."""


class UiStateFile:
    """The remembered state in a small file; without a path, only in memory.

    An invalid file is ignored, and so is a failure to write it: nothing but convenience is lost.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.state = UiState()
        with suppress(OSError, RecursionError, msgspec.MsgspecError):
            self.state = msgspec.json.decode(path.read_bytes() if path else b"{}", type=UiState)

    def update(self, **changes: Any) -> None:
        """Change some fields of the state."""
        before, self.state = self.state, replace(self.state, **changes)
        if self._path is not None and self.state != before:
            with suppress(OSError, ValueError):  # a surrogate in a filter cannot be written
                atomic_write(self._path, msgspec.json.encode(self.state))


SETTINGS_FILE = Path("tocsin") / "dashboard.toml"
"""Name of the file in `$XDG_CONFIG_HOME`, or else in `~/.config`."""


class SettingsError(MonitorError):
    """The settings file has a mistake."""


def settings_path(environ: Mapping[str, str]) -> Path:
    """Return the path of the settings file, whether it exists or not."""
    home = environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path("~/.config").expanduser()) / SETTINGS_FILE


def load_keymap(path: Path, actions: Callable[[], Collection[str]]) -> dict[str, str]:
    """Return the keys of each action that the file gives other keys, separated by commas.

    Args:
        path: The file; without it no action has other keys.
        actions: Returns the names of all actions.

    Raises:
        SettingsError: The file cannot be read, or something in it is not valid.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror or error}") from error
    try:
        content = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        text = _("{path}: not valid TOML: {error}", path=path, error=error)
        raise SettingsError(text) from error
    for name in content:
        if name != "keys":
            raise SettingsError(
                _("{path}: unknown table [{name}]; this file has [keys] only", path=path, name=name)
            )
    keys = content.get("keys", {})
    if not isinstance(keys, dict):
        raise SettingsError(
            _("{path}: keys is a table; write [keys] on a line of its own", path=path)
        )
    names = actions() if keys else ()
    return {name: _keys(path, name, value, names) for name, value in keys.items()}


def _keys(path: Path, name: str, value: Any, actions: Collection[str]) -> str:
    if name not in actions:
        hint = nearest(name, actions) or _("; docs/reference/keys.md lists the names")
        text = _("{path}: there is no action {name}{hint}", path=path, name=name, hint=hint)
        raise SettingsError(text)
    keys = [value] if isinstance(value, str) else value
    if not isinstance(keys, list) or not all(isinstance(key, str) and key.strip() for key in keys):
        raise SettingsError(
            _(
                '{path}: {name} takes a key, or a list of keys, such as ["a", "f2"]',
                path=path,
                name=name,
            )
        )
    return ",".join("comma" if key == "," else key.strip() for key in keys)
