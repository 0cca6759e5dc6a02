"""Fixtures that every test may ask for."""

from hypothesis import settings

pytest_plugins = ("scripted",)

settings.register_profile("fuzz", max_examples=3_000, deadline=None, print_blob=True)
