"""Maintenance: the index follows the store, retention, backup, restore, verification."""
