"""Watchlists against the archive: backfill, backtest, lint, exclusions, precision."""
