"""The questions that viewers may ask, and what they may decide."""
