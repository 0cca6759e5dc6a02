"""What viewers may ask."""
