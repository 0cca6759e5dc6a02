"""Articles, alerts and figures for other programs."""
