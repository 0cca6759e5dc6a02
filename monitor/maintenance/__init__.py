"""The archive kept in order: the index follows the store, what is too old goes, backups."""
