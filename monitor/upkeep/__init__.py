"""The archive kept in order: what is too old goes, what is damaged or missing is mended."""
