"""Delivery of notifications to channels, with retries until a channel accepts."""
