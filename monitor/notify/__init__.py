"""Telling people: what is on its way is sent; once the channel accepted it, it is noted as sent."""
