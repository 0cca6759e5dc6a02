"""The commands of `tocsin watch`, one per file."""
