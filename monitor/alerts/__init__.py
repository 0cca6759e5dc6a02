"""Raise, merge, hold, escalate, route: decided purely, from facts and the time."""
