"""No screen and no dialog shows a message that is not translated."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.pseudo_language import pseudo_language, untranslated_screens

pytestmark = pytest.mark.costly


def test_every_word_on_a_screen_is_data_or_translated(tmp_path: Path) -> None:
    with pseudo_language():
        assert not untranslated_screens(tmp_path)
