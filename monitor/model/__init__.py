"""Frozen values, one type per stage, no I/O.

Times are seconds since the epoch (UTC), durations are seconds.
"""
