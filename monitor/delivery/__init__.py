"""Delivery: `notify` sends alerts and briefings, `export` writes them for other programs."""
