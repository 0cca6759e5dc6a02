"""Rows and pages as styled text: pure functions."""
