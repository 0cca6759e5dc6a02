"""Widgets: each paints lines of styled text and keeps no data of the newsroom."""
