"""A newsroom in one file, and back."""
